//! Which cells of two runs are compared: those of one condition, strategy and seed, whatever the build.

use std::collections::BTreeMap;

use syncbench_harness::results::{Cell, Environment, Outcome, Results, first_difference};
use syncbench_strategies::document::Digest;
use thiserror::Error;

use crate::aggregate::Summary;
use crate::format::{list, plural};

/// Why two runs are not compared.
#[derive(Debug, Error)]
pub enum Incomparable {
    /// Two forms of results.
    #[error("the baseline has schema {0} and the candidate schema {1}; measure both with one version")]
    Schema(u32, u32),
    /// A run without cells.
    #[error("the {0} holds no measured cell; finish it with `run --resume`, or choose another folder")]
    Empty(&'static str),
    /// No cell of one has its counterpart in the other.
    #[error("no cell of one run has its counterpart in the other: {0}; run both with the same scenario")]
    Apart(String),
    /// Single seeds.
    #[error(
        "the runs share fewer than two seeds in every row ({0}); the spread over seeds needs two, and ten are better: run both with --seeds 1..10"
    )]
    Seeds(String),
}

/// A strategy under one condition in both runs, seed by seed.
pub(super) struct Pair<'a> {
    /// What the cells share, whatever the build.
    pub(super) key: Digest,
    /// The condition in a title.
    pub(super) title: String,
    /// Cells of the baseline and of the candidate, by seed; each pair was measured on both sides.
    pub(super) cells: Vec<(&'a Cell, &'a Cell)>,
    /// Cells that ended otherwise than their counterpart, and all others of the row that are in both.
    pub(super) all: Vec<(&'a Cell, &'a Cell)>,
}

/// The rows of both runs, and what is worth knowing of the others.
pub(super) struct Pairing<'a> {
    pub(super) pairs: Vec<Pair<'a>>,
    pub(super) notices: Vec<String>,
    /// Rows that only the baseline has.
    pub(super) gone: Vec<String>,
    /// Rows that only the candidate has.
    pub(super) new: Vec<String>,
}

type Rows<'a> = BTreeMap<(Digest, &'a str), BTreeMap<u64, &'a Cell>>;

fn rows<'a>(results: &'a Results) -> Rows<'a> {
    let mut rows: Rows<'a> = BTreeMap::new();
    for cell in results.cells.iter().filter(|cell| cell.outcome != Outcome::NotRun) {
        rows.entry((cell.condition_key(), &cell.strategy)).or_default().insert(cell.seed, cell);
    }
    rows
}

/// Pairs the cells of two runs.
pub(super) fn pair<'a>(baseline: &'a Results, candidate: &'a Results) -> Result<Pairing<'a>, Incomparable> {
    if baseline.schema != candidate.schema {
        return Err(Incomparable::Schema(baseline.schema, candidate.schema));
    }
    for (results, name) in [(baseline, "baseline"), (candidate, "candidate")] {
        if !results.cells.iter().any(|cell| cell.outcome == Outcome::Measured) {
            return Err(Incomparable::Empty(name));
        }
    }
    let mut before = rows(baseline);
    let (mut pairs, mut new, mut seeds) = (Vec::new(), Vec::new(), Lost::default());
    for group in Summary::new(candidate).all_groups() {
        for row in &group.rows {
            let Some(first) = row.cells.first() else { continue };
            if row.cells.iter().all(|cell| cell.outcome == Outcome::NotRun) {
                continue;
            }
            let key = first.condition_key();
            let Some(other) = before.remove(&(key, row.strategy)) else {
                new.push(format!("{} on {}", row.strategy, group.title));
                continue;
            };
            let mut pair = Pair { key, title: group.title.clone(), cells: Vec::new(), all: Vec::new() };
            let mut only = 0;
            for cell in row.cells.iter().copied().filter(|cell| cell.outcome != Outcome::NotRun) {
                let Some(was) = other.get(&cell.seed) else {
                    only += 1;
                    continue;
                };
                pair.all.push((*was, cell));
                if [was.outcome, cell.outcome] == [Outcome::Measured; 2] {
                    pair.cells.push((*was, cell));
                }
            }
            seeds.count(only, other.len() - pair.all.len());
            if !pair.all.is_empty() {
                pairs.push(pair);
            }
        }
    }
    if pairs.iter().all(|pair| pair.cells.is_empty()) {
        return Err(Incomparable::Apart(difference(baseline, candidate)));
    }
    if pairs.iter().all(|pair| pair.cells.len() < 2) {
        let (one, other) = (&baseline.cells, &candidate.cells);
        return Err(Incomparable::Seeds(format!("baseline {}, candidate {}", seeds_of(one), seeds_of(other))));
    }
    let titles = Summary::new(baseline);
    let mut gone = Vec::new();
    for group in titles.all_groups() {
        let left = group.rows.iter().filter(|row| {
            row.cells.first().is_some_and(|cell| before.contains_key(&(cell.condition_key(), row.strategy)))
        });
        gone.extend(left.map(|row| format!("{} on {}", row.strategy, group.title)));
    }
    let mut notices = Vec::new();
    for (rows, run) in [(&gone, "baseline"), (&new, "candidate")] {
        if !rows.is_empty() {
            notices.push(format!("{} only in the {run}: {}", plural(rows.len(), "row"), list(rows, 3)));
        }
    }
    notices.extend(seeds.notice());
    Ok(Pairing { pairs, notices, gone, new })
}

