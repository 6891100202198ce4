//! The server: carries mutations out in the order of their arrival, and tells what they changed.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::data::{ActionOf, Ledger, News, Told};
use super::message::{Mutation, Place, ToServer};
use crate::model::{ModelRef, Operation};
use crate::node::{NodeId, OpId};
use crate::replica::{Context, LinkState, ProtocolError, Replica, Setup};
use crate::sidecar::Sidecar;
use crate::star::lineage::{self, Begun};
use crate::star::{Joined, Placed, Sessions, already_placed, count_duplicates, reject_at_server};
use crate::view::View;
use crate::wire::{decode, encode};

#[derive(Serialize, Deserialize)]
struct State<L> {
    order: L,
    sessions: Sessions,
}

pub(super) struct Server<L> {
    model: ModelRef,
    joined: Joined,
    epoch: u64,
    state: State<L>,
}

impl<L: Ledger> Server<L> {
    pub(super) fn new(setup: &Setup, order: L) -> Self {
        Self::with(setup, State { order, sessions: Sessions::default() })
    }

    pub(super) fn restore(setup: &Setup, durable: &[u8]) -> Result<Self, ProtocolError> {
        let State { order, sessions }: State<L> = decode(durable)?;
        Ok(Self::with(setup, State { order: order.check()?, sessions }))
    }

    fn with(setup: &Setup, state: State<L>) -> Self {
        Self { model: setup.model.clone(), joined: Joined::default(), epoch: lineage::epoch(setup), state }
    }

    fn pull(&mut self, client: NodeId, seq: u64, resolved: u64, cx: &mut Context<'_>) -> Result<(), ProtocolError> {
        let State { order, sessions } = &mut self.state;
        let news = order.catch_up(seq, cx)?;
        sessions.resolved(client, resolved);
        let sidecar = news.sidecar(|| sessions.clock());
        let (verdicts, last) = (sessions.verdicts(client), sessions.last(client));
        cx.send(client, encode(&Told::<L::Data> { news, verdicts, last, pulled: true }), sidecar);
        self.joined.insert(client);
        Ok(())
    }

    /// A client of another epoch gets everything, and pulls again with it.
    fn begin(&mut self, client: NodeId, cx: &mut Context<'_>) {
        let State { order, sessions } = &self.state;
        let (seq, state, last) = (order.end(), order.standing().clone(), sessions.last(client));
        cx.count("snapshots", 1);
        let begun = Begun { epoch: self.epoch, seq, state, last };
        cx.send(client, begun.write(), Sidecar::state(&sessions.clock()));
    }

    fn carry_out(
        &mut self,
        client: NodeId,
        mutations: impl Iterator<Item = Mutation<ActionOf<L>>>,
        cx: &mut Context<'_>,
    ) {
        let State { order, sessions } = &mut self.state;
        let after = order.end();
        let (mut places, mut verdicts) = (Vec::new(), Vec::new());
        for Mutation { n, action } in mutations {
            let id = OpId { client, n };
            let (edits, verdict) = order.place(&*self.model, id, action);
            cx.reflected(id);
            places.push(Place { client, n, edits });
            sessions.record(client, n, verdict.clone());
            verdicts.push((n, verdict));
        }
        let sidecar = Arc::new(Sidecar::ops(places.iter().map(Placed::id)));
        let news = News::<L::Data>::Entries { after, entries: places };
        let mut poke = Told::<L::Data> { news, verdicts: Vec::new(), last: 0, pulled: false };
        cx.broadcast(self.joined.others(client), encode(&poke), sidecar.clone());
        if self.joined.contains(client) {
            (poke.verdicts, poke.last) = (verdicts, sessions.last(client));
            cx.send(client, encode(&poke), sidecar);
        }
    }
}

impl<L: Ledger> Replica for Server<L> {
    fn submit(&mut self, id: OpId, _: &Operation, cx: &mut Context<'_>) {
        reject_at_server(id, cx);
    }

    fn receive(&mut self, from: NodeId, bytes: &[u8], _: &Sidecar, cx: &mut Context<'_>) -> Result<(), ProtocolError> {
        let (epoch, bytes) = lineage::named(bytes)?;
        match decode(bytes)? {
            ToServer::Pull { .. } if epoch != self.epoch => self.begin(from, cx),
            // It was sent before the client learned that it has to start over.
            ToServer::Push { .. } if self.epoch != 0 && !self.joined.contains(from) => {}
            ToServer::Pull { seq, resolved } => self.pull(from, seq, resolved, cx)?,
            ToServer::Push { after, resolved, mut mutations } => {
                let last = self.state.sessions.last(from);
                let placed = already_placed(from, last, after, mutations.iter().map(|mutation| mutation.n))?;
                mutations.drain(..placed);
                self.state.order.admit(from, &mutations)?;
                count_duplicates(placed, cx);
                self.state.sessions.resolved(from, resolved);
                if !mutations.is_empty() {
                    self.carry_out(from, mutations.into_iter(), cx);
                }
            }
        }
        Ok(())
    }

    fn link(&mut self, peer: NodeId, state: LinkState, _: &mut Context<'_>) {
        self.joined.link(peer, state);
    }

    fn view(&self) -> &dyn View {
        self.state.order.document()
    }

    fn confirmed(&self) -> Option<&dyn View> {
        Some(self.state.order.document())
    }

    fn durable(&self) -> Vec<u8> {
        encode(&self.state)
    }
}
