//! Cells grouped: one [`Group`] for each condition, one [`Row`] for each strategy in it, with all its seeds.
//!
//! What a group's heading leaves out is equal for all of its rows: cells of two conditions, builds or topologies never share
//! a group.

mod condition;
mod row;

use std::collections::{BTreeMap, BTreeSet};

use syncbench_harness::results::{Cell, Environment, Outcome, Results};
use syncbench_strategies::document::Digest;
use syncbench_strategies::replica::Topology;

use crate::coverage::{self, Met};
pub use condition::Condition;
pub use row::{QUANTILES, Row, Status};

/// All strategies under one condition.
#[derive(Clone, Debug)]
pub struct Group<'a> {
    /// What the cells share.
    pub condition: Condition<'a>,
    /// A unique name: workload (part), and what differs from other groups with these two.
    pub title: String,
    /// The same without the size of the initial document, which a sweep's conditions share.
    pub sizeless: String,
    /// The same without the workload: what tells it from the other conditions of its workload, such as `calm`.
    pub mode: String,
    /// One for each strategy, in the order of the plan.
    pub rows: Vec<Row<'a>>,
}

/// Conditions that differ in nothing but the size of the initial document.
#[derive(Clone, Debug)]
pub struct Sweep<'a> {
    /// One for each size, ascending; two or more.
    pub groups: Vec<Group<'a>>,
}

/// All results, grouped: the source of tables, charts and the page.
#[derive(Clone, Debug)]
pub struct Summary<'a> {
    /// The results themselves.
    pub results: &'a Results,
    /// Conditions in the order of the plan, without those of `sweeps`.
    pub groups: Vec<Group<'a>>,
    /// Conditions over several sizes.
    pub sweeps: Vec<Sweep<'a>>,
    /// Every strategy, in the order of the plan.
    pub strategies: Vec<&'a str>,
}

impl<'a> Summary<'a> {
    /// Groups results.
    pub fn new(results: &'a Results) -> Self {
        let machines: Vec<&Environment> = results.machines().collect();
        let builds: BTreeSet<_> = results.cells.iter().map(|cell| cell.build).collect();
        let (mut groups, mut strategies): (Vec<Group<'a>>, Vec<&str>) = (Vec::new(), Vec::new());
        let (mut places, mut met) = (BTreeMap::new(), BTreeSet::new());
        let topologies = Topologies::of(&results.cells);
        for cell in &results.cells {
            if met.insert(cell.strategy.as_str()) {
                strategies.push(&cell.strategy);
            }
            let place = *places.entry((cell.key(), topologies.shown(cell))).or_insert_with(|| {
                let build = machines.get(cell.machine).copied().unwrap_or(&results.environment);
                let condition = Condition::of(cell, topologies.shown(cell), build, builds.len() > 1);
                groups.push(Group {
                    condition,
                    title: String::new(),
                    sizeless: String::new(),
                    mode: String::new(),
                    rows: Vec::new(),
                });
                groups.len() - 1
            });
            groups[place].add(cell);
        }
        for group in &mut groups {
            group.rows.iter_mut().for_each(|row| row.cells.sort_by_key(|cell| cell.seed));
        }
        name(&mut groups);
        let (sweeps, groups) = split_sweeps(groups);
        Self { results, groups, sweeps, strategies }
    }

    /// Groups ordered by workload, so that the parts of one workload are neighbours.
    pub fn by_workload(&self) -> Vec<&Group<'a>> {
        let mut first = BTreeMap::new();
        for (index, group) in self.groups.iter().enumerate() {
            first.entry(group.condition.workload).or_insert(index);
        }
        let mut groups: Vec<_> = self.groups.iter().collect();
        groups.sort_by_key(|group| first.get(group.condition.workload).copied());
        groups
    }

    /// The same with the first `most` strategies only.
    #[must_use]
    pub fn first_strategies(&self, most: usize) -> Self {
        let mut less = self.clone();
        less.strategies.truncate(most);
        let kept: BTreeSet<_> = less.strategies.iter().copied().collect();
        let swept = less.sweeps.iter_mut().flat_map(|sweep| &mut sweep.groups);
        for group in less.groups.iter_mut().chain(swept) {
            group.rows.retain(|row| kept.contains(row.strategy));
        }
        less
    }

    /// The same with the conditions of one workload only. Strategies stay, so that they keep their looks.
    #[must_use]
    pub fn only(&self, workload: &str) -> Self {
        let mut less = self.clone();
        less.groups.retain(|group| group.condition.workload == workload);
        less.sweeps.retain(|sweep| sweep.groups.iter().any(|group| group.condition.workload == workload));
        less
    }

    /// The family of each strategy, as its cells say it.
    pub fn families(&self) -> BTreeMap<&'a str, &'a str> {
        let cells = self.results.cells.iter().filter(|cell| !cell.family.is_empty());
        cells.map(|cell| (cell.strategy.as_str(), cell.family.as_str())).collect()
    }