/// Cells whose seed the other run lacks.
#[derive(Default)]
struct Lost {
    candidate: usize,
    baseline: usize,
}

impl Lost {
    fn count(&mut self, candidate: usize, baseline: usize) {
        self.candidate += candidate;
        self.baseline += baseline;
    }

    fn notice(&self) -> Option<String> {
        let of = |count: usize, run| (count > 0).then(|| format!("{} of the {run}", plural(count, "cell")));
        let both: Vec<_> =
            [of(self.baseline, "baseline"), of(self.candidate, "candidate")].into_iter().flatten().collect();
        (!both.is_empty()).then(|| format!("left out, since the other run lacks their seeds: {}", both.join(" and ")))
    }
}

fn seeds_of(cells: &[Cell]) -> String {
    let mut seeds: Vec<u64> = cells.iter().map(|cell| cell.seed).collect();
    seeds.sort_unstable();
    seeds.dedup();
    let written: Vec<_> = seeds.iter().map(u64::to_string).collect();
    format!(
        "has {}",
        if written.len() == 1 { format!("seed {}", written[0]) } else { format!("seeds {}", list(&written, 6)) }
    )
}

/// The first setting in which the scenarios of two runs differ.
fn difference(baseline: &Results, candidate: &Results) -> String {
    let parts = |results: &Results| match &results.scenario {
        serde_json::Value::Array(parts) => parts.len(),
        _ => 1,
    };
    if parts(baseline) != parts(candidate) {
        let count = |results| plural(parts(results), "part");
        return format!("the plan has {} and {}", count(baseline), count(candidate));
    }
    match first_difference("scenario", &baseline.scenario, &candidate.scenario) {
        Some((setting, one, other)) => format!("{setting} is {one} and {other}"),
        None => "their scenarios are equal, and the cells have other conditions".to_owned(),
    }
}

/// Whether processor time and memory of the row may be compared.
pub(super) struct Machines {
    /// Both on one kind of machine.
    pub(super) same: bool,
    /// Both in one build profile.
    pub(super) profile: bool,
}

impl Machines {
    pub(super) fn of(baseline: &[&Environment], candidate: &[&Environment], pair: &Pair<'_>) -> Self {
        let both = |(was, is): &(&Cell, &Cell)| Some((*baseline.get(was.machine)?, *candidate.get(is.machine)?));
        let environments: Vec<_> = pair.cells.iter().filter_map(both).collect();
        Self {
            same: environments.iter().all(|(was, is)| was.same_machine(is)),
            profile: environments.iter().all(|(was, is)| was.profile == is.profile),
        }
    }
}
