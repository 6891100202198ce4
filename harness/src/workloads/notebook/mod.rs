//! `notebook`: cells of source text in an order, with their outputs: insert, move, delete, restore, type, evaluate.
//!
//! As in Livebook, a deleted cell goes to a bin, and a restored one comes back as it was: `order` lists the cells that are in
//! the notebook, and `cells/<id>` holds what each cell says, also in the bin, where the cell is marked. An output carries the
//! digest of the source that it was computed from, so a cell that has changed since can be shown as stale.

mod model;
mod oracle;
mod small;
mod users;

#[cfg(test)]
mod tests;

use syncbench_strategies::document::{Document, EditKind};
use syncbench_strategies::model::{ModelRef, erase};
use syncbench_strategies::params::CONTENTION;
use syncbench_strategies::replica::NodeId;
use syncbench_strategies::spec::{Content, Param, ParamKind};

pub use self::model::{NotebookModel, NotebookOp};
pub use self::oracle::{
    CELL_FROM_NOWHERE, CELL_GONE, DUPLICATED_CELL, LOST_CELL, LOST_OUTPUT, MISPLACED_CELL, ORPHANED_EDIT,
    RESURRECTED_CELL, STALE_OUTPUT,
};
use self::users::{Collaborator, Habits};
use crate::contention;
use crate::finding::Finding;
use crate::typing::Keys;
use crate::workload::{History, Small, User, Workload, WorkloadSpec};

/// What the workload says about itself.
pub static SPEC: WorkloadSpec = WorkloadSpec {
    name: "notebook",
    summary: "type in cells, evaluate them, insert, move, delete and restore them",
    product: "a computational notebook such as Livebook, Jupyter or Colab, in which several people work at once",
    holds: "a notebook of cells",
    params: &[
        Param {
            name: "cells",
            kind: ParamKind::Share,
            default: "0.1",
            help: "share of operations on whole cells, in equal parts inserts, moves, deletes and restores (a delete while \
                   the bin is empty): far fewer than keystrokes, and more than in a typical hour, so that they meet in a \
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
            help: "mean length of a typing run, as in `text`, whose other typing habits hold here too",
        },
        Param {
            name: "elsewhere",
            kind: ParamKind::Share,
            default: "0.2",
            help: "share of typing runs that begin in any cell; the others stay in the cell. Twice the jumps of `text`, which \
                   has no cells to go to",
        },
        contention::param(
            "one:0.3",
            "which cell the runs elsewhere, the evaluations, moves and deletes go to; the order is that of the page, so what \
             is popular is a place in it. One is the first cell; as on the first row in `record`",
        ),
    ],
    edits: &[
        EditKind::Put,
        EditKind::Remove,
        EditKind::ListInsert,
        EditKind::ListRemove,
        EditKind::ListMove,
        EditKind::TextSplice,
    ],
    kinds: oracle::KINDS,
    content: Content::Data,
    undo: true,
    size_unit: "cells",
    // A page: two cells for each of the default's four users.
    default_size: 8,
    build: |params| {
        Box::new(Notebook(Habits {
            cells: params.share("cells"),
            evaluate: params.share("evaluate"),
            elsewhere: params.share("elsewhere"),
            contention: params.contention(CONTENTION),
            keys: Keys { run: params.count("run") as f64, ..Keys::TYPICAL },
        }))
    },
};

struct Notebook(Habits);

impl Workload for Notebook {
    fn model(&self) -> ModelRef {
        erase(NotebookModel)
    }

    fn genesis(&self, size: u64) -> Document {
        model::genesis(size)
    }

    fn user(&self, client: NodeId, clients: u32) -> Box<dyn User> {
        Box::new(Collaborator::new(self.0, client, clients))
    }

    fn judge(&self, history: &History<'_>) -> Vec<Finding> {
        oracle::judge(history)
    }

    fn small(&self) -> Option<Small> {
        Some(Small { genesis: small::genesis(), letters: small::LETTERS })
    }

    fn invariant(&self, document: &Document) -> Result<(), String> {
        oracle::invariant(document)
    }
}
