//! The server: puts changes into the order of their arrival, applies them and tells everybody.

use serde::{Deserialize, Serialize};

use super::message::{Entry, ToClient, ToServer, sidecar, unpacked};
use crate::ids::change::Change;
use crate::ids::state::State;
use crate::model::Operation;
use crate::node::{NodeId, OpId};
use crate::replica::{Context, LinkState, ProtocolError, Replica, Setup};
use crate::sidecar::Sidecar;
use crate::star::lineage::{self, Begun};
use crate::star::{Joined, Log, Update, already_placed, count_duplicates, reject_at_server};
use crate::view::View;
use crate::wire::{Packed, decode, encode};

#[derive(Serialize, Deserialize)]
struct Saved {
    log: Log<Entry>,
    state: State,
}

pub(super) struct Server {
    /// How many entries are kept.
    history: usize,
    joined: Joined,
    epoch: u64,
    saved: Saved,
}

impl Server {
    pub(super) fn new(setup: &Setup, history: usize, state: State) -> Self {
        Self::with(setup, history, Saved { log: Log::default(), state })
    }

    fn with(setup: &Setup, history: usize, saved: Saved) -> Self {
        Self { history, joined: Joined::default(), epoch: lineage::epoch(setup), saved }
    }

    pub(super) fn restore(setup: &Setup, history: usize, durable: &[u8]) -> Result<Self, ProtocolError> {
        let Saved { log, state } = decode(durable)?;
        Ok(Self::with(setup, history, Saved { log: log.check()?, state }))
    }

    fn join(&mut self, client: NodeId, seq: u64, cx: &mut Context<'_>) -> Result<(), ProtocolError> {
        let Saved { log, state } = &self.saved;
        let news = log.catch_up(seq, Entry::clone, || state.clone(), cx)?;
        let sidecar = match &news {
            Update::Entries { entries, .. } => sidecar(&unpacked(entries)?),
            Update::Snapshot { .. } => Sidecar::state(&state.clock()),
        };
        cx.send(client, encode(&ToClient { joined: true, news }), sidecar);
        self.joined.insert(client);
        Ok(())
    }

    /// A client of another epoch gets everything, and joins again with it.
    fn begin(&mut self, client: NodeId, cx: &mut Context<'_>) {
        let Saved { log, state } = &self.saved;
        cx.count("snapshots", 1);
        let begun = Begun { epoch: self.epoch, seq: log.end(), state: state.clone(), last: state.used(client).n };
        cx.send(client, begun.write(), Sidecar::state(&state.clock()));
    }

    fn push(
        &mut self,
        client: NodeId,
        after: u64,
        packed: Vec<Packed<Change>>,
        cx: &mut Context<'_>,
    ) -> Result<(), ProtocolError> {
        let changes = packed.iter().map(Packed::unpack).collect::<Result<Vec<_>, _>>()?;
        let mut used = self.saved.state.used(client);
        let placed = already_placed(client, used.n, after, changes.iter().map(|change| change.n))?;
        for change in &changes[placed..] {
            if !used.precedes(change) {
                return Err(ProtocolError::Unexpected(format!("change {} of {client} does not follow", change.n)));
            }
            used.add(change);
        }
        count_duplicates(placed, cx);
        if placed < changes.len() {
            self.order(client, &changes[placed..], packed.into_iter().skip(placed), cx);
        }
        Ok(())
    }

    /// Gives changes the next places and applies them there.
    fn order(
        &mut self,
        client: NodeId,
        changes: &[Change],
        packed: impl Iterator<Item = Packed<Change>>,
        cx: &mut Context<'_>,
    ) {
        let Saved { log, state } = &mut self.saved;
        let after = log.end();
        let (mut misfits, mut entries) = (0, Vec::with_capacity(changes.len()));
        for (change, packed) in changes.iter().zip(packed) {
            misfits += state.apply(client, change, None).misfits;
            cx.reflected(OpId { client, n: change.n });
            let entry = Entry { client, change: packed };
            log.push(entry.clone(), self.history);
            entries.push(entry);
        }
        if misfits > 0 {
            cx.count("path_errors", misfits);
        }
        let sidecar = Sidecar::ops(changes.iter().map(|change| OpId { client, n: change.n }));
        let message = ToClient { joined: false, news: Update::Entries { after, entries } };
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
            ToServer::Join { seq } => self.join(from, seq, cx),
            ToServer::Push { after, changes } => self.push(from, after, changes, cx),
        }
    }

    fn link(&mut self, peer: NodeId, state: LinkState, _: &mut Context<'_>) {
        self.joined.link(peer, state);
    }

    fn view(&self) -> &dyn View {
        &self.saved.state.document
    }

    fn confirmed(&self) -> Option<&dyn View> {
        Some(&self.saved.state.document)
    }

    fn durable(&self) -> Vec<u8> {
        encode(&self.saved)
    }
}
