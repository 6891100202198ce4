//! `lww-document`: the naive last writer, by whole documents.
//!
//! A client changes its own copy, stamps the whole document with its own wall clock, and sends it to everybody; whoever
//! holds an older stamp takes it. Two changes made at the same time: one of them is gone, and nobody is told. A stamp is
//! (milliseconds, count within the millisecond, node), so no two writes tie unless a clock was set back; then the document
//! with the larger encoding wins, and all replicas agree in the end.
//!
//! Source: "save the file, newest wins" as folder syncers and simple cloud saves do it; the rules for an own write with an
//! old stamp (it loses at once, silently) and for a tie (the larger value wins) are those of Cassandra and other stores
//! that take the client's timestamp.
//!
//! Undo applies the inverse edits of the operation to the document as it is now, fitted to what has changed since; the last
//! 100 own operations can be taken back. Nobody knows what another's document was made on, so an operation is not taken back
//! (`depended_upon`) where others changed the same counter, or the same list or text unless only own items or letters go.
//! An entry of a map that somebody else has written since stays as it is.
//!
//! Trade-offs: trivially simple, works offline, any model; pays with whole documents on the wire and with silent loss,
//! decided by whose clock runs ahead.

mod undo;

use serde::{Deserialize, Serialize};

use crate::document::{Document, diff};
use crate::model::{ModelRef, Operation, Outcome, Plan, Rejected};
use crate::replica::{Context, LinkState, NodeId, OpId, ProtocolError, Replica, Setup, Strategy, Topology};
use crate::sidecar::{Clock, Sidecar, merge_clock};
use crate::spec::{Content, Guarantees, Spec, Support};
use crate::view::View;
use crate::wire;

/// The strategy's card.
pub static SPEC: Spec = Spec {
    name: "lww-document",
    family: "lww",
    summary: "whole documents with the local wall clock; the newest replaces all others",
    source: "folder syncers and cloud saves; Cassandra's rule for client timestamps",
    library: None,
    topology: Topology::Mesh,
    guarantees: Guarantees {
        converges: true,
        tolerates_duplicates: true,
        tolerates_reordering: true,
        works_offline: true,
        depends_on_clocks: true,
        ..Guarantees::NONE
    },
    params: &[],
    support: |_| Support::Emulated("the whole document is one register"),
    content: Content::any,
    undo: Support::Emulated("inverse edits of the document as it is now"),
    build: |_| Box::new(LwwDocument),
};

struct LwwDocument;

/// When and by whom a document was written. Ordered by its fields from left to right.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Stamp {
    wall_ms: u64,
    count: u32,
    node: u32,
}

#[derive(Serialize, Deserialize)]
struct State {
    stamp: Stamp,
    data: Document,
}

impl State {
    /// Whether this state replaces `other`.
    fn beats(&self, other: &State) -> bool {
        self.stamp > other.stamp || (self.stamp == other.stamp && self.data.encode() > other.data.encode())
    }
}

impl Strategy for LwwDocument {
    fn replica(&self, setup: &Setup) -> Box<dyn Replica> {
        // Genesis is this strategy's own encoding, made by `Strategy::genesis` a moment ago.
        let data = Document::decode(&setup.genesis).expect("genesis is a document");
        Box::new(Peer::new(setup, State { stamp: Stamp::default(), data }))
    }

    fn restore(&self, setup: &Setup, durable: &[u8]) -> Result<Box<dyn Replica>, ProtocolError> {
        Ok(Box::new(Peer::new(setup, wire::decode(durable)?)))
    }
}

struct Peer {
    model: ModelRef,
    node: NodeId,
    connected: Vec<NodeId>,
    state: State,
    /// The last own stamp, so that two writes in one millisecond differ.
    last: Stamp,
    /// For undo.
    memory: undo::Memory,
    /// For sidecars only.
    seen: Clock,
}

impl Peer {
    fn new(setup: &Setup, state: State) -> Self {
        let last = if state.stamp.node == setup.node.0 { state.stamp } else { Stamp::default() };
        Self {
            model: setup.model.clone(),
            node: setup.node,
            connected: Vec::new(),
            state,
            last,
            memory: undo::Memory::default(),
            seen: Clock::new(),
        }
    }

