//! `counter`: add to shared counters, and like posts: increments that must add up, and one that must not repeat.
//!
//! A user has two devices, clients 2k-1 and 2k, and reads the same feed on both. So both sometimes like the same post before
//! either reflects the other's like: a rule that holds on each device alone, and not over both.

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

pub use self::model::{CounterModel, CounterOp, genesis};
pub use self::oracle::{
    COUNTER_OFF, DUPLICATED_INCREMENT, DUPLICATED_LIKE, LIKE_FROM_NOWHERE, LIKED_TWICE, LOST_INCREMENT, LOST_LIKE,
};
use self::users::{Device, Habits};
use crate::contention;
use crate::finding::Finding;
use crate::workload::{History, Small, User, Workload, WorkloadSpec};

/// What the workload says about itself.
pub static SPEC: WorkloadSpec = WorkloadSpec {
    name: "counter",
    summary: "add to shared counters; like a post, at most once per user, from two devices",
    product: "views, votes and stock; likes in a feed that is open on phone and laptop",
    holds: "unique likes",
    params: &[
        Param {
            name: "like",
            kind: ParamKind::Share,
            default: "0.2",
            help: "share of likes; the rest adds to counters. A fifth is enough for both devices of a user to meet; more \
                   would grow the document, which keeps likes for good",
        },
        contention::param(
            "one:0.5",
            "which counter an addition goes to, the one that all users watch first. One is that counter, and the rest goes \
             to the others",
        ),
    ],
    edits: &[EditKind::Put, EditKind::Increment],
    kinds: oracle::KINDS,
    content: Content::Data,
    undo: true,
    size_unit: "counters besides the shared one",
    default_size: 10,
    build: |params| Box::new(Counter(Habits { like: params.share("like"), contention: params.contention(CONTENTION) })),
};

struct Counter(Habits);

impl Workload for Counter {
    fn model(&self) -> ModelRef {
        erase(CounterModel)
    }

    fn genesis(&self, size: u64) -> Document {
        genesis(size)
    }

    fn user(&self, client: NodeId, _: u32) -> Box<dyn User> {
        Box::new(Device::new(self.0, client))
    }

    fn judge(&self, history: &History<'_>) -> Vec<Finding> {
        oracle::judge(history)
    }

    fn small(&self) -> Option<Small> {
        Some(Small { genesis: genesis(0), letters: small::LETTERS })
    }

    fn invariant(&self, document: &Document) -> Result<(), String> {
        oracle::invariant(document)
    }
}
