//! What follows for each kind of data, in a line each: read from the overview.

use super::spot::{Fate, Spot};
use crate::format::{figure, list};
use crate::overview::Overview;

/// Most strategies that a line names before it counts the rest.
const NAMES: usize = 7;

/// What follows for a kind of data.
pub(super) struct Line {
    /// The kind of data.
    pub(super) holds: String,
    /// The sentence.
    pub(super) text: String,
}

/// A line for each kind of data, over all modes. Workloads that hold the same share one.
pub(super) fn lines(overview: &Overview<'_, '_>) -> Vec<Line> {
    let holds = |workload: &str| {
        let facts = overview.summary.results.facts.workloads.get(workload);
        facts.map(|facts| facts.holds.as_str()).filter(|holds| !holds.is_empty()).unwrap_or(workload).to_owned()
    };
    let mut kinds: Vec<(String, Vec<&str>)> = Vec::new();
    for workload in &overview.workloads {
        let holds = holds(workload);
        match kinds.iter_mut().find(|(known, _)| *known == holds) {
            Some((_, workloads)) => workloads.push(workload),
            None => kinds.push((holds, vec![workload])),
        }
    }
    kinds.into_iter().filter_map(|(holds, workloads)| Some(Line { text: text(overview, &workloads)?, holds })).collect()
}

fn text(overview: &Overview<'_, '_>, workloads: &[&str]) -> Option<String> {
    let worst = |strategy: &str| {
        let spots = workloads.iter().filter_map(|workload| Spot::worst(overview, &overview.modes, strategy, workload));
        let lost = spots.filter_map(|spot| match spot.fate {
            Fate::Measured(Some(lost), _) => Some(lost.value),
            _ => None,
        });
        lost.reduce(f64::max)
    };
    let judged: Vec<_> = overview.strategies.iter().filter_map(|one| Some((one.label, worst(one.label)?))).collect();
    let least = judged.iter().map(|(_, lost)| *lost).reduce(f64::min)?;
    let names: Vec<_> = judged.iter().filter(|(_, lost)| *lost == least).map(|(name, _)| *name).collect();
    Some(match names.len() {
        all if least == 0.0 && all == judged.len() && all > 1 => format!("0 lost with each of the {all} that carry it"),
        _ if least == 0.0 => format!("0 lost with {}", list(&names, NAMES)),
        _ => format!("none loses nothing; fewest with {}: {} per 1,000", list(&names, NAMES), figure(least)),
    })
}
