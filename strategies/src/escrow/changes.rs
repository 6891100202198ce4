//! Changes in the order of what they depend on.

use std::collections::BTreeSet;
use std::time::Duration;

use super::message::{Message, Routed};
use super::peer::{MISSING, Peer, tag};
use super::stock::{News, Versions};
use crate::replica::{Context, NodeId};
use crate::sidecar::Sidecar;
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
                if self.is_relay() {
                    self.publish(key.0, change, cx);
                }
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
        let neighbours: BTreeSet<NodeId> = self.early.keys().map(|(from, _)| self.via(*from)).collect();
        for neighbour in neighbours {
            if self.courier.is_connected(neighbour) {
                self.looking = true;
                self.say(neighbour, Message::Hello(self.stock.versions().clone()), cx);
            }
        }
        if self.looking {
            cx.set_timer(MISSING_WAIT, MISSING);
        }
    }

    pub(super) fn greet(&mut self, peer: NodeId, cx: &mut Context<'_>) {
        if self.greeted.insert(peer) {
            self.say(peer, Message::Hello(self.stock.versions().clone()), cx);
        }
    }

    /// A peer says which changes it has: it gets what it lacks, and is asked for what is not here.
    pub(super) fn answer(&mut self, from: NodeId, theirs: &Versions, cx: &mut Context<'_>) {
        if lacks(theirs, self.stock.versions()) {
            // It says what it has, and cannot have less when this arrives.
            let message = Message::News { after: Versions::new(), news: self.stock.since(theirs) };
            let routed = Routed { from: self.me, to: Some(from), message };
            self.courier.send([from], encode(&routed), carries(theirs, self.stock.versions()), cx);
        }
        if lacks(self.stock.versions(), theirs) {
            self.greet(from, cx);
        }
    }

    /// Takes news, or asks for all that is missing here if something before them is.
    pub(super) fn take_news(
        &mut self,
        from: NodeId,
        after: &Versions,
        news: &News,
        sidecar: &Sidecar,
        cx: &mut Context<'_>,
    ) {
        if lacks(self.stock.versions(), after) {
            return self.say(from, Message::Hello(self.stock.versions().clone()), cx);
        }
        let before = self.stock.versions().clone();
        self.stock.take_news(news);
        cx.reflected_all(sidecar);
        if self.is_relay() && lacks(&before, self.stock.versions()) {
            self.forward_news(from, before, cx);
        }
    }
}

/// Whether some of the changes in `other` are not in `has`.
fn lacks(has: &Versions, other: &Versions) -> bool {
    other.iter().any(|(node, n)| has.get(node).copied().unwrap_or(0) < *n)
}

/// A sidecar with the changes in `to` that are not in `from`.
pub(super) fn carries(from: &Versions, to: &Versions) -> Sidecar {
    let of = |(node, last): (&NodeId, &u64)| {
        let first = from.get(node).copied().unwrap_or(0);
        (first + 1..=*last).map(|number| tag(*node, number)).collect::<Vec<_>>()
    };
    Sidecar::tags(to.iter().flat_map(of).collect())
}
