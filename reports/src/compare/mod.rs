//! Two runs compared: did an upgrade make it worse?
//!
//! Cells are paired by everything but their build. What follows from events is exact: the same seeds give the same figures, so
//! any difference is one of behaviour, and the seeds only say whether it has a direction. Processor time and memory are
//! measured anew in every run: a change counts when it is larger than the luck of the seeds, corrected for the number of
//! comparisons, and larger than what re-runs of one build were seen to differ by.

mod bootstrap;
mod change;
mod figure;
mod markdown;
mod pairing;
mod picture;
mod pooled;
mod rule;
mod samples;
mod significance;
mod speed;
mod text;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use syncbench_harness::metric::Measured;
use syncbench_harness::results::{Cell, Environment, Results};

use crate::format::{count, figure as shown, percent, plural};
pub use change::{Change, Verdict};
use change::{LeftOut, Row};
use figure::Figure;
pub use markdown::markdown;
pub use pairing::Incomparable;
use pairing::{Machines, Pairing};
pub use picture::picture;
pub use rule::{Hit, Judged, Rule, RuleError};
use speed::Speed;
pub use text::text;

/// The version of the JSON of a comparison.
pub const SCHEMA: u32 = 1;

/// Above this probability a change may be luck: in at most one of twenty comparisons of equal runs any change is found.
pub const SIGNIFICANT: f64 = 0.05;

/// The least change that is worth telling, as a share, by what a figure follows from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Least {
    events: f64,
    allocator: f64,
    processor: f64,
}

impl Default for Least {
    /// Of exact figures one percent: figures are shown with two or three digits. Of memory two: automerge's hash maps, seeded
    /// at random, move it by less than half a percent. Of processor time five: how far re-runs of one build lay apart on two
    /// shared cores, once divided by `reference_us`.
    fn default() -> Self {
        Self { events: 0.01, allocator: 0.02, processor: 0.05 }
    }
}

impl Least {
    /// One share for all figures.
    pub fn all(share: f64) -> Self {
        Self { events: share, allocator: share, processor: share }
    }

    fn of(&self, measured: Measured) -> f64 {
        match measured {
            Measured::Events => self.events,
            Measured::Allocator => self.allocator,
            Measured::Processor => self.processor,
        }
    }
}

/// Two runs compared.
#[derive(Clone, Debug, Serialize)]
pub struct Comparison {
    /// [`SCHEMA`].
    pub schema: u32,
    /// The answer in a sentence.
    pub answer: String,
    /// What was compared with.
    pub baseline: Side,
    /// What was compared.
    pub candidate: Side,
    /// Rows in both runs: a strategy under one condition.
    pub rows: usize,
    /// Rows that only the baseline has, as titles.
    pub only_baseline: Vec<String>,
    /// Rows that only the candidate has, as titles.
    pub only_candidate: Vec<String>,
    /// Cells in both runs.
    pub cells: usize,
    /// Cells in which the same happened, event by event.
    pub same_events: usize,
    /// How many figures became what.
    pub counts: BTreeMap<Verdict, usize>,
    /// What else is worth knowing, a sentence each.
    pub notices: Vec<String>,
    /// What the thresholds say.
    pub rules: Vec<Judged>,
    /// Every figure, the worst first.
    pub changes: Vec<Change>,
}

/// One of the runs.
#[derive(Clone, Debug, Serialize)]
pub struct Side {
    /// What the caller calls it.
    pub name: String,
    /// Where and with what it was measured.
    pub environment: Environment,
}

