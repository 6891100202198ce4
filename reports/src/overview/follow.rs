//! What follows from an overview: which strategies lost nothing, kind of data by kind of data.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use syncbench_harness::metrics::REJECTED;

use super::names::compressed;
use super::{Judged, Mode, Overview};
use crate::format::{figure, list};
use crate::stats::paired_difference;

/// What holds for some kinds of data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Follow {
    /// What the documents hold, or the workload where nobody says.
    pub holds: Vec<String>,
    /// What holds, before names of strategies: `0 lost with`.
    pub says: String,
    /// The strategies, in few words: `ot`, `crdt-*`. Empty where the sentence needs none.
    pub names: Vec<String>,
    /// What is said behind the names; may be empty.
    pub note: String,
    rank: Rank,
}

/// What tells strategies apart comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    /// Some lost nothing.
    Some,
    /// None lost nothing.
    None,
    /// Nearly all lost nothing.
    NearlyAll,
    /// All lost nothing.
    All,
}

/// Claims that may be why strategies lose nothing, and how that is said. What they merely have in common, such as working
/// offline, is no reason, and would be read as one.
const CLAIMS: [(&str, &str); 2] = [(REFUSES, "all that can refuse"), ("serializable", "all that are serializable")];
/// The claim that counts as a reason where something was refused.
const REFUSES: &str = "can refuse";

/// How much more than the best a strategy may lose or refuse to be named with it, beside not being told from it: few seeds tell
/// little, and that is no merit.
const NEAR: f64 = 1.25;

impl Follow {
    /// As a sentence, with at most so many kinds of data and strategies by name.
    pub fn sentence(&self, holds: usize, names: usize) -> String {
        format!("{}: {}", list(&self.holds, holds), self.said(names))
    }

    /// What holds, without the kinds of data, with at most so many strategies by name.
    pub fn said(&self, names: usize) -> String {
        let space = if self.names.is_empty() { "" } else { " " };
        let names = match self.names.len() {
            all if all <= names => self.names.join(", "),
            all => format!("{} and {} more", self.names[..names].join(", "), all - names),
        };
        format!("{}{space}{names}{}", self.says, self.note)
    }

    fn alike(&self, other: &Self) -> bool {
        (&self.says, &self.names, &self.note) == (&other.says, &other.names, &other.note)
    }
}

/// Sentences about every kind of data in which losses were judged, the most telling first.
pub fn follow(overview: &Overview<'_, '_>) -> Vec<Follow> {
    let kinds: Vec<Kind<'_>> = Kind::all(overview);
    let (clean, lossy): (Vec<_>, Vec<_>) = kinds.iter().partition(|kind| !kind.clean().is_empty());
    let mut lines: Vec<Follow> = Vec::new();
    let said = clean.iter().map(|kind| kind.kept(overview));
    for line in said.chain(fewest(overview, &lossy)) {
        match lines.iter_mut().find(|known| known.alike(&line)) {
            Some(known) => known.holds.extend(line.holds),
            None => lines.push(line),
        }
    }
    lines.sort_by_key(|line| (line.rank, std::cmp::Reverse(line.holds.len())));
    lines
}

/// One kind of data.
struct Kind<'o> {
    holds: String,
    workloads: Vec<&'o str>,
    /// Strategies whose losses were judged in all of these workloads, and the worst.
    judged: Vec<(&'o str, f64)>,
    /// Those of them that broke a claim somewhere: none of them is proposed, whatever it kept here.
    broken: Vec<&'o str>,
}

