//! A participant: one replica of each strategy, and the document that they make together.

use std::sync::Arc;

use super::Saved;
use super::request::{AGAIN, Again, unwrap};
use super::state::{ClientState, ServerState};
use crate::document::Document;
use crate::hybrid::book::{Lane, Tags};
use crate::hybrid::merged::Merged;
use crate::hybrid::models::Reading;
use crate::hybrid::overlaid::Base;
use crate::hybrid::route::Route;
use crate::model::{ModelRef, Operation, Rejected};
use crate::node::{NodeId, OpId};
use crate::replica::{Context, LinkState, ProtocolError, Replica};
use crate::sidecar::Sidecar;
use crate::star::reject_at_server;
use crate::view::View;
use crate::wire::encode;

pub(super) struct Router {
    pub(super) model: ModelRef,
    pub(super) route: Arc<Route>,
    /// The texts that plans of the rest read.
    pub(super) reading: Reading,
    pub(super) text: Box<dyn Replica>,
    pub(super) rest: Box<dyn Replica>,
    /// At the server, its own client of the text strategy.
    pub(super) resident: Option<Box<dyn Replica>>,
    /// Whether the resident is connected, or there is none.
    pub(super) resident_connected: bool,
    /// At a client.
    pub(super) again: Again,
    pub(super) merged: Merged,
    pub(super) tags: Tags,
    pub(super) client: ClientState,
    pub(super) server: ServerState,
    /// Users undo, so it matters where a resolved operation went.
    pub(super) undo: bool,
}

impl Router {
    /// A message or a timer for a part. Texts that it makes at the server are begun after its effects are passed on,
    /// so that all who reduce it read the texts before. What goes back to the sender of a `request` answers that.
    fn arrived(
        &mut self,
        lane: Lane,
        request: Option<(NodeId, u64)>,
        cx: &mut Context<'_>,
        handler: impl FnOnce(&mut dyn Replica, &mut Context<'_>) -> Result<(), ProtocolError>,
    ) -> Result<(), ProtocolError> {
        let before = self.rest.view().document();
        let (result, effects) = self.call(lane, cx, handler);
        result?;
        match request {
            Some((peer, request)) => {
                // It has passed over what it was told.
                self.tags.forget(peer);
                self.pass_on_again(peer, request, effects, cx);
            }
            None => self.pass_on(lane, effects, cx),
        }
        if self.resident.is_some() && lane == Lane::Rest {
            self.begin_made(&before, cx);
        }
        self.refresh(cx);
        self.join_again(cx);
        Ok(())
    }

    /// A message for the rest; with the number of a request, if it comes with one or answers one.
    fn rest_arrived(
        &mut self,
        from: NodeId,
        request: Option<u64>,
        message: &[u8],
        sidecar: &Sidecar,
        cx: &mut Context<'_>,
    ) -> Result<(), ProtocolError> {
        if self.resident.is_some() {
            let request = request.map(|request| (from, request));
            return self.arrived(Lane::Rest, request, cx, |part, cx| part.receive(from, message, sidecar, cx));
        }
        if self.passes_over(request, cx) {
            return Ok(());
        }
        self.arrived(Lane::Rest, None, cx, |part, cx| part.receive(from, message, sidecar, cx))?;
        self.again.clear();
        Ok(())
    }

    /// Shows what both parts show, and submits waiting operations that no longer have to wait.
    fn refresh(&mut self, cx: &mut Context<'_>) {
        loop {
            self.merged.refresh(&self.route, &self.text.view().document(), &self.rest.view().document());
            self.reading.set(Base { texts: base_view(&*self.text), rest: base_view(&*self.rest) });
            if !self.submit_waiting(cx) {
                return;
            }
        }
    }
}

/// What a part shows without pending operations.
pub(super) fn base_view(part: &dyn Replica) -> Document {
    part.confirmed().unwrap_or(part.view()).document()
}

impl Replica for Router {
    fn submit(&mut self, id: OpId, operation: &Operation, cx: &mut Context<'_>) {
        if self.resident.is_some() {
            return reject_at_server(id, cx);
        }
        if !self.client.waiting.is_empty() || !self.try_submit(id, operation, cx) {
            self.client.waiting.push_back((id.n, operation.clone()));
        }
        self.refresh(cx);
    }

    fn undo(&mut self, id: OpId, target: OpId, cx: &mut Context<'_>) {
        let home = self.client.book.home(target.n).filter(|_| target.client == id.client);
        let Some((lane, number)) = home else {
            return cx.rejected(id, Rejected::too_old(target));
        };
        let target = OpId { client: target.client, n: number };
        self.hand(lane, id, cx, |part, id, cx| part.undo(id, target, cx));
        self.refresh(cx);
    }

    fn receive(
        &mut self,
        from: NodeId,
        bytes: &[u8],
        sidecar: &Sidecar,
        cx: &mut Context<'_>,
    ) -> Result<(), ProtocolError> {
        match bytes.split_first() {
            Some((0, message)) => {
                self.arrived(Lane::Text, None, cx, |part, cx| part.receive(from, message, sidecar, cx))
            }
            Some((1, message)) => self.rest_arrived(from, None, message, sidecar, cx),
            Some((&AGAIN, wrapped)) => {
                let (request, message) = unwrap(wrapped)?;
                self.rest_arrived(from, Some(request), &message, sidecar, cx)
            }
            _ => Err(ProtocolError::malformed("a message for neither of the two strategies")),
        }
    }

    fn timer(&mut self, tag: u64, cx: &mut Context<'_>) {
        let Some(lane) = Lane::of(tag & 3) else { return };
        // A timer cannot fail.
        let _ = self.arrived(lane, None, cx, |part, cx| {
            part.timer(tag >> 2, cx);
            Ok(())
        });
    }

    fn link(&mut self, peer: NodeId, state: LinkState, cx: &mut Context<'_>) {
        self.tags.forget(peer);
        self.again.clear();
        self.connect_resident(cx);
        // Texts first: they are up to date by the time that the rest is.
        self.run(Lane::Text, cx, |text, cx| text.link(peer, state, cx));
        self.run(Lane::Rest, cx, |rest, cx| rest.link(peer, state, cx));
        self.refresh(cx);
    }

    fn view(&self) -> &dyn View {
        &self.merged.document
    }

    fn durable(&self) -> Vec<u8> {
        encode(&Saved {
            text: self.text.durable(),
            rest: self.rest.durable(),
            resident: self.resident.as_ref().map(|resident| resident.durable()).unwrap_or_default(),
            client: self.client.clone(),
            server: self.server.clone(),
        })
    }
}