    /// Changes the own copy and sends it.
    fn write(&mut self, id: OpId, plan: Plan, cx: &mut Context<'_>) -> Result<(), Rejected> {
        let mut data = self.state.data.clone();
        let inverse = data.apply_all(&plan.edits);
        let inverse = inverse.map_err(|error| Rejected::new("edit_refused", error.to_string()))?;
        let state = State { stamp: self.next_stamp(cx), data };
        self.seen.insert(id.client, id.n);
        let wins = state.beats(&self.state);
        // A write that loses here does not bring the write that it lost to.
        let sidecar = if wins { Sidecar::state(&self.seen) } else { Sidecar::op(id) };
        cx.broadcast(self.connected.iter().copied(), wire::encode(&state), sidecar);
        if wins {
            self.memory.made(id.n, plan.edits, inverse);
            self.state = state;
            cx.shown(id);
        } else {
            // There is nothing of it to take back.
            self.memory.made(id.n, Vec::new(), Vec::new());
        }
        cx.reflected(id);
        cx.confirmed(id, plan.outcome);
        Ok(())
    }

    fn next_stamp(&mut self, cx: &Context<'_>) -> Stamp {
        let wall_ms = cx.wall_clock().0 / 1_000_000;
        let count = if self.last.wall_ms == wall_ms { self.last.count + 1 } else { 0 };
        self.last = Stamp { wall_ms, count, node: self.node.0 };
        self.last
    }
}

impl Replica for Peer {
    fn submit(&mut self, id: OpId, operation: &Operation, cx: &mut Context<'_>) {
        let written = self.model.plan(&self.state.data, operation).and_then(|plan| self.write(id, plan, cx));
        if let Err(reason) = written {
            refuse(id, reason, &mut self.seen, cx);
        }
    }

    fn undo(&mut self, id: OpId, target: OpId, cx: &mut Context<'_>) {
        let written = self.memory.take_back(target.n, &self.state.data).and_then(|data| {
            let edits = diff(&self.state.data, &data);
            if !edits.is_empty() {
                return self.write(id, Plan::new(edits), cx);
            }
            // Somebody else has undone it already: no reason to replace everybody's document.
            self.memory.made(id.n, Vec::new(), Vec::new());
            self.seen.insert(id.client, id.n);
            cx.void(id);
            cx.shown(id);
            cx.confirmed(id, Outcome::Null);
            Ok(())
        });
        if let Err(reason) = written {
            refuse(id, reason, &mut self.seen, cx);
        }
    }

    fn receive(
        &mut self,
        _: NodeId,
        bytes: &[u8],
        sidecar: &Sidecar,
        cx: &mut Context<'_>,
    ) -> Result<(), ProtocolError> {
        let state: State = wire::decode(bytes)?;
        if state.beats(&self.state) {
            self.memory.replaced(&self.state.data, &state.data);
            self.state = state;
        } else {
            cx.count("older_ignored", 1);
        }
        merge_clock(&mut self.seen, &sidecar.seen);
        cx.reflected_all(sidecar);
        Ok(())
    }

    fn link(&mut self, peer: NodeId, state: LinkState, cx: &mut Context<'_>) {
        self.connected.retain(|other| *other != peer);
        if state == LinkState::Up {
            self.connected.push(peer);
            self.connected.sort();
            // Whoever comes back gets what is current here; a document that was never written needs no sending.
            if self.state.stamp != Stamp::default() {
                cx.send(peer, wire::encode(&self.state), Sidecar::state(&self.seen));
            }
        }
    }

    fn view(&self) -> &dyn View {
        &self.state.data
    }

    fn durable(&self) -> Vec<u8> {
        wire::encode(&self.state)
    }

    fn saved_sidecar(&self) -> Sidecar {
        Sidecar::state(&self.seen)
    }

    fn recall(&mut self, saved: &Sidecar) {
        merge_clock(&mut self.seen, &saved.seen);
    }
}

