//! A sync strategy: `--strategy log-replay`. Every client has every operation, and replays all of them in one fixed order after
//! each new one. You need this file only to measure a sync engine of your own; the built-in strategies run your model as it is.

use std::collections::BTreeMap;

use syncbench_cli::prelude::*;

pub(crate) static SPEC: Spec = Spec::own(
    "log-replay",
    "every client replays all operations in the order of their numbers",
    Topology::Mesh,
    Guarantees {
        converges: true,
        works_offline: true,
        confirms_alone: true,
        grows: Growth::operations("every one"),
        ..Guarantees::NONE
    },
    |_| Box::new(LogReplay),
);

struct LogReplay;

type Log = BTreeMap<OpId, Operation>;
impl Strategy for LogReplay {
    fn replica(&self, setup: &Setup) -> Box<dyn Replica> {
        Peer::with(setup, Log::new())
    }
    fn restore(&self, setup: &Setup, durable: &[u8]) -> Result<Box<dyn Replica>, ProtocolError> {
        Ok(Peer::with(setup, postcard::from_bytes(durable).map_err(ProtocolError::malformed)?))
    }
}

struct Peer {
    setup: Setup,
    up: Vec<NodeId>,
    log: Log,
    view: Document,
}
impl Peer {
    fn with(setup: &Setup, log: Log) -> Box<dyn Replica> {
        let mut peer = Self { setup: setup.clone(), up: Vec::new(), log, view: Document::Null };
        peer.replay();
        Box::new(peer)
    }
    fn replay(&mut self) {
        let mut order: Vec<_> = self.log.iter().collect();
        order.sort_by_key(|(id, _)| (id.n, id.client));
        self.view = Document::decode(&self.setup.genesis).expect("made by `Strategy::genesis`");
        for (_, operation) in order {
            // An operation that is rejected in its place has no effect.
            let _ = reduce(&*self.setup.model, &mut self.view, operation);
        }
    }
    fn take(&mut self, news: Log, cx: &mut Context<'_>) {
        news.keys().for_each(|id| cx.reflected(*id));
        self.log.extend(news);
        self.replay();
    }
    fn send(&self, to: &[NodeId], log: &Log, cx: &mut Context<'_>) {
        let bytes = postcard::to_stdvec(log).expect("plain data");
        cx.broadcast(to.iter().copied(), bytes, Sidecar::ops(log.keys().copied()));
    }
}

impl Replica for Peer {
    fn submit(&mut self, id: OpId, operation: &Operation, cx: &mut Context<'_>) {
        match reduce(&*self.setup.model, &mut self.view.clone(), operation) {
            Err(reason) => cx.rejected(id, reason),
            Ok(outcome) => {
                let news = Log::from([(id, operation.clone())]);
                self.send(&self.up, &news, cx);
                self.take(news, cx);
                cx.shown(id);
                cx.confirmed(id, outcome);
            }
        }
    }
    fn receive(&mut self, _: NodeId, bytes: &[u8], _: &Sidecar, cx: &mut Context<'_>) -> Result<(), ProtocolError> {
        self.take(postcard::from_bytes(bytes).map_err(ProtocolError::malformed)?, cx);
        Ok(())
    }
    fn link(&mut self, peer: NodeId, state: LinkState, cx: &mut Context<'_>) {
        self.up.retain(|other| *other != peer);
        if state == LinkState::Up {
            self.up.push(peer);
            self.send(&[peer], &self.log, cx);
        }
    }
    fn view(&self) -> &dyn View {
        &self.view
    }
    fn durable(&self) -> Vec<u8> {
        postcard::to_stdvec(&self.log).expect("plain data")
    }
}