impl<'o> Kind<'o> {
    fn all(overview: &Overview<'_, 'o>) -> Vec<Self> {
        let mut kinds: Vec<Self> = Vec::new();
        for workload in &overview.workloads {
            let facts = overview.summary.results.facts.workloads.get(*workload);
            let holds = facts.map(|facts| facts.holds.as_str()).filter(|holds| !holds.is_empty());
            let holds = holds.unwrap_or(workload).to_owned();
            match kinds.iter_mut().find(|kind| kind.holds == holds) {
                Some(kind) => kind.workloads.push(workload),
                None => kinds.push(Self { holds, workloads: vec![workload], judged: Vec::new(), broken: Vec::new() }),
            }
        }
        for kind in &mut kinds {
            let worst = |strategy: &str| {
                let lost = kind.workloads.iter().map(|one| match overview.lost_at_most(strategy, one) {
                    (judged, false) => judged.known(),
                    (_, true) => None,
                });
                lost.collect::<Option<Vec<f64>>>()?.into_iter().reduce(f64::max)
            };
            let strategies = overview.strategies.iter();
            kind.judged = strategies.filter_map(|known| Some((known.label, worst(known.label)?))).collect();
            let broken = kind.judged.iter().map(|(label, _)| *label).filter(|label| overview.claims(label)[1] > 0);
            kind.broken = broken.collect();
        }
        kinds.retain(|kind| !kind.judged.is_empty());
        kinds
    }

    fn labels(&self) -> Vec<&'o str> {
        self.judged.iter().map(|(label, _)| *label).collect()
    }

    fn clean(&self) -> Vec<&'o str> {
        let clean = self.judged.iter().filter(|(label, lost)| *lost == 0.0 && !self.broken.contains(label));
        clean.map(|(label, _)| *label).collect()
    }

    /// A line about this kind.
    fn line(&self, says: &str, names: Vec<String>, note: &str, rank: Rank) -> Follow {
        Follow { holds: vec![self.holds.clone()], says: says.to_owned(), names, note: note.to_owned(), rank }
    }

    /// Who lost nothing.
    fn kept(&self, overview: &Overview<'_, 'o>) -> Follow {
        let (clean, all) = (self.clean(), self.labels());
        let some = clean.iter().any(|label| self.emulated(overview, label));
        let note = if some { ", some by emulated edits" } else { "" };
        if clean.len() == all.len() && all.len() > 1 {
            return self.line("0 lost with any", Vec::new(), note, Rank::All);
        }
        let claiming = |claim: &str| -> Vec<&str> {
            let has = |label: &str| {
                let strategy = overview.strategies.iter().find(|known| known.label == label);
                strategy.and_then(|known| known.claims(claim)) == Some(true)
            };
            all.iter().copied().filter(|label| has(label)).collect()
        };
        let lossy: Vec<&str> = all.iter().copied().filter(|label| !clean.contains(label)).collect();
        let reason = |claim: &str| claim != REFUSES || clean.iter().all(|label| self.refused(overview, label));
        let shared = CLAIMS.iter().find(|(claim, _)| clean.len() > 1 && claiming(claim) == clean && reason(claim));
        match shared {
            Some((_, words)) if self.broken.is_empty() => {
                self.line(&format!("0 lost with {words}"), Vec::new(), note, Rank::Some)
            }
            None if self.broken.is_empty() && (1..=2).contains(&lossy.len()) && lossy.len() * 4 < clean.len() => {
                self.line("0 lost with all but", compressed(&lossy, &all), note, Rank::NearlyAll)
            }
            _ => self.line("0 lost with", self.named(overview, &clean), "", Rank::Some),
        }
    }

    /// Names in few words; those that emulate edits here have a mark.
    fn named(&self, overview: &Overview<'_, 'o>, names: &[&'o str]) -> Vec<String> {
        let marked = |word: String| match word.strip_suffix('*') {
            Some(stem) if names.iter().any(|name| name.starts_with(stem) && self.emulated(overview, name)) => {
                format!("{word} (emulated)")
            }
            None if self.emulated(overview, &word) => format!("{word}*"),
            _ => word,
        };
        compressed(names, &self.labels()).into_iter().map(marked).collect()
    }

    /// Whether a strategy refused something here.
    fn refused(&self, overview: &Overview<'_, 'o>, label: &str) -> bool {
        let mut rows = overview.modes.iter().flat_map(|mode| {
            self.workloads.iter().filter_map(move |workload| Some(overview.row(mode, label, workload)?.1))
        });
        rows.any(|row| row.counts(&REJECTED).is_some_and(|counts| counts.values().any(|count| *count > 0)))
    }

    fn emulated(&self, overview: &Overview<'_, 'o>, label: &str) -> bool {
        let rows = overview.modes.iter().flat_map(|mode| {
            self.workloads.iter().filter_map(move |workload| Some(overview.row(mode, label, workload)?.1))
        });
        rows.into_iter().any(|row| !row.emulated().is_empty())
    }

    /// The strategy that kept the most in the worst mode, first, and those that are not told from it and are near it. Refusals
    /// count as losses do: what is charged to one strategy as lost is often what another one refused.
    fn fewest(&self, overview: &Overview<'_, 'o>) -> Vec<&'o str> {
        let Some(mode) = self.worst_mode(overview) else { return Vec::new() };
        let by_seed = |label: &str| overview.not_kept_by_seed(mode, label, &self.workloads);
        let kept_claims = self.judged.iter().filter(|(label, _)| !self.broken.contains(label));
        let figures: Vec<_> = kept_claims.map(|(label, _)| (*label, by_seed(label))).collect();
        let sum = |seeds: &BTreeMap<u64, f64>| seeds.values().sum::<f64>();
        let Some((best, least)) = figures.iter().min_by(|a, b| sum(&a.1).total_cmp(&sum(&b.1))) else {
            return Vec::new();
        };
        let near = |seeds: &BTreeMap<u64, f64>| {
            let told = paired_difference(seeds, least)
                .is_none_or(|difference| difference.seeds < 2 || difference.side() == Some(Ordering::Greater));
            !told && sum(seeds) <= sum(least) * NEAR
        };
        let others = figures.iter().filter(|(label, seeds)| label != best && near(seeds));
        std::iter::once(*best).chain(others.map(|(label, _)| *label)).collect()
    }

    /// The mode in which most was lost.
    fn worst_mode<'m, 's>(&self, overview: &'m Overview<'s, 'o>) -> Option<&'m Mode<'s, 'o>> {
        let lost = |mode: &Mode<'s, 'o>| {
            let cells = self.judged.iter().flat_map(|(label, _)| {
                let alone = std::slice::from_ref(mode);
                self.workloads.iter().map(move |workload| overview.lost(alone, label, workload))
            });
            cells.fold(Judged::Unplanned, Judged::or_worse).known().unwrap_or(0.0)
        };
        let comparable: Vec<&str> =
            self.workloads.iter().flat_map(|one| overview.comparable(one)).map(|mode| mode.name.as_str()).collect();
        let modes = overview.modes.iter().filter(|mode| comparable.contains(&mode.name.as_str()));
        modes.max_by(|a, b| lost(a).total_cmp(&lost(b)))
    }
}

