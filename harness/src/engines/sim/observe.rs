//! What can be observed of a run: the states that users see, every event for the ledger, the trace digest and the probes,
//! and the result.

use std::collections::BTreeMap;

use syncbench_strategies::document::{Digest, Document, Fingerprint};
use syncbench_strategies::replica::{NodeId, Time};
use syncbench_strategies::view::View;

use super::line::Line;
use super::{Sim, Work};
use crate::engines::node::Node;
use crate::event::{Event, What};
use crate::faults::Met;
use crate::run_result::RunResult;
use crate::wire::Wire;

impl Sim<'_> {
    /// Looks at the state of every client that was called since the last look.
    pub(super) fn look(&mut self) {
        while let Some(id) = self.touched.pop_first() {
            let Some(node) = self.replicas[id.0 as usize].as_ref().filter(|node| node.id != NodeId::SERVER) else {
                continue;
            };
            let view = node.replica.view();
            let digest = self.digests.of(view);
            if self.shown.insert(id, digest) == Some(digest) {
                continue;
            }
            let broken = self.judged.broken(digest, || self.task.workload.invariant(&view.document()));
            self.emit(id, What::State(digest));
            if let Some(reason) = broken {
                self.emit(id, What::Broken(reason));
            }
        }
        self.emit(NodeId::SERVER, What::InstantEnd);
    }

    pub(super) fn emit(&mut self, node: NodeId, what: What) {
        self.enter(Event { at: self.now, node, what });
    }

    pub(super) fn enter(&mut self, event: Event) {
        let (entered, shown) = match &mut self.saboteur {
            None => (1, 1),
            Some(saboteur) => (saboteur.enters(&event), saboteur.shows(&event)),
        };
        (0..entered).for_each(|_| self.ledger.enter(&event));
        self.tracer.event(&event);
        for probe in self.probes.iter_mut() {
            (0..shown).for_each(|_| probe.event(&event, &self.ledger));
        }
    }

    pub(super) fn end(mut self) -> RunResult {
        self.look();
        let mut finals: Vec<(NodeId, Document)> =
            self.replicas.iter().flatten().map(|node| (node.id, node.replica.view().document())).collect();
        self.saboteur.iter_mut().for_each(|saboteur| saboteur.finals(&mut finals));
        let healed_at = self.timeline.healed_at();
        let flights: Vec<_> = self.ledger.entries().map(|entry| (entry.issued, entry.visible)).collect();
        let (touches, reopenings) = (self.conditions.touches(), &self.reopenings);
        let met = Met { touches, operations: &flights, reopenings, nodes: &self.nodes };
        let coverage = self.task.faults.coverage(&met, healed_at, self.now);
        let clients = self.replicas.iter().flatten().filter(|node| node.id != NodeId::SERVER);
        let stored_bytes = clients.map(|node| node.replica.durable().len() as u64).max().unwrap_or(0);
        let kept = |node: &&Node| self.task.keeps_saved && node.id <= NodeId(1);
        let saved = self.replicas.iter().flatten().filter(kept).map(|node| (node.id, node.replica.durable())).collect();
        let last_issue = flights.iter().map(|(issued, _)| *issued).max().unwrap_or(Time::ZERO);
        let count =
            |pending: fn(&Self, &Work) -> bool| self.queue.pending().filter(|work| pending(&self, work)).count() as u64;
        let messages = count(|_, work| matches!(work, Work::Reach(_) | Work::Deliver(_) | Work::Serve { .. }));
        let held: u64 = self.lines.iter().map(Line::messages_held).sum();
        let messages_in_flight =
            messages + held + self.wires.all().map(Wire::waiting).sum::<u64>() + self.hold.waiting();
        let timers_due = count(|sim, work| match work {
            Work::Timer { node, life, .. } => *life == sim.lives[node.0 as usize],
            _ => false,
        });
        let connections_opening = count(|sim, work| match work {
            Work::Open { ends, .. } => sim.wires.get(*ends).is_some_and(|wire| wire.is_connecting() && !wire.is_up()),
            _ => false,
        });
        if messages_in_flight + timers_due + connections_opening > 0 {
            self.ledger.cut_off();
        }
        RunResult {
            ended_at: self.now,
            quiescing_since: healed_at.unwrap_or(self.now).max(last_issue),
            messages_in_flight,
            timers_due,
            connections_opening,
            damaged: self.damaged.1,
            trace_digest: Some(self.tracer.digest()),
            inexact: self.hold.inexact(),
            ledger: self.ledger,
            finals,
            gone_back: self.gone_back,
            coverage,
            stored_bytes,
            saved,
        }
    }
}

/// The digests of states. All clients of a group come to show a state one after the other, so a state that has a fingerprint is
/// encoded once for all of them.
#[derive(Default)]
pub(super) struct Digests {
    known: BTreeMap<Fingerprint, Digest>,
    /// The state that is being looked at, encoded.
    encoded: Vec<u8>,
}

impl Digests {
    fn of(&mut self, view: &dyn View) -> Digest {
        let Some(document) = view.kept() else { return self.encode(&view.document()) };
        let Some(fingerprint) = document.fingerprint() else { return self.encode(document) };
        if let Some(digest) = self.known.get(&fingerprint).copied() {
            // In tests every state is encoded all the same: a fingerprint that missed an edit would hide what users see.
            debug_assert_eq!(digest, self.encode(document), "a fingerprint that follows every edit");
            return digest;
        }
        let digest = self.encode(document);
        if self.known.len() >= MOST_STATES {
            self.known.clear();
        }
        self.known.insert(fingerprint, digest);
        digest
    }

    fn encode(&mut self, document: &Document) -> Digest {
        self.encoded.clear();
        document.encode_into(&mut self.encoded);
        Digest::of(&self.encoded)
    }
}

/// More states than clients show at one time; beyond it all are forgotten.
const MOST_STATES: usize = 1 << 12;

/// What is wrong with the states that were judged lately. All clients of a group come to see a state one after the other, so it
/// is judged once for all of them.
#[derive(Default)]
pub(super) struct Judged(BTreeMap<Digest, Option<String>>);

impl Judged {
    fn broken(&mut self, state: Digest, judge: impl FnOnce() -> Result<(), String>) -> Option<String> {
        if self.0.len() >= MOST_STATES {
            self.0.clear();
        }
        self.0.entry(state).or_insert_with(|| judge().err()).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_judged_once_until_too_many_were() {
        let (mut judged, mut times) = (Judged::default(), 0);
        let digest = |n: u64| Digest::of(&n.to_le_bytes());
        let mut judge = |judged: &mut Judged, n| {
            judged.broken(digest(n), || {
                times += 1;
                if n == 0 { Err("torn".into()) } else { Ok(()) }
            })
        };
        assert_eq!([0, 1, 0, 1].map(|n| judge(&mut judged, n).is_some()), [true, false, true, false]);
        (1..2 * MOST_STATES as u64).for_each(|n| drop(judge(&mut judged, n)));
        assert_eq!(judge(&mut judged, 0).as_deref(), Some("torn"));
        assert!(judged.0.len() < MOST_STATES);
        assert_eq!(times, 2 * MOST_STATES + 1);
    }
}
