//! The server: a log that takes a write only on its latest version.

use super::message::{ToClient, ToServer};
use crate::model::Operation;
use crate::node::{NodeId, OpId};
use crate::replica::{Context, LinkState, ProtocolError, Replica, Setup};
use crate::serial::journal::{Entry, Journal};
use crate::sidecar::Sidecar;
use crate::star::lineage;
use crate::star::{Joined, Placed, count_duplicates, reject_at_server};
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

    fn write(&mut self, base: u64, entries: Vec<Entry>, cx: &mut Context<'_>) -> Result<(), ProtocolError> {
        let end = self.journal.end();
        let Some(id) = entries.first().map(Placed::id) else { return Ok(()) };
        if base > end {
            return Err(ProtocolError::Unexpected(format!("made on version {base}, the log ends at {end}")));
        }
        if base < end {
            cx.count("mismatches", 1);
            cx.send(id.client, encode(&ToClient::Mismatch { base, n: id.n }), Sidecar::none());
            return Ok(());
        }
        let (mut data, mut states) = (self.journal.data.clone(), Vec::with_capacity(entries.len()));
        for entry in &entries {
            data.apply_all(&entry.edits.unpack()?).map_err(ProtocolError::malformed)?;
            states.push(data.clone());
        }
        for (entry, data) in entries.iter().zip(states) {
            self.journal.append(entry.clone(), data);
            cx.reflected(entry.id());
        }
        let sidecar = Sidecar::ops(entries.iter().map(Placed::id));
        cx.broadcast(self.joined.all(), encode(&ToClient::Written { after: end, entries }), sidecar);
        Ok(())
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
            ToServer::Write { .. } if self.epoch != 0 && !self.joined.contains(from) => {}
            ToServer::Join { seq } => {
                let (news, sidecar) = self.journal.catch_up(seq, cx)?;
                cx.send(from, encode(&ToClient::Joined { news, last }), sidecar);
                self.joined.insert(from);
            }
            ToServer::Write { writes, .. } if writes.iter().any(|(n, _)| *n <= last) => count_duplicates(1, cx),
            ToServer::Write { base, writes } => {
                if !writes.windows(2).all(|pair| pair[0].0 < pair[1].0) {
                    return Err(ProtocolError::malformed("numbers that do not ascend"));
                }
                let entries = writes.into_iter().map(|(n, edits)| Entry { client: from, n, edits });
                self.write(base, entries.collect(), cx)?;
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
