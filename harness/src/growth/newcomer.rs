//! A client that opens what it has saved, and one that joins a group whose document has a past.

use std::collections::VecDeque;
use std::sync::Arc;

use syncbench_strategies::replica::{
    Context, Effect, LinkState, NodeId, ProtocolError, Replica, Rng, Setup, Time, Topology,
};
use syncbench_strategies::sidecar::Sidecar;

use crate::clock::WALL_AT_START;
use crate::network::wire_bytes;
use crate::rng::stream;
use crate::run_result::RunResult;
use crate::stopwatch::processor_ns;
use crate::task::Task;

/// Calls after which a client that still does not show the document is given up: a handshake takes a few, and a catching-up in
/// parts one for each part.
const MOST_CALLS: usize = 10_000;

/// Processor time, in milliseconds, from what the first client has saved to its document, read whole.
pub(super) fn load_ms(task: &Task<'_>, ran: &RunResult) -> Option<f64> {
    let saved = saved(ran, NodeId(1))?;
    let setup = setup(task, NodeId(1), task.clients);
    let mut whole = false;
    let ns = processor_ns(|| {
        let replica = task.strategy.strategy.restore(&setup, saved);
        whole = replica.is_ok_and(|replica| replica.view().document() == *ran.last());
    });
    whole.then_some(ns as f64 / 1e6)
}

/// Bytes on the wire, in both directions, until a client that joins last shows the document. `None` without a server, and
/// where it never does.
pub(super) fn first_sync_bytes(task: &Task<'_>, ran: &RunResult) -> Option<f64> {
    if task.topology() != Topology::Star {
        return None;
    }
    // The newcomer is one more client.
    let clients = task.clients + 1;
    let newcomer = NodeId(clients);
    let strategy = &task.strategy.strategy;
    let server = strategy.restore(&setup(task, NodeId::SERVER, clients), saved(ran, NodeId::SERVER)?).ok()?;
    let client = strategy.replica(&setup(task, newcomer, clients));
    let mut pair = Pair {
        replicas: [server, client],
        nodes: [NodeId::SERVER, newcomer],
        rng: stream(task.seed, "newcomer", 0, 0),
        now: ran.ended_at,
        messages: VecDeque::new(),
        timers: Vec::new(),
        bytes: 0,
    };
    pair.meet(task, ran).ok()?.then_some(pair.bytes as f64)
}

fn saved(ran: &RunResult, node: NodeId) -> Option<&[u8]> {
    ran.saved.iter().find(|(saved, _)| *saved == node).map(|(_, bytes)| bytes.as_slice())
}

fn setup(task: &Task<'_>, node: NodeId, clients: u32) -> Setup {
    Setup {
        node,
        peers: task.topology().peers(node, clients),
        clients,
        model: task.model.clone(),
        genesis: task.genesis_bytes.clone(),
        seed: task.seed,
        identity: None,
        undo: false,
    }
}

/// The server and the newcomer, whose messages take no time.
struct Pair {
    replicas: [Box<dyn Replica>; 2],
    nodes: [NodeId; 2],
    rng: Rng,
    now: Time,
    messages: VecDeque<(usize, Arc<[u8]>, Arc<Sidecar>)>,
    /// When, whose, and its tag.
    timers: Vec<(Time, usize, u64)>,
    bytes: u64,
}

impl Pair {
    /// Whether the newcomer comes to show the document.
    fn meet(&mut self, task: &Task<'_>, ran: &RunResult) -> Result<bool, ProtocolError> {
        for side in [0, 1] {
            let peer = self.nodes[1 - side];
            self.call(task, side, |replica, cx| {
                replica.link(peer, LinkState::Up, cx);
                Ok(())
            })?;
        }
        for _ in 0..MOST_CALLS {
            if let Some((side, bytes, sidecar)) = self.messages.pop_front() {
                let from = self.nodes[1 - side];
                self.call(task, side, |replica, cx| replica.receive(from, &bytes, &sidecar, cx))?;
            } else if self.replicas[1].view().document() == *ran.last() {
                return Ok(true);
            } else {
                let Some(next) = (0..self.timers.len()).min_by_key(|at| self.timers[*at].0) else { return Ok(false) };
                let (at, side, tag) = self.timers.swap_remove(next);
                self.now = self.now.max(at);
                self.call(task, side, |replica, cx| {
                    replica.timer(tag, cx);
                    Ok(())
                })?;
            }
        }
        Ok(false)
    }

    fn call(
        &mut self,
        task: &Task<'_>,
        side: usize,
        handler: impl FnOnce(&mut dyn Replica, &mut Context<'_>) -> Result<(), ProtocolError>,
    ) -> Result<(), ProtocolError> {
        let mut effects = Vec::new();
        let wall = self.now + WALL_AT_START;
        let mut cx = Context::new(self.nodes[side], self.now, wall, &mut self.rng, &mut effects);
        handler(&mut *self.replicas[side], &mut cx)?;
        for effect in effects {
            match effect {
                // What the server sends to clients that are not there now is lost.
                Effect::Send { to, bytes, sidecar } if to == self.nodes[1 - side] => {
                    self.bytes += wire_bytes(task.transport, self.nodes[side], bytes.len() as u64);
                    self.messages.push_back((1 - side, bytes, sidecar));
                }
                Effect::SetTimer { after, tag } => self.timers.push((self.now + after, side, tag)),
                Effect::Send { .. } | Effect::Report(_) => {}
            }
        }
        Ok(())
    }
}
