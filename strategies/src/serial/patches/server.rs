//! The server: gives patches their places and applies them, as far as their paths lead somewhere.

use super::immer;
use super::message::{ToClient, ToServer};
use crate::model::Operation;
use crate::node::{NodeId, OpId};
use crate::replica::{Context, LinkState, ProtocolError, Replica};
use crate::serial::journal::{Entry, Journal};
use crate::sidecar::Sidecar;
use crate::star::{Joined, Placed, already_placed, count_duplicates, reject_at_server};
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

    fn order(&mut self, entry: Entry, cx: &mut Context<'_>) -> Result<(), ProtocolError> {
        let mut data = self.journal.data.clone();
        let errors = immer::apply(&mut data, &entry.edits.unpack()?);
        if errors > 0 {
            cx.count("path_errors", errors);
        }
        let id = entry.id();
        let seq = self.journal.append(entry.clone(), data);
        cx.broadcast(self.joined.all(), encode(&ToClient::Ordered { seq, entry }), Sidecar::op(id));
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
            ToServer::Submit { after, n, patches } => match already_placed(from, last, after, [n])? {
                0 => self.order(Entry { client: from, n, edits: patches }, cx)?,
                placed => count_duplicates(placed, cx),
            },
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
