//! What is compared: a strategy, or a mix of several, each for its part of the data.

use std::collections::{BTreeMap, BTreeSet};

use syncbench_harness::results::{Results, StrategyFacts};

use super::shapes::Part;
use super::study::Study;
use crate::aggregate::{Row, Summary};

/// The measurements of a study.
#[derive(Clone, Debug)]
pub struct Measured<'a> {
    /// Everything.
    pub results: &'a Results,
    /// By part of the plan, workload and strategy.
    rows: BTreeMap<(String, String, String), Row<'a>>,
}

impl<'a> Measured<'a> {
    /// Groups results.
    pub fn new(results: &'a Results) -> Self {
        let mut rows = BTreeMap::new();
        let summary = Summary::new(results);
        for group in summary.all_groups() {
            for row in &group.rows {
                let (part, workload) = (group.condition.part.to_owned(), group.condition.workload.to_owned());
                rows.insert((part, workload, row.strategy.to_owned()), row.clone());
            }
        }
        Self { results, rows }
    }

    /// The row of a strategy on a workload in a part of the plan.
    pub fn row(&self, part: &str, workload: &str, strategy: &str) -> Option<&Row<'a>> {
        self.rows.get(&(part.to_owned(), workload.to_owned(), strategy.to_owned()))
    }

    /// What a strategy says about itself.
    pub fn facts(&self, strategy: &str) -> Option<&'a StrategyFacts> {
        self.results.facts.strategies.get(strategy)
    }
}

/// A strategy, or a mix of several.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Its label.
    pub label: String,
    /// Its family.
    pub family: String,
    /// By part of the data: the strategy that carries it.
    pub carries: Vec<(Part, String)>,
}

impl Entry {
    /// A strategy that carries all parts of the data.
    pub fn alone(study: &Study, label: &str, family: &str) -> Self {
        let carries = study.parts.iter().map(|part| (part.clone(), label.to_owned())).collect();
        Self { label: label.to_owned(), family: family.to_owned(), carries }
    }

    /// Its rows in a part of the plan.
    pub fn rows<'m, 'a>(&'m self, measured: &'m Measured<'a>, part: &'m str) -> impl Iterator<Item = &'m Row<'a>> {
        self.carries.iter().filter_map(move |(data, strategy)| measured.row(part, data.workload, strategy))
    }

    /// Its rows on data that lasts, on which losses are counted: what passes with its user is sent often, and its next
    /// message repairs what was lost. All rows where nothing lasts.
    pub fn lasting<'m, 'a>(&'m self, measured: &'m Measured<'a>, part: &'m str) -> impl Iterator<Item = &'m Row<'a>> {
        let all_pass = self.carries.iter().all(|(data, _)| data.passes());
        let lasting = self.carries.iter().filter(move |(data, _)| all_pass || !data.passes());
        lasting.filter_map(move |(data, strategy)| measured.row(part, data.workload, strategy))
    }

    /// By part of the data: what carries it, in words.
    pub fn parts(&self) -> Vec<(String, String)> {
        let mut parts = Vec::new();
        let mut met = BTreeSet::new();
        for (part, label) in &self.carries {
            let named = label.split_once(':').filter(|(name, _)| *name == HYBRID);
            let Some((_, params)) = named else {
                parts.push((part.data.word().to_owned(), label.clone()));
                continue;
            };
            if met.insert(label) {
                let value = |name: &str| params.split(',').find_map(|one| one.strip_prefix(name)?.strip_prefix('='));
                let texts = value("text").unwrap_or("ot").to_owned();
                parts.push(("texts".to_owned(), texts));
                parts.push(("everything else".to_owned(), value("rest").unwrap_or("serial").to_owned()));
            }
        }
        parts
    }
}

/// The family of mixes over one connection.
pub(super) const HYBRID: &str = "hybrid";
/// The claim of a strategy for what lasts only as long as its user.
pub(super) const EPHEMERAL: &str = "ephemeral";

/// What was measured, as entries: first each strategy alone, then the mixes.
pub fn entries(study: &Study, measured: &Measured<'_>) -> (Vec<Entry>, Vec<Entry>) {
    let mut met = BTreeSet::new();
    let labels = measured.results.cells.iter().map(|cell| (cell.strategy.as_str(), cell.family.as_str()));
    let labels: Vec<(&str, &str)> = labels.filter(|(label, _)| met.insert(*label)).collect();
    let ephemeral = |label: &str| measured.facts(label).is_some_and(|facts| facts.claims.contains(EPHEMERAL));
    let alone = |label: &str, family: &str| Entry::alone(study, label, family);
    let singles = labels.iter().filter(|(_, family)| *family != HYBRID).map(|(label, family)| alone(label, family));
    let passes = study.parts.iter().filter(|part| part.passes()).count();
    let mut mixes: Vec<Entry> = Vec::new();
    if passes == 0 || passes == study.parts.len() {
        let hybrids = labels.iter().filter(|(_, family)| *family == HYBRID);
        mixes.extend(hybrids.map(|(label, family)| alone(label, family)));
    } else {
        for (apart, _) in labels.iter().filter(|(label, _)| ephemeral(label)) {
            for (label, family) in labels.iter().filter(|(label, _)| !ephemeral(label)) {
                let mut entry = alone(&format!("{label} + {apart}"), family);
                for (part, strategy) in &mut entry.carries {
                    *strategy = if part.passes() { (*apart).to_owned() } else { (*label).to_owned() };
                }
                mixes.push(entry);
            }
        }
    }
    (singles.collect(), mixes)
}
