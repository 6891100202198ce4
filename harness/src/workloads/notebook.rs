//! `notebook`: cells of source text in an order, with their outputs: insert, move, delete, restore, type, evaluate.
//!
//! As in Livebook, a deleted cell goes to a bin from which it comes back as it was: `order` lists the cells that are in the
//! notebook, and `cells/<id>` holds what each says, in the bin too, where it is marked. An output carries the digest of the
//! source that it was computed from, so that a cell which has changed since can be shown as stale.
//!
//! Longer than most files: what the operations mean, what users do and what the oracle asks are one thing, read together.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use syncbench_strategies::document::{Document, Edit, EditKind, Kind, Path};
use syncbench_strategies::model::{Model, ModelRef, Operation, Plan, Rejected, erase};
use syncbench_strategies::path;
use syncbench_strategies::replica::{NodeId, Rng};
use syncbench_strategies::spec::{Content, Param, ParamKind};
use syncbench_strategies::view::View;

use crate::finding::{self, Finding, Findings, kinds};
use crate::ledger::Fate;
use crate::oracles::characters;
use crate::oracles::characters::{
    CHARACTER_BACK_FROM_THE_DEAD, CHARACTER_FROM_NOWHERE, DUPLICATED_CHARACTER, INTERLEAVED_RUN, LOST_CHARACTER,
    MISPLACED_CHARACTER, WRONG_CHARACTER_DELETED,
};
use crate::oracles::undo::{LOST_TO_UNDO, UNDO_WITHOUT_EFFECT};
use crate::rng::{below, unit};
use crate::typing::{self, Keys, Splice, Typist};
use crate::workload::{History, Intent, Issued, Standing, User, Workload, WorkloadSpec};

kinds! {
    LOST_CELL = lost(
        "lost cell",
        "A cell that nobody deleted, or that was restored since, is not in the notebook or has no source."
    );
    DUPLICATED_CELL = lost("duplicated cell", "A cell is in the notebook more than once.");
    RESURRECTED_CELL = lost(
        "resurrected cell",
        "A cell was deleted, nobody restored it since, and it is in the notebook."
    );
    CELL_FROM_NOWHERE = noted(
        "cell from nowhere",
        "A cell that nobody inserted, or whose insert was rejected, is in the notebook."
    );
    ORPHANED_EDIT = lost(
        "orphaned edit",
        "A user typed into a cell that is gone, and nobody who had seen the keystroke deleted it."
    );
    STALE_EVALUATION = lost(
        "stale evaluation",
        "The output of a cell was not computed from its source, and nobody who had seen the output typed there."
    );
    LOST_OUTPUT = lost(
        "lost output",
        "A user evaluated a cell, and neither this output nor a later or a concurrent one is there."
    );
    MISPLACED_CELL = lost(
        "misplaced cell",
        "A user put a cell below another, and it is above that cell although nobody has moved either since."
    );
}

/// The workload's card.
pub static SPEC: WorkloadSpec = WorkloadSpec {
    name: "notebook",
    summary: "type in cells, evaluate them, insert, move, delete and restore them",
    product: "a computational notebook such as Livebook, Jupyter or Colab, in which several people work at once",
    params: &[
        Param {
            name: "cells",
            kind: ParamKind::Share,
            default: "0.1",
            help: "share of operations on whole cells, in equal parts inserts, moves, deletes and restores (a delete while \
                   the bin is empty): far fewer than keystrokes, and more than in a quiet hour, so that they meet in a \
                   run of the default length",
        },
        Param {
            name: "evaluate",
            kind: ParamKind::Share,
            default: "0.03",
            help: "share of evaluations: one for about thirty keystrokes, a line of code",
        },
        Param {
            name: "run",
            kind: ParamKind::Count,
            default: "9",
            help: "mean length of a typing run, as in `text`; also what else is said of typing there holds here",
        },
        Param {
            name: "elsewhere",
            kind: ParamKind::Share,
            default: "0.2",
            help: "share of typing runs that begin in any cell; the others stay in the cell: twice the jumps of `text`, which \
                   has no cells to go to",
        },
        Param {
            name: "hot",
            kind: ParamKind::Share,
            default: "0.3",
            help: "share of the runs elsewhere, and of the evaluations, moves and deletes, that go to the first cell; as on \
                   the first row in `record`",
        },
    ],
    edits: &[
        EditKind::Put,
        EditKind::Remove,
        EditKind::ListInsert,
        EditKind::ListRemove,
        EditKind::ListMove,
        EditKind::TextSplice,
    ],
    kinds: &[
        &LOST_CELL,
        &DUPLICATED_CELL,
        &RESURRECTED_CELL,
        &CELL_FROM_NOWHERE,
        &ORPHANED_EDIT,
        &STALE_EVALUATION,
        &LOST_OUTPUT,
        &MISPLACED_CELL,
        &LOST_TO_UNDO,
        &LOST_CHARACTER,
        &DUPLICATED_CHARACTER,
        &CHARACTER_BACK_FROM_THE_DEAD,
        &MISPLACED_CHARACTER,
        &UNDO_WITHOUT_EFFECT,
        &INTERLEAVED_RUN,
        &WRONG_CHARACTER_DELETED,
        &CHARACTER_FROM_NOWHERE,
    ],
    content: Content::Data,
    undo: true,
    size_unit: "cells",
    // A page: two cells for each of the default's four people.
    default_size: 8,
    build: |params| {
        Box::new(Notebook {
            cells: params.share("cells"),
            evaluate: params.share("evaluate"),
            elsewhere: params.share("elsewhere"),
            hot: params.share("hot"),
            keys: Keys { run: params.count("run") as f64, ..Keys::TYPICAL },
        })
    },
};

