//! Whether additions add up, and likes are there and counted once.

use std::collections::BTreeMap;

use syncbench_strategies::document::Document;
use syncbench_strategies::path;
use syncbench_strategies::replica::OpId;

use super::model::{CounterOp, LIKE_COUNT, LIKES, counters, like_key, likes, value};
use crate::finding::{Finding, Kind, kinds};
use crate::findings::Findings;
use crate::history::{History, Issued};
use crate::ledger::Entry;
use crate::oracles::members::{Member, Wrong};
use crate::oracles::undo::UNDO_WITHOUT_EFFECT;

kinds! {
    LOST_INCREMENT = lost(
        "lost increment",
        "An addition is missing from its counter, or a like that is there from the count of likes. Sums do not tell which: \
         as few operations as account for what is missing."
    );
    DUPLICATED_INCREMENT = lost(
        "duplicated increment",
        "An addition is in its counter twice. Sums do not tell which: as few operations as account for the surplus."
    );
    LOST_LIKE = lost("lost like", "An operation liked a post, and the like is gone.");
    DUPLICATED_LIKE = lost(
        "duplicated like",
        "A like is counted twice: the second operation that gave it where there are two, otherwise as few as account for the \
         surplus."
    );
    LIKE_FROM_NOWHERE = noted(
        "like from nowhere",
        "A like is there that nobody gave, or that was rejected."
    );
    LIKED_TWICE = noted(
        "liked twice",
        "A user liked a post on both devices, and both operations were confirmed; no order of the two would allow that."
    );
    COUNTER_OFF = noted(
        "counter off",
        "A counter is off by more than any operation explains, lost or counted twice; counted in units."
    );
}

/// The kinds of findings that [`judge`] makes.
pub(super) static KINDS: &[&Kind] = &[
    &LOST_INCREMENT,
    &DUPLICATED_INCREMENT,
    &LOST_LIKE,
    &DUPLICATED_LIKE,
    &UNDO_WITHOUT_EFFECT,
    &LIKE_FROM_NOWHERE,
    &LIKED_TWICE,
    &COUNTER_OFF,
];

/// Every like is counted, and nothing else is.
pub(super) fn invariant(document: &Document) -> Result<(), String> {
    // Asked of every state that a user sees: it must not take longer as likes become more.
    let likes = match document.at(&path![LIKES]) {
        Some(Document::Map(likes)) => likes.len() as i64,
        _ => 0,
    };
    let counted = value(document, LIKE_COUNT);
    if likes == counted { Ok(()) } else { Err(format!("{likes} likes, and {counted} are counted")) }
}

/// What a counter was to receive.
#[derive(Default)]
struct Sum {
    /// Confirmed, and not undone: each with its amount.
    confirmed: Vec<(OpId, i64)>,
    /// Without an answer when the run ended, by direction: may be in or not.
    unanswered: (i64, i64),
    /// Confirmed and undone.
    undone: Vec<(OpId, i64)>,
}

impl Sum {
    fn judge(&self, moved: i64, name: &str, findings: &mut Findings) {
        let confirmed: i64 = self.confirmed.iter().map(|(_, by)| by).sum();
        let (low, high) = (confirmed + self.unanswered.0, confirmed + self.unanswered.1);
        let off = (moved - high).max(0) - (low - moved).max(0);
        let words = format!("{name} moved by {moved} and not by {confirmed}");
        let towards = |list: &[(OpId, i64)], sign: i64| -> Vec<_> {
            let towards = list.iter().filter(|(_, by)| by.signum() == sign);
            towards.map(|(op, by)| (*op, by.unsigned_abs())).collect()
        };
        // Missing additions are against the way that the counter is off, surplus ones along it. An undo without effect
        // leaves its addition in.
        let (against, along) = (towards(&self.confirmed, -off.signum()), towards(&self.confirmed, off.signum()));
        let left = findings.fewest(&LOST_INCREMENT, off.unsigned_abs(), against, &words);
        let undone = towards(&self.undone, off.signum());
        let left = findings.fewest(&UNDO_WITHOUT_EFFECT, left, undone, &words);
        let left = findings.fewest(&DUPLICATED_INCREMENT, left, along, &words);
        findings.note(&COUNTER_OFF, left, words);
    }
}

/// One like, which a user may give on both devices.
#[derive(Default)]
struct Like<'a> {
    member: Member<'a>,
    /// The operations that gave it and were confirmed and not undone, the first one first.
    confirmed: Vec<&'a Entry>,
}

