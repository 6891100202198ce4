//! A client of `text-ids`: the settled state, and what is pending on top of it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ops::Bound;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::back::Back;
use super::change::Change;
use super::state::{Author, Done, State, UNDO_DEPTH, follows};
use super::text_ids::{Entry, News, Packed, ToClient, ToServer, carries, unpacked};
use super::tree::Fresh;
use crate::model::{ModelRef, Operation, Outcome, Plan, Rejected};
use crate::replica::{Context, LinkState, NodeId, OpId, ProtocolError, Replica, Setup};
use crate::sidecar::Sidecar;
use crate::uplink::Uplink;
use crate::view::View;
use crate::wire::{decode, encode};

/// An own operation that has no place yet.
#[derive(Serialize, Deserialize)]
struct Pending {
    change: Change,
    outcome: Outcome,
    /// What would take it back on the screen on which it was made.
    #[serde(skip)]
    back: Back,
}

#[derive(Serialize, Deserialize)]
struct ClientState {
    seq: u64,
    settled: State,
    /// The next free id.
    next: u64,
    pending: BTreeMap<u64, Pending>,
}

pub(super) struct Client {
    model: ModelRef,
    node: NodeId,
    uplink: Uplink,
    /// The settled state with what is pending on it.
    view: State,
    /// Pending operations that have an effect in the view.
    standing: BTreeSet<u64>,
    /// The latest own operations that have their place, with what takes them back.
    undo: VecDeque<(u64, Back)>,
    state: ClientState,
}

impl Client {
    pub(super) fn new(setup: &Setup, batch: Duration, settled: State) -> Self {
        Self::with(setup, batch, ClientState { seq: 0, settled, next: 0, pending: BTreeMap::new() })
    }

    pub(super) fn restore(setup: &Setup, batch: Duration, durable: &[u8]) -> Result<Self, ProtocolError> {
        let state: ClientState = decode(durable)?;
        let mut used = state.settled.author(setup.node);
        for (n, pending) in &state.pending {
            if *n != pending.change.n || !follows(&used, &pending.change) {
                return Err(ProtocolError::malformed("pending changes that do not follow"));
            }
            used.took(&pending.change);
        }
        if state.next < used.next {
            return Err(ProtocolError::malformed("ids that are used already"));
        }
        Ok(Self::with(setup, batch, state))
    }

    fn with(setup: &Setup, batch: Duration, state: ClientState) -> Self {
        let mut client = Self {
            model: setup.model.clone(),
            node: setup.node,
            uplink: Uplink::new(batch),
            view: State::default(),
            standing: BTreeSet::new(),
            undo: VecDeque::new(),
            state,
        };
        client.replay();
        client
    }

    fn id(&self, n: u64) -> OpId {
        OpId { client: self.node, n }
    }

    fn used(&self) -> Author {
        self.state.settled.author(self.node)
    }

    /// Refuses what somebody else has done before under this client's name.
    fn taken(&self, id: OpId, cx: &mut Context<'_>) -> bool {
        let taken = id.n <= self.used().n;
        if taken {
            cx.rejected(id, number_taken());
        }
        taken
    }

    /// Undo pending, redo pending: the view is made anew.
    fn replay(&mut self) {
        self.view = self.state.settled.clone();
        self.standing.clear();
        for (n, pending) in &self.state.pending {
            if self.view.carry_out(self.node, &pending.change, None).stands {
                self.standing.insert(*n);
            }
        }
    }

    /// Shows the settled state with what is pending, and says what came and went.
    fn refresh(&mut self, cx: &mut Context<'_>) {
        let before = self.standing.clone();
        self.replay();
        for n in self.standing.difference(&before) {
            cx.shown(self.id(*n));
        }
        for n in before.difference(&self.standing) {
            cx.rolled_back(self.id(*n));
        }
    }

    /// What a plan means, by ids, and the view with it.
    fn change(&self, id: OpId, plan: &Plan, back: &mut Back) -> Result<(Change, State), Rejected> {
        let refused = |what: String| Rejected::new("edit_refused", what);
        let mut view = self.view.clone();
        let mut fresh = Fresh { client: self.node, next: self.state.next };
        let mut edits = Vec::with_capacity(plan.edits.len());
        for edit in &plan.edits {
            let translated = view.translate(edit).ok_or_else(|| refused(format!("{edit:?} does not fit")))?;
            for edit in translated {
                if !view.edit(&edit, id, &mut fresh, Some(back)) {
                    return Err(refused(format!("{edit:?} does not fit")));
                }
                edits.push(edit);
            }
        }
        back.edits.reverse();
        Ok((Change { n: id.n, first: self.state.next, needs: Vec::new(), edits }, view))
    }

