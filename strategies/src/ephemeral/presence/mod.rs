//! `presence`: everybody's own entry, told first hand, and gone when its owner falls silent.
//!
//! A client changes its own entry, counts its clock up, and sends (clock, entry) to everybody; of what a client hears from
//! another the newest clock wins, so copies, overtaking and loss do no harm. Nothing is kept: an entry is said again every
//! heartbeat, and whoever has not been heard of for the timeout is not shown any more. Leaving is an entry that says so. A
//! crash leaves nothing behind, and whoever comes back begins with an empty entry.
//!
//! Source: the awareness protocol of Yjs (y-protocols: client, clock and state; the newest clock wins; a state is renewed
//! at half of the 30 s after which it is outdated; nothing is stored) and Phoenix Presence (a heartbeat of 15 s, down after
//! 30 s). As there, an entry is sent whole, whatever changed in it. Two differences. Everybody is connected with everybody
//! here, so nobody passes on what somebody else said, and a client's clock counts within a connection; in y-protocols the
//! clock goes with a random id that a client draws for each of its lives. And before a client gives up on one that is
//! connected and silent, it asks it, once a tick, as SWIM does (Das, Gupta and Motivala 2002): without that, two heartbeats
//! lost in a row would hide somebody who is there.
//!
//! Trade-offs: no history, no server, a few bytes for each change, nothing to merge; pays with a message to everybody every
//! heartbeat, with ghosts for as long as the timeout, and with holding nothing that has to last or that two people write.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::document::{Document, Edit, EditKind, Kind, Path, Step};
use crate::model::{ModelRef, Operation, Rejected};
use crate::replica::{Context, LinkState, NodeId, OpId, ProtocolError, Replica, Setup, Strategy, Time, Topology};
use crate::sidecar::{Clock, Sidecar};
use crate::spec::{Content, Guarantees, Param, ParamKind, Spec, Support};
use crate::view::View;
use crate::wire;

/// The strategy's card.
pub static SPEC: Spec = Spec {
    name: "presence",
    family: "ephemeral",
    summary: "each client's own entry, said again every heartbeat; who falls silent is gone, and nothing is kept",
    source: "Yjs awareness (y-protocols); Phoenix Presence; asking before giving up as in SWIM",
    library: None,
    topology: Topology::Mesh,
    guarantees: Guarantees {
        converges: true,
        tolerates_duplicates: true,
        tolerates_reordering: true,
        tolerates_loss: true,
        works_offline: true,
        ephemeral: true,
        ..Guarantees::NONE
    },
    params: &[
        Param {
            name: "timeout",
            kind: ParamKind::Span,
            default: "30s",
            help: "who has been silent for so long is not shown any more, at least 30ms; 30 s in y-protocols and, by its \
                   defaults, in Phoenix",
        },
        Param {
            name: "heartbeat",
            kind: ParamKind::Span,
            default: "15s",
            help: "how long after a client's last word it is said again; half of the timeout, as in y-protocols, and never \
                   more than that",
        },
    ],
    support: |kind| match kind {
        EditKind::Put | EditKind::Remove => Support::Native,
        _ => Support::Unsupported("an entry is sent whole, and its owner alone writes it: there is nothing to merge"),
    },
    content: |content| match content {
        Content::Presence => Support::Native,
        _ => Support::Unsupported("it keeps nothing beyond its author's presence"),
    },
    undo: Support::Unsupported("it keeps no history, and what somebody was before is of no use to anybody"),
    build: |params| {
        let timeout = params.span("timeout").max(LEAST_TIMEOUT);
        Box::new(Presence { timeout, heartbeat: params.span("heartbeat").min(timeout / 2) })
    },
};

/// In each there is a tick at which silence is noticed.
const TICKS: u32 = 30;

/// So that a tick takes time: a millisecond.
const LEAST_TIMEOUT: Duration = Duration::from_millis(TICKS as u64);

