//! What became of cells, of their places and outputs, and of the characters in them.

use std::collections::{BTreeMap, BTreeSet};

use syncbench_strategies::document::{Document, Kind as DocumentKind};
use syncbench_strategies::path;
use syncbench_strategies::view::View;

use super::model::{CELLS, NotebookOp, OUTPUT, cell_path, digest, order, source_path};
use crate::finding::{Finding, Findings, Kind, kinds};
use crate::ledger::Fate;
use crate::oracles::text;
use crate::oracles::undo::{LOST_TO_UNDO, UNDO_WITHOUT_EFFECT};
use crate::typing;
use crate::workload::{History, Issued};

kinds! {
    LOST_CELL = lost(
        "lost cell",
        "A cell that nobody deleted, or that a user restored after all deletes, is not in the notebook or has no source."
    );
    DUPLICATED_CELL = lost(
        "duplicated cell",
        "A cell is in the notebook more than once; counted in copies beyond the first."
    );
    RESURRECTED_CELL = lost(
        "resurrected cell",
        "A cell was deleted, nobody restored it later or at the same time, and it is in the notebook."
    );
    CELL_FROM_NOWHERE = noted(
        "cell from nowhere",
        "A cell that nobody inserted, or whose insert was rejected, is in the notebook."
    );
    MISPLACED_CELL = lost(
        "misplaced cell",
        "A user put a cell below another, and it is above that cell although nobody else moved, deleted or restored either."
    );
    ORPHANED_EDIT = lost(
        "orphaned edit",
        "A user typed into a cell that is gone, and nobody who had seen the keystroke deleted the cell."
    );
    STALE_OUTPUT = lost(
        "stale output",
        "A cell shows an output that was not computed from its source, and no user changed the source who had seen the output."
    );
    LOST_OUTPUT = lost(
        "lost output",
        "A user evaluated a cell, and the cell shows neither this output nor a later or a concurrent one."
    );
}

/// The kinds of findings that [`judge`] makes.
pub(super) static KINDS: &[&Kind] = &[
    &LOST_CELL,
    &DUPLICATED_CELL,
    &RESURRECTED_CELL,
    &CELL_FROM_NOWHERE,
    &MISPLACED_CELL,
    &ORPHANED_EDIT,
    &STALE_OUTPUT,
    &LOST_OUTPUT,
    &LOST_TO_UNDO,
    &UNDO_WITHOUT_EFFECT,
    &text::LOST_CHARACTER,
    &text::DUPLICATED_CHARACTER,
    &text::RESURRECTED_CHARACTER,
    &text::MISPLACED_CHARACTER,
    &text::INTERLEAVED_RUN,
    &text::WRONG_CHARACTER_ERASED,
    &text::CHARACTER_FROM_NOWHERE,
];

/// Every cell of the notebook has a source and is there once.
pub(super) fn invariant(document: &Document) -> Result<(), String> {
    let mut seen = BTreeSet::new();
    for cell in order(document) {
        if View::kind(document, &source_path(&cell)) != Some(DocumentKind::Text) {
            return Err(format!("{cell} is in the notebook and has no source"));
        }
        if !seen.insert(cell.clone()) {
            return Err(format!("duplicated cell: {cell} is in the notebook twice"));
        }
    }
    Ok(())
}

/// Judges each cell, and the characters of those that are there.
pub(super) fn judge(history: &History<'_>) -> Vec<Finding> {
    let operations = history.operations::<NotebookOp>();
    let names = [history.genesis, history.last].map(|document| View::keys(document, &path![CELLS]).unwrap_or_default());
    let mut by_cell: BTreeMap<&str, Vec<Operation<'_>>> =
        names.iter().flatten().map(|cell| (&**cell, Vec::new())).collect();
    for operation in operations.iter().filter(|operation| !matches!(operation.entry.fate, Fate::Rejected(_))) {
        by_cell.entry(operation.op.cell()).or_default().push(operation);
    }
    let order = order(history.last);
    let mut places: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, cell) in order.iter().enumerate() {
        places.entry(cell).or_default().push(index);
    }
    let cells: BTreeMap<&str, Cell<'_>> = by_cell
        .into_iter()
        .map(|(name, operations)| (name, Cell::new(name, operations, places.remove(name).unwrap_or_default(), history)))
        .collect();
    let mut findings = Findings::default();
    for cell in cells.values() {
        cell.judge_membership(&mut findings);
        cell.judge_operations(&mut findings);
        cell.judge_place(&cells, &mut findings);
        if cell.copies > 0 {
            let typed = cell.operations.iter().filter_map(|operation| match &operation.op {
                NotebookOp::Type { splice, .. } => Some(Issued { op: splice.insert.clone(), entry: operation.entry }),
                _ => None,
            });
            let characters = |document| typing::characters(document, &source_path(cell.name));
            let (first, last) = (characters(history.genesis), characters(history.last));
            text::judge(&typed.collect::<Vec<_>>(), &first, &last, &mut findings);
        }
    }
    findings.done()
}

