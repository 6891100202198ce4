//! What `list` says about one thing, for each kind of thing: `--json` prints these as they are.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;
use syncbench_harness::faults::{FaultSpec, Scope, Swarm, Timing};
use syncbench_harness::finding::Kind;
use syncbench_harness::metric::MetricSpec;
use syncbench_harness::mutants::{FAMILIES, Family, Mutant};
use syncbench_harness::network::NetworkSpec;
use syncbench_harness::workload::WorkloadSpec;
use syncbench_reports::charts::Chart;
use syncbench_strategies::document::EditKind;
use syncbench_strategies::registry::Optional;
use syncbench_strategies::selector::format_span;
use syncbench_strategies::spec::{Content, ParamKind, Spec};

type Words = BTreeMap<&'static str, String>;

/// What all entries have.
pub(super) trait Named {
    /// As it is written on the command line.
    fn name(&self) -> &str;
    /// One line.
    fn summary(&self) -> &str;
    /// What entries are grouped by, where they are.
    fn group(&self) -> Option<&str> {
        None
    }
}

macro_rules! named {
    ($($entry:ty: $summary:ident),* $(,)?) => { $(
        impl Named for $entry {
            fn name(&self) -> &str {
                self.name
            }
            fn summary(&self) -> &str {
                self.$summary
            }
        }
    )* };
}

named! {
    Workload: summary,
    Network: summary,
    Fault: summary,
    Metric: meaning,
    ChartEntry: summary,
    Scenario: summary,
    Story: title,
}

impl Named for Strategy {
    fn name(&self) -> &str {
        match self {
            Self::CompiledIn(strategy) => strategy.name,
            Self::LeftOut(left_out) => left_out.name,
        }
    }

    fn summary(&self) -> &str {
        match self {
            Self::CompiledIn(strategy) => strategy.summary,
            Self::LeftOut(left_out) => left_out.summary,
        }
    }

    fn group(&self) -> Option<&str> {
        match self {
            Self::CompiledIn(strategy) => Some(strategy.family),
            Self::LeftOut(_) => Some("not compiled in"),
        }
    }
}

/// The first parameters with their defaults, as an example shows them: `:window=0`.
fn written(name: &str, params: &[syncbench_strategies::spec::Param]) -> String {
    match params.first() {
        Some(param) => format!("{name}:{}={}", param.name, param.default),
        None => name.to_owned(),
    }
}

#[derive(Clone, PartialEq, Serialize)]
pub(super) struct Param {
    pub(super) name: &'static str,
    pub(super) kind: String,
    pub(super) default: &'static str,
    pub(super) help: &'static str,
}

impl Param {
    fn all(params: &[syncbench_strategies::spec::Param]) -> Vec<Self> {
        let kind = |kind: ParamKind| match kind {
            ParamKind::Span => "span".to_owned(),
            ParamKind::SpanRange => "span or range".to_owned(),
            ParamKind::Bandwidth => "bandwidth".to_owned(),
            ParamKind::Count => "number".to_owned(),
            ParamKind::Node => "number|server".to_owned(),
            ParamKind::Share => "share".to_owned(),
            ParamKind::Contention => "uniform|one:S|zipf:EXPONENT|hotspot:S/S".to_owned(),
            ParamKind::Choice(words) => words.join("|"),
            ParamKind::Name => "name".to_owned(),
            ParamKind::Paths => "paths".to_owned(),
        };
        let entry = |param: &syncbench_strategies::spec::Param| Self {
            name: param.name,
            kind: kind(param.kind),
            default: param.default,
            help: param.help,
        };
        params.iter().map(entry).collect()
    }
}

/// A strategy, in this build or not.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum Strategy {
    CompiledIn(Box<CompiledIn>),
    LeftOut(LeftOut),
}

#[derive(Serialize)]
pub(super) struct CompiledIn {
    pub(super) name: &'static str,
    pub(super) summary: &'static str,
    pub(super) family: &'static str,
    pub(super) source: &'static str,
    pub(super) library: Option<String>,
    compiled_in: &'static str,
    pub(super) topology: String,
    pub(super) claims: Vec<&'static str>,
    pub(super) saved: &'static str,
    pub(super) earlier_versions: String,
    pub(super) memory_grows: BTreeMap<&'static str, &'static str>,
    pub(super) support: Words,
    pub(super) carries: Words,
    pub(super) undo: String,
    pub(super) params: Vec<Param>,
    pub(super) example: String,
}

