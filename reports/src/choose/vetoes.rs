//! What rules a strategy out: a claim that is missing for an answer, and what the oracles found that an answer does not
//! allow.

use std::collections::{BTreeMap, BTreeSet};

use syncbench_harness::metrics::OPS_ISSUED;
use syncbench_harness::results::{Cell, ClaimsKept, Facts, Outcome, StrategyFacts};

use super::answers::{Answers, Invariant};
use super::decision::{Evidence, Veto};
use super::entry::{EPHEMERAL, Entry, Measured};
use super::harms::{forbids, harms};
use super::shapes::Part;
use super::shown::shown;
use super::span;
use super::study::{AWAY, CONNECTED};
use crate::aggregate::{Row, Status};

/// Everything that rules this entry out, what it cannot do first, then what was found, most operations first.
pub fn vetoes(answers: &Answers, measured: &Measured<'_>, entry: &Entry) -> Vec<Veto> {
    let mut vetoes = claims(answers, &entry.carries, |label| measured.facts(label));
    vetoes.extend(carried(measured, entry));
    let mut met = BTreeSet::new();
    vetoes.retain(|veto| met.insert((veto.answer.clone(), veto.reason.clone())));
    for veto in vetoes.iter_mut().filter(|veto| veto.evidence.is_none()) {
        veto.shown = shown(measured, entry, &veto.answer);
    }
    let mut found = broken(measured, entry);
    found.extend(findings(answers, measured, entry));
    found.sort_by_key(|veto| std::cmp::Reverse(veto.evidence.as_ref().map_or(0, |evidence| evidence.count)));
    vetoes.extend(found);
    vetoes
}

/// The answers that a strategy fails by what it says about itself, before anything is measured. What passes with its user
/// fails none where a part of the data does, too: a mix may take it for that.
pub fn hopeless(answers: &Answers, parts: &[Part], strategy: &str, known: &Facts) -> BTreeSet<String> {
    let facts = |label: &str| known.strategies.get(label);
    let ephemeral = facts(strategy).is_some_and(|facts| facts.claims.contains(EPHEMERAL));
    let carried = parts.iter().filter(|part| !ephemeral || part.passes());
    let carries: Vec<_> = carried.map(|part| (part.clone(), strategy.to_owned())).collect();
    if carries.is_empty() {
        return ["data".to_owned()].into();
    }
    claims(answers, &carries, facts).into_iter().map(|veto| veto.answer).collect()
}

fn veto(answer: &str, reason: impl Into<String>) -> Veto {
    Veto { answer: answer.to_owned(), reason: reason.into(), evidence: None, shown: None }
}

/// Claims that an answer asks for, and that are not made. What passes with its user need not last, refuse or wait.
pub(super) fn claims<'f>(
    answers: &Answers,
    carries: &[(Part, String)],
    facts: impl Fn(&str) -> Option<&'f StrategyFacts>,
) -> Vec<Veto> {
    let mut vetoes = Vec::new();
    let offline = answers.time_offline();
    for (part, strategy) in carries {
        let Some(facts) = facts(strategy) else { continue };
        let claims = |name: &str| facts.claims.contains(name);
        if answers.peers && claims("needs a server") {
            vetoes.push(veto("peers", "it needs a server"));
        }
        if part.passes() {
            continue;
        }
        if !offline.is_zero() && !claims("works offline") {
            let part = if claims("works offline in part") {
                "users see only some of their own changes"
            } else {
                "users do not see their own changes"
            };
            let away = span::words(offline);
            vetoes.push(veto("offline", format!("{part} while they are away for {away}")));
        }
        if answers.refuse && !claims("can refuse") {
            vetoes.push(veto("refuse", "it cannot refuse an operation because of what others did"));
        }
        if matches!(answers.invariant, Invariant::NoOversell | Invariant::EachItemOnce) && !claims("can refuse") {
            vetoes.push(veto("invariant", "nobody decides who takes the last one: it confirms both"));
        }
        if claims(EPHEMERAL) {
            vetoes.push(veto("data", "nothing lasts: an operation goes when its user does"));
        }
        if !claims("converges") {
            vetoes.push(veto("data", "it does not claim that all replicas end in one state"));
        }
    }
    vetoes
}