/// Compares two runs under their names. `progress` is told how many rows are done, of how many.
pub fn compare(
    [baseline, candidate]: [(&str, &Results); 2],
    least: Least,
    rules: &[Rule],
    progress: &mut dyn FnMut(usize, usize),
) -> Result<Comparison, Incomparable> {
    let Pairing { pairs, mut notices, gone, new } = pairing::pair(baseline.1, candidate.1)?;
    let machines = |results: &'_ Results| results.machines().cloned().collect::<Vec<_>>();
    let (before, after) = (machines(baseline.1), machines(candidate.1));
    let (before, after): (Vec<_>, Vec<_>) = (before.iter().collect(), after.iter().collect());
    let mut figures = Figure::all();
    for rule in rules {
        if !figures.contains(&rule.figure) {
            figures.push(rule.figure.clone());
        }
    }
    let speed = Speed::of(&pairs);
    let mut timed = Vec::new();
    let (mut changes, mut left_out) = (Vec::new(), BTreeMap::<LeftOut, BTreeSet<String>>::new());
    for (done, pair) in pairs.iter().enumerate() {
        progress(done, pairs.len());
        let row = Row::new(pair, Machines::of(&before, &after, pair), speed.drift);
        if row.same_processor() {
            timed.push(pair);
        }
        let mut named = BTreeSet::new();
        for figure in &figures {
            // A rule says which quantile it means.
            let asked = rules.iter().any(|rule| rule.figure == *figure);
            let Some(figure) = (if asked { Some(figure.clone()) } else { row.figure(figure) }) else { continue };
            match row.left_out(&figure) {
                Some(why) => _ = left_out.entry(why).or_default().insert(figure.name.clone()),
                None if named.insert(figure.name.clone()) => changes.extend(row.change(&figure, &least)),
                None => {}
            }
        }
    }
    changes.extend(pooled::changes(&timed, &least, speed.drift));
    correct(&mut changes);
    changes.iter_mut().for_each(Change::judge);
    notices.extend(differences(baseline.1, candidate.1));
    notices.extend(left_out.iter().map(|(why, figures)| why.notice(figures, &before, &after)));
    if left_out.is_empty() {
        notices.extend(speed.notice());
    }
    let rules = rules.iter().map(|rule| rule.judge(&changes)).collect();
    rank(&mut changes);
    let mut counts = BTreeMap::new();
    changes.iter().for_each(|change| *counts.entry(change.verdict).or_insert(0) += 1);
    let cells = pairs.iter().map(|pair| pair.cells.len()).sum();
    let alike = |(was, is): &&(&Cell, &Cell)| was.trace_digest.is_some() && was.trace_digest == is.trace_digest;
    let same_events = pairs.iter().map(|pair| pair.cells.iter().filter(alike).count()).sum();
    let side =
        |(name, results): (&str, &Results)| Side { name: name.to_owned(), environment: results.environment.clone() };
    Ok(Comparison {
        schema: SCHEMA,
        answer: format!("{}{}", missing(&gone, &new), answer(&counts, changes.len())),
        baseline: side(baseline),
        candidate: side(candidate),
        rows: pairs.len(),
        only_baseline: gone,
        only_candidate: new,
        cells,
        same_events,
        counts,
        notices,
        rules,
        changes,
    })
}

/// Corrects probabilities for the number of comparisons: what is exact and what is noisy apart, so that an upgrade which
/// changes behaviour does not make luck in processor time look like a change.
fn correct(changes: &mut [Change]) {
    for exact in [true, false] {
        let family = || changes.iter().enumerate().filter(move |(_, change)| change.exact == exact);
        let tested: Vec<(usize, f64)> = family().filter_map(|(index, change)| Some((index, change.p?))).collect();
        let probabilities: Vec<f64> = tested.iter().map(|(_, p)| *p).collect();
        for ((index, _), p) in tested.iter().zip(significance::corrected(&probabilities)) {
            changes[*index].p_corrected = Some(p);
        }
    }
}

/// The worst first: by verdict, then rows by their largest change, then figures by theirs.
fn rank(changes: &mut [Change]) {
    let size = |change: &Change| match change.effect().abs() {
        nan if nan.is_nan() => f64::INFINITY,
        size => size,
    };
    let row = |change: &Change| (change.verdict, change.strategy.clone(), change.condition.clone());
    let mut largest: BTreeMap<_, f64> = BTreeMap::new();
    for change in changes.iter() {
        let entry = largest.entry(row(change)).or_insert(0.0);
        *entry = entry.max(size(change));
    }
    changes.sort_by(|a, b| {
        let of = |change: &Change| largest.get(&row(change)).copied().unwrap_or(0.0);
        let rows = || of(b).total_cmp(&of(a)).then_with(|| row(a).cmp(&row(b)));
        a.verdict.cmp(&b.verdict).then_with(rows).then_with(|| size(b).total_cmp(&size(a)))
    });
}

/// How many rows only one run has, a sentence for each run.
fn missing(gone: &[String], new: &[String]) -> String {
    let told = |rows: &[String], has: &str, lacks: &str| match rows.len() {
        0 => String::new(),
        n => {
            let are = if n == 1 { "is" } else { "are" };
            format!("{} of the {has} {are} missing in the {lacks}. ", plural(n, "row"))
        }
    };
    format!("{}{}", told(gone, "baseline", "candidate"), told(new, "candidate", "baseline"))
}

