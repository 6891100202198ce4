//! What replicas send each other, and what each keeps of an exchange while it goes on.
//!
//! The lower of two nodes begins with a hash of its cells; the two narrow the ranges down by turns (`ranges`). The node that
//! finds nothing open says what it lacks, gets that with what the other lacks, and answers with the rest. Each side merges
//! everything that it lacked from one message, so nobody shows half of what was missed.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::cells::{Element, Write};
use super::peer::Peer;
use super::ranges::{self, Difference, Range};
use super::table::Table;
use crate::replica::{Context, NodeId, ProtocolError};
use crate::sidecar::Sidecar;

/// What replicas send each other.
#[derive(Serialize, Deserialize)]
pub(super) enum Message {
    /// A new write, or what a relay passes on.
    Writes(Vec<Write>),
    /// Asks the receiver to begin: there is something here to compare.
    Nudge,
    Begin(Vec<Range>),
    Ranges(Vec<Range>),
    /// The hash of [`Message::Begin`] is the same here.
    Same,
    /// The difference is known; this is the part that the sender lacks.
    Wants(Vec<Element>),
    /// What the receiver lacks, and what the sender lacks.
    Items(Vec<Write>, Vec<Element>),
    /// What the receiver lacks. The exchange is over.
    Rest(Vec<Write>),
}

/// Checks that these can be cells.
pub(super) fn check(writes: &[Write]) -> Result<(), ProtocolError> {
    if writes.iter().all(Write::is_sound) { Ok(()) } else { Err(ProtocolError::malformed("these are no cells")) }
}

impl Message {
    pub(super) fn check(&self) -> Result<(), ProtocolError> {
        match self {
            Message::Begin(ranges) | Message::Ranges(ranges) if !ranges::are_sound(ranges) => {
                Err(ProtocolError::malformed("these are no ranges"))
            }
            _ => check(self.writes()),
        }
    }

    /// The cells in it.
    pub(super) fn writes(&self) -> &[Write] {
        match self {
            Message::Writes(writes) | Message::Items(writes, _) | Message::Rest(writes) => writes,
            _ => &[],
        }
    }
}

/// An exchange with a peer: what was here when it began, and what is known of the difference.
pub(super) struct Session {
    pub(super) table: Table,
    pub(super) seen: Sidecar,
    pub(super) difference: Difference,
    /// What a relay passes on when the exchange is over, so that nothing overtakes earlier writes.
    pub(super) later: Vec<(Arc<[u8]>, Arc<Sidecar>)>,
}

impl Session {
    pub(super) fn new(table: Table, seen: Sidecar) -> Self {
        Self { table, seen, difference: Difference::default(), later: Vec::new() }
    }

    /// Cells that the peer lacks, with those that it asked for.
    pub(super) fn items(&self, wanted: &[Element]) -> Vec<Write> {
        let elements: BTreeSet<&Element> = self.difference.give.iter().chain(wanted).collect();
        self.table.writes(elements)
    }
}

impl Peer {
    fn open_session(&mut self, peer: NodeId) {
        self.compared.insert(peer);
        let session = Session::new(self.tree.table.clone(), self.seen.sidecar());
        self.sessions.insert(peer, session);
    }

    pub(super) fn begin(&mut self, peer: NodeId, cx: &mut Context<'_>) {
        self.open_session(peer);
        let (ranges, seen) = (ranges::open(&self.tree.table), self.seen.sidecar());
        self.say(peer, &Message::Begin(ranges), seen, cx);
    }

    fn close(&mut self, peer: NodeId, cx: &mut Context<'_>) {
        for (body, sidecar) in self.sessions.remove(&peer).map(|session| session.later).unwrap_or_default() {
            self.courier.send([peer], body, sidecar, cx);
        }
    }

    /// The ranges that a peer sent are compared with what was here at the beginning.
    fn compare(&mut self, peer: NodeId, ranges: &[Range], first: bool, sidecar: &Sidecar, cx: &mut Context<'_>) {
        let Some(session) = self.sessions.get_mut(&peer) else { return };
        let open = ranges::answer(&session.table, ranges, &mut session.difference);
        let (want, seen) = (session.difference.want.clone(), session.seen.clone());
        if !open.is_empty() {
            self.say(peer, &Message::Ranges(open), Sidecar::none(), cx);
        } else if first {
            self.learn(peer, sidecar, cx);
            self.say(peer, &Message::Same, seen, cx);
            self.close(peer, cx);
        } else {
            self.say(peer, &Message::Wants(want), Sidecar::none(), cx);
        }
    }

    pub(super) fn handle(&mut self, from: NodeId, message: Message, sidecar: &Sidecar, cx: &mut Context<'_>) {
        match message {
            Message::Writes(writes) => self.merge(from, writes, sidecar, cx),
            Message::Nudge if self.compared.contains(&from) => {}
            Message::Nudge => self.begin(from, cx),
            Message::Begin(ranges) => {
                self.open_session(from);
                self.compare(from, &ranges, true, sidecar, cx);
            }
            Message::Ranges(ranges) => self.compare(from, &ranges, false, sidecar, cx),
            Message::Same => {
                self.learn(from, sidecar, cx);
                self.close(from, cx);
            }
            Message::Wants(wanted) => {
                let Some(session) = self.sessions.get(&from) else { return };
                let message = Message::Items(session.items(&wanted), session.difference.want.clone());
                let seen = session.seen.clone();
                self.say(from, &message, seen, cx);
            }
            Message::Items(writes, wanted) => {
                let rest = self.sessions.get(&from).map(|session| (session.items(&wanted), session.seen.clone()));
                self.merge(from, writes, sidecar, cx);
                if let Some((rest, seen)) = rest {
                    self.say(from, &Message::Rest(rest), seen, cx);
                }
                self.close(from, cx);
            }
            Message::Rest(writes) => {
                self.merge(from, writes, sidecar, cx);
                self.close(from, cx);
            }
        }
    }
}
