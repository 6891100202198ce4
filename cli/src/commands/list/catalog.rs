//! Everything that `list` can show, collected from the registries.

use serde::Serialize;
use syncbench_harness::metrics;
use syncbench_harness::scenario::{DEFAULT_PARTS, LONG_PARTS, OTHER_PARTS, TOGETHER};
use syncbench_harness::stories::STORIES;
use syncbench_strategies::names;
use syncbench_strategies::registry::left_out;

use super::entry::{ChartEntry, Fault, Metric, MutantEntry, Named, Network, Scenario, Story, Strategy, Workload};
use crate::args::{Asked, Listed};
use crate::catalog;

/// The chosen things by kind; kinds of which none is chosen are absent.
#[derive(Serialize)]
pub(super) struct Catalog {
    schema: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) strategies: Option<Vec<Strategy>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) workloads: Option<Vec<Workload>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) networks: Option<Vec<Network>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) faults: Option<Vec<Fault>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) metrics: Option<Vec<Metric>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) charts: Option<Vec<ChartEntry>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) scenarios: Option<Vec<Scenario>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) stories: Option<Vec<Story>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) mutants: Option<Vec<MutantEntry>>,
}

impl Catalog {
    /// What is asked for. The error says that nothing has the name.
    pub(super) fn of(catalog: &catalog::Catalog, asked: &Asked) -> Result<Self, String> {
        let chosen = Self::chosen(catalog, asked);
        let Asked::Name(kind, written) = asked else { return Ok(chosen) };
        if chosen.sections().is_empty() { Err(unknown(catalog, *kind, written)) } else { Ok(chosen) }
    }

    fn chosen(catalog: &catalog::Catalog, asked: &Asked) -> Self {
        let program = catalog.plans.program_name();
        let plans = &catalog.plans;
        let strategies = plans.strategies().iter().map(|spec| Strategy::of(spec, program));
        let strategies = strategies.chain(left_out().map(Strategy::from));
        let scenarios = DEFAULT_PARTS.iter().chain(TOGETHER).chain(LONG_PARTS).chain(OTHER_PARTS);
        Self {
            schema: 1,
            strategies: of_kind(asked, Listed::Strategies, strategies),
            workloads: of_kind(
                asked,
                Listed::Workloads,
                plans.workloads().iter().map(|spec| Workload::of(spec, program)),
            ),
            networks: of_kind(asked, Listed::Networks, plans.networks().iter().map(|spec| Network::of(spec, program))),
            faults: of_kind(
                asked,
                Listed::Faults,
                plans.faults().iter().map(|spec| Fault::of(spec, plans.faults(), program)),
            ),
            metrics: of_kind(asked, Listed::Metrics, metrics::all().map(Metric::from)),
            charts: of_kind(asked, Listed::Charts, catalog.charts.iter().map(|chart| ChartEntry::from(*chart))),
            scenarios: of_kind(asked, Listed::Scenarios, scenarios.map(|part| Scenario::of(part, program))),
            mutants: of_kind(asked, Listed::Mutants, MutantEntry::all(program)),
            stories: of_kind(asked, Listed::Stories, STORIES.iter().map(|story| Story::of(story, program))),
        }
    }

    /// Each kind of which something is chosen, with names and summaries.
    pub(super) fn sections(&self) -> Vec<(Listed, Vec<&dyn Named>)> {
        fn section<T: Named>(kind: Listed, entries: Option<&Vec<T>>) -> (Listed, Vec<&dyn Named>) {
            (kind, entries.into_iter().flatten().map(|entry| entry as &dyn Named).collect())
        }
        let all = [
            section(Listed::Strategies, self.strategies.as_ref()),
            section(Listed::Workloads, self.workloads.as_ref()),
            section(Listed::Networks, self.networks.as_ref()),
            section(Listed::Faults, self.faults.as_ref()),
            section(Listed::Metrics, self.metrics.as_ref()),
            section(Listed::Charts, self.charts.as_ref()),
            section(Listed::Scenarios, self.scenarios.as_ref()),
            section(Listed::Stories, self.stories.as_ref()),
            section(Listed::Mutants, self.mutants.as_ref()),
        ];
        all.into_iter().filter(|(_, entries)| !entries.is_empty()).collect()
    }
}

