//! Users who type.

use syncbench_strategies::model::Operation;
use syncbench_strategies::params::CONTENTION;
use syncbench_strategies::replica::{NodeId, Rng};
use syncbench_strategies::spec::Params;
use syncbench_strategies::view::View;

use super::model::{TextOp, text};
use crate::typing::{Keys, Typist};
use crate::workload::{Intent, Standing, User};

/// The typing habits that the parameters describe.
pub(super) fn habits(params: &Params) -> Keys {
    Keys {
        run: params.count("run") as f64,
        delete: params.share("delete"),
        backward: params.share("backward"),
        jump: params.share("jump"),
        contention: params.contention(CONTENTION),
    }
}

/// A typist whose keystrokes are operations.
pub(super) struct Writer(Typist);

impl Writer {
    pub(super) fn new(keys: Keys, client: NodeId, clients: u32) -> Self {
        Self(Typist::new(keys, client, clients, text()))
    }
}

impl User for Writer {
    fn standing(&mut self, standing: Standing) {
        self.0.standing(standing);
    }

    fn next(&mut self, view: &dyn View, rng: &mut Rng) -> Option<Intent> {
        let (splice, seen) = self.0.press(view, rng)?;
        Some(Intent { operation: Operation::encode(&TextOp::Edit(vec![splice])), seen: seen.document() })
    }
}
