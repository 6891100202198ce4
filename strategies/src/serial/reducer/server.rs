//! The server: numbers operations, tells everybody, and reduces too.

use serde::{Deserialize, Serialize};

use super::message::{CatchUp, Entry, ToClient, ToServer};
use super::snapshots::Snapshots;
use crate::document::Document;
use crate::model::{ModelRef, Operation};
use crate::node::{NodeId, OpId};
use crate::replica::{Context, LinkState, ProtocolError, Replica, Setup};
use crate::serial::order::{Action, Keeps, Order};
use crate::sidecar::Sidecar;
use crate::star::lineage::{self, Begun};
use crate::star::{Joined, Placed, Sessions, count_duplicates, reject_at_server};
use crate::view::View;
use crate::wire::{decode, encode};

#[derive(Serialize, Deserialize)]
struct State {
    order: Order,
    sessions: Sessions,
}

pub(super) struct Server {
    model: ModelRef,
    snapshots: Snapshots,
    joined: Joined,
    epoch: u64,
    state: State,
}

impl Server {
    pub(super) fn new(setup: &Setup, snapshots: Snapshots, data: Document, history: usize) -> Self {
        let order = Order::new(data, history, if setup.undo { Keeps::Everything } else { Keeps::Actions });
        Self::with(setup, snapshots, State { order, sessions: Sessions::default() })
    }

    pub(super) fn restore(setup: &Setup, snapshots: Snapshots, durable: &[u8]) -> Result<Self, ProtocolError> {
        let State { order, sessions } = decode(durable)?;
        Ok(Self::with(setup, snapshots, State { order: order.check()?, sessions }))
    }

    fn with(setup: &Setup, snapshots: Snapshots, state: State) -> Self {
        Self { model: setup.model.clone(), snapshots, joined: Joined::default(), epoch: lineage::epoch(setup), state }
    }

    fn join(&mut self, client: NodeId, seq: u64, resolved: u64, cx: &mut Context<'_>) -> Result<(), ProtocolError> {
        let State { order, sessions } = &mut self.state;
        let behind = order.log.behind(seq)?;
        sessions.resolved(client, resolved);
        let missed = order.log.since(seq).filter(|_| !self.snapshots.always || behind == 0);
        let (catch_up, sidecar) = match missed {
            Some(missed) => {
                let entries: Vec<Entry> = missed.map(Entry::of).collect();
                let sidecar = Sidecar::ops(entries.iter().map(Placed::id));
                (CatchUp::Operations(entries), sidecar)
            }
            None => {
                cx.count("snapshots", 1);
                let (snapshot, after) = self.snapshots.get(order, sessions, cx);
                let after: Vec<Entry> = after.map(Entry::of).collect();
                let carries = after.iter().map(Placed::id).collect();
                let sidecar = Sidecar { carries, ..Sidecar::state(&snapshot.clock) };
                (CatchUp::Snapshot(snapshot, after), sidecar)
            }
        };
        let (verdicts, last) = (sessions.verdicts(client), sessions.last(client));
        cx.send(client, encode(&ToClient::Joined { catch_up, verdicts, last }), sidecar);
        self.joined.insert(client);
        Ok(())
    }

    /// A client of another epoch gets everything, and joins again with it.
    fn begin(&mut self, client: NodeId, cx: &mut Context<'_>) {
        let State { order, sessions } = &self.state;
        let (seq, state, last) = (order.log.end(), order.data.clone(), sessions.last(client));
        cx.count("snapshots", 1);
        cx.send(client, Begun { epoch: self.epoch, seq, state, last }.write(), Sidecar::state(&sessions.clock()));
    }

    fn order(&mut self, client: NodeId, actions: impl Iterator<Item = (u64, Action)>, cx: &mut Context<'_>) {
        let State { order, sessions } = &mut self.state;
        let mut entries = Vec::new();
        for (n, action) in actions {
            let ordered = order.place(&*self.model, client, n, action);
            entries.push(Entry::of(&ordered));
            sessions.record(client, n, ordered.verdict);
        }
        let ids: Vec<OpId> = entries.iter().map(Placed::id).collect();
        cx.broadcast(self.joined.all(), encode(&ToClient::Ordered(entries)), Sidecar::ops(ids.iter().copied()));
        ids.into_iter().for_each(|id| cx.reflected(id));
    }
}

impl Replica for Server {
    fn submit(&mut self, id: OpId, _: &Operation, cx: &mut Context<'_>) {
        reject_at_server(id, cx);
    }

    fn receive(&mut self, from: NodeId, bytes: &[u8], _: &Sidecar, cx: &mut Context<'_>) -> Result<(), ProtocolError> {
        let (epoch, bytes) = lineage::named(bytes)?;
        match decode(bytes)? {
            ToServer::Join { .. } if epoch != self.epoch => self.begin(from, cx),
            ToServer::Join { seq, resolved } => self.join(from, seq, resolved, cx)?,
            // It was sent before the client learned that it has to start over.
            ToServer::Submit { .. } if self.epoch != 0 && !self.joined.contains(from) => {}
            ToServer::Submit { resolved, actions } => {
                let last = self.state.sessions.last(from);
                let mut before = actions.first().map_or(last, |(n, _)| last.min(n.saturating_sub(1)));
                for (n, _) in &actions {
                    // Numbers have gaps where a client or the server lost operations.
                    if *n <= before {
                        return Err(ProtocolError::Unexpected(format!("operation {n} of {from} after {before}")));
                    }
                    before = *n;
                }
                let placed = actions.iter().filter(|(n, _)| *n <= last).count();
                count_duplicates(placed, cx);
                if placed < actions.len() {
                    self.state.sessions.resolved(from, resolved);
                    self.order(from, actions.into_iter().skip(placed), cx);
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
