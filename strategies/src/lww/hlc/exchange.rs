//! An exchange with a peer, message by message.
//!
//! The lower of two nodes begins with a hash of its cells; the two narrow the ranges down by turns (`ranges`). The node that
//! finds nothing open says what it lacks, gets that with what the other lacks, and answers with the rest. Each side merges
//! everything that it lacked from one message, so nobody shows half of what was missed.

use super::message::Message;
use super::peer::Peer;
use super::ranges::{self, Range};
use super::session::Session;
use crate::replica::{Context, NodeId};
use crate::sidecar::Sidecar;

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
        self.give_up(cx);
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
            self.give_up(cx);
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
