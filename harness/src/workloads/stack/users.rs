//! What users of the stack do.

use syncbench_strategies::replica::{NodeId, Rng};
use syncbench_strategies::view::View;

use super::Stack;
use super::model::StackOp;
use crate::rng::unit;
use crate::workload::{Intent, User};
use crate::workloads::habits::{APART, few_apart};

pub(super) struct StackUser {
    shares: Stack,
    /// The item that was pushed last. Items of different clients never collide, nor with those of the genesis.
    item: i64,
    client: NodeId,
}

impl StackUser {
    pub(super) fn new(shares: Stack, client: NodeId) -> Self {
        Self { shares, item: i64::from(client.0) * APART, client }
    }
}

impl User for StackUser {
    fn few(&mut self, size: u64) {
        self.item = i64::from(self.client.0) * few_apart(size);
    }

    fn next(&mut self, _: &dyn View, rng: &mut Rng) -> Option<Intent> {
        let draw = unit(rng);
        Some(Intent::blind(&if draw < self.shares.pop {
            StackOp::Pop
        } else if draw < self.shares.pop + self.shares.reverse {
            StackOp::Reverse
        } else {
            self.item += 1;
            StackOp::Push(self.item)
        }))
    }
}
