//! `text-ids`: text and lists by ids, with a server that applies edits as they arrive.
//!
//! Every character and every list item has an id that its author made. An edit says "behind this id" or "delete these
//! ids", so it means the same wherever it is carried out; no edit is ever changed on its way. The server carries edits out
//! in the order of their arrival, keeps the places of what was deleted, and tells everybody. What a client shows is the
//! settled state with its own pending edits carried out on it again: server reconciliation, as in games and Replicache.
//!
//! Faithful in what matters: literal "insert after", tombstones that are never purged, ids in runs as in `articulated`,
//! paths through lists by items. Beside texts and lists the description leaves everything to the product: here maps are by
//! key and the last put in the server's order wins, an increment is an increment, and a moved item keeps its id and gets
//! another place, so two moves of one item leave one item. What does not travel is the operation: what it meant on its
//! author's screen is what is done.
//!
//! An edit whose target is gone (a character in a text that was replaced, a field of a removed record) does nothing. It is
//! counted (`path_errors`, at the server), and where nothing is left of an operation its effect vanishes from its author's
//! screen (rolled back). Its author is told that it stands, as in the real thing: the server knows edits and no intents,
//! and nobody is asked. Deleting what somebody else has deleted is no error; both wanted it gone.
//!
//! Undo is by ids: what was inserted is deleted, what was deleted comes back to its place unless somebody else deleted it
//! too, what was put is replaced by what was there before, if nobody has put anything else since; this the server checks.
//! The last 100 own operations can be taken back, until a crash. What an operation put goes with all that others wrote into
//! it. An undo that comes too late is the one thing that is refused.
//!
//! Source: Matthew Weidner, "Collaborative Text Editing without CRDTs or OT" (2025), and his library `articulated`.
//!
//! Trade-offs: small messages, no transformation, a server that needs no model; for tombstones on every replica for good,
//! and pending edits that are carried out again after every message. Positions survive, invariants do not: two users who
//! took the same item are both told that they have it.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::change::Change;
use super::client::Client;
use super::server::Server;
use super::state::State;
use crate::document::{Document, EditKind};
use crate::replica::{NodeId, OpId, ProtocolError, Replica, Setup, Strategy, Topology};
use crate::sidecar::Sidecar;
use crate::spec::{Content, Growth, Guarantees, Param, ParamKind, Params, Spec, Support};
use crate::wire::{self, decode, encode};

/// The strategy's card.
pub static SPEC: Spec = Spec {
    name: "text-ids",
    family: "ids",
    summary: "edits name characters and items by ids, a server applies them as they come, clients replay their own on top",
    source: "Weidner, \"Collaborative Text Editing without CRDTs or OT\" (2025)",
    library: None,
    topology: Topology::Star,
    guarantees: Guarantees {
        converges: true,
        tolerates_duplicates: true,
        works_offline: true,
        needs_server: true,
        grows: Growth::removals("tombstones: the ids of removed characters and items"),
        ..Guarantees::NONE
    },
    params: &[
        Param {
            name: "history",
            kind: ParamKind::Count,
            default: "1000",
            help: "operations whose edits the server keeps to bring a returning client up to date; who misses older ones \
                   needs a snapshot, tombstones included. 1000 as for `serial`",
        },
        Param {
            name: "batch",
            kind: ParamKind::Span,
            default: "0",
            help: "how long edits are collected before they are sent in one message; 0 sends each at once, as Weidner's \
                   demos do",
        },
    ],
    support: |_: EditKind| Support::Native,
    content: Content::any,
    undo: Support::Native,
    build: |params: &Params| {
        let history = usize::try_from(params.count("history")).unwrap_or(usize::MAX);
        Box::new(TextIds { history, batch: params.span("batch") })
    },
};

struct TextIds {
    history: usize,
    batch: Duration,
}

impl Strategy for TextIds {
    fn replica(&self, setup: &Setup) -> Box<dyn Replica> {
        // Genesis is this strategy's own encoding, made by `Strategy::genesis` a moment ago.
        let state = State::genesis(Document::decode(&setup.genesis).expect("genesis is a document"));
        if setup.node == NodeId::SERVER {
            Box::new(Server::new(self.history, state))
        } else {
            Box::new(Client::new(setup, self.batch, state))
        }
    }

    fn restore(&self, setup: &Setup, durable: &[u8]) -> Result<Box<dyn Replica>, ProtocolError> {
        if setup.node == NodeId::SERVER {
            Ok(Box::new(Server::restore(self.history, durable)?))
        } else {
            Ok(Box::new(Client::restore(setup, self.batch, durable)?))
        }
    }
}

/// A change as it travels and is kept: its edits would be several times as large in memory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Packed(#[serde(with = "wire::bytes")] Arc<[u8]>);

impl Packed {
    pub(super) fn of(change: &Change) -> Self {
        Self(encode(change).into())
    }

    pub(super) fn change(&self) -> Result<Change, ProtocolError> {
        decode(&self.0)
    }
}