/// All likes, by name.
#[derive(Default)]
struct Likes<'a> {
    by_name: BTreeMap<String, Like<'a>>,
    /// Operations without an answer when the run ended.
    unanswered: i64,
}

/// Compares each counter with the sum of what was added to it, and follows each like.
pub(super) fn judge(history: &History<'_>) -> Vec<Finding> {
    let mut sums: BTreeMap<String, Sum> = counters(history.genesis).map(|name| (name, Sum::default())).collect();
    let shown = |name| (name, Like { member: Member::new(false, 1), confirmed: Vec::new() });
    let mut likes = Likes { by_name: likes(history.last).into_iter().map(shown).collect(), unanswered: 0 };
    let operations = history.operations::<CounterOp>();
    for operation in &operations {
        match &operation.op {
            _ if operation.rejected() => {}
            CounterOp::Like { user, post } => likes.give(like_key(*user, *post), operation),
            CounterOp::Add { counter, by } => {
                let sum = sums.entry(counter.clone()).or_default();
                match (operation.undone(), operation.outcome().is_some(), *by > 0) {
                    (true, ..) => sum.undone.push((operation.id(), *by)),
                    (_, true, _) => sum.confirmed.push((operation.id(), *by)),
                    (_, false, true) => sum.unanswered.1 += by,
                    (_, false, false) => sum.unanswered.0 += by,
                }
            }
        }
    }
    let mut findings = Findings::of(history);
    for (name, sum) in &sums {
        sum.judge(value(history.last, name) - value(history.genesis, name), name, &mut findings);
    }
    likes.judge(history.last, &mut findings);
    findings.done()
}

impl<'a> Likes<'a> {
    /// A user gave a like, and it was not rejected.
    fn give(&mut self, name: String, operation: &Issued<'a, CounterOp>) {
        let like = self.by_name.entry(name).or_default();
        like.member.add(operation.entry);
        if operation.outcome().is_some() {
            like.confirmed.push(operation.entry);
            like.confirmed.sort_by_key(|entry| (entry.resolved, entry.id));
        } else if !operation.undone() {
            self.unanswered += 1;
        }
    }

    /// Asks of each like whether it is there if it must be, see [`Member`], and of all whether they are counted.
    fn judge(&self, last: &Document, findings: &mut Findings) {
        let mut missing = 0;
        for (name, like) in &self.by_name {
            match like.member.wrong() {
                Some(Wrong::Lost) => {
                    missing += 1;
                    for entry in &like.confirmed {
                        findings.lost(
                            entry.id,
                            &LOST_LIKE,
                            format_args!("{} was confirmed, and {name} is gone", entry.id),
                        );
                    }
                }
                Some(Wrong::FromNowhere) => findings.note(&LIKE_FROM_NOWHERE, 1, format_args!("{name} is there")),
                // The clients that gave it are devices of one user: the like stays for nobody else's sake.
                _ if like.member.copies() > 0 && like.member.withdrawn() => {
                    for undone in like.member.undone_adds() {
                        findings.lost(
                            undone.id,
                            &UNDO_WITHOUT_EFFECT,
                            format_args!("{name} was undone, and it is there"),
                        );
                    }
                }
                _ => {}
            }
            if let [first, second, ..] = &like.confirmed[..] {
                findings.note(&LIKED_TWICE, 1, format_args!("{name} in {} and {}", first.id, second.id));
            }
        }
        self.judge_count(missing, last, findings);
    }

    /// A lost like may or may not have left its count behind: it is one lost operation, not two.
    fn judge_count(&self, missing: i64, last: &Document, findings: &mut Findings) {
        let (given, counted) = (likes(last).len() as i64, value(last, LIKE_COUNT));
        let (low, high) = (given - self.unanswered, given + missing + self.unanswered);
        let words = format!("{counted} likes are counted for {given} given");
        let present = || self.by_name.values().filter(|like| like.member.copies() > 0);
        let again = present().flat_map(|like| like.confirmed.iter().skip(1));
        let first = present().flat_map(|like| like.confirmed.iter().take(1));
        let ids = |entry: &&Entry| (entry.id, 1);
        let surplus = (counted - high).max(0).unsigned_abs();
        let surplus = findings.fewest(&DUPLICATED_LIKE, surplus, again.map(ids), &words);
        let surplus = findings.fewest(&DUPLICATED_LIKE, surplus, first.map(ids), &words);
        let first = present().flat_map(|like| like.confirmed.iter().take(1));
        let missing = findings.fewest(&LOST_INCREMENT, (low - counted).max(0).unsigned_abs(), first.map(ids), &words);
        findings.note(&COUNTER_OFF, surplus + missing, words);
    }
}
