//! The server: carries mutations out in the order of their arrival, and tells what they changed.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::message::{Mutation, News, Place, ToClient, ToServer};
use crate::document::Document;
use crate::model::{ModelRef, Operation};
use crate::node::{NodeId, OpId};
use crate::replica::{Context, LinkState, ProtocolError, Replica, Setup};
use crate::serial::order::{Keeps, Order};
use crate::sidecar::Sidecar;
use crate::star::{Joined, Placed, Sessions, already_placed, count_duplicates, reject_at_server};
use crate::view::View;
use crate::wire::{decode, encode};

#[derive(Serialize, Deserialize)]
struct State {
    order: Order,
    sessions: Sessions,
}

pub(super) struct Server {
    model: ModelRef,
    joined: Joined,
    state: State,
}

impl Server {
    pub(super) fn new(setup: &Setup, data: Document, history: usize) -> Self {
        let order = Order::new(data, history, if setup.undo { Keeps::Everything } else { Keeps::Edits });
        Self::with(setup, State { order, sessions: Sessions::default() })
    }

    pub(super) fn restore(setup: &Setup, durable: &[u8]) -> Result<Self, ProtocolError> {
        let State { order, sessions } = decode(durable)?;
        Ok(Self::with(setup, State { order: order.check()?, sessions }))
    }

    fn with(setup: &Setup, state: State) -> Self {
        Self { model: setup.model.clone(), joined: Joined::default(), state }
    }

    fn pull(&mut self, client: NodeId, seq: u64, resolved: u64, cx: &mut Context<'_>) -> Result<(), ProtocolError> {
        let State { order, sessions } = &mut self.state;
        let news = order.log.catch_up(seq, Place::of, || order.data.clone(), cx)?;
        sessions.resolved(client, resolved);
        let sidecar = news.sidecar(|| sessions.clock());
        let (verdicts, last) = (sessions.verdicts(client), sessions.last(client));
        cx.send(client, encode(&ToClient { news, verdicts, last, pulled: true }), sidecar);
        self.joined.insert(client);
        Ok(())
    }

    fn carry_out(&mut self, client: NodeId, mutations: impl Iterator<Item = Mutation>, cx: &mut Context<'_>) {
        let State { order, sessions } = &mut self.state;
        let after = order.log.end();
        let (mut places, mut verdicts) = (Vec::new(), Vec::new());
        for Mutation { n, action } in mutations {
            let ordered = order.place(&*self.model, client, n, action);
            cx.reflected(ordered.id());
            places.push(Place::of(&ordered));
            sessions.record(client, n, ordered.verdict.clone());
            verdicts.push((n, ordered.verdict));
        }
        let sidecar = Arc::new(Sidecar::ops(places.iter().map(Placed::id)));
        let news = News::Entries { after, entries: places };
        let mut poke = ToClient { news, verdicts: Vec::new(), last: 0, pulled: false };
        cx.broadcast(self.joined.others(client), encode(&poke), sidecar.clone());
        if self.joined.contains(client) {
            (poke.verdicts, poke.last) = (verdicts, sessions.last(client));
            cx.send(client, encode(&poke), sidecar);
        }
    }
}

impl Replica for Server {
    fn submit(&mut self, id: OpId, _: &Operation, cx: &mut Context<'_>) {
        reject_at_server(id, cx);
    }

    fn receive(&mut self, from: NodeId, bytes: &[u8], _: &Sidecar, cx: &mut Context<'_>) -> Result<(), ProtocolError> {
        match decode(bytes)? {
            ToServer::Pull { seq, resolved } => self.pull(from, seq, resolved, cx)?,
            ToServer::Push { after, resolved, mutations } => {
                let last = self.state.sessions.last(from);
                let placed = already_placed(from, last, after, mutations.iter().map(|mutation| mutation.n))?;
                count_duplicates(placed, cx);
                self.state.sessions.resolved(from, resolved);
                if placed < mutations.len() {
                    self.carry_out(from, mutations.into_iter().skip(placed), cx);
                }
            }
        }
        Ok(())
    }

    fn link(&mut self, peer: NodeId, state: LinkState, _: &mut Context<'_>) {
        self.joined.link(peer, state);
    }

    fn view(&self) -> &dyn View {
        &self.state.order.data
    }

    fn confirmed(&self) -> Option<&dyn View> {
        Some(&self.state.order.data)
    }

    fn durable(&self) -> Vec<u8> {
        encode(&self.state)
    }
}
