//! What a client does with changes that have their place.

use std::collections::BTreeMap;

use super::Client;
use crate::ids::change::Change;
use crate::ids::inverse::Inverse;
use crate::ids::state::{Applied, State, Used};
use crate::ids::text_ids::message::{self, Entry, unpacked};
use crate::model::{Outcome, Rejected};
use crate::node::NodeId;
use crate::replica::{Context, ProtocolError};
use crate::sidecar::Sidecar;
use crate::star::lineage::Begun;
use crate::star::{count_duplicates, next_through, unseen};

impl Client {
    /// Takes entries that follow what is here, except for known ones: all or none.
    pub(super) fn take(&mut self, after: u64, entries: &[Entry], cx: &mut Context<'_>) -> Result<(), ProtocolError> {
        let new = unseen(self.saved.seq, after, entries)?;
        let changes = unpacked(new.entries)?;
        let mut used: BTreeMap<NodeId, Used> = BTreeMap::new();
        for (client, change) in &changes {
            let used = used.entry(*client).or_insert_with(|| self.saved.base.used(*client));
            if !used.precedes(change) {
                return Err(ProtocolError::malformed("a change that does not follow its client's last"));
            }
            used.add(change);
        }
        count_duplicates(new.seen, cx);
        if !changes.is_empty() {
            self.saved.seq = new.end;
            self.apply(&changes, cx);
        }
        Ok(())
    }

    fn apply(&mut self, changes: &[(NodeId, Change)], cx: &mut Context<'_>) {
        // If these are the first pending changes and no others, the view has them already.
        let mut pending = self.saved.pending.values();
        let own = |(client, change): &(NodeId, Change)| {
            *client == self.node && pending.next().is_some_and(|pending| pending.change == *change)
        };
        let known = changes.iter().all(own);
        if !known {
            // So that the base view need not be copied to be changed.
            self.view = State::default();
        }
        let mut astray = false;
        for (client, change) in changes {
            if *client == self.node {
                astray |= !self.placed(change, cx);
            } else {
                self.saved.base.apply(*client, change, None);
            }
        }
        astray |= self.disown(cx);
        if !known || self.saved.pending.is_empty() {
            self.refresh(cx);
        }
        message::sidecar(changes).carries.into_iter().for_each(|id| cx.reflected(id));
        if astray {
            self.join(cx);
        }
    }

    /// One of this client's changes has its place. `false` if it is none of those that were sent.
    fn placed(&mut self, change: &Change, cx: &mut Context<'_>) -> bool {
        let mut inverse = self.undo.remembers().then(Inverse::default);
        let applied = self.saved.base.apply(self.node, change, inverse.as_mut());
        let mut mine = false;
        while let Some((n, pending)) = next_through(&mut self.saved.pending, change.n) {
            if pending.change == *change {
                mine = true;
                self.resolve(n, applied, pending.outcome, cx);
                if let (Some(inverse), Some(made)) = (&mut inverse, &pending.inverse) {
                    inverse.complete(made);
                }
            } else {
                self.reject(n, Rejected::number_taken(), cx);
            }
        }
        if let Some(inverse) = inverse.filter(|_| mine && !applied.barred) {
            self.undo.push(change.n, inverse);
        }
        mine
    }

    /// Confirms or rejects one of this client's operations.
    fn resolve(&mut self, n: u64, applied: Applied, outcome: Outcome, cx: &mut Context<'_>) {
        if applied.barred {
            return self.reject(n, Rejected::depended_upon(), cx);
        }
        let id = self.id(n);
        match (self.shown.remove(&n), applied.has_effect) {
            (true, false) => cx.rolled_back(id),
            (false, true) => cx.shown(id),
            _ => {}
        }
        cx.confirmed(id, outcome);
    }

    fn reject(&mut self, n: u64, reason: Rejected, cx: &mut Context<'_>) {
        let id = self.id(n);
        if self.shown.remove(&n) {
            cx.rolled_back(id);
        }
        cx.rejected(id, reason);
    }

    /// Gives up pending changes whose ids were used elsewhere under this client's name; whether there were any.
    fn disown(&mut self, cx: &mut Context<'_>) -> bool {
        let used = self.used();
        self.saved.next = self.saved.next.max(used.next);
        let mut any = false;
        while let Some(first) = self.saved.pending.first_entry().filter(|first| !used.precedes(&first.get().change)) {
            let n = *first.key();
            first.remove();
            self.reject(n, Rejected::number_taken(), cx);
            any = true;
        }
        any
    }

    /// The server has another epoch: what is pending goes again on what it has.
    pub(super) fn start_over(&mut self, begun: Begun<State>, sidecar: &Sidecar, cx: &mut Context<'_>) {
        let Begun { epoch, seq, state, .. } = begun;
        if epoch == self.epoch {
            return count_duplicates(1, cx);
        }
        cx.started_over();
        self.epoch = epoch;
        self.take_over(seq, state, sidecar, cx);
        self.saved.pending.keys().for_each(|n| cx.reflected(self.id(*n)));
        self.join(cx);
    }

    /// Takes a whole state in place of this one.
    pub(super) fn replace(&mut self, seq: u64, state: State, sidecar: &Sidecar, cx: &mut Context<'_>) {
        if seq < self.saved.seq {
            return count_duplicates(1, cx);
        }
        self.take_over(seq, state, sidecar, cx);
    }

    fn take_over(&mut self, seq: u64, state: State, sidecar: &Sidecar, cx: &mut Context<'_>) {
        self.view = State::default();
        (self.saved.seq, self.saved.base) = (seq, state);
        let used = self.used();
        while let Some((n, pending)) = next_through(&mut self.saved.pending, used.n) {
            let barred = used.barred.contains(&n);
            let applied = Applied { has_effect: self.shown.contains(&n), barred, ..Applied::default() };
            self.resolve(n, applied, pending.outcome, cx);
        }
        self.disown(cx);
        self.refresh(cx);
        cx.reflected_all(sidecar);
    }
}