#[derive(Serialize, Deserialize)]
pub(super) enum ToServer {
    /// "Send me what follows `seq`, and from then on everything."
    Join { seq: u64 },
    /// Changes that follow the own one with the number `after`, one after the other.
    Push { after: u64, changes: Vec<Packed> },
}

/// One place in the server's order.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Entry {
    pub(super) author: NodeId,
    pub(super) change: Packed,
}

#[derive(Serialize, Deserialize)]
pub(super) struct ToClient {
    /// Whether this answers a join.
    pub(super) joined: bool,
    pub(super) news: News,
}

#[derive(Serialize, Deserialize)]
pub(super) enum News {
    /// What follows the place `after`, without gaps. Authors get their own changes too.
    Entries { after: u64, entries: Vec<Entry> },
    /// Everything, where not all entries are kept that the client misses.
    Snapshot { seq: u64, state: State },
}

/// Entries with their changes.
pub(super) fn unpacked(entries: &[Entry]) -> Result<Vec<(NodeId, Change)>, ProtocolError> {
    entries.iter().map(|entry| Ok((entry.author, entry.change.change()?))).collect()
}

pub(super) fn carries(changes: &[(NodeId, Change)]) -> Sidecar {
    let carries = changes.iter().map(|(client, change)| OpId { client: *client, n: change.n }).collect();
    Sidecar { carries, ..Sidecar::none() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::trials;
    use crate::testing::{Table, Toy, set, typed};

    const STANDS: Option<Result<Document, String>> = Some(Ok(Document::Null));

    #[test]
    fn the_own_edit_is_there_at_once_and_settled_after_a_round_trip() {
        let mut table = Table::new("text-ids", 2);
        let op = table.act(1, &typed(3, "d"));
        assert_eq!((table.sees(1, "text"), table.settled(1, "text")), ("\"abcd\"".into(), "\"abc\"".into()));
        assert_eq!((table.shown(op), table.told(op)), (1, None));
        table.run();
        assert_eq!((table.settled(1, "text"), table.told(op)), ("\"abcd\"".into(), STANDS));
        table.agree();
    }

    #[test]
    fn pending_edits_go_where_they_were_meant_to_and_runs_stay_whole() {
        let mut table = Table::new("text-ids", 2);
        for (client, text) in [(1, "xyz"), (2, "123")] {
            for (offset, letter) in text.chars().enumerate() {
                table.act(client, &typed(2 + offset, &letter.to_string()));
            }
        }
        table.act(1, &typed(0, ">"));
        // The first edits of the first come to the second, who has its own on top: right behind the b, as the server will
        // have it.
        (0..2).for_each(|_| drop(table.deliver(1, 0)));
        (0..2).for_each(|_| drop(table.deliver(0, 2)));
        assert_eq!(table.sees(2, "text"), "\"ab123xyc\"");
        table.run();
        assert_eq!(table.sees(2, "text"), "\">ab123xyzc\"");
        table.agree();
    }

    #[test]
    fn increments_add_and_an_item_goes_to_two() {
        let mut table = Table::new("text-ids", 2);
        let pops = [1, 2].map(|client| table.act(client, &Toy::Pop));
        for client in [1, 2] {
            table.act(client, &Toy::Add(client.into()));
        }
        table.run();
        assert_eq!((table.sees(1, "count"), table.sees(1, "list")), ("3".into(), "[1]".into()));
        assert!(pops.iter().all(|op| table.told(*op) == Some(Ok(Document::Int(2))) && table.rolled_back(*op) == 0));
        table.agree();
    }

    #[test]
    fn what_is_done_within_a_window_is_one_message() {
        for (strategy, messages) in [("text-ids:batch=10ms", 1), ("text-ids", 3)] {
            let mut table = Table::new(strategy, 2);
            for at in 0..3 {
                table.act(1, &typed(at, "x"));
            }
            if table.wire(1, 0).is_empty() {
                table.ring();
            }
            assert_eq!(table.wire(1, 0).len(), messages, "{strategy}");
            (0..messages).for_each(|_| drop(table.deliver(1, 0)));
            assert_eq!(table.wire(0, 2).len(), messages, "{strategy}");
            table.run();
            table.agree();
        }
    }

    #[test]
    fn an_edit_whose_target_is_gone_is_counted_and_vanishes() {
        let mut table = Table::new("text-ids", 2);
        table.act(1, &Toy::Clear);
        let lost = table.act(2, &set("x", 5));
        let next = table.act(2, &Toy::Push(7));
        table.run();
        assert_eq!((table.counted("path_errors"), table.rolled_back(lost), table.rolled_back(next)), (1, 1, 0));
        assert_eq!([lost, next].map(|op| table.told(op)), [STANDS, STANDS]);
        assert_eq!(table.sees(2, "list"), "[7,2,1]");
        table.agree();
    }

    #[test]
    fn pending_edits_survive_a_crash_and_are_done_once() {
        let mut table = Table::new("text-ids:history=0", 2);
        let reached = table.act(1, &typed(1, "x"));
        table.deliver(1, 0);
        table.cut(0, 1);
        let offline = table.act(1, &typed(2, "y"));
        table.act(2, &typed(1, "z"));
        table.run();
        table.crash(1);
        assert_eq!((table.sees(1, "text"), table.settled(1, "text")), ("\"axybc\"".into(), "\"abc\"".into()));
        table.connect(0, 1);
        table.run();
        assert_eq!([reached, offline].map(|op| table.told(op)), [STANDS, STANDS]);
        assert_eq!((table.sees(2, "text"), table.counted("snapshots")), ("\"azxybc\"".into(), 1));
        table.crash(0);
        table.crash(2);
        table.agree();
    }

    #[test]
    fn who_missed_more_than_the_history_gets_a_snapshot_and_keeps_its_own() {
        for (history, snapshots) in [(3, 1), (5, 0)] {
            let mut table = Table::new(&format!("text-ids:history={history}"), 2);
            table.cut(0, 1);
            let own = table.act(1, &Toy::Push(7));
            for item in 0..5 {
                table.act(2, &Toy::Push(10 + item));
            }
            table.run();
            table.connect(0, 1);
            table.run();
            assert_eq!((table.counted("snapshots"), table.told(own)), (snapshots, STANDS));
            assert_eq!(table.sees(2, "list"), "[7,14,13,12,11,10,2,1]");
            table.agree();
        }
    }

    #[test]
    fn an_old_message_changes_nothing_and_one_that_skips_is_refused() {
        let mut table = Table::new("text-ids", 1);
        for _ in 0..3 {
            table.act(1, &Toy::Add(1));
        }
        let first = table.deliver(1, 0);
        table.hand(1, 0, &first).unwrap();
        let [second, third] = [(), ()].map(|()| table.wire(1, 0).pop_front().unwrap());
        assert!(matches!(table.hand(1, 0, &third), Err(ProtocolError::Unexpected(_))));
        table.hand(1, 0, &second).unwrap();
        table.hand(1, 0, &third).unwrap();
        let [answer, next] = [(), ()].map(|()| table.wire(0, 1).pop_front().unwrap());
        assert!(matches!(table.hand(0, 1, &next), Err(ProtocolError::Unexpected(_))));
        (0..2).for_each(|_| table.hand(0, 1, &answer).unwrap());
        table.hand(0, 1, &next).unwrap();
        table.run();
        assert_eq!((table.sees(1, "count"), table.counted("duplicates_ignored")), ("3".into(), 2));
        table.agree();
    }

    #[test]
    fn undo_takes_back_the_own_and_keeps_what_others_typed_into_it() {
        let mut table = Table::new("text-ids", 2);
        let [word, pop] = [table.act(1, &typed(1, "xyz")), table.act(1, &Toy::Pop)];
        table.run();
        table.act(2, &typed(2, "!"));
        table.act(2, &Toy::Push(7));
        table.run();
        let undos = [table.undo(word), table.undo(pop)];
        assert_eq!((table.sees(1, "text"), table.sees(1, "list")), ("\"a!bc\"".into(), "[7,2,1]".into()));
        table.run();
        assert_eq!(undos.map(|undo| table.told(undo)), [STANDS, STANDS]);
        table.agree();
        // Nothing is taken back twice, and nothing before it stands.
        let again = table.undo(word);
        let fresh = table.act(1, &typed(0, "x"));
        let early = table.undo(fresh);
        assert_eq!([again, early].map(|undo| table.told(undo)), [(); 2].map(|()| Some(Err("too_old".into()))));
    }

    #[test]
    fn undo_of_what_changed_nothing_changes_nothing() {
        let mut table = Table::new("text-ids", 2);
        let nothing = table.act(1, &typed(1, ""));
        assert_eq!((table.told(nothing), table.wire(1, 0).len()), (STANDS, 0));
        table.act(1, &Toy::Clear);
        let lost = table.act(2, &set("x", 5));
        table.run();
        let undos = [nothing, lost].map(|op| table.undo(op));
        table.run();
        assert_eq!(undos.map(|undo| table.told(undo)), [STANDS, STANDS]);
        table.agree();
    }

    #[test]
    fn an_undo_that_comes_too_late_is_refused_by_entries_and_by_a_snapshot() {
        for history in [0, 1000] {
            let mut table = Table::new(&format!("text-ids:history={history}"), 2);
            let put = table.act(1, &set("x", 5));
            table.run();
            table.act(2, &set("x", 6));
            let undo = table.undo(put);
            assert_eq!(table.sees(1, "fields"), "{x:0,y:0}");
            table.deliver(2, 0);
            table.deliver(1, 0);
            // The answer gets lost; what brings the client up to date tells of it too.
            table.cut(0, 1);
            table.connect(0, 1);
            table.run();
            assert_eq!(table.counted("snapshots"), u64::from(history == 0));
            assert_eq!((table.told(undo), table.rolled_back(undo)), (Some(Err("depended_upon".into())), 1));
            assert_eq!(table.sees(1, "fields"), "{x:6,y:0}");
            let late = table.undo(put);
            assert_eq!(table.told(late), Some(Err("too_old".into())));
            table.agree();
        }
    }

    #[test]
    fn undo_is_forgotten_after_a_hundred_operations() {
        trials::a_hundred_can_be_taken_back("text-ids");
    }
}