/// What users do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum NotebookOp {
    /// Insert an empty cell.
    Insert {
        /// Its id, made by who inserts it.
        cell: String,
        /// Below which cell; at the top if `None`, at the end if that cell is not there any more.
        after: Option<String>,
    },
    /// Move a cell.
    Move {
        /// Which.
        cell: String,
        /// Below which other, as for an insert.
        after: Option<String>,
    },
    /// Put a cell into the bin.
    Delete {
        /// Which.
        cell: String,
    },
    /// Take a cell out of the bin.
    Restore {
        /// Which.
        cell: String,
        /// Below which other, as for an insert.
        after: Option<String>,
    },
    /// Type in a cell.
    Type {
        /// In which.
        cell: String,
        /// What.
        splice: Splice,
    },
    /// Run a cell, on the source that it has then.
    Evaluate {
        /// Which.
        cell: String,
        /// The id of this run.
        run: String,
    },
}

impl NotebookOp {
    fn cell(&self) -> &str {
        match self {
            NotebookOp::Insert { cell, .. }
            | NotebookOp::Move { cell, .. }
            | NotebookOp::Delete { cell }
            | NotebookOp::Restore { cell, .. }
            | NotebookOp::Type { cell, .. }
            | NotebookOp::Evaluate { cell, .. } => cell,
        }
    }
}

/// Refuses what is about a cell that is not in the notebook.
#[derive(Clone, Copy, Debug, Default)]
pub struct NotebookModel;

const ORDER: &str = "order";
const CELLS: &str = "cells";
const OUTPUT: &str = "output";

fn cell_path(cell: &str) -> Path {
    path![CELLS, cell]
}

fn source_path(cell: &str) -> Path {
    path![CELLS, cell, "source"]
}

/// What marks a cell as one in the bin.
fn mark_path(cell: &str) -> Path {
    path![CELLS, cell, "deleted"]
}

/// The cells in the notebook.
fn order(view: &dyn View) -> Vec<String> {
    let cells = view.items(&path![ORDER]).unwrap_or_default();
    cells.iter().map(|cell| cell.as_str().unwrap_or_default().to_owned()).collect()
}

/// The digest of a cell's source.
fn digest(view: &dyn View, cell: &str) -> Option<String> {
    Some(view.get(&source_path(cell))?.digest().to_string())
}

impl Model for NotebookModel {
    type Op = NotebookOp;

