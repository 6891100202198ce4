//! A group without a network.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use syncbench_harness::rng::stream;
use syncbench_harness::workload::Workload;
use syncbench_strategies::model::Operation;
use syncbench_strategies::replica::{Context, Effect, LinkState, NodeId, OpId, Replica, Rng, Setup, Time};
use syncbench_strategies::sidecar::Sidecar;
use syncbench_strategies::spec::Configured;

/// Clients of a group.
pub(crate) const CLIENTS: u32 = 3;

/// A group without a network: what is sent is handed over at once, in order.
pub(crate) struct Group {
    pub(crate) replicas: Vec<Option<Box<dyn Replica>>>,
    rng: Rng,
    now: Time,
    effects: Vec<Effect>,
    work: VecDeque<(NodeId, Input)>,
    never_silent: bool,
    /// Messages to this node are kept instead of handed over.
    absent: Option<NodeId>,
    kept: Vec<Kept>,
}

/// A message that was kept: its sender, its bytes, its sidecar.
type Kept = (NodeId, Arc<[u8]>, Arc<Sidecar>);

enum Input {
    Message(NodeId, Arc<[u8]>, Arc<Sidecar>),
    Timer(u64),
}

impl Group {
    pub(crate) fn new(configured: &Configured, workload: &dyn Workload, genesis: &Arc<[u8]>) -> Self {
        let topology = configured.topology();
        let mut replicas: Vec<Option<Box<dyn Replica>>> = (0..=CLIENTS).map(|_| None).collect();
        for node in topology.nodes(CLIENTS) {
            let setup = setup(configured, workload, genesis, node);
            replicas[node.0 as usize] = Some(configured.strategy.replica(&setup));
        }
        let rng = stream(1, "bench group", 0, 0);
        let never_silent = !configured.strategy.settling().is_zero();
        let (effects, work, kept) = (Vec::new(), VecDeque::new(), Vec::new());
        let mut group = Self { replicas, rng, now: Time::ZERO, effects, work, never_silent, absent: None, kept };
        for node in topology.nodes(CLIENTS) {
            for peer in topology.peers(node, CLIENTS) {
                group.call(node, |replica, cx| replica.link(peer, LinkState::Up, cx));
            }
        }
        group.drain();
        group
    }

    fn call(&mut self, node: NodeId, handler: impl FnOnce(&mut dyn Replica, &mut Context<'_>)) {
        // A millisecond between calls, so that clocks move.
        self.now = self.now + Duration::from_millis(1);
        let mut cx = Context::new(node, self.now, self.now, &mut self.rng, &mut self.effects);
        if let Some(replica) = self.replicas[node.0 as usize].as_deref_mut() {
            handler(replica, &mut cx);
        }
        for effect in self.effects.drain(..) {
            match effect {
                Effect::Send { to, bytes, sidecar } if self.absent == Some(to) => {
                    self.kept.push((node, bytes, sidecar))
                }
                Effect::Send { to, bytes, sidecar } => self.work.push_back((to, Input::Message(node, bytes, sidecar))),
                // The heartbeats of strategies that never fall silent belong to no operation.
                Effect::SetTimer { .. } if self.never_silent => {}
                Effect::SetTimer { tag, .. } => self.work.push_back((node, Input::Timer(tag))),
                _ => {}
            }
        }
    }

    fn drain(&mut self) {
        while let Some((node, input)) = self.work.pop_front() {
            self.call(node, |replica, cx| match input {
                Input::Message(from, bytes, sidecar) => {
                    replica.receive(from, &bytes, &sidecar, cx).expect("an honest message");
                }
                Input::Timer(tag) => replica.timer(tag, cx),
            });
        }
    }

    pub(crate) fn run(mut self, operations: &[(OpId, Operation)]) -> Self {
        for (id, operation) in operations {
            self.call(id.client, |replica, cx| replica.submit(*id, operation, cx));
            self.drain();
        }
        self
    }

    /// The same without handing anything over: what one user does who gets no answer. All operations are of one client.
    pub(crate) fn alone(mut self, operations: &[(OpId, Operation)]) -> Self {
        for (id, operation) in operations {
            self.call(id.client, |replica, cx| replica.submit(*id, operation, cx));
            self.timers(id.client);
        }
        self
    }

    /// Runs the timers of a node, which belong to what it has just done, and drops all messages.
    fn timers(&mut self, node: NodeId) {
        while let Some((at, input)) = self.work.pop_front() {
            if let Input::Timer(tag) = input
                && at == node
            {
                self.call(node, |replica, cx| replica.timer(tag, cx));
            }
        }
    }

    /// The same group after operations whose messages to `absent` are kept.
    pub(crate) fn keeping(mut self, operations: &[(OpId, Operation)], absent: NodeId) -> Self {
        self.absent = Some(absent);
        self.run(operations)
    }

    /// The absent node receives what was kept.
    pub(crate) fn receive_kept(mut self) -> Self {
        let Some(node) = self.absent.take() else { return self };
        for (from, bytes, sidecar) in std::mem::take(&mut self.kept) {
            self.call(node, |replica, cx| replica.receive(from, &bytes, &sidecar, cx).expect("an honest message"));
            self.timers(node);
        }
        self
    }

    /// Connections of a client with all others open or break, and what follows is handed over.
    pub(crate) fn connect(&mut self, client: NodeId, peers: &[NodeId], state: LinkState) {
        for peer in peers {
            self.call(client, |replica, cx| replica.link(*peer, state, cx));
            self.call(*peer, |replica, cx| replica.link(client, state, cx));
        }
        self.drain();
    }
}

/// What a node of such a group is told when it begins.
pub(crate) fn setup(configured: &Configured, workload: &dyn Workload, genesis: &Arc<[u8]>, node: NodeId) -> Setup {
    Setup {
        node,
        peers: configured.topology().peers(node, CLIENTS),
        clients: CLIENTS,
        model: workload.model(),
        genesis: genesis.clone(),
        seed: 1,
        identity: None,
        undo: false,
    }
}