#[derive(Clone, Copy, Debug)]
struct Presence {
    timeout: Duration,
    heartbeat: Duration,
}

impl Presence {
    /// How often a client looks who is silent. With the defaults a lost heartbeat is asked for a dozen times before its
    /// sender is given up; y-protocols looks every 3 s and does not ask.
    fn tick(&self) -> Duration {
        self.timeout / TICKS
    }
}

/// What a client shows of itself: one value, beside what all replicas started from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Entry {
    path: Path,
    value: Document,
}

/// What travels.
#[derive(Serialize, Deserialize)]
enum Message {
    /// The sender's entry, if it has one.
    State { clock: u64, entry: Option<Entry> },
    /// Nothing was heard from the receiver for a while.
    Ask,
}

impl Strategy for Presence {
    fn replica(&self, setup: &Setup) -> Box<dyn Replica> {
        // Genesis is this strategy's own encoding, made by `Strategy::genesis` a moment ago.
        let base = Document::decode(&setup.genesis).expect("genesis is a document");
        let peers = setup.peers.iter().map(|peer| (*peer, Peer::default())).collect();
        Box::new(Client {
            spans: *self,
            model: setup.model.clone(),
            node: setup.node,
            view: base.clone(),
            base,
            clock: 0,
            own: None,
            said: Time::ZERO,
            peers,
            ticking: false,
            issued: 0,
        })
    }

    fn restore(&self, setup: &Setup, durable: &[u8]) -> Result<Box<dyn Replica>, ProtocolError> {
        match durable {
            [] => Ok(self.replica(setup)),
            _ => Err(ProtocolError::malformed("nothing was saved")),
        }
    }

    fn settling(&self) -> Duration {
        self.timeout + self.heartbeat
    }
}

/// What is known of another client.
#[derive(Debug, Default)]
struct Peer {
    connected: bool,
    /// The newest that was heard on this connection.
    clock: Option<u64>,
    entry: Option<Entry>,
    heard: Time,
}

struct Client {
    spans: Presence,
    model: ModelRef,
    node: NodeId,
    /// What all started from.
    base: Document,
    /// The same with everybody's entries.
    view: Document,
    clock: u64,
    own: Option<Entry>,
    /// When the own entry was last told to everybody.
    said: Time,
    peers: BTreeMap<NodeId, Peer>,
    ticking: bool,
    /// For sidecars only: the last own operation.
    issued: u64,
}

impl Client {
    fn start(&mut self, cx: &mut Context<'_>) {
        if !std::mem::replace(&mut self.ticking, true) {
            cx.set_timer(self.spans.tick(), 0);
        }
    }

    /// The next word, which is news to whoever hears it.
    fn word(&mut self) -> (Vec<u8>, Sidecar) {
        self.clock += 1;
        let state = Message::State { clock: self.clock, entry: self.own.clone() };
        (wire::encode(&state), Sidecar::state(&Clock::from([(self.node, self.issued)])))
    }

    fn say(&mut self, cx: &mut Context<'_>) {
        let (bytes, sidecar) = self.word();
        let connected = self.peers.iter().filter(|(_, peer)| peer.connected).map(|(node, _)| *node);
        cx.broadcast(connected, bytes, sidecar);
        self.said = cx.now();
    }

    fn tell(&mut self, peer: NodeId, cx: &mut Context<'_>) {
        let (bytes, sidecar) = self.word();
        cx.send(peer, bytes, sidecar);
    }

    /// The own entry and the view after an operation's edits, or why it is refused.
    fn change(&self, edits: &[Edit]) -> Result<(Option<Entry>, Document), Rejected> {
        let Some(first) = edits.first() else { return Ok((self.own.clone(), self.view.clone())) };
        let path = self.own.as_ref().map_or(first.path(), |own| &own.path);
        if !edits.iter().all(|edit| edit.path().starts_with(path)) {
            return Err(Rejected::new("foreign", format!("only what is at {path} is this client's to change")));
        }
        if self.own.is_none() {
            self.free(path, self.node).map_err(|reason| Rejected::new("foreign", reason))?;
        }
        let (view, _) = self.view.produce(edits).map_err(|error| Rejected::new("edit_refused", error.to_string()))?;
        let value = view.at(path).cloned();
        Ok((value.map(|value| Entry { path: path.clone(), value }), view))
    }

