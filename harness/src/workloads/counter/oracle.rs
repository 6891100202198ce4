//! Whether additions add up, and likes are there and counted once.

use std::collections::{BTreeMap, BTreeSet};

use syncbench_strategies::document::Document;
use syncbench_strategies::replica::OpId;

use super::model::{CounterOp, LIKE_COUNT, counters, like_path, likes, value};
use crate::finding::{Finding, Findings, Kind, kinds};
use crate::ledger::Fate;
use crate::oracles::undo::UNDO_WITHOUT_EFFECT;
use crate::workload::History;

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
}

/// The kinds of findings that [`judge`] makes.
pub(super) static KINDS: &[&Kind] =
    &[&LOST_INCREMENT, &DUPLICATED_INCREMENT, &LOST_LIKE, &DUPLICATED_LIKE, &UNDO_WITHOUT_EFFECT];

/// Every like is counted, and nothing else is.
pub(super) fn invariant(document: &Document) -> Result<(), String> {
    let (likes, counted) = (likes(document), value(document, LIKE_COUNT));
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

/// The likes that were given, by post and user.
#[derive(Default)]
struct Likes {
    /// Confirmed, and not undone.
    confirmed: BTreeMap<(u32, u32), Vec<OpId>>,
    /// Without an answer when the run ended.
    unanswered: i64,
    /// Confirmed and undone.
    undone: BTreeSet<(u32, u32)>,
}

/// Counts in units. The counts are exact because every addition of this workload is by one and every counter has one
/// direction; where additions cancel out, the count is the smallest number that explains the value.
pub(super) fn judge(history: &History<'_>) -> Vec<Finding> {
    let mut sums: BTreeMap<String, Sum> = counters(history.genesis).map(|name| (name, Sum::default())).collect();
    let mut likes = Likes::default();
    for operation in history.operations::<CounterOp>() {
        let (confirmed, id) = (operation.outcome().is_some(), operation.id());
        match operation.op {
            _ if matches!(operation.entry.fate, Fate::Rejected(_)) => {}
            CounterOp::Add { counter, by } if operation.undone() => {
                sums.entry(counter).or_default().undone += by.unsigned_abs();
            }
            CounterOp::Like { user, post } if operation.undone() => drop(likes.undone.insert((post, user))),
            CounterOp::Add { counter, by } => {
                let sum = sums.entry(counter).or_default();
                match (confirmed, by > 0) {
                    (true, _) => (sum.confirmed, sum.last) = (sum.confirmed + by, id.to_string()),
                    (false, true) => sum.unanswered.1 += by,
                    (false, false) => sum.unanswered.0 += by,
                }
            }
            CounterOp::Like { user, post } if confirmed => likes.confirmed.entry((post, user)).or_default().push(id),
            CounterOp::Like { .. } => likes.unanswered += 1,
        }
    }
    let mut findings = Findings::default();
    for (name, sum) in &sums {
        sum.judge(value(history.last, name) - value(history.genesis, name), name, &mut findings);
    }
    likes.judge(history.last, &mut findings);
    findings.done()
}

impl Likes {
    fn judge(&self, last: &Document, findings: &mut Findings) {
        let there = |(post, user): &(u32, u32)| last.at(&like_path(*user, *post)).is_some();
        for like @ (post, user) in self.undone.iter().filter(|like| !self.confirmed.contains_key(like)) {
            if there(like) {
                let words = format_args!("user {user} undid the like of post {post}, and it is there");
                findings.add(&UNDO_WITHOUT_EFFECT, words);
            }
        }
        let mut missing = 0;
        for (like @ (post, user), ids) in &self.confirmed {
            if !there(like) {
                missing += 1;
                let words =
                    format_args!("{} was confirmed, and the like of post {post} by user {user} is gone", ids[0]);
                findings.add(&LOST_LIKE, words);
            }
        }
        self.judge_count(missing, last, findings);
    }

    /// A lost like may or may not have left its count behind: it is one finding, not two.
    fn judge_count(&self, missing: i64, last: &Document, findings: &mut Findings) {
        let (given, counted) = (likes(last), value(last, LIKE_COUNT));
        let (low, high) = (given - self.unanswered, given + missing + self.unanswered);
        let twice = self.confirmed.iter().find(|(_, ids)| ids.len() > 1);
        let twice =
            twice.map(|((post, user), ids)| format!("; user {user} liked post {post} in {} and {}", ids[0], ids[1]));
        let words = format!("{counted} likes are counted for {given} given{}", twice.unwrap_or_default());
        findings.count(&DUPLICATED_LIKE, (counted - high).max(0).unsigned_abs(), &words);
        findings.count(&LOST_INCREMENT, (low - counted).max(0).unsigned_abs(), &words);
    }
}