    fn plan(&self, view: &dyn View, op: &NotebookOp) -> Result<Plan, Rejected> {
        let cell = op.cell();
        let exists = view.kind(&source_path(cell)) == Some(Kind::Text);
        let order = || view.items(&path![ORDER]).unwrap_or_default();
        let place = || order().iter().position(|other| other.as_str() == Some(cell));
        let marked = view.kind(&mark_path(cell)).is_some();
        let below = |after: &Option<String>| {
            let Some(after) = after else { return 0 };
            let order = order();
            let mut others = order.iter().filter_map(Document::as_str).filter(|other| *other != cell);
            let count = others.clone().count();
            others.position(|other| other == after).map_or(count, |above| above + 1)
        };
        let insert = |after| Edit::ListInsert { path: path![ORDER], index: below(after), values: vec![cell.into()] };
        let gone = || Rejected::new("gone", format!("there is no cell {cell}"));
        // The order is not read for a keystroke, unless the mark of the bin is there: two may have disagreed about it.
        let here = || if exists && (!marked || place().is_some()) { Ok(()) } else { Err(gone()) };
        Ok(Plan::new(match op {
            NotebookOp::Insert { .. } if view.kind(&cell_path(cell)).is_some() => {
                return Err(Rejected::new("exists", format!("there is a cell {cell} already")));
            }
            NotebookOp::Insert { after, .. } => {
                let value = Document::map([("source", Document::text("")), (OUTPUT, Document::Null)]);
                vec![Edit::Put { path: cell_path(cell), value }, insert(after)]
            }
            NotebookOp::Restore { after, .. } if exists && place().is_none() => {
                let unmark = marked.then(|| Edit::Remove { path: mark_path(cell) });
                unmark.into_iter().chain([insert(after)]).collect()
            }
            NotebookOp::Restore { .. } if exists => {
                return Err(Rejected::new("not_deleted", format!("{cell} is in the notebook")));
            }
            NotebookOp::Restore { .. } => return Err(gone()),
            NotebookOp::Move { after, .. } => {
                let (from, to) = (place().filter(|_| exists).ok_or_else(gone)?, below(after));
                let moved = Edit::ListMove { path: path![ORDER], from, to };
                if from == to { Vec::new() } else { vec![moved] }
            }
            NotebookOp::Delete { .. } => {
                place().filter(|_| exists).ok_or_else(gone)?;
                // From the end to the beginning, so that each index speaks of the list as it is by then.
                let order = order();
                let copies = order.iter().enumerate().rev().filter(|(_, other)| other.as_str() == Some(cell));
                let take = copies.map(|(index, _)| Edit::ListRemove { path: path![ORDER], index, count: 1 });
                take.chain([Edit::Put { path: mark_path(cell), value: Document::Bool(true) }]).collect()
            }
            NotebookOp::Type { splice, .. } => {
                here()?;
                typing::plan(view, &source_path(cell), std::slice::from_ref(splice))?
            }
            NotebookOp::Evaluate { run, .. } => {
                here()?;
                let output = [("of", digest(view, cell).ok_or_else(gone)?), ("run", run.clone())];
                vec![Edit::Put { path: cell_path(cell).child(OUTPUT), value: Document::map(output) }]
            }
        }))
    }
}

#[derive(Clone, Copy)]
struct Notebook {
    cells: f64,
    evaluate: f64,
    elsewhere: f64,
    hot: f64,
    keys: Keys,
}

/// Characters of a cell at first: a line.
const LINE: u64 = 40;

/// `size` cells of a line each, that nobody has evaluated yet.
fn genesis(size: u64) -> Document {
    let cell = |i: u64| {
        let source = Document::text(&typing::original(i.saturating_mul(LINE), LINE));
        (format!("c{i}"), Document::map([("source", source), (OUTPUT, Document::Null)]))
    };
    let order = Document::list((0..size).map(|i| format!("c{i}")));
    Document::map([(CELLS, Document::map((0..size).map(cell))), (ORDER, order)])
}

impl Workload for Notebook {
    fn model(&self) -> ModelRef {
        erase(NotebookModel)
    }

    fn genesis(&self, size: u64) -> Document {
        genesis(size)
    }

    fn user(&self, client: NodeId, clients: u32) -> Box<dyn User> {
        let typist = Typist::new(self.keys, client, clients, path![]);
        Box::new(NotebookUser { habits: *self, client, drawn: 0, home: None, cell: String::new(), typist })
    }

    fn judge(&self, history: &History<'_>) -> Vec<Finding> {
        judge(history)
    }

    fn invariant(&self, document: &Document) -> Result<(), String> {
        let mut seen = BTreeSet::new();
        for cell in order(document) {
            if View::kind(document, &source_path(&cell)) != Some(Kind::Text) {
                return Err(format!("{cell} is in the notebook and has no source"));
            }
            if !seen.insert(cell.clone()) {
                return Err(format!("duplicated cell: {cell} is in the notebook twice"));
            }
        }
        Ok(())
    }
}

struct NotebookUser {
    habits: Notebook,
    client: NodeId,
    /// Intents so far: the source of ids, the same whatever was seen.
    drawn: u64,
    /// How many cells there were at first.
    home: Option<usize>,
    /// Where it types.
    cell: String,
    typist: Typist,
}

impl User for NotebookUser {
    fn standing(&mut self, standing: Standing) {
        self.typist.standing(standing);
    }