    /// Whether `node` may show something at `path`: in a map that all started from, and where nothing else is shown.
    fn free(&self, path: &Path, node: NodeId) -> Result<(), String> {
        let Some((Step::Key(_), parent)) = path.split_last() else { return Err(format!("no entry can be at {path}")) };
        if self.base.at(parent).map(Document::kind) != Some(Kind::Map) || self.base.at(path).is_some() {
            return Err(format!("no entry can be at {path}"));
        }
        let own = self.own.as_ref().filter(|_| node != self.node);
        let others = self.peers.iter().filter(|(other, _)| **other != node).filter_map(|(_, peer)| peer.entry.as_ref());
        if own.into_iter().chain(others).any(|entry| entry.path == *path) {
            return Err(format!("somebody else is shown at {path}"));
        }
        Ok(())
    }

    /// The view with another client's entry in the place of the one before.
    fn showing(&self, node: NodeId, old: Option<&Entry>, new: Option<&Entry>) -> Result<Document, ProtocolError> {
        let mut view = self.view.clone();
        let moved = old.filter(|old| new.is_none_or(|new| new.path != old.path));
        let removed = moved.map(|old| Edit::Remove { path: old.path.clone() });
        let put = new.map(|new| Edit::Put { path: new.path.clone(), value: new.value.clone() });
        if let Some(new) = new.filter(|new| old.is_none_or(|old| new.path != old.path)) {
            self.free(&new.path, node).map_err(ProtocolError::Unexpected)?;
        }
        let edits: Vec<Edit> = removed.into_iter().chain(put).collect();
        view.apply_all(&edits).map_err(ProtocolError::malformed)?;
        Ok(view)
    }

    fn hear(
        &mut self,
        from: NodeId,
        clock: u64,
        entry: Option<Entry>,
        cx: &mut Context<'_>,
    ) -> Result<(), ProtocolError> {
        let peer = self.peers.get(&from).ok_or_else(|| ProtocolError::Unexpected(format!("{from} is no peer")))?;
        if peer.clock.is_some_and(|newest| newest >= clock) {
            cx.count("older_ignored", 1);
            return Ok(());
        }
        if peer.entry != entry {
            self.view = self.showing(from, peer.entry.as_ref(), entry.as_ref())?;
        }
        if let Some(peer) = self.peers.get_mut(&from) {
            (peer.clock, peer.entry, peer.heard) = (Some(clock), entry, cx.now());
        }
        Ok(())
    }

    /// Whoever is silent for too long is not shown any more. Its clock stays: what comes late is still old.
    fn give_up(&mut self, node: NodeId, cx: &mut Context<'_>) {
        let Some(peer) = self.peers.get_mut(&node) else { return };
        if let Some(entry) = peer.entry.take() {
            // It was put there, and nobody else may write there.
            let _ = self.view.apply(&Edit::Remove { path: entry.path });
            cx.count("timed_out", 1);
        }
    }
}

impl Replica for Client {
    fn submit(&mut self, id: OpId, operation: &Operation, cx: &mut Context<'_>) {
        self.start(cx);
        self.issued = id.n;
        let changed = self.model.plan(&self.view, operation).and_then(|plan| {
            let (own, view) = self.change(&plan.edits)?;
            Ok((own, view, plan.outcome))
        });
        cx.reflected(id);
        match changed {
            Ok((own, view, outcome)) => {
                (self.own, self.view) = (own, view);
                self.say(cx);
                cx.shown(id);
                cx.confirmed(id, outcome);
            }
            Err(reason) => cx.rejected(id, reason),
        }
    }

