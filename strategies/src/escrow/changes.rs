//! Changes in the order of what they depend on.

use std::collections::BTreeSet;
use std::time::Duration;

use super::message::Message;
use super::peer::{MISSING, Peer, tag};
use super::stock::Versions;
use crate::replica::{Context, NodeId};
use crate::sidecar::{Sidecar, Tags};
use crate::wire::encode;

/// How long a change waits for its dependencies before its author is asked for them. They arrive by themselves, unless the
/// two are connected through a third only.
const MISSING_WAIT: Duration = Duration::from_millis(500);

impl Peer {
    /// Applies the early changes that are ready.
    pub(super) fn release(&mut self, cx: &mut Context<'_>) {
        loop {
            let ready = self.early.iter().find(|((from, _), change)| self.stock.is_ready(*from, change));
            let Some((key, _)) = ready else { break };
            let key = *key;
            let Some(change) = self.early.remove(&key) else { break };
            if self.stock.take(key.0, &change) {
                cx.reflected_tag(tag(key.0, change.number));
            }
        }
        if !self.early.is_empty() && !self.looking {
            self.looking = true;
            cx.set_timer(MISSING_WAIT, MISSING);
        }
    }

    /// Asks the authors of early changes for what these depend on.
    pub(super) fn ask_for_missing(&mut self, cx: &mut Context<'_>) {
        self.looking = false;
        let authors: BTreeSet<NodeId> = self.early.keys().map(|(from, _)| *from).collect();
        for author in authors {
            if self.courier.is_connected(author) {
                self.looking = true;
                self.say(author, &Message::Hello(self.stock.versions().clone()), cx);
            }
        }
        if self.looking {
            cx.set_timer(MISSING_WAIT, MISSING);
        }
    }

    pub(super) fn greet(&mut self, peer: NodeId, cx: &mut Context<'_>) {
        if self.greeted.insert(peer) {
            self.say(peer, &Message::Hello(self.stock.versions().clone()), cx);
        }
    }

    /// A peer says which changes it has: it gets what it lacks, and is asked for what is not here.
    pub(super) fn answer(&mut self, from: NodeId, theirs: &Versions, cx: &mut Context<'_>) {
        let lacks =
            |has: &Versions, other: &Versions| other.iter().any(|(node, n)| has.get(node).copied().unwrap_or(0) < *n);
        if lacks(theirs, self.stock.versions()) {
            let news = encode(&Message::News(self.stock.since(theirs)));
            let sidecar = Sidecar::tags(tags_between(theirs, self.stock.versions()));
            self.courier.send([from], news, sidecar, cx);
        }
        if lacks(self.stock.versions(), theirs) {
            self.greet(from, cx);
        }
    }
}

/// The tags of the changes in `to` that are not in `from`, for probes.
fn tags_between(from: &Versions, to: &Versions) -> Tags {
    let of = |(node, last): (&NodeId, &u64)| {
        let first = from.get(node).copied().unwrap_or(0);
        (first + 1..=*last).map(|number| tag(*node, number)).collect::<Vec<_>>()
    };
    to.iter().flat_map(of).collect()
}