    fn next(&mut self, view: &dyn View, rng: &mut Rng) -> Option<Intent> {
        self.drawn += 1;
        let (act, hot, which, elsewhere) = (unit(rng), unit(rng), unit(rng), unit(rng));
        let order = order(view);
        let (any, place) = (below(rng, order.len()), unit(rng));
        let habits = self.habits;
        let pick = || order.get(if hot < habits.hot { 0 } else { any }).cloned();
        if act < habits.cells {
            let op = self.on_cells(view, &order, which, pick(), place);
            return op.map(|op| Intent::blind(&op));
        }
        if act >= 1.0 - habits.evaluate {
            let run = format!("{}.{}", self.client, self.drawn);
            return pick().map(|cell| Intent::blind(&NotebookOp::Evaluate { cell, run }));
        }
        // In the middle of a run nobody goes elsewhere, unless the cell has gone.
        let stays = order.contains(&self.cell) && (self.typist.busy() || elsewhere >= habits.elsewhere);
        if !stays {
            self.cell = pick()?;
            self.typist.go(&source_path(&self.cell));
        }
        let (splice, seen) = self.typist.press(view, rng)?;
        let op = NotebookOp::Type { cell: self.cell.clone(), splice };
        Some(Intent { operation: Operation::encode(&op), seen: seen.document() })
    }
}

impl NotebookUser {
    fn on_cells(
        &mut self,
        view: &dyn View,
        order: &[String],
        which: f64,
        cell: Option<String>,
        place: f64,
    ) -> Option<NotebookOp> {
        let home = *self.home.get_or_insert(order.len());
        let here: BTreeSet<&str> = order.iter().map(String::as_str).collect();
        let mut bin = view.keys(&path![CELLS])?;
        bin.retain(|cell| !here.contains(&**cell));
        let slot = |places: usize| ((place * places as f64) as usize).min(places.saturating_sub(1));
        let below = |slot: usize, others: &[&String]| {
            slot.checked_sub(1).and_then(|above| others.get(above)).map(|above| (*above).clone())
        };
        let everywhere: Vec<&String> = order.iter().collect();
        let after = below(slot(order.len() + 1), &everywhere);
        // The notebook stays between half and double of what it was: it must neither vanish nor grow without end.
        let (small, large) = (order.len() <= home / 2, order.len() >= home.saturating_mul(2).max(1));
        let insert = NotebookOp::Insert { cell: format!("n{}.{}", self.client, self.drawn), after: after.clone() };
        Some(match (which * 4.0) as u8 {
            0 if !large => insert,
            1 if order.len() > 1 => {
                let cell = cell?;
                let at = order.iter().position(|other| *other == cell)?;
                let others: Vec<&String> = order.iter().filter(|other| **other != cell).collect();
                // To where it is already is no move.
                let slot = slot(others.len());
                NotebookOp::Move { cell, after: below(slot + usize::from(slot >= at), &others) }
            }
            3 if !bin.is_empty() && !large => NotebookOp::Restore { cell: bin[slot(bin.len())].to_string(), after },
            _ if small => insert,
            _ => NotebookOp::Delete { cell: cell? },
        })
    }
}

type Action<'a> = &'a Issued<'a, NotebookOp>;

/// One cell, and what those did with it who were not refused.
struct Cell<'a> {
    name: &'a str,
    /// It was there from the beginning.
    original: bool,
    acts: Vec<Action<'a>>,
    /// How often the notebook lists it at the end, and shows its source.
    copies: u64,
    source: Vec<char>,
    digest: Option<String>,
    /// The run whose output it shows, and the digest of what that was computed from.
    output: Option<(String, String)>,
}

impl<'a> Cell<'a> {
    fn of(name: &'a str, acts: Vec<Action<'a>>, copies: u64, history: &History<'_>) -> Self {
        let there = View::kind(history.last, &source_path(name)) == Some(Kind::Text);
        let field = |key: &str| history.last.at(&cell_path(name).child(OUTPUT).child(key))?.as_str().map(str::to_owned);
        Self {
            name,
            original: history.genesis.at(&cell_path(name)).is_some(),
            acts,
            copies: if there { copies } else { 0 },
            source: typing::characters(history.last, &source_path(name)),
            digest: digest(history.last, name),
            output: field("run").zip(field("of")),
        }
    }

