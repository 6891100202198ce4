//! What an oracle found in one run: which operations were lost, each for one cause, and what else is worth a note.
//!
//! **A loss is an operation.** An oracle names the confirmed operation that did not have its effect. It counts once, for the
//! cause that was named first, so the losses of a run are at most its confirmed operations. An oracle asks for direct causes
//! before their consequences.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use syncbench_strategies::replica::OpId;

use crate::finding::{Finding, Kind, kinds};
use crate::history::History;
use crate::ledger::{Entry, Fate};

kinds! {
    ROLLED_BACK = lost(
        "acknowledged, then rolled back",
        "An operation was confirmed, and no replica has it any more: the server lost it, and its user was not told."
    );
}

/// Collects what an oracle finds in one run.
#[derive(Debug)]
pub struct Findings {
    found: Vec<Finding>,
    /// What can be lost, and what is lost instead: of an operation that was undone, the undo.
    confirmed: BTreeMap<OpId, OpId>,
    lost: BTreeSet<OpId>,
}

impl Findings {
    /// Nothing found yet in this run.
    pub fn of(history: &History<'_>) -> Self {
        let confirmed = |entry: &&Entry| matches!(entry.fate, Fate::Confirmed(_)) && !entry.censored;
        let entries = || history.ledger.entries().filter(confirmed);
        let mut confirmed: BTreeMap<OpId, OpId> = entries().map(|entry| (entry.id, entry.id)).collect();
        for (target, undo) in entries().filter_map(|entry| Some((entry.undoes?, entry.id))) {
            confirmed.insert(target, undo);
        }
        let mut findings = Self { found: Vec::new(), confirmed, lost: BTreeSet::new() };
        for entry in history.ledger.rolled_back() {
            findings.lost(entry.id, &ROLLED_BACK, format_args!("{}", entry.id));
        }
        findings
    }

    /// A confirmed operation is lost, unless it was before: whether this is the first cause. If it was undone, the undo is
    /// what is lost. An operation cannot be lost that was not confirmed, or that may be on its way still.
    pub fn lost(&mut self, op: OpId, kind: &Kind, example: impl fmt::Display) -> bool {
        debug_assert!(kind.lost, "{} is a note", kind.name);
        let Some(op) = self.confirmed.get(&op).copied().filter(|op| self.lost.insert(*op)) else { return false };
        self.count(kind, 1, example);
        let finding = self.found.iter_mut().find(|finding| finding.kind == kind.name);
        finding.into_iter().for_each(|finding| finding.ops.push(op));
        true
    }

    /// Whether an operation, or the undo of it, is lost already.
    pub fn is_lost(&self, op: OpId) -> bool {
        self.confirmed.get(&op).is_some_and(|op| self.lost.contains(op))
    }

    /// Some operations did not have their effect, and nothing tells which: as few of the candidates are lost as can account
    /// for so many units, largest first. Those that are lost already account for theirs. Returns the units that are left.
    pub fn fewest(
        &mut self,
        kind: &Kind,
        units: u64,
        candidates: impl IntoIterator<Item = (OpId, u64)>,
        example: impl fmt::Display,
    ) -> u64 {
        let mut candidates: Vec<_> = candidates.into_iter().filter(|(_, weight)| *weight > 0).collect();
        candidates.sort_by_key(|(op, weight)| (!self.is_lost(*op), u64::MAX - weight, *op));
        let mut left = units;
        for (op, weight) in candidates {
            if left == 0 {
                break;
            }
            if self.is_lost(op) || self.lost(op, kind, &example) {
                left = left.saturating_sub(weight);
            }
        }
        left
    }

    /// Notes something that lost no operation, or follows from a loss; nothing if the count is zero.
    pub fn note(&mut self, kind: &Kind, count: u64, example: impl fmt::Display) {
        debug_assert!(!kind.lost, "{} counts operations, which need names", kind.name);
        self.count(kind, count, example);
    }

    fn count(&mut self, kind: &Kind, count: u64, example: impl fmt::Display) {
        if count == 0 {
            return;
        }
        match self.found.iter_mut().find(|finding| finding.kind == kind.name) {
            Some(finding) => finding.count += count,
            None => {
                let (kind, lost) = (kind.name.to_owned(), kind.lost);
                self.found.push(Finding { kind, count, example: example.to_string(), lost, ops: Vec::new() });
            }
        }
    }

    /// What was found, in the order of the first of each kind.
    pub fn done(self) -> Vec<Finding> {
        self.found
    }
}

#[cfg(test)]
mod tests {
    use syncbench_strategies::document::Document;
    use syncbench_strategies::model::Rejected;

    use super::*;
    use crate::testing::Book;

    static CAUSE: Kind = Kind::lost("cause", "A cause.");
    static OTHER: Kind = Kind::lost("other", "Another.");
    static NOTE: Kind = Kind::noted("note", "A note.");

    fn counts(findings: Findings) -> Vec<(String, u64)> {
        findings.done().into_iter().map(|finding| (finding.kind, finding.count)).collect()
    }

    #[test]
    fn an_operation_is_lost_once_for_the_first_cause() {
        let mut book = Book::new(1);
        let ids = [1, 2, 3].map(|op| book.acted(1, &op));
        book.undone(ids[2]);
        let unknown = book.issued(1, &4, Document::Null);
        let rejected = book.issued(1, &5, Document::Null);
        book.told(rejected, Err(Rejected::new("no", "")));
        let mut findings = book.findings();
        assert!(findings.lost(ids[0], &CAUSE, "") && !findings.lost(ids[0], &OTHER, ""));
        // Of an operation that was undone, the undo is lost.
        let undo = OpId { client: ids[2].client, n: 4 };
        assert!(findings.lost(ids[2], &CAUSE, "") && !findings.lost(undo, &OTHER, "") && findings.is_lost(undo));
        assert!(!findings.lost(unknown, &CAUSE, "") && !findings.lost(rejected, &CAUSE, ""));
        findings.note(&NOTE, 7, "");
        findings.note(&NOTE, 0, "");
        let found = findings.done();
        assert_eq!(found[0].ops, [ids[0], undo]);
        let counts: Vec<(&str, u64)> = found.iter().map(|finding| (finding.kind.as_str(), finding.count)).collect();
        assert_eq!(counts, [("cause", 2), ("note", 7)]);
    }

    #[test]
    fn as_few_operations_as_possible_account_for_units() {
        let mut book = Book::new(1);
        let ids = [1, 2, 3].map(|op| book.acted(1, &op));
        let weights = || ids.into_iter().zip([1, 5, 2]);
        let left = |units| {
            let mut findings = book.findings();
            (findings.fewest(&CAUSE, units, weights(), ""), counts(findings).iter().map(|(_, count)| *count).sum())
        };
        assert_eq!([0, 1, 5, 6, 8, 9].map(left), [(0, 0), (0, 1), (0, 1), (0, 2), (0, 3), (1, 3)]);
        // What is lost already accounts for its own.
        let mut findings = book.findings();
        findings.lost(ids[1], &OTHER, "");
        assert_eq!(findings.fewest(&CAUSE, 5, weights(), ""), 0);
        assert_eq!(counts(findings), [("other".into(), 1)]);
    }
}
