//! Whether additions add up, and likes are there and counted once.

use std::collections::BTreeMap;

use syncbench_strategies::document::Document;
use syncbench_strategies::replica::OpId;

use super::model::{CounterOp, LIKE_COUNT, counters, like_key, likes, value};
use crate::finding::{Finding, Findings, Kind, kinds};
use crate::history::{History, Issued};
use crate::oracles::members::{Member, Wrong};
use crate::oracles::undo::UNDO_WITHOUT_EFFECT;

kinds! {
    LOST_INCREMENT = lost(
        "lost increment",
        "An addition is missing from its counter, or a like that is there from the count of likes; counted in units."
    );
    DUPLICATED_INCREMENT = lost(
        "duplicated increment",
        "A counter has gone further than all additions to it; counted in units beyond that."
    );
    LOST_LIKE = lost("lost like", "A user liked a post, and the like is gone.");
    DUPLICATED_LIKE = lost("duplicated like", "More likes are counted than were given; counted in likes beyond that.");
    LIKE_FROM_NOWHERE = noted(
        "like from nowhere",
        "A like is there that nobody gave, or that was rejected."
    );
}

/// The kinds of findings that [`judge`] makes.
pub(super) static KINDS: &[&Kind] =
    &[&LOST_INCREMENT, &DUPLICATED_INCREMENT, &LOST_LIKE, &DUPLICATED_LIKE, &LIKE_FROM_NOWHERE, &UNDO_WITHOUT_EFFECT];

/// Every like is counted, and nothing else is.
pub(super) fn invariant(document: &Document) -> Result<(), String> {
    let (likes, counted) = (likes(document).len() as i64, value(document, LIKE_COUNT));
    if likes == counted { Ok(()) } else { Err(format!("{likes} likes, and {counted} are counted")) }
}

/// What a counter was to receive.
#[derive(Default)]
struct Sum {
    /// Confirmed, and not undone.
    confirmed: i64,
    /// Without an answer when the run ended, by direction: may be in or not.
    unanswered: (i64, i64),
    /// Confirmed and undone.
    undone: u64,
    last: String,
}

impl Sum {
    fn judge(&self, moved: i64, name: &str, findings: &mut Findings) {
        let (low, high) = (self.confirmed + self.unanswered.0, self.confirmed + self.unanswered.1);
        let off = (moved - high).max(0) - (low - moved).max(0);
        let words = format!("{name} moved by {moved} and not by {}; the last was {}", self.confirmed, self.last);
        if off.signum() == -self.confirmed.signum() {
            findings.count(&LOST_INCREMENT, off.unsigned_abs(), words);
        } else {
            let still_in = off.unsigned_abs().min(self.undone);
            findings.count(&UNDO_WITHOUT_EFFECT, still_in, &words);
            findings.count(&DUPLICATED_INCREMENT, off.unsigned_abs() - still_in, words);
        }
    }
}

/// One like, which a user may give on both devices.
#[derive(Default)]
struct Like<'a> {
    member: Member<'a>,
    /// The operations that gave it and were confirmed and not undone.
    confirmed: Vec<OpId>,
}

/// All likes, by name.
#[derive(Default)]
struct Likes<'a> {
    by_name: BTreeMap<String, Like<'a>>,
    /// Operations without an answer when the run ended.
    unanswered: i64,
}

/// Counts in units. The counts are exact because every addition of this workload is by one and every counter has one
/// direction; where additions cancel out, the count is the smallest number that explains the value.
pub(super) fn judge(history: &History<'_>) -> Vec<Finding> {
    let mut sums: BTreeMap<String, Sum> = counters(history.genesis).map(|name| (name, Sum::default())).collect();
    let shown = |name| (name, Like { member: Member::new(false, 1), confirmed: Vec::new() });
    let mut likes = Likes { by_name: likes(history.last).into_iter().map(shown).collect(), unanswered: 0 };
    let operations = history.operations::<CounterOp>();
    for operation in &operations {
        match &operation.op {
            _ if operation.rejected() => {}
            CounterOp::Like { user, post } => likes.give(like_key(*user, *post), operation),
            CounterOp::Add { counter, by } if operation.undone() => {
                sums.entry(counter.clone()).or_default().undone += by.unsigned_abs();
            }
            CounterOp::Add { counter, by } => {
                let sum = sums.entry(counter.clone()).or_default();
                match (operation.outcome().is_some(), *by > 0) {
                    (true, _) => (sum.confirmed, sum.last) = (sum.confirmed + by, operation.id().to_string()),
                    (false, true) => sum.unanswered.1 += by,
                    (false, false) => sum.unanswered.0 += by,
                }
            }
        }
    }
    let mut findings = Findings::default();
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
            like.confirmed.push(operation.id());
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
                    findings.add(&LOST_LIKE, format_args!("{} was confirmed, and {name} is gone", like.confirmed[0]));
                }
                Some(Wrong::FromNowhere) => findings.add(&LIKE_FROM_NOWHERE, format_args!("{name} is there")),
                // The clients that gave it are devices of one user: the like stays for nobody else's sake.
                _ if like.member.copies() > 0 && like.member.withdrawn() => {
                    findings.add(&UNDO_WITHOUT_EFFECT, format_args!("{name} was undone, and it is there"));
                }
                _ => {}
            }
        }
        self.judge_count(missing, last, findings);
    }

    /// A lost like may or may not have left its count behind: it is one finding, not two.
    fn judge_count(&self, missing: i64, last: &Document, findings: &mut Findings) {
        let (given, counted) = (likes(last).len() as i64, value(last, LIKE_COUNT));
        let (low, high) = (given - self.unanswered, given + missing + self.unanswered);
        let twice = self.by_name.iter().find(|(_, like)| like.confirmed.len() > 1);
        let twice = twice.map(|(name, like)| format!("; {name} in {} and {}", like.confirmed[0], like.confirmed[1]));
        let words = format!("{counted} likes are counted for {given} given{}", twice.unwrap_or_default());
        findings.count(&DUPLICATED_LIKE, (counted - high).max(0).unsigned_abs(), &words);
        findings.count(&LOST_INCREMENT, (low - counted).max(0).unsigned_abs(), &words);
    }
}