/// The operation makes no sense on its author's own copy: the author is told, and nobody else ever hears of it.
fn refuse(id: OpId, reason: Rejected, seen: &mut Clock, cx: &mut Context<'_>) {
    seen.insert(id.client, id.n);
    cx.reflected(id);
    cx.rejected(id, reason);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::trials;
    use crate::testing::{Table, Toy, set, typed};

    fn done() -> Option<Result<Outcome, String>> {
        Some(Ok(Outcome::Null))
    }

    fn depended() -> Option<Result<Outcome, String>> {
        Some(Err("depended_upon".into()))
    }

    /// Time passes between two operations, so that the later one has the later stamp.
    fn act(table: &mut Table, client: u32, toy: &Toy) -> OpId {
        table.now = table.now + std::time::Duration::from_millis(1);
        let id = table.act(client, toy);
        table.run();
        id
    }

    fn undo(table: &mut Table, target: OpId) -> Option<Result<Outcome, String>> {
        table.now = table.now + std::time::Duration::from_millis(1);
        let id = table.undo(target);
        table.run();
        table.agree();
        table.told(id)
    }

    #[test]
    fn what_a_crash_left_is_accounted_for() {
        trials::what_a_crash_left_is_accounted_for("lww-document");
    }

    #[test]
    fn undo_keeps_what_others_did_since() {
        let mut table = Table::new("lww-document", 2);
        let mine = [set("x", 5), Toy::Push(7), typed(0, "mine")].map(|toy| act(&mut table, 1, &toy));
        for toy in [set("y", 6), Toy::Push(8), typed(7, "theirs"), typed(0, "first")] {
            act(&mut table, 2, &toy);
        }
        let later = act(&mut table, 1, &typed(0, "and "));
        assert!(mine.iter().all(|op| undo(&mut table, *op) == done()));
        let parts = ["fields", "list", "text"].map(|part| table.sees(2, part));
        assert_eq!(parts, ["{x:0,y:6}", "[8,2,1]", "\"and firstabctheirs\""].map(str::to_owned));
        assert_eq!(undo(&mut table, later), done());
        assert_eq!(table.sees(2, "text"), "\"firstabctheirs\"");
    }

    #[test]
    fn undo_of_what_others_may_have_wiped_out_is_refused_and_their_values_stay() {
        let mut table = Table::new("lww-document", 2);
        let mine = [set("x", 5), Toy::Add(1), Toy::Pop].map(|toy| act(&mut table, 1, &toy));
        // Whether this is `more` in front of the `m` or `orem` behind it, nobody can tell.
        let letter = act(&mut table, 1, &typed(0, "m"));
        for toy in [set("x", 6), Toy::Add(10), Toy::Push(8), typed(0, "more")] {
            act(&mut table, 2, &toy);
        }
        assert_eq!(mine.map(|op| undo(&mut table, op)), [done(), depended(), depended()]);
        assert_eq!(undo(&mut table, letter), depended());
        let parts = ["fields", "count", "list", "text"].map(|part| table.sees(2, part));
        assert_eq!(parts, ["{x:6,y:0}", "11", "[8,1]", "\"moremabc\""].map(str::to_owned));
    }

    #[test]
    fn what_was_wiped_out_is_not_taken_back_once_more() {
        let mut table = Table::new("lww-document", 2);
        let text = table.act(1, &typed(0, "mine"));
        let field = table.act(1, &set("x", 5));
        // At the same time, and with the larger stamp.
        table.now = table.now + std::time::Duration::from_millis(1);
        table.act(2, &typed(0, "theirs"));
        table.run();
        assert_eq!(table.sees(1, "text"), "\"theirsabc\"");
        assert_eq!((undo(&mut table, text), undo(&mut table, field)), (depended(), done()));
        let parts = ["fields", "text"].map(|part| table.sees(2, part));
        assert_eq!(parts, ["{x:0,y:0}", "\"theirsabc\""].map(str::to_owned));
    }

    #[test]
    fn undo_can_be_undone_and_is_forgotten_after_a_hundred_operations() {
        let mut table = Table::new("lww-document", 1);
        let first = act(&mut table, 1, &set("x", 1));
        let second = act(&mut table, 1, &set("x", 2));
        for value in 2..undo::DEPTH as i64 {
            act(&mut table, 1, &set("y", value));
        }
        let back = table.undo(second);
        assert_eq!((table.told(back), table.sees(1, "fields")), (done(), "{x:1,y:99}".into()));
        assert_eq!(undo(&mut table, first), Some(Err("too_old".into())));
        assert_eq!((undo(&mut table, back), table.sees(1, "fields")), (done(), "{x:2,y:99}".into()));
    }
}
