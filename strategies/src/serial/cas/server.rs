//! The server: a log that takes a write only on its latest version.

use super::message::{ToClient, ToServer};
use crate::model::Operation;
use crate::node::{NodeId, OpId};
use crate::replica::{Context, LinkState, ProtocolError, Replica};
use crate::serial::journal::{Entry, Journal};
use crate::sidecar::Sidecar;
use crate::star::{Joined, Placed, count_duplicates, reject_at_server};
use crate::view::View;
use crate::wire::{decode, encode};

pub(super) struct Server {
    joined: Joined,
    journal: Journal,
}

impl Server {
    pub(super) fn new(journal: Journal) -> Self {
        Self { joined: Joined::default(), journal }
    }

    fn write(&mut self, base: u64, entry: Entry, cx: &mut Context<'_>) -> Result<(), ProtocolError> {
        let (id, end) = (entry.id(), self.journal.end());
        if base > end {
            return Err(ProtocolError::Unexpected(format!("made on version {base}, the log ends at {end}")));
        }
        if base < end {
            cx.count("mismatches", 1);
            cx.send(id.client, encode(&ToClient::Mismatch { base, n: id.n }), Sidecar::none());
            return Ok(());
        }
        let mut data = self.journal.data.clone();
        data.apply_all(&entry.edits.unpack()?).map_err(ProtocolError::malformed)?;
        let seq = self.journal.append(entry.clone(), data);
        cx.broadcast(self.joined.all(), encode(&ToClient::Written { seq, entry }), Sidecar::op(id));
        cx.reflected(id);
        Ok(())
    }
}

impl Replica for Server {
    fn submit(&mut self, id: OpId, _: &Operation, cx: &mut Context<'_>) {
        reject_at_server(id, cx);
    }

    fn receive(&mut self, from: NodeId, bytes: &[u8], _: &Sidecar, cx: &mut Context<'_>) -> Result<(), ProtocolError> {
        let last = self.journal.last(from);
        match decode(bytes)? {
            ToServer::Join { seq } => {
                let (news, sidecar) = self.journal.catch_up(seq, cx)?;
                cx.send(from, encode(&ToClient::Joined { news, last }), sidecar);
                self.joined.insert(from);
            }
            ToServer::Write { n, .. } if n <= last => count_duplicates(1, cx),
            ToServer::Write { base, n, edits } => self.write(base, Entry { client: from, n, edits }, cx)?,
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
