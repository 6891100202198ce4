//! Strategies by workloads at a glance: what the first screen of the terminal, the head of the page and a choice read.
//!
//! Nothing is blended: a figure belongs to one strategy, workload and mode, or is the worst of several, and says which.

mod figures;
mod follow;
mod names;
mod strategy;

use std::collections::{BTreeMap, BTreeSet};

use crate::aggregate::{Group, Row, Summary};
pub use figures::{Judged, Tail};
pub use follow::{Follow, follow};
pub use names::compressed;
pub use strategy::{Offline, Strategy};

/// Strategies by workloads.
#[derive(Clone, Debug)]
pub struct Overview<'s, 'a> {
    /// What differs beside strategy and workload: parts of the plan, networks, faults, ... Sweeps over sizes are left out,
    /// unless there is nothing else: then each size is a mode.
    pub modes: Vec<Mode<'s, 'a>>,
    /// Workloads in the order of the plan.
    pub workloads: Vec<&'a str>,
    /// Strategies, family by family, in the order of the plan.
    pub strategies: Vec<Strategy<'a>>,
    /// The results, put together.
    pub summary: &'s Summary<'a>,
    /// By workload: the modes that are comparable, by their places.
    comparable: BTreeMap<&'a str, Vec<usize>>,
}

/// Conditions that differ in nothing but their workload.
#[derive(Clone, Debug)]
pub struct Mode<'s, 'a> {
    /// A unique name: `calm`, `rough`, or with what differs from other modes of its part.
    pub name: String,
    /// One for each workload, in the order of the plan.
    pub groups: Vec<&'s Group<'a>>,
}

impl<'s, 'a> Overview<'s, 'a> {
    /// The overview of a summary.
    pub fn new(summary: &'s Summary<'a>) -> Self {
        let mut modes: Vec<Mode<'s, 'a>> = Vec::new();
        let (mut places, mut workloads) = (BTreeMap::new(), Vec::new());
        let swept = summary.groups.is_empty();
        // A part that sweeps over sizes asks what an operation costs: its other conditions are no mode either.
        let sweeps = summary.sweeps.iter().flat_map(|sweep| &sweep.groups);
        let sweeping: BTreeSet<&str> = sweeps.map(|group| group.condition.part).collect();
        let alone = |group: &&Group<'a>| !sweeping.contains(group.condition.part);
        let any_alone = summary.groups.iter().any(|group| alone(&group));
        let groups: Vec<&Group<'a>> = if swept {
            summary.all_groups().collect()
        } else {
            summary.groups.iter().filter(|group| !any_alone || alone(group)).collect()
        };
        for group in groups {
            if !workloads.contains(&group.condition.workload) {
                workloads.push(group.condition.workload);
            }
            let size = if swept { group.condition.size() } else { 0 };
            let place = *places.entry((group.condition.but_workload(), size)).or_insert_with(|| {
                modes.push(Mode { name: String::new(), groups: Vec::new() });
                modes.len() - 1
            });
            modes[place].groups.push(group);
        }
        name(&mut modes, swept);
        let (strategies, comparable) = (Strategy::of(summary), BTreeMap::new());
        let mut overview = Self { modes, workloads, strategies, summary, comparable };
        let found = overview.workloads.iter().map(|workload| (*workload, overview.find_comparable(workload)));
        overview.comparable = found.collect();
        overview
    }

    /// The row of a strategy on a workload in a mode, with its group; `None` where it was not planned.
    pub fn row(&self, mode: &Mode<'s, 'a>, strategy: &str, workload: &str) -> Option<(&'s Group<'a>, &'s Row<'a>)> {
        let group = mode.groups.iter().find(|group| group.condition.workload == workload)?;
        let row = group.rows.iter().find(|row| row.strategy == strategy)?;
        Some((group, row))
    }

    /// The rows of a strategy in a mode.
    pub fn rows<'o>(&'o self, mode: &'o Mode<'s, 'a>, strategy: &'o str) -> impl Iterator<Item = &'s Row<'a>> + 'o {
        mode.groups.iter().filter_map(move |group| group.rows.iter().find(|row| row.strategy == strategy))
    }
}

/// Names modes by their part; those of one part add what differs. Where all are of one part, what differs is enough.
fn name(modes: &mut [Mode<'_, '_>], swept: bool) {
    let facets = |mode: &Mode<'_, '_>| mode.groups[0].condition.facets();
    let mut like: BTreeMap<_, Vec<BTreeSet<String>>> = BTreeMap::new();
    for mode in modes.iter() {
        let facets = facets(mode);
        let known = like.entry(mode.groups[0].condition.part).or_default();
        known.resize_with(facets.len(), BTreeSet::new);
        known.iter_mut().zip(facets).for_each(|(known, facet)| _ = known.insert(facet));
    }
    let one_part = like.len() == 1;
    for mode in modes {
        let part = mode.groups[0].condition.part;
        let differs = like.get(part).map(Vec::as_slice).unwrap_or_default();
        let size = mode.groups[0].condition.size_facet();
        let facets = facets(mode);
        let told = facets.iter().zip(differs).filter(|(facet, known)| known.len() > 1 && (swept || **facet != size));
        let mut told: Vec<_> = told.map(|(facet, _)| facet.as_str()).collect();
        if !one_part || told.is_empty() {
            told.insert(0, part);
        }
        mode.name = told.join(", ");
    }
}
