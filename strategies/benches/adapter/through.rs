//! The recording through a replica.

use std::hint::black_box;
use std::sync::Arc;

use rand::SeedableRng;
use syncbench_strategies::document::Document;
use syncbench_strategies::model::{Operation, erase};
use syncbench_strategies::path;
use syncbench_strategies::registry;
use syncbench_strategies::replica::{Context, Effect, LinkState, NodeId, OpId, Replica, Rng, Setup, Strategy, Time};

use crate::bare::Bare;
use crate::model::recording;
use crate::trace::Splice;

/// A replica with a peer.
pub(crate) struct Through {
    replica: Box<dyn Replica>,
    rng: Rng,
    effects: Vec<Effect>,
}

fn strategy(library: &str) -> Box<dyn Strategy> {
    registry::configure(&format!("crdt-{library}").parse().expect("a name")).expect("compiled in").strategy
}

/// An empty text, as it is in the library.
pub(crate) fn genesis(library: &str) -> Vec<u8> {
    strategy(library).genesis(&Document::map([("text", Document::text(""))]))
}

impl Through {
    pub(crate) fn new(library: &str, splices: &Arc<[Splice]>, size: usize) -> Self {
        let (strategy, genesis) = (strategy(library), genesis(library).into());
        let model = erase(recording(splices, size));
        let peers = vec![NodeId(2)];
        let setup = Setup { node: NodeId(1), peers, clients: 2, model, genesis, seed: 1, identity: None, undo: false };
        let replica = strategy.replica(&setup);
        let mut through = Self { replica, rng: Rng::seed_from_u64(1), effects: Vec::new() };
        through.call(|replica, cx| replica.link(NodeId(2), LinkState::Up, cx));
        through
    }

    fn call(&mut self, handler: impl FnOnce(&mut dyn Replica, &mut Context<'_>)) {
        let mut cx = Context::new(NodeId(1), Time::ZERO, Time::ZERO, &mut self.rng, &mut self.effects);
        handler(&mut *self.replica, &mut cx);
        black_box(&mut self.effects).clear();
    }

    pub(crate) fn submit(&mut self, operations: &[(OpId, Operation)]) {
        for (id, operation) in operations {
            self.call(|replica, cx| replica.submit(*id, operation, cx));
        }
    }

    fn text(&self) -> Option<Document> {
        self.replica.view().get(&path!["text"])
    }
}

/// The first `count` operations, each the next part of the recording.
pub(crate) fn operations(count: usize) -> Vec<(OpId, Operation)> {
    (0..count).map(|n| (OpId { client: NodeId(1), n: n as u64 + 1 }, Operation::encode(&n))).collect()
}

pub(crate) fn assert_same(library: &str, through: &Through, bare: &impl Bare) {
    assert_eq!(through.text(), Some(Document::text(&bare.text())), "{library}: both have to end in the same text");
}