#[derive(Serialize)]
pub(super) struct LeftOut {
    pub(super) name: &'static str,
    pub(super) summary: &'static str,
    compiled_in: &'static str,
    pub(super) feature: &'static str,
    pub(super) why: String,
}

impl Strategy {
    pub(super) fn of(spec: &Spec, program: &str) -> Self {
        let claims = spec.guarantees.named().into_iter().filter(|(_, claimed)| *claimed).map(|(name, _)| name);
        let grows = spec.guarantees.grows.named().into_iter();
        Self::CompiledIn(Box::new(CompiledIn {
            name: spec.name,
            summary: spec.summary,
            family: spec.family,
            source: spec.source,
            library: spec.library.map(|(name, version)| format!("{name} {version}")),
            compiled_in: "yes",
            topology: spec.topology.to_string(),
            claims: claims.collect(),
            saved: spec.guarantees.saved(),
            earlier_versions: spec.guarantees.versions.says(),
            memory_grows: grows.filter_map(|(with, kept)| Some((with, kept?))).collect(),
            support: EditKind::ALL.iter().map(|kind| (kind.name(), (spec.support)(*kind).to_string())).collect(),
            carries: Content::ALL.iter().map(|kind| (kind.name(), (spec.content)(*kind).to_string())).collect(),
            undo: spec.undo.to_string(),
            params: Param::all(spec.params),
            example: format!("{program} run --strategy {}", written(spec.name, spec.params)),
        }))
    }
}

impl From<&Optional> for Strategy {
    fn from(optional: &Optional) -> Self {
        Self::LeftOut(LeftOut {
            name: optional.name,
            summary: optional.summary,
            compiled_in: "no",
            feature: optional.feature,
            why: optional.reason(),
        })
    }
}

#[derive(Serialize)]
pub(super) struct Workload {
    pub(super) name: &'static str,
    pub(super) summary: &'static str,
    pub(super) product: &'static str,
    pub(super) edits: Vec<&'static str>,
    pub(super) finds: Vec<Finding>,
    pub(super) size: String,
    pub(super) params: Vec<Param>,
    pub(super) example: String,
}

impl Workload {
    pub(super) fn of(spec: &WorkloadSpec, program: &str) -> Self {
        Self {
            name: spec.name,
            summary: spec.summary,
            product: spec.product,
            edits: spec.edits.iter().map(|kind| kind.name()).collect(),
            finds: spec.kinds.iter().map(|kind| Finding::from(*kind)).collect(),
            size: format!("{} {} by default", spec.default_size, spec.size_unit),
            params: Param::all(spec.params),
            example: format!("{program} run --workload {}", written(spec.name, spec.params)),
        }
    }
}

#[derive(Serialize)]
pub(super) struct Finding {
    pub(super) kind: &'static str,
    pub(super) lost: bool,
    pub(super) meaning: &'static str,
}

impl From<&Kind> for Finding {
    fn from(kind: &Kind) -> Self {
        Self { kind: kind.name, lost: kind.lost, meaning: kind.meaning }
    }
}

#[derive(Serialize)]
pub(super) struct Network {
    pub(super) name: &'static str,
    pub(super) summary: &'static str,
    /// The numbers of the legs, with the defaults of its parameters.
    pub(super) client_leg: String,
    pub(super) server_leg: String,
    /// One way between two legs.
    pub(super) between_legs: String,
    pub(super) source: &'static str,
    pub(super) params: Vec<Param>,
    pub(super) example: String,
}

impl Network {
    pub(super) fn of(spec: &NetworkSpec, program: &str) -> Self {
        let profile = spec.default_profile();
        Self {
            name: spec.name,
            summary: spec.summary,
            client_leg: profile.client.to_string(),
            server_leg: profile.server.to_string(),
            between_legs: format_span(profile.backbone),
            source: spec.source,
            params: Param::all(spec.params),
            example: format!("{program} run --network {}", written(spec.name, spec.params)),
        }
    }
}

#[derive(Serialize)]
pub(super) struct Fault {
    pub(super) name: &'static str,
    pub(super) summary: &'static str,
    pub(super) real_time: String,
    pub(super) swarm: String,
    pub(super) params: Vec<Param>,
    pub(super) example: String,
}

