//! `record`: a small table whose rows several people edit: fields, two fields that belong together, deletes and creates.
//!
//! Every value is unique, so a value in the final state names the operation that wrote it.

mod model;
mod oracle;
mod small;
mod users;

use syncbench_strategies::document::{Document, EditKind};
use syncbench_strategies::model::{ModelRef, erase};
use syncbench_strategies::params::{CONTENTION, Contention};
use syncbench_strategies::path;
use syncbench_strategies::replica::NodeId;
use syncbench_strategies::spec::{Content, Param, ParamKind};

pub use self::model::{Field, RecordModel, RecordOp, genesis};
pub use self::oracle::{CREATE_LOST, DELETE_LOST, RESURRECTED_RECORD, TORN_SAVE};
use self::users::RecordUser;
use crate::contention;
use crate::finding::Finding;
use crate::oracles::undo::{LOST_TO_UNDO, UNDO_WITHOUT_EFFECT};
use crate::oracles::writes::{EDIT_LOST, EDIT_LOST_TO_DELETE, OVERWRITTEN};
use crate::workload::{History, Small, User, Workload, WorkloadSpec};

/// The workload's spec.
pub static SPEC: WorkloadSpec = WorkloadSpec {
    name: "record",
    summary: "set fields of shared records, save two fields that belong together, delete and create records",
    product: "a shared table: contacts, tasks with a start and an end, a board's cards",
    holds: "records",
    params: &[
        Param {
            name: "pair",
            kind: ParamKind::Share,
            default: "0.2",
            help: "share of saves of two paired fields; a form with a from and a to",
        },
        Param {
            name: "delete",
            kind: ParamKind::Share,
            default: "0.04",
            help: "share of deletes: rare, as in most tables. A table that has shrunk to half gets a create instead",
        },
        Param {
            name: "create",
            kind: ParamKind::Share,
            default: "0.04",
            help: "share of creates: as many as deletes. A table that has doubled gets a delete instead",
        },
        contention::param(
            "one:0.3",
            "which record an operation is on; the order is that of their ids, r0 first. One is the first record, which is on \
             every screen; 0.3 has no source",
        ),
    ],
    edits: &[EditKind::Put, EditKind::Remove],
    kinds: &[
        &OVERWRITTEN,
        &TORN_SAVE,
        &EDIT_LOST_TO_DELETE,
        &EDIT_LOST,
        &RESURRECTED_RECORD,
        &DELETE_LOST,
        &CREATE_LOST,
        &LOST_TO_UNDO,
        &UNDO_WITHOUT_EFFECT,
    ],
    content: Content::Data,
    undo: true,
    size_unit: "records",
    // One screen of a table: few enough for people to meet by chance as well, enough for most edits not to collide.
    default_size: 8,
    build: |params| {
        Box::new(Records {
            pair: params.share("pair"),
            delete: params.share("delete"),
            create: params.share("create"),
            contention: params.contention(CONTENTION),
        })
    },
};

#[derive(Clone, Copy)]
struct Records {
    pair: f64,
    delete: f64,
    create: f64,
    contention: Contention,
}

impl Workload for Records {
    fn model(&self) -> ModelRef {
        erase(RecordModel)
    }

    fn genesis(&self, size: u64) -> Document {
        genesis(size)
    }

    fn user(&self, client: NodeId, _: u32) -> Box<dyn User> {
        Box::new(RecordUser::new(*self, client))
    }

    fn judge(&self, history: &History<'_>) -> Vec<Finding> {
        oracle::judge(history)
    }

    fn small(&self) -> Option<Small> {
        Some(Small { genesis: genesis(1), letters: small::LETTERS })
    }

    fn invariant(&self, document: &Document) -> Result<(), String> {
        let records = document.at(&path![model::RECORDS]);
        let Some(Document::Map(records)) = records else { return Err("there is no table".into()) };
        for (name, record) in records {
            match model::pair(record) {
                (Some(low), Some(high)) if low.checked_add(1) == Some(high) => {}
                (Some(low), Some(high)) => return Err(format!("torn save: {name} has low {low} and high {high}")),
                _ => return Err(format!("{name} is half a record")),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
