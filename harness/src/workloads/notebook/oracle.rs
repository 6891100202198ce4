//! What became of cells, of their places and outputs, and of the characters in them.

use std::collections::{BTreeMap, BTreeSet};

use syncbench_strategies::document::{Document, Kind as DocumentKind};
use syncbench_strategies::path;
use syncbench_strategies::view::View;

use super::model::{CELLS, NotebookOp, digest, order, output, source_path};
use crate::finding::{Finding, Findings, Kind, kinds};
use crate::history::{History, Issued};
use crate::oracles::members::{Member, Wrong};
use crate::oracles::text;
use crate::oracles::undo::{LOST_TO_UNDO, UNDO_WITHOUT_EFFECT};
use crate::oracles::writes::{Effect, Loss, Place, Writes, Writing};
use crate::typing;

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
        "A user evaluated a cell, and the output is gone although no user who had seen it replaced it, and no concurrent \
         evaluation explains it."
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
    let mut findings = Findings::default();
    for cell in cells.values() {
        cell.judge_membership(&mut findings);
        cell.judge_outputs(&mut findings);
        cell.judge_place(&cells, &mut findings);
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
        let whole = |op: &NotebookOp| !matches!(op, NotebookOp::Type { .. } | NotebookOp::Evaluate { .. });
        let undone = self.operations.iter().any(|operation| operation.undone() && whole(&operation.op));
        if undone { &LOST_TO_UNDO } else { kind }
    }

    fn judge_membership(&self, findings: &mut Findings) {
        let words = format!("{}, which the notebook has {} times", self.name, self.member.copies());
        findings.count(&DUPLICATED_CELL, self.member.duplicates(), &words);
        if self.there() && !self.made {
            findings.add(&CELL_FROM_NOWHERE, self.name);
        }
        let kind = match self.member.wrong() {
            Some(Wrong::Lost) => self.unless_undone(&LOST_CELL),
            Some(Wrong::FromNowhere) if self.member.last_removals().next().is_none() => return,
            Some(Wrong::Resurrected | Wrong::FromNowhere) => self.unless_undone(&RESURRECTED_CELL),
            Some(Wrong::NotBack | Wrong::NotWithdrawn) => &UNDO_WITHOUT_EFFECT,
            None => return,
        };
        findings.add(kind, words);
    }

    fn judge_orphans(&self, findings: &mut Findings) {
        let deletes =
            |operation: &Operation<'_>| matches!(operation.op, NotebookOp::Delete { .. }) && !operation.undone();
        for typed in self.confirmed().filter(|operation| matches!(operation.op, NotebookOp::Type { .. })) {
            if !self.operations.iter().any(|operation| deletes(operation) && operation.follows(typed)) {
                findings.add(self.unless_undone(&ORPHANED_EDIT), words(typed));
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
            findings.add(kind, format_args!("{}, evaluation {} of {}", step.issued.id(), step.issued.op.0, self.name));
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

    /// Whether `operation`, and what its user had seen, is all that was done with the place of this cell.
    fn untouched_since(&self, operation: Operation<'_>) -> bool {
        let untouched = |other: Operation<'_>| match other.op {
            NotebookOp::Type { .. } | NotebookOp::Evaluate { .. } => true,
            _ => other.id() == operation.id() || (!other.undone() && operation.follows(other)),
        };
        self.member.copies() == 1 && self.operations.iter().all(|other| untouched(other))
    }

    fn judge_place(&self, cells: &BTreeMap<&str, Cell<'_>>, findings: &mut Findings) {
        for operation in self.confirmed() {
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

    fn judge_characters(&self, history: &History<'_>, findings: &mut Findings) {
        let typed = self.operations.iter().filter_map(|operation| match &operation.op {
            NotebookOp::Type { splice, .. } => Some(Issued { op: splice.insert.clone(), entry: operation.entry }),
            _ => None,
        });
        let characters = |document| typing::characters(document, &source_path(self.name));
        text::judge(&typed.collect::<Vec<_>>(), &characters(history.genesis), &characters(history.last), findings);
    }
}

fn words(operation: Operation<'_>) -> String {
    format!("{}, {:?}", operation.id(), operation.op)
}
