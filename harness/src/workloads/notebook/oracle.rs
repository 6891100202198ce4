//! What became of cells, of their places and outputs, and of the characters in them.

use std::collections::{BTreeMap, BTreeSet};

use syncbench_strategies::document::{Document, Kind as DocumentKind};
use syncbench_strategies::path;
use syncbench_strategies::view::View;

use super::model::{CELLS, NotebookOp, digest, order, output, source_path};
use crate::finding::{Finding, Kind, kinds};
use crate::findings::Findings;
use crate::history::{History, Issued};
use crate::ledger::Entry;
use crate::oracles::members::{Member, Wrong};
use crate::oracles::places::{self, MOVE_OVERWRITTEN, Spot};
use crate::oracles::text;
use crate::oracles::undo::{LOST_TO_UNDO, UNDO_WITHOUT_EFFECT};
use crate::oracles::writes::{Effect, Loss, Place, Writes, Writing};
use crate::typing;
use crate::workload::phrase;

kinds! {
    LOST_CELL = lost(
        "lost cell",
        "A user inserted a cell, or restored it after all deletes, and it is not in the notebook or has no source."
    );
    DUPLICATED_CELL = lost(
        "duplicated cell",
        "A user inserted, restored or moved a cell, or undid something that was done to it, and it is in the notebook more \
         than once."
    );
    RESURRECTED_CELL = lost(
        "resurrected cell",
        "A cell was deleted, nobody restored it later or at the same time, and it is in the notebook."
    );
    CELL_GONE = noted(
        "cell gone",
        "A cell of the initial notebook that nobody deleted is gone or has no source; the operation that removed it cannot \
         be named."
    );
    CELL_FROM_NOWHERE = noted(
        "cell from nowhere",
        "A cell is in the notebook that nobody inserted, whose insert was rejected, or once more than any operation explains."
    );
    MISPLACED_CELL = lost(
        "misplaced cell",
        "A user put a cell at the top or under another, and it is elsewhere although nobody else moved, deleted or restored \
         it, or those around it."
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
        "A user evaluated a cell, and the output is gone although no user who had seen it replaced it, and no concurrent \
         evaluation explains it."
    );
}

/// The kinds of findings that [`judge`] makes.
pub(super) static KINDS: &[&Kind] = &[
    &LOST_CELL,
    &DUPLICATED_CELL,
    &RESURRECTED_CELL,
    &CELL_GONE,
    &CELL_FROM_NOWHERE,
    &MISPLACED_CELL,
    &MOVE_OVERWRITTEN,
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

/// An evaluation as a write: it puts its output into its cell.
struct Evaluation<'a>(&'a str);

/// The output of one cell: all evaluations that are judged together write there.
struct Output;

impl Place for Output {
    fn within(&self, _: &Self) -> bool {
        true
    }
}

impl Writing for Evaluation<'_> {
    type Place = Output;
    /// The id of the evaluation.
    type Value = String;

    fn effect(&self) -> Effect<Output, String> {
        Effect::Put(Output, self.0.to_owned())
    }

    fn replaced(&self, seen: &Document) -> BTreeSet<String> {
        seen.as_str().map(str::to_owned).into_iter().collect()
    }
}

/// Asks of each cell whether it is there if it must be, see [`Member`], of each output whether it was lost, see
/// [`Writes`], and what became of the characters in the cells that are there.
pub(super) fn judge(history: &History<'_>) -> Vec<Finding> {
    let operations = history.operations::<NotebookOp>();
    let names = [history.genesis, history.last].map(|document| View::keys(document, &path![CELLS]).unwrap_or_default());
    let mut by_cell: BTreeMap<&str, Vec<Operation<'_>>> =
        names.iter().flatten().map(|cell| (&**cell, Vec::new())).collect();
    for operation in operations.iter().filter(|operation| !operation.rejected()) {
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
    let mut findings = Findings::of(history);
    for cell in cells.values() {
        cell.judge_membership(&mut findings);
        cell.judge_outputs(&mut findings);
        cell.judge_place(&order, &cells, &mut findings);
        if cell.there() {
            cell.judge_characters(history, &mut findings);
        } else {
            cell.judge_orphans(&mut findings);
        }
    }
    findings.done()
}

type Operation<'a> = &'a Issued<'a, NotebookOp>;

/// One cell, and the operations on it that were not rejected.
struct Cell<'a> {
    name: &'a str,
    /// Whether the notebook lists it and shows its source.
    member: Member<'a>,
    /// Whether it was there from the beginning, or a user inserted it.
    made: bool,
    operations: Vec<Operation<'a>>,
    /// Where the notebook lists it at the end.
    places: Vec<usize>,
    digest: Option<String>,
    /// The evaluation whose output it shows, and the digest of the source that this was computed from.
    output: Option<(String, String)>,
}

