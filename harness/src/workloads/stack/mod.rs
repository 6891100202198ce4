//! `stack`: push, pop and reverse, with validation. Two users who pop one item at once must get different outcomes.

mod model;
mod oracle;
mod order;
mod small;
mod users;

use syncbench_strategies::document::{Document, EditKind};
use syncbench_strategies::model::{ModelRef, erase};
use syncbench_strategies::replica::NodeId;
use syncbench_strategies::spec::{Content, Param, ParamKind};

pub use self::model::{StackModel, StackOp, genesis};
pub use self::oracle::{
    ITEM_DELIVERED_TWICE, ITEM_DUPLICATED, ITEM_FROM_NOWHERE, ITEM_GONE, ITEM_LOST, ITEM_RESURRECTED, STACK_DUPLICATED,
    judge,
};
pub use self::order::{ITEM_MISPLACED, ITEMS_OUT_OF_ORDER, REVERSE_LOST, WRONG_ITEM_TAKEN};
use self::users::StackUser;
use crate::finding::Finding;
use crate::oracles::undo::UNDO_WITHOUT_EFFECT;
use crate::workload::{History, Small, User, Workload, WorkloadSpec};

/// The workload's spec.
pub static SPEC: WorkloadSpec = WorkloadSpec {
    name: "stack",
    summary: "push an item, take the top item, reverse the stack now and then",
    product: "a shared queue of work: support tickets, a playlist, jobs to hand out",
    holds: "a queue",
    params: &[
        Param {
            name: "pop",
            kind: ParamKind::Share,
            default: "0.4",
            help: "share of pops; below half, so that the stack does not run empty. All users meet at the top: there is nothing \
                   to choose, and so no contention to set",
        },
        Param {
            name: "reverse",
            kind: ParamKind::Share,
            default: "0.02",
            help: "share of reverses: rare, like any operation that rewrites a whole list",
        },
    ],
    edits: &[EditKind::ListInsert, EditKind::ListRemove],
    kinds: &[
        &ITEM_DELIVERED_TWICE,
        &ITEM_RESURRECTED,
        &ITEM_DUPLICATED,
        &STACK_DUPLICATED,
        &ITEM_LOST,
        &REVERSE_LOST,
        &ITEM_MISPLACED,
        &WRONG_ITEM_TAKEN,
        &UNDO_WITHOUT_EFFECT,
        &ITEM_GONE,
        &ITEM_FROM_NOWHERE,
        &ITEMS_OUT_OF_ORDER,
    ],
    content: Content::Data,
    undo: true,
    size_unit: "items",
    default_size: 3,
    build: |params| Box::new(Stack { pop: params.share("pop"), reverse: params.share("reverse") }),
};

#[derive(Clone, Copy)]
struct Stack {
    pop: f64,
    reverse: f64,
}

impl Workload for Stack {
    fn model(&self) -> ModelRef {
        erase(StackModel)
    }

    fn genesis(&self, size: u64) -> Document {
        genesis(size)
    }

    fn user(&self, client: NodeId, _: u32) -> Box<dyn User> {
        Box::new(StackUser::new(*self, client))
    }

    fn judge(&self, history: &History<'_>) -> Vec<Finding> {
        judge(history)
    }

    fn small(&self) -> Option<Small> {
        Some(Small { genesis: genesis(3), letters: small::LETTERS })
    }
}

#[cfg(test)]
mod tests;