    /// Every group, those of sweeps included.
    pub fn all_groups(&self) -> impl Iterator<Item = &Group<'a>> {
        self.groups.iter().chain(self.sweeps.iter().flat_map(|sweep| &sweep.groups))
    }
}

/// The topologies that were measured under each condition.
struct Topologies(BTreeMap<Digest, BTreeSet<Topology>>);

impl Topologies {
    fn of(cells: &[Cell]) -> Self {
        let mut measured: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
        for cell in cells.iter().filter(|cell| cell.outcome != Outcome::Unsupported) {
            measured.entry(cell.key()).or_default().insert(cell.topology);
        }
        Self(measured)
    }

    /// Under which topology a cell is shown. What a strategy does not carry sent nothing over any path, so it stands beside
    /// what was measured.
    fn shown(&self, cell: &Cell) -> Topology {
        match self.0.get(&cell.key()) {
            Some(measured) if !measured.contains(&cell.topology) => *measured.first().unwrap_or(&cell.topology),
            _ => cell.topology,
        }
    }
}

/// Separates the groups that differ only in size.
fn split_sweeps(groups: Vec<Group<'_>>) -> (Vec<Sweep<'_>>, Vec<Group<'_>>) {
    let mut by_rest: Vec<Vec<Group<'_>>> = Vec::new();
    let mut places = BTreeMap::new();
    let mut met = BTreeMap::new();
    for group in groups {
        let rest = group.condition.but_size();
        // A sweep has each size once.
        let nth = met.entry((rest.clone(), group.condition.size())).or_insert(0);
        *nth += 1;
        let place = *places.entry((rest, *nth)).or_insert_with(|| {
            by_rest.push(Vec::new());
            by_rest.len() - 1
        });
        by_rest[place].push(group);
    }
    let (mut sweeps, mut singles) = (Vec::new(), Vec::new());
    for mut groups in by_rest {
        if groups.len() == 1 {
            singles.append(&mut groups);
            continue;
        }
        groups.sort_by_key(|group| group.condition.size());
        sweeps.push(Sweep { groups });
    }
    (sweeps, singles)
}

/// Gives each group a title; groups of one part and workload add what differs. A mesh always says that it is one.
fn name(groups: &mut [Group<'_>]) {
    let mut like: BTreeMap<_, Vec<BTreeSet<String>>> = BTreeMap::new();
    for Group { condition, .. } in groups.iter() {
        let facets = condition.facets();
        let known = like.entry((condition.part, condition.workload)).or_default();
        known.resize_with(facets.len(), BTreeSet::new);
        known.iter_mut().zip(facets).for_each(|(known, facet)| _ = known.insert(facet));
    }
    for group in groups {
        let Condition { part, workload, .. } = group.condition;
        let differs = like.get(&(part, workload)).map(Vec::as_slice).unwrap_or_default();
        let facets = group.condition.facets();
        let told = facets.iter().zip(differs).filter(|(facet, known)| known.len() > 1 || *facet == "mesh");
        let told: Vec<&String> = told.map(|(facet, _)| facet).collect();
        let mode = |told: &mut dyn Iterator<Item = &&String>| {
            let told: String = told.map(|facet| format!(", {facet}")).collect();
            format!("{part}{told}")
        };
        // What follows from the size is no part of a sweep's name.
        let usual = group.condition.usual_sampling();
        let (size, sampling) = (group.condition.size_facet(), group.condition.sampling_facet());
        let sizeless = |facet: &&&String| ***facet != size && !(usual && ***facet == sampling);
        group.mode = mode(&mut told.iter());
        group.title = format!("{workload} ({})", group.mode);
        group.sizeless = format!("{workload} ({})", mode(&mut told.iter().filter(sizeless)));
    }
}

impl<'a> Group<'a> {
    fn add(&mut self, cell: &'a Cell) {
        match self.rows.iter_mut().find(|row| row.strategy == cell.strategy) {
            Some(row) => row.cells.push(cell),
            None => self.rows.push(Row::new(cell)),
        }
    }

    /// Rows with at least one measured seed.
    pub fn measured(&self) -> impl Iterator<Item = &Row<'a>> {
        self.rows.iter().filter(|row| row.status() == Status::Measured)
    }

    /// The most seeds that any strategy was measured with.
    pub fn seeds(&self) -> usize {
        self.rows.iter().map(|row| row.measured().count()).max().unwrap_or(0)
    }

    /// The seeds that any strategy was measured with, where not all were measured with the same ones: then sums over seeds do
    /// not compare.
    pub fn uneven_seeds(&self) -> Option<BTreeSet<u64>> {
        let mut seeds = self.measured().map(Row::seeds);
        let first = seeds.next()?;
        let (mut all, mut even) = (first.clone(), true);
        for one in seeds {
            even &= one == first;
            all.extend(one);
        }
        (!even).then_some(all)
    }

    /// What each fault met, over all strategies and seeds.
    pub fn coverage(&self) -> Vec<Met> {
        coverage::of_cells(self.rows.iter().flat_map(Row::measured))
    }
}
