//! What can be observed of a group: the states that users see, every event for the ledger, and the result.

use syncbench_strategies::document::Document;
use syncbench_strategies::replica::{NodeId, Report, Time};

use super::super::order::before;
use super::super::step::Step;
use super::Group;
use crate::engines::node::Node;
use crate::event::{Event, What};
use crate::finding::Finding;
use crate::probe::Probe;
use crate::run_result::RunResult;
use crate::sessions::{Break, Guarantee, each};

impl Group<'_> {
    /// Looks at what a client's user sees now.
    pub(super) fn look(&mut self, id: NodeId) {
        let Some(node) = self.nodes[id.0 as usize].as_ref().filter(|node| node.id != NodeId::SERVER) else {
            return self.note_screens();
        };
        let document = node.replica.view().document();
        let digest = document.digest();
        self.emit(id, What::State(digest));
        if self.shown[id.0 as usize].replace(digest) != Some(digest)
            && let Err(reason) = self.task.workload.invariant(&document)
        {
            self.emit(id, What::Broken(reason));
        }
        self.note_screens();
    }

    /// Ends a step: users see what their clients show. Looks at all clients, since a report of one replica may say what
    /// another reflects.
    pub(super) fn note_screens(&mut self) {
        for client in self.clients() {
            let shown = self.shown[client.0 as usize];
            let shows = self.ledger.replica(client).and_then(|replica| Some((replica.hash, shown?)));
            self.screens.note(client, shows, self.steps.len());
        }
        self.sessions.instant_over(&self.ledger);
    }

    /// The session guarantees that clients broke: the first time for each, and how often.
    pub(in crate::explore) fn broken_sessions(&mut self) -> Vec<(Guarantee, Finding)> {
        // Ephemeral operations go with their user.
        if self.task.strategy.guarantees().ephemeral {
            return Vec::new();
        }
        let broken = self.sessions.broken(&self.ledger);
        let first = |(guarantee, times, Break { client, why, .. }): (Guarantee, u64, &Break)| {
            (guarantee, Finding::noted(guarantee.kind(), times, format_args!("{client} {why}")))
        };
        each(&broken).map(first).collect()
    }

    /// Whether two clients may have reflected the same operations at one moment and shown different states.
    pub(in crate::explore) fn same_operations_differ(&self) -> bool {
        self.screens.differ(|| if self.told_at_once { None } else { self.before() }, &self.steps)
    }

    /// Where a step takes place, by node number; the order of actions counts as one more place. Steps without a common place are
    /// independent.
    pub(in crate::explore) fn places(&self, step: Step) -> Vec<usize> {
        let order = self.task.clients as usize + 1;
        let with_peers =
            |client: NodeId| self.peers(client).into_iter().chain([client]).map(|node| node.0 as usize).collect();
        match step {
            Step::Act(client) if self.clocked => vec![client.0 as usize, order],
            Step::Act(client) => vec![client.0 as usize],
            Step::Deliver { to, .. } => vec![to.0 as usize],
            Step::Timer => (0..=order).collect(),
            Step::Break(client)
            | Step::Open(client)
            | Step::Crash(client)
            | Step::Recover(client)
            | Step::Join(client) => with_peers(client),
        }
    }

    /// For each step the set of steps that must come before it: see `order`.
    pub(in crate::explore) fn before(&self) -> Option<Vec<u128>> {
        before(self.steps.iter().map(|step| self.places(*step)).collect(), &self.causes)
    }

    pub(super) fn emit(&mut self, node: NodeId, what: What) {
        self.enter(Event { at: self.clocks[node.0 as usize], node, what });
    }

    pub(super) fn enter(&mut self, event: Event) {
        if matches!(event.what, What::Cost { .. }) {
            return;
        }
        self.ledger.enter(&event);
        self.sessions.event(&event, &self.ledger);
        match &event.what {
            What::ProtocolError(_) => self.protocol_errors += 1,
            What::Report(Report::Rejected(..) | Report::Void(_) | Report::Overwritten(..)) => self.told_at_once = true,
            What::Report(Report::Reflected(op)) if event.node == NodeId::SERVER && !self.order.contains(op) => {
                self.order.push(*op);
            }
            _ => {}
        }
        if let Some(log) = &mut self.log {
            log.event(&event, &self.ledger);
        }
    }

    /// No choice is left. A group that never becomes quiescent gets the time that it needs, along one order of events; then its
    /// timers are void.
    pub(in crate::explore) fn settle(&mut self) {
        if self.settling.is_zero() {
            return;
        }
        let latest = self.clocks.iter().copied().max().unwrap_or(Time::ZERO);
        let until = latest + self.settling;
        while let Some(timer) = self.timers.iter().copied().min()
            && timer.due <= until
        {
            self.fire();
            self.drain();
        }
        self.timers.clear();
        self.drain();
    }

    /// The finished run.
    pub(in crate::explore) fn end(mut self) -> RunResult {
        let shown = |node: &Node| (node.id, node.replica.view().document());
        let finals: Vec<(NodeId, Document)> = self.nodes.iter().flatten().map(shown).collect();
        let clients = self.nodes.iter().flatten().filter(|node| node.id != NodeId::SERVER);
        let stored_bytes = clients.map(|node| node.replica.durable().len() as u64).max().unwrap_or(0);
        let ended_at = self.clocks.iter().copied().max().unwrap_or(Time::ZERO);
        let messages_in_flight = self.links.iter().map(|link| link.len() as u64).sum();
        let timers_due = self.timers.len() as u64;
        if messages_in_flight + timers_due > 0 {
            self.ledger.cut_off();
        }
        RunResult {
            damaged: 0,
            gone_back: Vec::new(),
            ended_at,
            quiescing_since: ended_at,
            messages_in_flight,
            timers_due,
            connections_opening: 0,
            trace_digest: None,
            inexact: None,
            ledger: self.ledger,
            finals,
            coverage: Vec::new(),
            stored_bytes,
            saved: Vec::new(),
        }
    }
}