/// Parts of the data that it does not carry.
fn carried(measured: &Measured<'_>, entry: &Entry) -> Vec<Veto> {
    let mut vetoes = Vec::new();
    for (part, strategy) in &entry.carries {
        let row = measured.row(CONNECTED, part.workload, strategy);
        match row.map(Row::status) {
            Some(Status::Missing(Outcome::Unsupported, why)) => vetoes.push(match why.strip_prefix("undo: ") {
                Some(why) => veto("undo", format!("it has no undo: {why}")),
                None => veto("data", format!("it does not carry {}: {why}", part.data.word())),
            }),
            Some(Status::Missing(Outcome::Failed, why)) => {
                let cell = row.and_then(|row| row.cells.iter().find(|cell| cell.outcome == Outcome::Failed));
                let evidence = cell.map(|cell| evidence(cell, "failed run", (1, 0), why));
                vetoes.push(Veto { evidence, ..veto("data", "its runs fail") });
            }
            _ => {}
        }
    }
    vetoes
}

/// The measured cells, part by part of the data.
fn cells<'m, 'a: 'm>(
    measured: &'m Measured<'a>,
    entry: &'m Entry,
) -> impl Iterator<Item = (&'m Part, &'static str, Vec<&'a Cell>)> + 'm {
    entry.carries.iter().flat_map(move |(part, strategy)| {
        [CONNECTED, AWAY].into_iter().filter_map(move |name| {
            let row = measured.row(name, part.workload, strategy)?;
            Some((part, name, row.measured().collect()))
        })
    })
}

/// Claims that were made and broken.
fn broken(measured: &Measured<'_>, entry: &Entry) -> Vec<Veto> {
    let mut vetoes = Vec::new();
    for (part, name, cells) in cells(measured, entry) {
        let broken: Vec<_> = cells.iter().filter(|cell| cell.claims_kept == Some(ClaimsKept::No)).collect();
        let Some(first) = broken.first() else { continue };
        let why = first.claims_reasons.join("; ");
        let (count, runs) = (broken.len(), cells.len());
        let reason = format!("it broke its claims in {count} of {runs} runs ({}, {name}): {why}", part.data.word());
        let evidence = Some(evidence(first, "claims broken", (count as u64, ops(&cells)), &why));
        vetoes.push(Veto { evidence, ..veto("data", reason) });
    }
    vetoes
}

/// One kind of finding against one answer.
#[derive(Default)]
struct Found<'a> {
    clause: &'static str,
    lost: bool,
    count: u64,
    of: u64,
    runs: usize,
    all_runs: usize,
    places: BTreeSet<String>,
    first: Option<(&'a Cell, &'a str)>,
}

/// What the oracles found that an answer does not allow.
fn findings(answers: &Answers, measured: &Measured<'_>, entry: &Entry) -> Vec<Veto> {
    let mut found: BTreeMap<(&str, &str), Found<'_>> = BTreeMap::new();
    for (part, name, cells) in cells(measured, entry) {
        let all = ops(&cells);
        let mut here = BTreeSet::new();
        for cell in &cells {
            for finding in &cell.findings {
                // One finding may fail several answers: a card that is gone is lost work, and not where it was put.
                let forbidden = harms(finding).iter().filter_map(|harm| forbids(answers, *harm, part));
                for (answer, clause) in forbidden.collect::<BTreeMap<_, _>>() {
                    let known = found.entry((answer, finding.kind.as_str())).or_default();
                    if here.insert((answer, finding.kind.as_str())) {
                        known.of += all;
                        known.all_runs += cells.len();
                        known.places.insert(format!("{}, {name}", part.data.word()));
                    }
                    (known.clause, known.lost) = (clause, finding.lost);
                    known.count += finding.count;
                    known.runs += 1;
                    known.first.get_or_insert((cell, &finding.example));
                }
            }
        }
    }
    let veto = |((answer, kind), found): ((&str, &str), Found<'_>)| {
        let (cell, example) = found.first?;
        let Found { clause, count, of, runs, all_runs, places, .. } = found;
        let of_all = if found.lost { format!(" of {of} operations") } else { String::new() };
        let places = places.into_iter().collect::<Vec<_>>().join("; ");
        let reason = format!("{clause}: {kind}, {count}{of_all}, in {runs} of {all_runs} runs ({places})");
        let evidence = Some(evidence(cell, kind, (count, of), example));
        Some(Veto { evidence, ..veto(answer, reason) })
    };
    found.into_iter().filter_map(veto).collect()
}

/// Operations that were issued in these cells.
pub(super) fn ops(cells: &[&Cell]) -> u64 {
    cells.iter().map(|cell| cell.number(&OPS_ISSUED, "").unwrap_or(0.0) as u64).sum()
}

/// What a cell shows.
pub(super) fn evidence(cell: &Cell, kind: &str, (count, of): (u64, u64), example: &str) -> Evidence {
    let (kind, example) = (kind.to_owned(), example.to_owned());
    Evidence { kind, count, of, example, replay: cell.replay.clone(), story: Vec::new() }
}
