//! `presence`: who is in the editor, and where. Users come in, move their cursors and leave.
//!
//! Every user writes its own entry and no other, so nothing can be overwritten. What can go wrong is who is shown: a cursor
//! that stays behind when its user has left, one that is missing, and one that stands where it was before.

mod model;
mod oracle;
mod small;
mod users;

#[cfg(test)]
mod tests;

use syncbench_strategies::document::{Document, EditKind};
use syncbench_strategies::model::{ModelRef, erase};
use syncbench_strategies::replica::NodeId;
use syncbench_strategies::spec::{Content, Param, ParamKind};

pub use self::model::{PresenceModel, PresenceOp, genesis};
pub use self::oracle::{CURSOR_FROM_NOWHERE, CURSOR_OF_THE_CRASHED, GHOST_CURSOR, LOST_CURSOR, STALE_CURSOR};
use self::users::Visitor;
use crate::finding::Finding;
use crate::workload::{History, Small, User, Workload, WorkloadSpec};

/// What the workload says about itself.
pub static SPEC: WorkloadSpec = WorkloadSpec {
    name: "presence",
    summary: "come in, move one's cursor, leave and come back",
    product: "cursors and avatars in a shared editor: who is here, and where each user is",
    holds: "presence",
    params: &[Param {
        name: "leave",
        kind: ParamKind::Share,
        default: "0.05",
        help: "share of leaves: one in twenty, so that in a run of the default length every user leaves a few times. A user \
               who has left comes back with the next intent. Each writes its own entry: users never meet, and there is no \
               contention to set",
    }],
    edits: &[EditKind::Put, EditKind::Remove],
    kinds: oracle::KINDS,
    content: Content::Presence,
    // Nobody undoes a move of a cursor.
    undo: false,
    size_unit: "characters of the text that cursors stand in",
    // A page.
    default_size: 2_000,
    build: |params| Box::new(Presence { leave: params.share("leave") }),
};

struct Presence {
    leave: f64,
}

impl Workload for Presence {
    fn model(&self) -> ModelRef {
        erase(PresenceModel)
    }

    fn genesis(&self, size: u64) -> Document {
        genesis(size)
    }

    fn user(&self, client: NodeId, _: u32) -> Box<dyn User> {
        Box::new(Visitor::new(client, self.leave))
    }

    fn judge(&self, history: &History<'_>) -> Vec<Finding> {
        oracle::judge(history)
    }

    fn small(&self) -> Option<Small> {
        Some(Small { genesis: genesis(small::SIZE), letters: small::LETTERS })
    }

    fn invariant(&self, document: &Document) -> Result<(), String> {
        oracle::invariant(document)
    }
}