type Operation<'a> = &'a Issued<'a, NotebookOp>;

/// One cell, and the operations on it that were not rejected.
struct Cell<'a> {
    name: &'a str,
    /// It was there from the beginning.
    original: bool,
    operations: Vec<Operation<'a>>,
    /// Where the notebook lists it at the end.
    places: Vec<usize>,
    /// How often the notebook lists it and shows its source.
    copies: u64,
    digest: Option<String>,
    /// The evaluation whose output it shows, and the digest of the source that this was computed from.
    output: Option<(String, String)>,
}

impl<'a> Cell<'a> {
    fn new(name: &'a str, operations: Vec<Operation<'a>>, places: Vec<usize>, history: &History<'_>) -> Self {
        let there = View::kind(history.last, &source_path(name)) == Some(DocumentKind::Text);
        let field = |key: &str| history.last.at(&cell_path(name).child(OUTPUT).child(key))?.as_str().map(str::to_owned);
        Self {
            name,
            original: history.genesis.at(&cell_path(name)).is_some(),
            operations,
            copies: if there { places.len() as u64 } else { 0 },
            places,
            digest: digest(history.last, name),
            output: field("run").zip(field("of")),
        }
    }

    /// The operations that nobody undid.
    fn in_force(&self) -> impl Iterator<Item = Operation<'a>> {
        self.operations.iter().copied().filter(|operation| !operation.undone())
    }

    fn deletes(&self) -> impl Iterator<Item = Operation<'a>> {
        self.in_force().filter(|operation| matches!(operation.op, NotebookOp::Delete { .. }))
    }

    fn restores(&self) -> impl Iterator<Item = Operation<'a>> {
        self.in_force().filter(|operation| matches!(operation.op, NotebookOp::Restore { .. }))
    }

    /// Whether an operation of this kind was undone, so that the cell should be as before.
    fn undone(&self, kind: fn(&NotebookOp) -> bool) -> bool {
        self.operations.iter().any(|operation| operation.undone() && kind(&operation.op))
    }

    /// A confirmed delete follows every restore.
    fn must_be_gone(&self) -> bool {
        let mut confirmed = self.deletes().filter(|delete| delete.outcome().is_some());
        confirmed.any(|delete| self.restores().all(|restore| delete.follows(restore)))
    }

    /// It was inserted, and nobody deleted it, or a confirmed restore follows every delete.
    fn must_be_there(&self) -> bool {
        let inserted = |operation: Operation<'_>| {
            matches!(operation.op, NotebookOp::Insert { .. }) && operation.outcome().is_some()
        };
        let mut confirmed = self.restores().filter(|restore| restore.outcome().is_some());
        (self.original || self.in_force().any(inserted))
            && (self.deletes().next().is_none()
                || confirmed.any(|restore| self.deletes().all(|delete| restore.follows(delete))))
    }

    /// The kind, unless an undo of something that was done to the cell as a whole can explain it.
    fn unless_undone(&self, kind: &'static Kind) -> &'static Kind {
        let whole = |op: &NotebookOp| !matches!(op, NotebookOp::Type { .. } | NotebookOp::Evaluate { .. });
        if self.undone(whole) { &LOST_TO_UNDO } else { kind }
    }

    fn judge_membership(&self, findings: &mut Findings) {
        let words = format!("{}, which the notebook has {} times", self.name, self.copies);
        findings.count(&DUPLICATED_CELL, self.copies.saturating_sub(1), &words);
        let inserted = self.operations.iter().any(|operation| matches!(operation.op, NotebookOp::Insert { .. }));
        if self.copies > 0 && !self.original && !inserted {
            findings.add(&CELL_FROM_NOWHERE, self.name);
        }
        if self.copies == 0 && self.must_be_there() {
            let back = self.undone(|op| matches!(op, NotebookOp::Delete { .. }));
            findings.add(if back { &UNDO_WITHOUT_EFFECT } else { self.unless_undone(&LOST_CELL) }, &words);
        } else if self.copies > 0 && self.must_be_gone() {
            let back = self.undone(|op| matches!(op, NotebookOp::Restore { .. }));
            findings.add(if back { &UNDO_WITHOUT_EFFECT } else { self.unless_undone(&RESURRECTED_CELL) }, &words);
        } else if self.copies > 0 && self.undone(|op| matches!(op, NotebookOp::Insert { .. })) {
            // It may stay for the sake of other users who worked on it.
            let mut clients = self.operations.iter().map(|operation| operation.id().client);
            let first = clients.next();
            if clients.all(|client| Some(client) == first) {
                findings.add(&UNDO_WITHOUT_EFFECT, &words);
            }
        }
    }

    fn judge_operations(&self, findings: &mut Findings) {
        for operation in self.in_force().filter(|operation| operation.outcome().is_some()) {
            match &operation.op {
                NotebookOp::Type { .. } if self.copies == 0 => {
                    if !self.deletes().any(|delete| delete.follows(operation)) {
                        findings.add(self.unless_undone(&ORPHANED_EDIT), words(operation));
                    }
                }
                NotebookOp::Evaluate { run, .. } if self.copies > 0 => self.judge_output(operation, run, findings),
                _ => {}
            }
        }
        for operation in self.operations.iter().filter(|operation| operation.undone()) {
            if let NotebookOp::Evaluate { run, .. } = &operation.op
                && self.output.as_ref().is_some_and(|(shown, _)| shown == run)
            {
                findings.add(&UNDO_WITHOUT_EFFECT, words(operation));
            }
        }
    }

    fn judge_output(&self, operation: Operation<'_>, run: &str, findings: &mut Findings) {
        let others = |wanted: fn(&NotebookOp) -> bool| {
            self.operations.iter().filter(move |other| wanted(&other.op) && other.id() != operation.id())
        };
        let evaluates = |op: &NotebookOp| matches!(op, NotebookOp::Evaluate { .. });
        match &self.output {
            Some((shown, of)) if shown == run => {
                let types = |op: &NotebookOp| matches!(op, NotebookOp::Type { .. });
                // A user who typed, or undid, with the output on the screen saw it go stale.
                let seen = others(types).any(|later| later.follows(operation) || later.undone());
                if Some(of) != self.digest.as_ref() && !seen {
                    findings.add(&STALE_OUTPUT, words(operation));
                }
            }
            // Of two evaluations the later one counts, or either of two concurrent ones.
            _ if others(evaluates).any(|other| !operation.follows(other)) => {}
            _ => findings.add(&LOST_OUTPUT, words(operation)),
        }
    }

    /// Whether `operation`, and what its user had seen, is all that was done with the place of this cell.
    fn untouched_since(&self, operation: Operation<'_>) -> bool {
        let untouched = |other: Operation<'_>| match other.op {
            NotebookOp::Type { .. } | NotebookOp::Evaluate { .. } => true,
            _ => other.id() == operation.id() || (!other.undone() && operation.follows(other)),
        };
        self.copies == 1 && self.operations.iter().all(|other| untouched(other))
    }

    fn judge_place(&self, cells: &BTreeMap<&str, Cell<'_>>, findings: &mut Findings) {
        for operation in self.in_force().filter(|operation| operation.outcome().is_some()) {
            let (NotebookOp::Insert { after: Some(above), .. }
            | NotebookOp::Move { after: Some(above), .. }
            | NotebookOp::Restore { after: Some(above), .. }) = &operation.op
            else {
                continue;
            };
            let Some(above) = cells.get(above.as_str()) else { continue };
            let untouched = self.untouched_since(operation) && above.untouched_since(operation);
            if untouched && self.places.first() < above.places.first() {
                findings.add(&MISPLACED_CELL, words(operation));
            }
        }
    }
}

fn words(operation: Operation<'_>) -> String {
    format!("{}, {:?}", operation.id(), operation.op)
}
