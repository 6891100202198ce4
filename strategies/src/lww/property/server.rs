//! The server: the order of arrival is the order of writes.

use serde::{Deserialize, Serialize};

use super::message::{Entry, Made, ToClient, ToServer, Writes, unpack};
use super::tree::{Node, Write};
use crate::model::Operation;
use crate::replica::{Context, LinkState, NodeId, OpId, ProtocolError, Replica, Setup};
use crate::sidecar::{Clock, Sidecar};
use crate::star::lineage::{self, Begun};
use crate::star::{Joined, Log, Placed, Update, already_placed, count_duplicates, reject_at_server};
use crate::view::View;
use crate::wire::{decode, encode};

#[derive(Serialize, Deserialize)]
pub(super) struct State {
    /// The operations in the order of arrival.
    log: Log<Entry>,
    data: Node,
    /// The last operation of each client.
    last: Clock,
}

impl State {
    pub(super) fn new(data: Node) -> Self {
        Self { log: Log::default(), data, last: Clock::new() }
    }
}

pub(super) struct Server {
    history: usize,
    joined: Joined,
    epoch: u64,
    state: State,
}

/// A new operation, with its writes decoded.
struct New {
    n: u64,
    packed: Writes,
    writes: Vec<Write>,
}

impl Server {
    /// Fails if the state cannot be a server's.
    pub(super) fn new(setup: &Setup, history: usize, State { log, data, last }: State) -> Result<Self, ProtocolError> {
        let (joined, epoch) = (Joined::default(), lineage::epoch(setup));
        Ok(Self { history, joined, epoch, state: State { log: log.check()?, data, last } })
    }

    fn last(&self, client: NodeId) -> u64 {
        self.state.last.get(&client).copied().unwrap_or(0)
    }

    fn join(&mut self, client: NodeId, version: u64, cx: &mut Context<'_>) -> Result<(), ProtocolError> {
        let State { log, data, last } = &self.state;
        let news = log.catch_up(version, Entry::clone, || data.clone(), cx)?;
        let sidecar = news.sidecar(|| last.clone());
        cx.send(client, encode(&ToClient { news, joined: Some(self.last(client)) }), sidecar);
        self.joined.insert(client);
        Ok(())
    }

    /// A client of another epoch gets everything, and joins again with it.
    fn begin(&mut self, client: NodeId, cx: &mut Context<'_>) {
        let State { log, data, last } = &self.state;
        cx.count("snapshots", 1);
        let begun = Begun { epoch: self.epoch, seq: log.end(), state: data.clone(), last: self.last(client) };
        cx.send(client, begun.write(), Sidecar::state(last));
    }

    /// The new operations of a push, if they follow what is here.
    fn unplaced(
        &self,
        client: NodeId,
        after: u64,
        made: &[Made],
        cx: &mut Context<'_>,
    ) -> Result<Vec<New>, ProtocolError> {
        let placed = already_placed(client, self.last(client), after, made.iter().map(|made| made.n))?;
        let new = made[placed..]
            .iter()
            .map(|Made { n, writes }| Ok(New { n: *n, packed: writes.clone(), writes: unpack(writes)? }));
        let new = new.collect::<Result<_, ProtocolError>>()?;
        count_duplicates(placed, cx);
        Ok(new)
    }

    /// Applies new operations and sends them to everybody, including their issuer.
    fn place(&mut self, client: NodeId, new: Vec<New>, cx: &mut Context<'_>) {
        let State { log, data, last } = &mut self.state;
        let (after, mut entries, mut dropped) = (log.end(), Vec::new(), 0);
        for New { n, packed, mut writes } in new {
            let count = writes.len();
            writes.retain(|write| data.apply(write));
            dropped += count - writes.len();
            // Dropped writes go no further.
            let writes = if writes.len() == count { packed } else { Writes::of(&writes) };
            let entry = Entry { client, n, writes };
            cx.reflected(entry.id());
            log.push(entry.clone(), self.history);
            entries.push(entry);
            last.insert(client, n);
        }
        if dropped > 0 {
            cx.count("writes_dropped", dropped as u64);
        }
        let sidecar = Sidecar::ops(entries.iter().map(Placed::id));
        let message = ToClient { news: Update::Entries { after, entries }, joined: None };
        cx.broadcast(self.joined.all(), encode(&message), sidecar);
    }
}

impl Replica for Server {
    fn submit(&mut self, id: OpId, _: &Operation, cx: &mut Context<'_>) {
        reject_at_server(id, cx);
    }

    fn receive(&mut self, from: NodeId, bytes: &[u8], _: &Sidecar, cx: &mut Context<'_>) -> Result<(), ProtocolError> {
        let (epoch, bytes) = lineage::named(bytes)?;
        match decode(bytes)? {
            ToServer::Join { .. } if epoch != self.epoch => {
                self.begin(from, cx);
                Ok(())
            }
            // It was sent before the client learned that it has to start over.
            ToServer::Push { .. } if self.epoch != 0 && !self.joined.contains(from) => Ok(()),
            ToServer::Join { version } => self.join(from, version, cx),
            ToServer::Push { after, made } => {
                let new = self.unplaced(from, after, &made, cx)?;
                if !new.is_empty() {
                    self.place(from, new, cx);
                }
                Ok(())
            }
        }
    }

    fn link(&mut self, peer: NodeId, state: LinkState, _: &mut Context<'_>) {
        self.joined.link(peer, state);
    }

    fn view(&self) -> &dyn View {
        &self.state.data
    }

    fn confirmed(&self) -> Option<&dyn View> {
        Some(&self.state.data)
    }

    fn durable(&self) -> Vec<u8> {
        encode(&self.state)
    }
}