    fn receive(
        &mut self,
        from: NodeId,
        bytes: &[u8],
        sidecar: &Sidecar,
        cx: &mut Context<'_>,
    ) -> Result<(), ProtocolError> {
        match wire::decode(bytes)? {
            Message::State { clock, entry } => self.hear(from, clock, entry, cx)?,
            Message::Ask if self.peers.contains_key(&from) => self.tell(from, cx),
            Message::Ask => return Err(ProtocolError::Unexpected(format!("{from} is no peer"))),
        }
        cx.reflected_all(sidecar);
        Ok(())
    }

    fn timer(&mut self, _: u64, cx: &mut Context<'_>) {
        cx.set_timer(self.spans.tick(), 0);
        if self.own.is_some() && cx.now().since(self.said) >= self.spans.heartbeat {
            self.say(cx);
            cx.count("heartbeats", 1);
        }
        let silent = self.peers.iter().filter(|(_, peer)| peer.entry.is_some());
        let silent: Vec<_> = silent.map(|(node, peer)| (*node, cx.now().since(peer.heard), peer.connected)).collect();
        for (node, silence, connected) in silent {
            if silence >= self.spans.timeout {
                self.give_up(node, cx);
            } else if connected && silence >= self.spans.heartbeat + 2 * self.spans.tick() {
                // A heartbeat that is a tick and a journey late is none; from the second tick on it is lost.
                cx.send(node, wire::encode(&Message::Ask), Sidecar::none());
                cx.count("asked", 1);
            }
        }
    }

    fn link(&mut self, peer: NodeId, state: LinkState, cx: &mut Context<'_>) {
        self.start(cx);
        let Some(known) = self.peers.get_mut(&peer) else { return };
        known.connected = state == LinkState::Up;
        if known.connected {
            // Another connection, and perhaps another life of its owner: clocks begin anew.
            known.clock = None;
            self.tell(peer, cx);
        }
    }

    fn view(&self) -> &dyn View {
        &self.view
    }

    fn durable(&self) -> Vec<u8> {
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Table, Toy, set};

    const SHOWN: &str = "{x:0,y:0}";
    const A: &str = "{a:1,x:0,y:0}";

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    /// Two clients of which the first shows `a`.
    fn shown(strategy: &str) -> Table {
        let mut table = Table::new(strategy, 2);
        table.act(1, &set("a", 1));
        table.deliver(1, 2);
        assert_eq!([1, 2].map(|node| table.sees(node, "fields")), [A, A]);
        table
    }

    #[test]
    fn whoever_is_there_is_shown_for_as_long_as_it_is() {
        let mut table = shown("presence");
        table.pass(seconds(300));
        assert_eq!([1, 2].map(|node| table.sees(node, "fields")), [A, A]);
        // Twenty heartbeats in five minutes, each up to a tick late, and nobody had to ask.
        assert!((18..=20).contains(&table.counted("heartbeats")), "{}", table.counted("heartbeats"));
        assert_eq!((table.counted("asked"), table.counted("timed_out")), (0, 0));
    }

    #[test]
    fn whoever_is_silent_is_gone_after_the_timeout_and_back_with_its_next_word() {
        for (strategy, timeout) in [("presence", seconds(30)), ("presence:timeout=3s", seconds(3))] {
            let mut table = shown(strategy);
            table.cut(1, 2);
            table.pass(timeout / 2);
            assert_eq!(table.sees(2, "fields"), A, "{strategy}");
            table.pass(timeout / 2 + timeout / TICKS);
            assert_eq!([1, 2].map(|node| table.sees(node, "fields")), [A, SHOWN], "{strategy}");
            assert_eq!(table.counted("timed_out"), 1);
            table.connect(1, 2);
            table.deliver(1, 2);
            assert_eq!(table.sees(2, "fields"), A, "{strategy}");
        }
    }