    fn standing(&self) -> impl Iterator<Item = Action<'a>> {
        self.acts.iter().copied().filter(|act| !act.undone())
    }

    fn deletes(&self) -> impl Iterator<Item = Action<'a>> {
        self.standing().filter(|act| matches!(act.op, NotebookOp::Delete { .. }))
    }

    fn restores(&self) -> impl Iterator<Item = Action<'a>> {
        self.standing().filter(|act| matches!(act.op, NotebookOp::Restore { .. }))
    }

    /// Whether somebody took back something that was done to the cell as a whole.
    fn disturbed(&self) -> bool {
        self.acts
            .iter()
            .any(|act| act.undone() && !matches!(act.op, NotebookOp::Type { .. } | NotebookOp::Evaluate { .. }))
    }

    /// Somebody put it into the bin, and nobody took it out who might have known.
    fn must_be_gone(&self) -> bool {
        let mut told = self.deletes().filter(|delete| delete.outcome().is_some());
        told.any(|delete| self.restores().all(|restore| delete.follows(restore)))
    }

    /// It was made, and nobody put it into the bin but those of whom a restorer knew.
    fn must_be_there(&self) -> bool {
        let made = |act: Action<'_>| matches!(act.op, NotebookOp::Insert { .. }) && act.outcome().is_some();
        let mut told = self.restores().filter(|restore| restore.outcome().is_some());
        (self.original || self.standing().any(made))
            && (self.deletes().next().is_none()
                || told.any(|restore| self.deletes().all(|delete| restore.follows(delete))))
    }

    /// Whether somebody took back a action of this kind, so that the cell should be as before.
    fn undone(&self, kind: fn(&NotebookOp) -> bool) -> bool {
        self.acts.iter().any(|act| act.undone() && kind(&act.op))
    }

    fn judge(&self, findings: &mut Findings) {
        let words = format!("{}, of which there are {} in the notebook", self.name, self.copies);
        findings.count(&DUPLICATED_CELL, self.copies.saturating_sub(1), &words);
        let inserted = self.acts.iter().any(|act| matches!(act.op, NotebookOp::Insert { .. }));
        if self.copies > 0 && !self.original && !inserted {
            findings.add(&CELL_FROM_NOWHERE, self.name);
        }
        let unexplained = |kind: &'static finding::Kind| if self.disturbed() { &LOST_TO_UNDO } else { kind };
        if self.copies == 0 && self.must_be_there() {
            let back = self.undone(|op| matches!(op, NotebookOp::Delete { .. }));
            findings.add(if back { &UNDO_WITHOUT_EFFECT } else { unexplained(&LOST_CELL) }, &words);
        } else if self.copies > 0 && self.must_be_gone() {
            let back = self.undone(|op| matches!(op, NotebookOp::Restore { .. }));
            findings.add(if back { &UNDO_WITHOUT_EFFECT } else { unexplained(&RESURRECTED_CELL) }, &words);
        } else if self.copies > 0 && self.undone(|op| matches!(op, NotebookOp::Insert { .. })) {
            // It may stay for the sake of others who have been there.
            let mut clients = self.acts.iter().map(|act| act.id().client);
            let first = clients.next();
            if clients.all(|client| Some(client) == first) {
                findings.add(&UNDO_WITHOUT_EFFECT, &words);
            }
        }
        for act in self.standing().filter(|act| act.outcome().is_some()) {
            let words = || format!("{}, {:?}", act.id(), act.op);
            match &act.op {
                NotebookOp::Type { .. } if self.copies == 0 => {
                    let knowing = |delete: Action<'_>| delete.follows(act);
                    if !self.deletes().any(knowing) {
                        findings.add(unexplained(&ORPHANED_EDIT), words());
                    }
                }
                NotebookOp::Evaluate { run, .. } if self.copies > 0 => self.judge_output(act, run, findings),
                _ => {}
            }
        }
        for act in self.acts.iter().filter(|act| act.undone()) {
            if let NotebookOp::Evaluate { run, .. } = &act.op
                && self.output.as_ref().is_some_and(|(shown, _)| shown == run)
            {
                findings.add(&UNDO_WITHOUT_EFFECT, format_args!("{}, {:?}", act.id(), act.op));
            }
        }
    }

    fn judge_output(&self, act: Action<'_>, run: &str, findings: &mut Findings) {
        let others = |wanted: fn(&NotebookOp) -> bool| {
            self.acts.iter().filter(move |other| wanted(&other.op) && other.id() != act.id())
        };
        let runs = |op: &NotebookOp| matches!(op, NotebookOp::Evaluate { .. });
        match &self.output {
            Some((shown, of)) if shown == run => {
                let typing = |op: &NotebookOp| matches!(op, NotebookOp::Type { .. });
                // Whoever typed, or took back, with the output on the screen saw it go stale.
                let knowing = others(typing).any(|later| later.follows(act) || later.undone());
                if Some(of) != self.digest.as_ref() && !knowing {
                    findings.add(&STALE_EVALUATION, format_args!("{}, {:?}", act.id(), act.op));
                }
            }
            // Of two runs the later one counts, or either of two at once.
            _ if others(runs).any(|other| !act.follows(other)) => {}
            _ => findings.add(&LOST_OUTPUT, format_args!("{}, {:?}", act.id(), act.op)),
        }
    }

    /// Whether nobody but `act`, and those of whom it knew, has done anything with the place of this cell.
    fn quiet(&self, act: Action<'_>) -> bool {
        let still = |other: Action<'_>| match other.op {
            NotebookOp::Type { .. } | NotebookOp::Evaluate { .. } => true,
            _ => other.id() == act.id() || (!other.undone() && act.follows(other)),
        };
        self.copies == 1 && self.acts.iter().all(|other| still(other))
    }
}

