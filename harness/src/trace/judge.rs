//! What a replay's final text says of the strategy.
//!
//! It is right if some order of the trace's ties gives it. Where an operation was made on another version than the recorded
//! one, or where there are more orders than can be tried, it is not judged.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use syncbench_strategies::replica::{NodeId, OpId};

use super::lcs::common_subsequence;
use super::merge::{How, Merged, Recording, Search, merge};
use super::op::TraceOp;
use crate::history::History;
use crate::ledger::{Entry, Fate};
use crate::schedule::Schedule;

/// Most cells of tables, all compared texts together: a second or two.
const MAX_CELLS: usize = 1 << 32;

/// What a final text is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Judgement {
    /// The recorded one.
    Recorded,
    /// The recorded one in another order of so many ties.
    UpToTies(u64),
    /// Nobody can tell, and why.
    NotJudged(String),
    /// Another one.
    Wrong(Loss),
}

/// What a text lacks, counted in operations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Loss {
    /// Operations whose text is missing, in whole or in part.
    pub(super) texts: Vec<OpId>,
    /// Characters that are there or not there because deletions took something else, or nothing.
    pub(super) characters_left: u64,
    /// Who deleted how many.
    pub(super) deleters: Vec<(OpId, u64)>,
    /// Characters that the text has, that it should have, and that agree.
    pub(super) characters: [usize; 3],
}

/// Judges the text that a finished replay ended in, against the recorded `end`.
pub(super) fn judge(recording: Recording<'_>, end: &str, history: &History<'_>, text: &str) -> Judgement {
    if text == end {
        return Judgement::Recorded;
    }
    let under_way = history.ledger.entries().filter(|entry| entry.censored).count();
    if under_way > 0 {
        return Judgement::NotJudged(format!("{} still under way", counted(under_way as u64, "operation")));
    }
    let exact = |entry: &&Entry| {
        let version = recording.schedule.before(entry.id.client, entry.id.n);
        version.is_none_or(|version| history.ledger.has_version(&entry.reflected, version))
    };
    let inexact = history.ledger.entries().filter(|entry| !exact(entry)).count();
    if inexact > 0 {
        return Judgement::NotJudged(format!("{} replayed on another version", counted(inexact as u64, "operation")));
    }
    let mut right = None;
    for order in recording.orders(&arrival(recording.schedule)) {
        let Ok(merged) = merge(recording, How { order: &order, lenient: true }) else { continue };
        if merged.string() == text {
            return Judgement::UpToTies(merged.notes.ties.len() as u64);
        }
        if merged.notes.ties.is_empty() {
            return Judgement::Wrong(Loss::new(&[merged], text, recording, history));
        }
        right.get_or_insert(merged);
    }
    let ties = right.map_or(0, |merged| merged.notes.ties.len() as u64);
    let mut texts: Vec<Merged> = Vec::new();
    let search = recording.search(true, |tried| match tried {
        Ok(merged) if merged.string() == text => ControlFlow::Break(()),
        Ok(merged) => {
            if texts.iter().all(|other| other.text != merged.text) {
                texts.push(merged);
            }
            ControlFlow::Continue(())
        }
        Err(_) => ControlFlow::Continue(()),
    });
    let cells: usize = texts.iter().map(|merged| merged.text.len().saturating_mul(text.len())).sum();
    match search {
        Search::Found(_) => Judgement::UpToTies(ties),
        Search::Exhausted if cells <= MAX_CELLS => Judgement::Wrong(Loss::new(&texts, text, recording, history)),
        _ => Judgement::NotJudged(format!("{}, in more orders than can be tried", counted(ties, "tie"))),
    }
}

/// `1 tie`, `2 ties`.
pub(super) fn counted(count: u64, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

/// The txns in the order in which a server takes them.
fn arrival(schedule: &Schedule) -> Vec<u32> {
    let mut txns: Vec<(Option<u32>, u32)> = (0..schedule.clients())
        .map(|client| NodeId(client + 1))
        .flat_map(|client| {
            (1..=schedule.len(client)).map(move |n| (schedule.rank(client, n), schedule.slot(client, n)))
        })
        .collect();
    txns.sort_unstable();
    txns.into_iter().map(|(_, txn)| txn).collect()
}

impl Loss {
    /// The distance of `text` from the nearest of the right ones. Only confirmed operations can be lost.
    fn new(right: &[Merged], text: &str, recording: Recording<'_>, history: &History<'_>) -> Self {
        let text: Vec<char> = text.chars().collect();
        let confirmed = history.ledger.entries().filter(|entry| matches!(entry.fate, Fate::Confirmed(_)));
        let confirmed =
            confirmed.map(|entry| (recording.schedule.slot(entry.id.client, entry.id.n), entry.id)).collect();
        let losses = right.iter().map(|merged| Self::against(merged, &text, recording, &confirmed));
        let nearest = losses.min_by_key(|loss| loss.texts.len() as u64 + loss.characters_left);
        nearest.unwrap_or(Self { texts: Vec::new(), characters_left: 0, deleters: Vec::new(), characters: [0; 3] })
    }

    fn against(right: &Merged, text: &[char], recording: Recording<'_>, confirmed: &BTreeMap<u32, OpId>) -> Self {
        let meant: Vec<char> = right.text.iter().map(|(char, _)| *char).collect();
        let kept = common_subsequence(&meant, text);
        let common = kept.iter().filter(|kept| **kept).count();
        let (mut writers, mut missing, mut start) = (BTreeSet::new(), 0, 0);
        for ((_, txn), _) in right.text.iter().zip(&kept).filter(|(_, kept)| !**kept) {
            if recording.txns.get(*txn as usize).is_none() {
                start += 1;
            } else {
                missing += 1;
                writers.insert(*txn);
            }
        }
        // A character in a wrong place is missing from its own and surplus there: one cause. What else is missing or surplus
        // is due to deletions.
        let deletes = |(txn, op): (u32, &TraceOp)| (txn, op.0.iter().map(|splice| splice.delete as u64).sum::<u64>());
        let (made, rejected): (Vec<_>, Vec<_>) =
            (0..).zip(recording.txns).map(deletes).partition(|(txn, _)| confirmed.contains_key(txn));
        let undeleted: u64 = rejected.iter().map(|(_, deleted)| deleted).sum();
        let surplus = ((text.len() - common) as u64).saturating_sub(missing + undeleted);
        Self {
            texts: writers.iter().filter_map(|txn| confirmed.get(txn).copied()).collect(),
            characters_left: surplus.max(start),
            deleters: made.into_iter().filter_map(|(txn, deleted)| Some((*confirmed.get(&txn)?, deleted))).collect(),
            characters: [text.len(), meant.len(), common],
        }
    }
}
