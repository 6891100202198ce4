//! What operations on cells mean.

use serde::{Deserialize, Serialize};
use syncbench_strategies::document::{Document, Edit, Kind, Path};
use syncbench_strategies::model::{Model, Plan, Rejected};
use syncbench_strategies::path;
use syncbench_strategies::view::View;

use crate::typing::{self, Splice};

/// What users do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum NotebookOp {
    /// Insert an empty cell.
    Insert {
        /// Its id, made by the user.
        cell: String,
        /// The cell above it; at the top if `None`, at the end if that cell is not in the notebook.
        after: Option<String>,
    },
    /// Move a cell.
    Move {
        /// The cell.
        cell: String,
        /// The cell above it, as for an insert.
        after: Option<String>,
    },
    /// Put a cell into the bin.
    Delete {
        /// The cell.
        cell: String,
    },
    /// Take a cell out of the bin.
    Restore {
        /// The cell.
        cell: String,
        /// The cell above it, as for an insert.
        after: Option<String>,
    },
    /// Type in a cell.
    Type {
        /// The cell.
        cell: String,
        /// The keystroke.
        splice: Splice,
    },
    /// Run a cell on its current source.
    Evaluate {
        /// The cell.
        cell: String,
        /// The id of this evaluation.
        run: String,
    },
}

impl NotebookOp {
    /// The cell that it is about.
    pub(super) fn cell(&self) -> &str {
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

/// Rejects operations on cells that are not in the notebook.
#[derive(Clone, Copy, Debug, Default)]
pub struct NotebookModel;

pub(super) const ORDER: &str = "order";
pub(super) const CELLS: &str = "cells";
pub(super) const OUTPUT: &str = "output";

pub(super) fn cell_path(cell: &str) -> Path {
    path![CELLS, cell]
}

pub(super) fn source_path(cell: &str) -> Path {
    path![CELLS, cell, "source"]
}

/// The mark of a cell in the bin.
pub(super) fn mark_path(cell: &str) -> Path {
    path![CELLS, cell, "deleted"]
}

/// The cells in the notebook, in order.
pub(super) fn order(view: &dyn View) -> Vec<String> {
    let cells = view.items(&path![ORDER]).unwrap_or_default();
    cells.iter().map(|cell| cell.as_str().unwrap_or_default().to_owned()).collect()
}

/// The digest of a cell's source.
pub(super) fn digest(view: &dyn View, cell: &str) -> Option<String> {
    Some(view.get(&source_path(cell))?.digest().to_string())
}

/// The evaluation whose output a cell shows, and the digest of the source that this was computed from.
pub(super) fn output(view: &dyn View, cell: &str) -> Option<(String, String)> {
    let output = view.get(&cell_path(cell).child(OUTPUT))?;
    let field = |key: &str| output.at(&path![key])?.as_str().map(str::to_owned);
    field("run").zip(field("of"))
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
        // A keystroke reads the order only where the cell is marked: merged replicas may disagree about the mark.
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
                // From the end to the beginning, so that each index is right in the list as it is by then.
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

/// Characters of a cell at first: a line.
const LINE: u64 = 40;

/// `size` cells of a line each, none of them evaluated.
pub(super) fn genesis(size: u64) -> Document {
    let cell = |i: u64| {
        let source = Document::text(&typing::original(i.saturating_mul(LINE), LINE));
        (format!("c{i}"), Document::map([("source", source), (OUTPUT, Document::Null)]))
    };
    let order = Document::list((0..size).map(|i| format!("c{i}")));
    Document::map([(CELLS, Document::map((0..size).map(cell))), (ORDER, order)])
}