fn answer(counts: &BTreeMap<Verdict, usize>, all: usize) -> String {
    let of = |verdict| counts.get(&verdict).copied().unwrap_or(0);
    let (worse, better, changed) = (of(Verdict::Worse), of(Verdict::Better), of(Verdict::Changed));
    let figures = plural(all, "figure");
    let is = |n: usize, word: &str| format!("{} {} {word}", count(n as u64), if n == 1 { "is" } else { "are" });
    let first = match worse {
        0 => format!("None of {figures} is worse"),
        _ => format!("{} of {figures} {} worse", count(worse as u64), if worse == 1 { "is" } else { "are" }),
    };
    let rest = [(better, "better"), (changed, "changed")].into_iter().filter(|(n, _)| *n > 0);
    let rest: Vec<_> = rest.map(|(n, word)| is(n, word)).collect();
    let same = of(Verdict::Same) + of(Verdict::Identical);
    let rest: String = rest.iter().map(|words| format!(", {words}")).collect();
    format!("{first}{rest}, {}.", is(same, "the same"))
}

/// In what the runs differ beside their figures.
fn differences(baseline: &Results, candidate: &Results) -> Vec<String> {
    let (was, is) = (&baseline.environment, &candidate.environment);
    let mut notices = Vec::new();
    let libraries: BTreeSet<_> = was.libraries.keys().chain(is.libraries.keys()).collect();
    let version = |environment: &Environment, name: &str| environment.libraries.get(name).cloned();
    for name in libraries {
        match (version(was, name), version(is, name)) {
            (Some(was), Some(is)) if was != is => notices.push(format!("{name} {was} became {is}")),
            (Some(was), None) => notices.push(format!("{name} {was} only in the baseline's build")),
            (None, Some(is)) => notices.push(format!("{name} {is} only in the candidate's build")),
            _ => {}
        }
    }
    if was.rustc != is.rustc {
        notices.push(format!("{} became {}", was.rustc, is.rustc));
    }
    for (label, facts) in &baseline.facts.strategies {
        let Some(other) = candidate.facts.strategies.get(label) else { continue };
        let changed = facts.params.iter().filter_map(|(name, was)| {
            let is = other.params.get(name)?;
            (was != is).then(|| format!("{label}: {name} was {was} and is {is}"))
        });
        notices.extend(changed);
        let dropped: Vec<_> = facts.claims.difference(&other.claims).map(String::as_str).collect();
        if !dropped.is_empty() {
            notices.push(format!("{label} no longer claims: {}", dropped.join(", ")));
        }
    }
    for (results, name) in [(baseline, "baseline"), (candidate, "candidate")] {
        let missing = results.cells_planned.saturating_sub(results.cells.len());
        if missing > 0 {
            notices.push(format!("the {name} is unfinished: {} missing", plural(missing, "cell")));
        }
    }
    notices
}

impl LeftOut {
    fn notice(self, figures: &BTreeSet<String>, before: &[&Environment], after: &[&Environment]) -> String {
        let names: Vec<_> = figures.iter().map(String::as_str).collect();
        let machine = |environments: &[&Environment]| {
            environments
                .first()
                .map_or(String::new(), |one| format!("{} with {} cores on {}", one.cpu, one.cores, one.os))
        };
        match self {
            Self::Machine => format!(
                "left out, since the runs are of two machines ({}; {}): {}",
                machine(before),
                machine(after),
                names.join(", ")
            ),
            Self::Profile => {
                format!(
                    "left out, since one build is of the debug and one of the release profile: {}",
                    names.join(", ")
                )
            }
        }
    }
}

/// A figure before and after, and its change: `91.2k`, `82.1k`, `-10% (-12 to -8)`, with why it is no more than changed.
fn words(change: &Change) -> [String; 3] {
    let value = |value: Option<f64>| value.map_or(crate::format::NONE.to_owned(), shown);
    let by = [Some(by(change)).filter(|by| !by.is_empty()), change.why.map(str::to_owned)];
    [value(change.baseline), value(change.candidate), by.into_iter().flatten().collect::<Vec<_>>().join("; ")]
}

/// By how much it changed, in percent, with its interval.
fn by(change: &Change) -> String {
    if change.is_new_or_gone() || change.effect().is_nan() {
        return match (change.baseline, change.candidate) {
            (Some(was), Some(is)) => format!("{}{}", if is > was { "+" } else { "" }, shown(is - was)),
            _ => String::new(),
        };
    }
    let interval = change.interval.map_or(String::new(), |[low, high]| {
        if signed(low - 1.0) == signed(high - 1.0) {
            String::new()
        } else {
            format!(" ({} to {})", signed(low - 1.0), signed(high - 1.0))
        }
    });
    format!("{}{interval}", signed(change.effect()))
}

/// A share as a percentage with its sign.
fn signed(share: f64) -> String {
    let sign = if share > 0.0 {
        "+"
    } else if share < 0.0 {
        "-"
    } else {
        ""
    };
    match share.abs() {
        more if more >= 10.0 && sign == "+" => format!("×{}", shown(1.0 + more)),
        share => format!("{sign}{}", percent(share)),
    }
}