/// Who kept the most where everybody lost some: in one line where some are among those in every kind of data.
fn fewest(overview: &Overview<'_, '_>, lossy: &[&Kind<'_>]) -> Vec<Follow> {
    let leaders: Vec<Vec<&str>> = lossy.iter().map(|kind| kind.fewest(overview)).collect();
    let Some(first) = leaders.first() else { return Vec::new() };
    let everywhere: Vec<&str> =
        first.iter().copied().filter(|label| leaders.iter().all(|one| one.contains(label))).collect();
    let line = |kind: &Kind<'_>, names: &[&str]| {
        if names.is_empty() {
            return kind.line("every strategy broke a claim", Vec::new(), "", Rank::None);
        }
        let note = if names.len() > 1 { " (not told apart)" } else { "" };
        kind.line("none kept all; most kept:", compressed(names, &kind.labels()), note, Rank::None)
    };
    if !everywhere.is_empty() && lossy.iter().all(|kind| kind.judged.len() > 1) {
        let holds = lossy.iter().map(|kind| kind.holds.clone()).collect();
        let merged = match lossy {
            [one] => line(one, &everywhere),
            [first, ..] => {
                let names = compressed(&everywhere, &first.labels());
                first.line("none kept all; none told to keep more than", names, "", Rank::None)
            }
            [] => return Vec::new(),
        };
        return vec![Follow { holds, ..merged }];
    }
    let said = lossy.iter().zip(&leaders).map(|(kind, names)| match kind.judged.as_slice() {
        [(only, lost)] => kind.line(&format!("{only} lost {} of 1,000", figure(*lost)), Vec::new(), "", Rank::None),
        _ => line(kind, names),
    });
    said.collect()
}