impl Fault {
    pub(super) fn of(spec: &'static FaultSpec, known: &[&'static FaultSpec], program: &str) -> Self {
        let scope = Scope { datagrams: true, ..Scope::new(4, known) };
        let fault = spec.default_fault(&scope);
        // A fault that comes and goes, acts on single messages or draws others needs the whole run.
        let whole = fault.next_transition(Duration::ZERO).is_some()
            || fault.touched_messages().is_some()
            || !fault.drawn().is_empty();
        let at = match spec.timing {
            Timing::Window | Timing::LaterWindow | Timing::Between if whole => "",
            Timing::Window | Timing::LaterWindow | Timing::Between => "@2s..5s",
            Timing::Until => "@5s",
            Timing::Always => "",
        };
        Self {
            name: spec.name,
            summary: spec.summary,
            real_time: spec.threads.to_string(),
            swarm: match spec.swarm {
                Swarm::Drawn(_) => "drawn".into(),
                Swarm::Never(why) => format!("not drawn: {why}"),
            },
            params: Param::all(spec.params),
            example: {
                let transport = if fault.needs().datagrams.is_some() { " --transport datagram" } else { "" };
                format!("{program} run --fault {}{at}{transport}", written(spec.name, spec.params))
            },
        }
    }
}

#[derive(Serialize)]
pub(super) struct Metric {
    pub(super) name: &'static str,
    pub(super) meaning: &'static str,
    pub(super) unit: &'static str,
    pub(super) better: &'static str,
    pub(super) fields: &'static [&'static str],
}

impl From<&'static MetricSpec> for Metric {
    fn from(spec: &'static MetricSpec) -> Self {
        Self {
            name: spec.name,
            meaning: spec.meaning,
            unit: spec.unit,
            better: spec.better.word(),
            fields: spec.fields(),
        }
    }
}

#[derive(Serialize)]
pub(super) struct ChartEntry {
    pub(super) name: &'static str,
    pub(super) summary: &'static str,
    pub(super) shows: &'static str,
    pub(super) metrics: Vec<&'static str>,
}

impl From<&Chart> for ChartEntry {
    fn from(chart: &Chart) -> Self {
        let metrics = chart.metrics.iter().map(|metric| metric.name).collect();
        Self { name: chart.name, summary: chart.title, shows: chart.shows, metrics }
    }
}

#[derive(Serialize)]
pub(super) struct Scenario {
    pub(super) name: &'static str,
    pub(super) summary: &'static str,
    pub(super) toml: &'static str,
    pub(super) example: String,
}

impl Scenario {
    pub(super) fn of((name, toml): &(&'static str, &'static str), program: &str) -> Self {
        let summary = toml.lines().next().unwrap_or_default().trim_start_matches("# ");
        Self { name, summary, toml, example: format!("{program} run {name}") }
    }
}

/// A planted bug.
#[derive(Serialize)]
pub(super) struct MutantEntry {
    pub(super) name: &'static str,
    pub(super) plants: &'static str,
    /// A bug of this kind in a real product.
    pub(super) history: Option<&'static str>,
    family: &'static str,
    pub(super) strategy: &'static str,
    pub(super) workload: &'static str,
    pub(super) network: &'static str,
    pub(super) faults: &'static [&'static str],
    pub(super) caught_by: String,
    pub(super) example: String,
}

impl MutantEntry {
    /// All mutants, family by family.
    pub(super) fn all(program: &str) -> impl Iterator<Item = Self> {
        let entry = move |family: &'static Family, mutant: &'static Mutant| Self {
            name: mutant.name,
            plants: mutant.plants,
            history: mutant.history,
            family: family.name,
            strategy: mutant.base.label(),
            workload: mutant.workload,
            network: mutant.conditions.network,
            faults: mutant.conditions.faults,
            caught_by: mutant.caught_by(),
            example: format!("{program} verify --only {}", mutant.name),
        };
        FAMILIES.iter().flat_map(move |family| family.mutants.iter().map(move |mutant| entry(family, mutant)))
    }
}

impl Named for MutantEntry {
    fn name(&self) -> &str {
        self.name
    }

    fn summary(&self) -> &str {
        self.plants
    }

    fn group(&self) -> Option<&str> {
        Some(self.family)
    }
}

#[derive(Serialize)]
pub(super) struct Story {
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    pub(super) shows: &'static str,
    pub(super) example: String,
}

impl Story {
    pub(super) fn of(story: &syncbench_harness::stories::Story, program: &str) -> Self {
        let (name, title, shows) = (story.name, story.title, story.shows);
        Self { name, title, shows, example: format!("{program} demo {name}") }
    }
}
