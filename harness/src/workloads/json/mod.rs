//! `json`: one tree of maps, lists and values: set and delete at paths, add to lists, and create what is missing on the way.
//!
//! Nobody creates a container for its own sake: setting `o1/in/in/a` creates the maps that are missing on the way, and
//! adding to `o1/tags` creates the list, as in `(doc.tags ??= []).push(x)`. So two users create the same container at the
//! same time now and then, and the strategy decides what becomes of the two.

mod model;
mod oracle;
mod small;
mod users;

use std::collections::BTreeSet;

use syncbench_strategies::document::{Document, EditKind};
use syncbench_strategies::model::{ModelRef, erase};
use syncbench_strategies::params::{CONTENTION, Contention};
use syncbench_strategies::replica::NodeId;
use syncbench_strategies::spec::{Content, Param, ParamKind};

use self::model::{DEEPEST, genesis, place, words_below};
pub use self::model::{JsonModel, JsonOp};
pub use self::oracle::{
    DELETE_OVERWRITTEN, DUPLICATED_ITEM, HIDDEN_SUBTREE, LOST_ITEM, RESURRECTED, VALUE_FROM_NOWHERE,
};
use self::users::JsonUser;
pub use self::users::intent;
use crate::contention;
use crate::finding::Finding;
use crate::oracles::undo::{LOST_TO_UNDO, UNDO_WITHOUT_EFFECT};
use crate::oracles::writes::{EDIT_LOST, EDIT_LOST_TO_DELETE, OVERWRITTEN};
use crate::workload::{History, Small, User, Workload, WorkloadSpec};

/// The workload's spec.
pub static SPEC: WorkloadSpec = WorkloadSpec {
    name: "json",
    summary: "set and delete values in nested maps, add to lists and take from them, make containers on the way",
    product: "settings, a design document's properties, the state of an application as JSON",
    holds: "nested records",
    params: &[
        Param {
            name: "list",
            kind: ParamKind::Share,
            default: "0.3",
            help: "share of operations on lists, among those that are no deletes; two of three add, the others take. A \
                   third: an object here has two values and one list at each level",
        },
        Param {
            name: "delete",
            kind: ParamKind::Share,
            default: "0.1",
            help: "share of deletes of a value, a list or a map: often enough that containers are created again throughout a run",
        },
        Param {
            name: "depth",
            kind: ParamKind::Count,
            default: "2",
            help: "how many maps are nested in an object, at most 32: an address in a profile, a street in an address",
        },
        contention::param("one:0.3", "which object an operation is on, o0 first; as on the first row in `record`"),
    ],
    edits: &[EditKind::Put, EditKind::Remove, EditKind::ListInsert, EditKind::ListRemove],
    kinds: &[
        &EDIT_LOST_TO_DELETE,
        &OVERWRITTEN,
        &HIDDEN_SUBTREE,
        &LOST_TO_UNDO,
        &EDIT_LOST,
        &LOST_ITEM,
        &DUPLICATED_ITEM,
        &RESURRECTED,
        &DELETE_OVERWRITTEN,
        &UNDO_WITHOUT_EFFECT,
        &VALUE_FROM_NOWHERE,
    ],
    content: Content::Data,
    undo: true,
    size_unit: "objects",
    // As many as `record` has rows.
    default_size: 8,
    build: |params| {
        Box::new(Tree {
            list: params.share("list"),
            delete: params.share("delete"),
            depth: params.count("depth").min(DEEPEST) as usize,
            contention: params.contention(CONTENTION),
        })
    },
};

#[derive(Clone, Copy)]
struct Tree {
    list: f64,
    delete: f64,
    depth: usize,
    contention: Contention,
}

impl Workload for Tree {
    fn model(&self) -> ModelRef {
        erase(JsonModel)
    }

    fn genesis(&self, size: u64) -> Document {
        genesis(size)
    }

    fn user(&self, client: NodeId, _: u32) -> Box<dyn User> {
        Box::new(JsonUser::new(*self, client))
    }

    fn judge(&self, history: &History<'_>) -> Vec<Finding> {
        oracle::judge(history)
    }

    fn small(&self) -> Option<Small> {
        Some(Small { genesis: genesis(1), letters: small::LETTERS })
    }

    fn invariant(&self, document: &Document) -> Result<(), String> {
        let mut words = BTreeSet::new();
        for (path, word) in words_below(document) {
            if !words.insert(word.clone()) {
                return Err(format!("duplicated item: {word} is in {} twice", place(&path)));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