    /// Shows an own change and sends it, now or later.
    fn make(&mut self, view: State, pending: Pending, cx: &mut Context<'_>) {
        let id = self.id(pending.change.n);
        cx.shown(id);
        // What is shown is what the server's order gives if nothing comes between, so whoever has taken the same
        // operations into account shows the same.
        cx.reflected(id);
        if pending.change.edits.is_empty() {
            cx.void(id);
            self.remember(id.n, Back::default());
            return cx.confirmed(id, pending.outcome);
        }
        self.view = view;
        self.standing.insert(id.n);
        self.state.next = pending.change.end().unwrap_or(u64::MAX);
        self.state.pending.insert(id.n, pending);
        self.push_soon(cx);
    }

    fn push_soon(&mut self, cx: &mut Context<'_>) {
        if self.uplink.ready(cx) {
            self.push(cx);
        }
    }

    /// Sends what was not sent on this connection.
    fn push(&mut self, cx: &mut Context<'_>) {
        let after = self.uplink.pushed();
        let unsent = self.state.pending.range((Bound::Excluded(after), Bound::Unbounded));
        let (mut changes, mut carries) = (Vec::new(), Vec::new());
        for (n, pending) in unsent {
            changes.push(Packed::of(&pending.change));
            carries.push(self.id(*n));
            self.uplink.push(*n);
        }
        if !changes.is_empty() {
            let message = ToServer::Push { after, changes };
            cx.send(NodeId::SERVER, encode(&message), Sidecar { carries, ..Sidecar::none() });
        }
    }

    /// Asks for what was missed. Nothing goes out before the answer.
    fn join(&mut self, cx: &mut Context<'_>) {
        self.uplink.hold();
        cx.send(NodeId::SERVER, encode(&ToServer::Join { seq: self.state.seq }), Sidecar::none());
    }

    /// Takes entries that follow what is here, known ones left aside; all of them or none.
    fn entries(&mut self, after: u64, entries: &[Entry], cx: &mut Context<'_>) -> Result<(), ProtocolError> {
        let here = self.state.seq;
        let known =
            here.checked_sub(after).ok_or_else(|| ProtocolError::Unexpected(format!("{after} follows {here}")))?;
        let end = after.checked_add(entries.len() as u64);
        let end = end.ok_or_else(|| ProtocolError::malformed("beyond the last place"))?;
        let known = usize::try_from(known).unwrap_or(usize::MAX).min(entries.len());
        let new = unpacked(&entries[known..])?;
        let mut used: BTreeMap<NodeId, Author> = BTreeMap::new();
        for (author, change) in &new {
            let used = used.entry(*author).or_insert_with(|| self.state.settled.author(*author));
            if !follows(used, change) {
                return Err(ProtocolError::malformed("a change that does not follow its author's last"));
            }
            used.took(change);
        }
        if known > 0 {
            cx.count("duplicates_ignored", known as u64);
        }
        if !new.is_empty() {
            self.state.seq = end;
            self.take(&new, cx);
        }
        Ok(())
    }

    fn take(&mut self, new: &[(NodeId, Change)], cx: &mut Context<'_>) {
        // With own pending changes alone the view is what it was: they are in it already.
        let mut pending = self.state.pending.values();
        let own = |(author, change): &(NodeId, Change)| {
            *author == self.node && pending.next().is_some_and(|pending| pending.change == *change)
        };
        let known = new.iter().all(own);
        if !known {
            // So that the settled state need not be copied in order to be changed.
            self.view = State::default();
        }
        let mut astray = false;
        for (author, change) in new {
            if *author == self.node {
                astray |= !self.placed(change, cx);
            } else {
                self.state.settled.carry_out(*author, change, None);
            }
        }
        astray |= self.disown(cx);
        if !known || self.state.pending.is_empty() {
            self.refresh(cx);
        }
        carries(new).carries.into_iter().for_each(|id| cx.reflected(id));
        if astray {
            self.join(cx);
        }
    }

    /// An own change has its place. `false` if it is none of those that were sent.
    fn placed(&mut self, change: &Change, cx: &mut Context<'_>) -> bool {
        let mut back = Back::default();
        let done = self.state.settled.carry_out(self.node, change, Some(&mut back));
        let mut mine = false;
        while let Some(first) = self.state.pending.first_entry().filter(|first| *first.key() <= change.n) {
            let (n, pending) = first.remove_entry();
            if pending.change == *change {
                mine = true;
                self.settle(n, done, pending.outcome, cx);
                back.complete(&pending.back);
            } else {
                self.refuse(n, number_taken(), cx);
            }
        }
        if mine && !done.barred {
            self.remember(change.n, back);
        }
        mine
    }

    fn remember(&mut self, n: u64, back: Back) {
        self.undo.push_back((n, back));
        let forget = self.undo.len().saturating_sub(UNDO_DEPTH);
        self.undo.drain(..forget);
    }

