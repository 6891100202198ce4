//! Peers that speak the library's own sync protocol, with one `State` for each connection.

use std::collections::{BTreeMap, BTreeSet};
use std::mem;
use std::time::Duration;

use automerge::ChangeHash;
use automerge::sync::{self, SyncDoc};

use super::changes::tag;
use super::doc::Doc;
use crate::crdt::peer::{Exchange, FLUSH, Local, MERGE};
use crate::replica::{Context, LinkState, NodeId, ProtocolError, Setup};
use crate::sidecar::{Sidecar, Tags};
use crate::spec::Guarantees;
use crate::wire;

#[derive(Default)]
pub(super) struct Protocol {
    connected: BTreeSet<NodeId>,
    /// Where the protocol stands with each peer.
    sessions: BTreeMap<NodeId, sync::State>,
    /// Messages that arrived in this turn of the event loop.
    inbox: Vec<(NodeId, sync::Message)>,
    /// At a relay, something new waits for the end of the send window.
    waits: bool,
}

impl Protocol {
    /// Sends these peers the protocol's next message, if there is one.
    fn speak(&mut self, to: &BTreeSet<NodeId>, doc: &mut Doc, cx: &mut Context<'_>) {
        for peer in to.intersection(&self.connected) {
            let next = self.sessions.get_mut(peer).and_then(|state| next_message(doc, state));
            if let Some((message, hashes)) = next {
                cx.send(*peer, wire::seal(&message), Sidecar::tags(hashes.iter().map(tag).collect()));
            }
        }
    }

    fn speak_to_all(&mut self, doc: &mut Doc, cx: &mut Context<'_>) {
        self.speak(&self.connected.clone(), doc, cx);
    }
}

/// The next message for a peer, and the changes in it.
fn next_message(doc: &mut Doc, state: &mut sync::State) -> Option<(Vec<u8>, Vec<ChangeHash>)> {
    let sent = state.sent_hashes.clone();
    let message = doc.library.sync().generate_sync_message(state)?;
    Some((message.encode(), state.sent_hashes.difference(&sent).copied().collect()))
}

impl Exchange<Doc> for Protocol {
    fn new(_: &Setup) -> Self {
        Self::default()
    }

    fn guarantees(spec: Guarantees) -> Guarantees {
        Guarantees { tolerates_duplicates: false, tolerates_reordering: false, ..spec }
    }

    fn send(&mut self, local: &mut Local<Doc>, _: Tags, cx: &mut Context<'_>) {
        // What each peer lacks, its session knows.
        if !local.doc.take_unsent().is_empty() {
            self.speak_to_all(&mut local.doc, cx);
        }
    }

    fn receive(
        &mut self,
        from: NodeId,
        bytes: &[u8],
        _: &Sidecar,
        _: &mut Local<Doc>,
        cx: &mut Context<'_>,
    ) -> Result<(), ProtocolError> {
        let message: Vec<u8> = wire::unseal(bytes)?;
        let message = sync::Message::decode(&message).map_err(ProtocolError::malformed)?;
        if self.inbox.is_empty() {
            cx.set_timer(Duration::ZERO, MERGE);
        }
        self.inbox.push((from, message));
        Ok(())
    }

    /// Receives one message after another, as the protocol requires, and answers.
    fn merge(&mut self, local: &mut Local<Doc>, cx: &mut Context<'_>) {
        if self.inbox.is_empty() {
            return;
        }
        local.close(cx);
        let doc = &mut local.doc;
        let before = doc.library.get_heads();
        let mut senders = BTreeSet::new();
        for (from, message) in mem::take(&mut self.inbox) {
            senders.insert(from);
            let Some(state) = self.sessions.get_mut(&from) else { continue };
            if !doc.guarded(|library| library.sync().receive_sync_message(state, message).is_ok()) {
                // The library cannot take what this peer sent: their session begins again.
                cx.count("refused_by_library", 1);
                *state = sync::State::new();
            }
        }
        let news = doc.hashes_since(&before);
        for hash in &news {
            cx.reflected_tag(tag(hash));
        }
        // A relay answers the sender at once, and tells the others within its window.
        if local.is_relay && (news.is_empty() || !local.window.forwarding().change(FLUSH, cx)) {
            self.waits |= !news.is_empty();
            self.speak(&senders, doc, cx);
        } else {
            self.waits = false;
            self.speak_to_all(doc, cx);
        }
    }

    fn end_window(&mut self, local: &mut Local<Doc>, cx: &mut Context<'_>) {
        if local.window.forwarding().timer(self.waits, FLUSH, cx) {
            self.waits = false;
            self.speak_to_all(&mut local.doc, cx);
        }
    }

    fn link(&mut self, peer: NodeId, state: LinkState, local: &mut Local<Doc>, cx: &mut Context<'_>) {
        if state == LinkState::Down {
            self.connected.remove(&peer);
            return;
        }
        // What arrived on the last connection belongs to its session.
        self.merge(local, cx);
        local.close(cx);
        self.connected.insert(peer);
        // What the peer is known to have outlives the connection; the rest of a session does not.
        let known = self.sessions.get(&peer).map(|state| sync::State::decode(&state.encode()));
        self.sessions.insert(peer, known.and_then(Result::ok).unwrap_or_default());
        self.speak_to_all(&mut local.doc, cx);
    }
}
