//! What users of the stack do.

use syncbench_strategies::replica::{NodeId, Rng};
use syncbench_strategies::view::View;

use super::Stack;
use super::model::StackOp;
use crate::rng::unit;
use crate::workload::{Intent, User};

pub(super) struct StackUser {
    shares: Stack,
    /// The item that was pushed last. Items of different clients never collide, nor with those of the genesis.
    item: i64,
}

impl StackUser {
    pub(super) fn new(shares: Stack, client: NodeId) -> Self {
        Self { shares, item: i64::from(client.0) * 1_000_000_000 }
    }
}

impl User for StackUser {
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