    /// Tells the user what became of an own operation.
    fn settle(&mut self, n: u64, done: Done, outcome: Outcome, cx: &mut Context<'_>) {
        if done.barred {
            return self.refuse(n, depended_upon(), cx);
        }
        let id = self.id(n);
        match (self.standing.remove(&n), done.stands) {
            (true, false) => cx.rolled_back(id),
            (false, true) => cx.shown(id),
            _ => {}
        }
        cx.confirmed(id, outcome);
    }

    fn refuse(&mut self, n: u64, reason: Rejected, cx: &mut Context<'_>) {
        let id = self.id(n);
        if self.standing.remove(&n) {
            cx.rolled_back(id);
        }
        cx.rejected(id, reason);
    }

    /// Gives up pending changes whose ids somebody else has used under this client's name; whether there were any.
    fn disown(&mut self, cx: &mut Context<'_>) -> bool {
        let used = self.used();
        self.state.next = self.state.next.max(used.next);
        let mut any = false;
        while let Some(first) = self.state.pending.first_entry() {
            if follows(&used, &first.get().change) {
                break;
            }
            let n = *first.key();
            first.remove();
            self.refuse(n, number_taken(), cx);
            any = true;
        }
        any
    }

    /// Takes a whole state in place of this one.
    fn snapshot(&mut self, seq: u64, state: State, sidecar: &Sidecar, cx: &mut Context<'_>) {
        if seq < self.state.seq {
            return cx.count("duplicates_ignored", 1);
        }
        self.view = State::default();
        (self.state.seq, self.state.settled) = (seq, state);
        let used = self.used();
        while let Some(first) = self.state.pending.first_entry().filter(|first| *first.key() <= used.n) {
            let (n, pending) = first.remove_entry();
            let barred = used.barred.contains(&n);
            let done = Done { stands: self.standing.contains(&n), barred, ..Done::default() };
            self.settle(n, done, pending.outcome, cx);
        }
        self.disown(cx);
        self.refresh(cx);
        cx.reflected_all(sidecar);
    }
}

fn number_taken() -> Rejected {
    Rejected::new("number_taken", "somebody else acted under this client's name")
}

fn depended_upon() -> Rejected {
    Rejected::new("depended_upon", "its places hold something else by now")
}

impl Replica for Client {
    fn submit(&mut self, id: OpId, operation: &Operation, cx: &mut Context<'_>) {
        if self.taken(id, cx) {
            return;
        }
        let mut back = Back::default();
        let made = self.model.plan(&self.view.document, operation).and_then(|plan| {
            let (change, view) = self.change(id, &plan, &mut back)?;
            Ok((change, view, plan.outcome))
        });
        match made {
            Ok((change, view, outcome)) => self.make(view, Pending { change, outcome, back }, cx),
            Err(reason) => cx.rejected(id, reason),
        }
    }

    fn undo(&mut self, id: OpId, target: OpId, cx: &mut Context<'_>) {
        if self.taken(id, cx) {
            return;
        }
        let Some(index) = self.undo.iter().position(|(n, _)| *n == target.n) else {
            return cx.rejected(id, Rejected::new("too_old", format!("{target} is no longer remembered")));
        };
        let Back { needs, edits } = self.undo[index].1.clone();
        let change = Change { n: id.n, first: self.state.next, needs, edits };
        let (mut view, mut back) = (self.view.clone(), Back::default());
        if view.carry_out(self.node, &change, Some(&mut back)).barred {
            return cx.rejected(id, depended_upon());
        }
        self.undo.remove(index);
        self.make(view, Pending { change, outcome: Outcome::Null, back }, cx);
    }

    fn receive(
        &mut self,
        from: NodeId,
        bytes: &[u8],
        sidecar: &Sidecar,
        cx: &mut Context<'_>,
    ) -> Result<(), ProtocolError> {
        if from != NodeId::SERVER {
            return Err(ProtocolError::Unexpected(format!("from {from}, not from the server")));
        }
        let ToClient { joined, news } = decode(bytes)?;
        match news {
            News::Entries { after, entries } => self.entries(after, &entries, cx)?,
            News::Snapshot { seq, state } => self.snapshot(seq, state, sidecar, cx),
        }
        if joined && self.uplink.answered(self.used().n) {
            self.push(cx);
        }
        Ok(())
    }

    fn timer(&mut self, tag: u64, cx: &mut Context<'_>) {
        if self.uplink.rings(tag) {
            self.push(cx);
        }
    }

    fn link(&mut self, _: NodeId, state: LinkState, cx: &mut Context<'_>) {
        if state == LinkState::Up {
            self.join(cx);
        }
        // Without anything that the server might have seen already there is nothing to wait for.
        self.uplink.link(state == LinkState::Up && self.state.pending.is_empty(), self.used().n);
    }

    fn view(&self) -> &dyn View {
        &self.view.document
    }

    fn confirmed(&self) -> Option<&dyn View> {
        Some(&self.state.settled.document)
    }

    fn durable(&self) -> Vec<u8> {
        encode(&self.state)
    }
}