    #[test]
    fn a_shorter_heartbeat_is_heard_more_often_and_a_longer_one_is_cut() {
        let beats = |strategy: &str| {
            let mut table = shown(strategy);
            table.pass(seconds(60));
            assert_eq!(table.sees(2, "fields"), A, "{strategy}");
            table.counted("heartbeats")
        };
        assert!((3..=4).contains(&beats("presence")) && (25..=30).contains(&beats("presence:heartbeat=2s")));
        assert_eq!(beats("presence:heartbeat=10m"), beats("presence"));
        assert!((10..=12).contains(&beats("presence:timeout=10s")));
    }

    #[test]
    fn the_newest_word_counts_and_an_old_one_is_no_sign_of_life() {
        let mut table = shown("presence");
        table.act(1, &set("a", 2));
        table.act(1, &set("a", 3));
        let late = table.wire(1, 2).pop_front().unwrap();
        table.deliver(1, 2);
        table.hand(1, 2, &late).unwrap();
        assert_eq!(table.sees(2, "fields"), "{a:3,x:0,y:0}");
        assert_eq!(table.counted("older_ignored"), 1);
        for _ in 0..2 {
            table.cut(1, 2);
            table.pass(seconds(16));
            table.hand(1, 2, &late).unwrap();
        }
        assert_eq!(table.sees(2, "fields"), SHOWN);
        table.hand(1, 2, &late).unwrap();
        assert_eq!(table.sees(2, "fields"), SHOWN);
    }

    #[test]
    fn whoever_leaves_is_gone_at_once_and_says_nothing_more() {
        let mut table = shown("presence");
        table.act(1, &Toy::Unset("a".into()));
        table.deliver(1, 2);
        assert_eq!([1, 2].map(|node| table.sees(node, "fields")), [SHOWN, SHOWN]);
        table.pass(seconds(300));
        assert_eq!(table.counted("heartbeats"), 0);
    }

    #[test]
    fn a_lost_heartbeat_is_asked_for() {
        let mut table = shown("presence");
        let mut lost = 0;
        while lost == 0 {
            table.ring();
            lost = table.lose(1, 2);
        }
        table.pass(seconds(40));
        assert_eq!(table.sees(2, "fields"), A);
        assert!(table.counted("asked") >= 1 && table.counted("timed_out") == 0);
    }

    #[test]
    fn a_crash_leaves_nothing_and_the_others_hear_of_it_when_it_is_over() {
        let mut table = shown("presence");
        table.act(2, &set("b", 2));
        table.deliver(2, 1);
        table.cut(1, 2);
        table.crash(1);
        assert_eq!(table.sees(1, "fields"), SHOWN);
        assert_eq!(table.sees(2, "fields"), "{a:1,b:2,x:0,y:0}");
        table.connect(1, 2);
        table.deliver(1, 2);
        table.deliver(2, 1);
        assert_eq!([1, 2].map(|node| table.sees(node, "fields")), ["{b:2,x:0,y:0}"; 2]);
    }

    #[test]
    fn everybody_writes_the_own_entry_and_nothing_else() {
        let mut table = shown("presence");
        for (client, op, code) in [
            (1, set("b", 2), "foreign"),
            (2, set("a", 2), "foreign"),
            (2, set("x", 2), "foreign"),
            (2, Toy::Clear, "foreign"),
            (2, Toy::Unset("b".into()), "edit_refused"),
        ] {
            let id = table.act(client, &op);
            assert_eq!(table.told(id), Some(Err(code.into())), "{op:?}");
        }
        table.run();
        assert_eq!([1, 2].map(|node| table.sees(node, "fields")), [A, A]);
    }

    #[test]
    fn nobody_is_shown_in_a_place_that_is_taken() {
        let mut table = Table::new("presence", 3);
        table.act(1, &set("a", 1));
        table.deliver(1, 2);
        let forged = table.deliver(1, 3);
        table.act(2, &set("b", 2));
        assert!(table.hand(2, 3, &forged).is_err());
        assert_eq!(table.sees(3, "fields"), A);
        table.run();
        table.agree();
    }
}