/// Those of a kind that are asked for; `None` where there are none.
fn of_kind<T: Named>(asked: &Asked, kind: Listed, entries: impl Iterator<Item = T>) -> Option<Vec<T>> {
    let wanted = |entry: &T| match asked {
        Asked::Everything => true,
        Asked::Kind(wanted) => *wanted == kind,
        Asked::Name(of, name) => of.is_none_or(|of| of == kind) && entry.name() == name,
    };
    let chosen: Vec<T> = entries.filter(wanted).collect();
    (!chosen.is_empty()).then_some(chosen)
}

/// What to say of a name that nothing has, or nothing of this kind.
fn unknown(catalog: &catalog::Catalog, kind: Option<Listed>, written: &str) -> String {
    let asked = kind.map_or(Asked::Everything, Asked::Kind);
    let all = Catalog::chosen(catalog, &asked);
    let sections = all.sections();
    let known = || sections.iter().flat_map(|(_, entries)| entries.iter().map(|entry| (entry.name(), entry.summary())));
    match kind {
        Some(kind) => {
            let (plural, singular) = kind.words();
            format!("list {plural} {written}: {}", names::unknown(singular, written, "", known()))
        }
        None => {
            let kinds = || Listed::ALL.iter().map(|(_, plural, _)| *plural);
            let meant = names::did_you_mean(written, kinds().map(|kind| (kind, "")).chain(known()));
            let meant = meant.map_or(String::new(), |meant| meant + " ");
            let program = catalog.plans.program_name();
            let kinds = kinds().collect::<Vec<_>>().join(", ");
            format!(
                "list {written}: nothing has this name: {meant}expected {kinds}, or a name that `{program} list` shows"
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Wrong and missing letters.
    fn typos(name: &str) -> Vec<String> {
        let places = name.char_indices().map(|(at, letter)| (at, at + letter.len_utf8()));
        places
            .flat_map(|(at, next)| {
                [format!("{}q{}", &name[..at], &name[next..]), format!("{}{}", &name[..at], &name[next..])]
            })
            .collect()
    }

    #[test]
    fn every_name_is_understood_with_one_letter_wrong() {
        let catalog = catalog::Catalog::default();
        let all = Catalog::chosen(&catalog, &Asked::Everything);
        for (kind, entries) in all.sections() {
            for entry in entries {
                let known: Vec<_> =
                    all.sections().iter().flat_map(|(_, all)| all.iter().map(|entry| entry.name())).collect();
                let nearer = |typo: &String| !known.contains(&typo.as_str()) && typo.len() > 1;
                for typo in typos(entry.name()).iter().filter(|typo| nearer(typo)) {
                    let said = Catalog::of(&catalog, &Asked::Name(Some(kind), typo.clone())).err().expect("unknown");
                    assert!(said.contains(&format!("`{}`", entry.name())), "{typo}: {said}");
                }
            }
        }
    }

    #[test]
    fn a_name_of_several_things_shows_all_of_them() {
        let catalog = catalog::Catalog::default();
        let named =
            |kind| Catalog::of(&catalog, &Asked::Name(kind, "stack".into())).unwrap_or_else(|said| panic!("{said}"));
        let kinds = |found: &Catalog| found.sections().iter().map(|(kind, _)| *kind).collect::<Vec<_>>();
        assert_eq!(kinds(&named(None)), [Listed::Workloads, Listed::Stories]);
        assert_eq!(kinds(&named(Some(Listed::Stories))), [Listed::Stories]);
        let said = Catalog::of(&catalog, &Asked::Name(None, "flavours".into())).err().expect("unknown");
        assert!(said.contains("nothing has this name: expected strategies, workloads, "), "{said}");
    }
}
