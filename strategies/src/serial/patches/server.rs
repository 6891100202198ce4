//! The server: gives patches their places and applies them, as far as their paths lead somewhere.

use super::immer;
use super::message::{ToClient, ToServer};
use crate::document::Edit;
use crate::model::Operation;
use crate::node::{NodeId, OpId};
use crate::replica::{Context, LinkState, ProtocolError, Replica, Setup};
use crate::serial::journal::{Entry, Journal};
use crate::sidecar::Sidecar;
use crate::star::lineage;
use crate::star::{Joined, Placed, already_placed, count_duplicates, reject_at_server};
use crate::view::View;
use crate::wire::{decode, encode};

pub(super) struct Server {
    joined: Joined,
    epoch: u64,
    journal: Journal,
}

impl Server {
    pub(super) fn new(setup: &Setup, journal: Journal) -> Self {
        Self { joined: Joined::default(), epoch: lineage::epoch(setup), journal }
    }

    /// Gives entries and their patches the next places.
    fn order(&mut self, entries: Vec<Entry>, patches: Vec<Vec<Edit>>, cx: &mut Context<'_>) {
        let after = self.journal.end();
        let mut errors = 0;
        for (entry, patches) in entries.iter().zip(patches) {
            let mut data = self.journal.data.clone();
            errors += immer::apply(&mut data, &patches);
            self.journal.append(entry.clone(), data);
            cx.reflected(entry.id());
        }
        if errors > 0 {
            cx.count("path_errors", errors);
        }
        let sidecar = Sidecar::ops(entries.iter().map(Placed::id));
        cx.broadcast(self.joined.all(), encode(&ToClient::Ordered { after, entries }), sidecar);
    }
}

impl Replica for Server {
    fn submit(&mut self, id: OpId, _: &Operation, cx: &mut Context<'_>) {
        reject_at_server(id, cx);
    }

    fn receive(&mut self, from: NodeId, bytes: &[u8], _: &Sidecar, cx: &mut Context<'_>) -> Result<(), ProtocolError> {
        let last = self.journal.last(from);
        let (epoch, bytes) = lineage::named(bytes)?;
        match decode(bytes)? {
            ToServer::Join { .. } if epoch != self.epoch => {
                cx.count("snapshots", 1);
                let (begun, sidecar) = self.journal.begun(from, self.epoch);
                cx.send(from, begun.write(), sidecar);
            }
            // It was sent before the client learned that it has to start over.
            ToServer::Submit { .. } if self.epoch != 0 && !self.joined.contains(from) => {}
            ToServer::Join { seq } => {
                let (news, sidecar) = self.journal.catch_up(seq, cx)?;
                cx.send(from, encode(&ToClient::Joined { news, last }), sidecar);
                self.joined.insert(from);
            }
            ToServer::Submit { after, made } => {
                let placed = already_placed(from, last, after, made.iter().map(|(n, _)| *n))?;
                let new = made.into_iter().skip(placed);
                let entries: Vec<Entry> = new.map(|(n, edits)| Entry { client: from, n, edits }).collect();
                let patches = entries.iter().map(|entry| entry.edits.unpack()).collect::<Result<Vec<_>, _>>()?;
                count_duplicates(placed, cx);
                if !entries.is_empty() {
                    self.order(entries, patches, cx);
                }
            }
        }
        Ok(())
    }

    fn link(&mut self, peer: NodeId, state: LinkState, _: &mut Context<'_>) {
        self.joined.link(peer, state);
    }

    fn view(&self) -> &dyn View {
        &self.journal.data
    }

    fn confirmed(&self) -> Option<&dyn View> {
        Some(&self.journal.data)
    }

    fn durable(&self) -> Vec<u8> {
        self.journal.save()
    }
}