/// Kinds, all but one of them intents that did not have their effect, or had it wrongly; per cell:
/// * `lost cell`: a cell that nobody deleted, or that was restored since, is not in the notebook, or has no source;
/// * `duplicated cell`: there so many times more than once;
/// * `resurrected cell`: deleted, restored by nobody who might have known, and there;
/// * `cell from nowhere` (noted): nobody inserted it, or whoever did was refused, and it is there;
///
/// per operation:
/// * `orphaned edit`: typed into a cell that is gone, and nobody who knew of the keystroke deleted it;
/// * `stale evaluation`: the output that a cell shows was not computed from the source that it has, and nobody has typed
///   there who knew of that output;
/// * `lost output`: evaluated, and neither this output nor one that came later or at the same time is there;
/// * `misplaced cell`: put below another cell and above it now, though nobody has moved either since;
/// * `lost to undo`: none of these explains a cell's fate, but somebody took back something there;
/// * `undo without effect`: taken back by its author, and yet there (or a deleted cell is not);
///
/// and what became of the characters in the cells that are there: see [`characters::judge`].
fn judge(history: &History<'_>) -> Vec<Finding> {
    let acts = history.operations::<NotebookOp>();
    let names = [history.genesis, history.last].map(|document| View::keys(document, &path![CELLS]).unwrap_or_default());
    let mut by_cell: BTreeMap<&str, Vec<Action<'_>>> =
        names.iter().flatten().map(|cell| (&**cell, Vec::new())).collect();
    for act in acts.iter().filter(|act| !matches!(act.entry.fate, Fate::Rejected(_))) {
        by_cell.entry(act.op.cell()).or_default().push(act);
    }
    let order = order(history.last);
    let mut places: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, cell) in order.iter().enumerate() {
        places.entry(cell).or_default().push(index);
    }
    let copies = |name: &str| places.get(name).map_or(0, |places| places.len() as u64);
    let at = |name: &str| places.get(name).map(|places| places[0]);
    let cells: BTreeMap<&str, Cell<'_>> =
        by_cell.into_iter().map(|(name, acts)| (name, Cell::of(name, acts, copies(name), history))).collect();
    let mut findings = Findings::default();
    for cell in cells.values() {
        cell.judge(&mut findings);
        for act in cell.standing().filter(|act| act.outcome().is_some()) {
            let (NotebookOp::Insert { after: Some(above), .. }
            | NotebookOp::Move { after: Some(above), .. }
            | NotebookOp::Restore { after: Some(above), .. }) = &act.op
            else {
                continue;
            };
            let quiet = cell.quiet(act) && cells.get(above.as_str()).is_some_and(|above| above.quiet(act));
            if quiet && at(cell.name) < at(above) {
                findings.add(&MISPLACED_CELL, format_args!("{}, {:?}", act.id(), act.op));
            }
        }
        if cell.copies > 0 {
            let typed = cell.acts.iter().filter_map(|act| match &act.op {
                NotebookOp::Type { splice, .. } => Some(Issued { op: splice.insert.clone(), entry: act.entry }),
                _ => None,
            });
            let original = typing::characters(history.genesis, &source_path(cell.name));
            characters::judge(&typed.collect::<Vec<_>>(), &original, &cell.source, &mut findings);
        }
    }
    findings.done()
}

#[cfg(test)]
mod tests;
