//! The server's side: its client in the same process, the resident, begins the texts that the other strategy makes.

use std::mem;

use super::replica::Router;
use crate::document::{Document, Key};
use crate::hybrid::book::Lane;
use crate::hybrid::models::TextOp;
use crate::model::Operation;
use crate::node::{NodeId, OpId};
use crate::replica::{Context, LinkState};

/// The resident's number; no client of a run gets that far.
pub(super) const RESIDENT: NodeId = NodeId(u32::MAX);

impl Router {
    /// Begins the texts that the other strategy has made since it showed `before`.
    pub(super) fn begin_made(&mut self, before: &Document, cx: &mut Context<'_>) {
        for (name, text) in self.route.made(before, &self.rest.view().document()) {
            self.begin(name, text, cx);
        }
    }

    /// Begins a text, unless what was typed in it before is still there.
    fn begin(&mut self, name: Key, text: Document, cx: &mut Context<'_>) {
        let digest = text.digest();
        if self.server.begun.insert(name.clone(), digest) != Some(digest) {
            self.server.issued += 1;
            let id = OpId { client: RESIDENT, n: self.server.issued };
            let operation = Operation::encode(&TextOp::Begin(name, text));
            self.run(Lane::Resident, cx, |resident, cx| resident.submit(id, &operation, cx));
        }
    }

    /// Connects the resident, once.
    pub(super) fn connect_resident(&mut self, cx: &mut Context<'_>) {
        if !mem::replace(&mut self.resident_connected, true) {
            self.run(Lane::Text, cx, |text, cx| text.link(RESIDENT, LinkState::Up, cx));
            self.run(Lane::Resident, cx, |resident, cx| resident.link(NodeId::SERVER, LinkState::Up, cx));
        }
    }
}
