//! Users who come in, move their cursors and leave.

use syncbench_strategies::path;
use syncbench_strategies::replica::{NodeId, Rng};
use syncbench_strategies::view::View;

use super::model::{LENGTH, PresenceOp, entry_path};
use crate::rng::{below, unit};
use crate::workload::{Intent, User};

/// A user with a cursor.
pub(super) struct Visitor {
    who: String,
    leave: f64,
    /// Whether the user means to be there.
    here: bool,
}

impl Visitor {
    pub(super) fn new(client: NodeId, leave: f64) -> Self {
        Self { who: client.to_string(), leave, here: false }
    }
}

impl User for Visitor {
    fn next(&mut self, view: &dyn View, rng: &mut Rng) -> Option<Intent> {
        let leaves = unit(rng) < self.leave;
        let length = view.get(&path![LENGTH]).and_then(|length| length.as_int()).unwrap_or(0);
        // Before the first character, behind the last, or in between.
        let cursor = below(rng, usize::try_from(length).unwrap_or(0) + 1) as u32;
        let who = self.who.clone();
        // A user who does not see its own cursor joins, again if need be: the join may be under way or lost.
        let shown = view.kind(&entry_path(&who)).is_some();
        let op = if !self.here || !shown {
            self.here = true;
            PresenceOp::Join { name: format!("person {who}"), who, cursor }
        } else if leaves {
            self.here = false;
            PresenceOp::Leave { who }
        } else {
            PresenceOp::Move { who, cursor }
        };
        Some(Intent::blind(&op))
    }
}