impl<'a> Cell<'a> {
    fn new(name: &'a str, operations: Vec<Operation<'a>>, places: Vec<usize>, history: &History<'_>) -> Self {
        let exists = |document: &Document| View::kind(document, &source_path(name)) == Some(DocumentKind::Text);
        let (mut made, copies) = (exists(history.genesis), if exists(history.last) { places.len() as u64 } else { 0 });
        let mut member = Member::new(made, copies);
        for operation in &operations {
            made |= matches!(operation.op, NotebookOp::Insert { .. });
            match operation.op {
                NotebookOp::Insert { .. } | NotebookOp::Restore { .. } => member.add(operation.entry),
                NotebookOp::Delete { .. } => member.remove(operation.entry),
                NotebookOp::Move { .. } | NotebookOp::Type { .. } | NotebookOp::Evaluate { .. } => {
                    member.change(operation.entry);
                }
            }
        }
        let (digest, output) = (digest(history.last, name), output(history.last, name));
        Self { name, member, made, operations, places, digest, output }
    }

    fn there(&self) -> bool {
        self.member.copies() > 0
    }

    /// The operations that were confirmed and not undone.
    fn confirmed(&self) -> impl Iterator<Item = Operation<'a>> {
        self.operations.iter().copied().filter(|operation| operation.outcome().is_some())
    }

    /// The kind, unless an undo of something that was done to the cell as a whole can explain it.
    fn unless_undone(&self, kind: &'static Kind) -> &'static Kind {
        let undone = self.operations.iter().any(|operation| operation.undone() && whole(&operation.op));
        if undone { &LOST_TO_UNDO } else { kind }
    }

    fn judge_membership(&self, findings: &mut Findings) {
        let words = format!("{}, which the notebook has {} times", self.name, self.member.copies());
        self.judge_copies(&words, findings);
        if self.there() && !self.made {
            findings.note(&CELL_FROM_NOWHERE, 1, self.name);
        }
        let mut all = |ops: Vec<&Entry>, kind| {
            for op in ops {
                findings.lost(op.id, kind, &words);
            }
        };
        match self.member.wrong() {
            Some(Wrong::Lost) => match self.member.last_add() {
                Some(add) => all(vec![add], self.unless_undone(&LOST_CELL)),
                None => findings.note(&CELL_GONE, 1, words),
            },
            Some(Wrong::Resurrected | Wrong::FromNowhere) => {
                all(self.member.last_removals().collect(), self.unless_undone(&RESURRECTED_CELL));
            }
            Some(Wrong::NotBack) => all(self.member.undone_removals().collect(), &UNDO_WITHOUT_EFFECT),
            Some(Wrong::NotWithdrawn) => all(self.member.undone_adds().collect(), &UNDO_WITHOUT_EFFECT),
            None => {}
        }
    }

    /// Copies are the fault of the last operations that put the cell somewhere, then of undos.
    fn judge_copies(&self, words: &str, findings: &mut Findings) {
        let mut surplus = self.member.duplicates();
        let mut placed: Vec<_> = self.operations.iter().filter(|operation| whole(&operation.op)).collect();
        placed.retain(|operation| operation.undone() || !matches!(operation.op, NotebookOp::Delete { .. }));
        placed
            .sort_by_key(|operation| (operation.undone(), std::cmp::Reverse((operation.entry.issued, operation.id()))));
        for operation in placed {
            surplus -= u64::from(surplus > 0 && findings.lost(operation.id(), &DUPLICATED_CELL, words));
        }
        findings.note(&CELL_FROM_NOWHERE, surplus, words);
    }

    fn judge_orphans(&self, findings: &mut Findings) {
        let deletes =
            |operation: &Operation<'_>| matches!(operation.op, NotebookOp::Delete { .. }) && !operation.undone();
        for typed in self.confirmed().filter(|operation| matches!(operation.op, NotebookOp::Type { .. })) {
            if !self.operations.iter().any(|operation| deletes(operation) && operation.follows(typed)) {
                findings.lost(typed.id(), self.unless_undone(&ORPHANED_EDIT), words(typed));
            }
        }
    }

    fn judge_outputs(&self, findings: &mut Findings) {
        let evaluations = self.operations.iter().filter_map(|operation| match &operation.op {
            NotebookOp::Evaluate { run, .. } => Some(Issued { op: Evaluation(run), entry: operation.entry }),
            _ => None,
        });
        let evaluations: Vec<_> = evaluations.collect();
        let writes = Writes::new(&evaluations, self.output.iter().map(|(run, _)| run.clone()).collect());
        for (index, step) in writes.steps().iter().enumerate() {
            let kind = match writes.loss(index) {
                _ if writes.undo_failed(index) => &UNDO_WITHOUT_EFFECT,
                _ if !self.there() => continue,
                Some(Loss::Unexplained) => &LOST_OUTPUT,
                Some(Loss::Undone) => &LOST_TO_UNDO,
                // Of two concurrent evaluations either counts.
                Some(Loss::Overwritten | Loss::Removed) => continue,
                None if self.stale(step.issued) => &STALE_OUTPUT,
                None => continue,
            };
            let id = step.issued.id();
            findings.lost(id, kind, format_args!("{id}, evaluation {} of {}", step.issued.op.0, self.name));
        }
    }

    /// Whether the cell shows the output of this confirmed evaluation, not computed from its source, and no user who had
    /// seen the output changed the source.
    fn stale(&self, evaluation: &Issued<'_, Evaluation<'_>>) -> bool {
        let Some((run, of)) = &self.output else { return false };
        let mut typed = self.operations.iter().filter(|operation| matches!(operation.op, NotebookOp::Type { .. }));
        run == evaluation.op.0
            && evaluation.outcome().is_some()
            && Some(of) != self.digest.as_ref()
            // A user who typed, or undid, with the output on the screen saw it go stale.
            && !typed.any(|later| later.follows(evaluation) || later.undone())
    }

    /// Whether `operation`, and what its user had seen, is all that was done with the place of this cell; concurrent moves
    /// may be left out.
    fn untouched_since(&self, operation: Operation<'_>, rivals: bool) -> bool {
        let rival = |other: Operation<'_>| {
            matches!(other.op, NotebookOp::Move { .. }) && !other.undone() && operation.concurrent_with(other)
        };
        let untouched = |other: Operation<'_>| {
            !whole(&other.op)
                || other.id() == operation.id()
                || (!other.undone() && operation.follows(other))
                || (rivals && rival(other))
        };
        self.member.copies() == 1 && self.operations.iter().all(|other| untouched(other))
    }

    fn judge_place(&self, order: &[String], cells: &BTreeMap<&str, Cell<'_>>, findings: &mut Findings) {
        let [at] = self.places[..] else { return };
        for operation in self.confirmed().filter(|operation| self.untouched_since(operation, true)) {
            let (NotebookOp::Insert { after, .. } | NotebookOp::Move { after, .. } | NotebookOp::Restore { after, .. }) =
                &operation.op
            else {
                continue;
            };
            let untouched = |other: &str| cells.get(other).is_some_and(|cell| cell.untouched_since(operation, false));
            if places::misplaced(order, at, Spot::after(after.as_ref()), untouched) {
                let alone = self.untouched_since(operation, false);
                let kind = if alone { &MISPLACED_CELL } else { &MOVE_OVERWRITTEN };
                findings.lost(operation.id(), kind, words(operation));
            }
        }
    }

    fn judge_characters(&self, history: &History<'_>, findings: &mut Findings) {
        let typed = self.operations.iter().filter_map(|operation| match &operation.op {
            NotebookOp::Type { splice, .. } => Some(Issued { op: splice.insert.clone(), entry: operation.entry }),
            _ => None,
        });
        let characters = |document| typing::characters(document, &source_path(self.name));
        text::judge(&typed.collect::<Vec<_>>(), &characters(history.genesis), &characters(history.last), findings);
    }
}

/// Whether an operation is about a cell as a whole.
fn whole(op: &NotebookOp) -> bool {
    !matches!(op, NotebookOp::Type { .. } | NotebookOp::Evaluate { .. })
}

fn words(operation: Operation<'_>) -> String {
    format!("{}, {}", operation.id(), phrase(&operation.op))
}
