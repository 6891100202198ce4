//! The ledger of a run: what became of each operation, and which operations each replica reflects.
//!
//! Engines enter every event here before the probes see it, so that a probe asks it instead of keeping its own records.

mod entry;
mod lineage;
mod replica;
mod reported;

use std::collections::BTreeSet;

use syncbench_strategies::replica::{NodeId, OpId, Report, Time};

use crate::event::{Event, What};
use crate::op_set::OpSet;
pub use entry::{Action, Entry, Fate};
use lineage::Gone;
pub use replica::Replica;
pub use reported::{Own, OwnOperations};
use reported::{Reported, Tags, reflects_at};

/// The ledger. The server shows nothing to anybody, so of it only what it reflects is kept.
#[derive(Clone, Debug)]
pub struct Ledger {
    entries: Vec<Vec<Entry>>,
    replicas: Vec<Replica>,
    server: Reported,
    tags: Tags,
    /// All operations, as they were issued.
    order: Vec<OpId>,
    /// How many clients take part now.
    live: u32,
    /// Operations whose fate is unknown, or that are not visible yet to all who have to see them.
    awaited: BTreeSet<OpId>,
    /// What the report that is being entered reflects for the first time.
    new: Vec<OpId>,
    /// The operations that the last event made reflected, and at which node.
    fresh: Vec<(NodeId, OpId)>,
    broken: u64,
    broken_example: Option<String>,
    /// How many of the broken states came after the server had taken an operation again.
    broken_since: u64,
    /// Operations in a rebuilt document that the server has taken again.
    again: BTreeSet<OpId>,
    altered_recoveries: u64,
    /// Operations in a document that was rebuilt from plain data: a replica that takes it over reflects them.
    rebuilt: OpSet,
    /// Confirmed operations that the server lost, once some client has started over from the server's state: a clock that
    /// counts later operations of the same client does not cover them.
    gone: Gone,
}

fn slot(client: NodeId) -> usize {
    (client.0 as usize).wrapping_sub(1)
}

impl Ledger {
    /// An empty ledger for `clients`.
    pub fn new(clients: u32) -> Self {
        Self {
            entries: vec![Vec::new(); clients as usize],
            replicas: vec![Replica::default(); clients as usize],
            server: Reported::default(),
            tags: Tags::default(),
            order: Vec::new(),
            live: 0,
            awaited: BTreeSet::new(),
            new: Vec::new(),
            fresh: Vec::new(),
            broken: 0,
            broken_example: None,
            broken_since: 0,
            again: BTreeSet::new(),
            altered_recoveries: 0,
            rebuilt: OpSet::default(),
            gone: Gone::default(),
        }
    }

    /// The clients, ascending.
    pub fn clients(&self) -> impl Iterator<Item = NodeId> + use<> {
        (1..=self.replicas.len() as u32).map(NodeId)
    }

    /// The clients that take part now.
    pub fn live(&self) -> impl Iterator<Item = (NodeId, &Replica)> {
        self.clients().zip(&self.replicas).filter(|(_, replica)| replica.live_since.is_some())
    }

    /// The replica of `client`; `None` for the server.
    pub fn replica(&self, client: NodeId) -> Option<&Replica> {
        self.replicas.get(slot(client))
    }

    /// What the user at `client` knows of its own operations.
    pub fn own(&self, client: NodeId) -> Option<Own> {
        self.replica(client).map(|replica| replica.reported.own(client, self.issued_by(client)))
    }

    /// The entry of `op`.
    pub fn entry(&self, op: OpId) -> Option<&Entry> {
        self.entries.get(slot(op.client))?.get(usize::try_from(op.n).ok()?.checked_sub(1)?)
    }

    /// The operations behind a tag.
    pub fn tagged(&self, tag: u128) -> &[OpId] {
        self.tags.get(tag)
    }

    /// The operations behind all tags from `first` to `last`.
    pub fn tagged_within(&self, first: u128, last: u128) -> impl Iterator<Item = OpId> {
        self.tags.within(first, last)
    }

    /// All entries, by client and number.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().flatten()
    }

    /// Operations issued so far, rejected ones included.
    pub fn issued(&self) -> u64 {
        self.order.len() as u64
    }

    /// The operations of the run in the order in which they were issued.
    pub fn order(&self) -> &[OpId] {
        &self.order
    }

    /// Operations that were issued and that the replica of `client` does not reflect.
    pub fn missing_at(&self, client: NodeId) -> u64 {
        self.replica(client).map_or(0, |replica| self.issued() - replica.count)
    }

    /// Whether `client` has crashed and will not recover: its user learns no further fates.
    pub fn crashed_for_good(&self, client: NodeId) -> bool {
        self.replica(client).is_some_and(|replica| replica.crashed_for_good)
    }

    /// When `client` crashed last.
    pub fn crashed(&self, client: NodeId) -> Option<Time> {
        self.replica(client)?.lives.last().map(|(_, until)| *until)
    }

    /// Whether every operation has its fate and is visible to all who were live when it was issued. Those of users that
    /// crashed for good may be lost with them.
    pub fn all_resolved(&self) -> bool {
        !self.awaited.iter().any(|op| self.awaits(*op))
    }

    /// Whether an operation still waits for its fate, or to become visible to all who were live when it was issued. It waits
    /// for nothing once it may be lost with its user's device.
    pub fn awaits(&self, op: OpId) -> bool {
        let unasked = |entry: &Entry| entry.fate == Fate::Unknown && self.forgotten_by_user(entry);
        self.awaited.contains(&op) && !self.crashed_for_good(op.client) && !self.entry(op).is_some_and(unasked)
    }

    /// Whether a replica that reflects `reflected` has this version of a recorded trace: so many operations of each client, and
    /// besides only such as have no effect.
    pub fn has_version(&self, reflected: &OpSet, version: &[u32]) -> bool {
        let absent = version.get(self.replicas.len()..).unwrap_or(&[]);
        absent.iter().all(|needed| *needed == 0)
            && self.clients().all(|client| {
                let needed = u64::from(version.get(slot(client)).copied().unwrap_or(0));
                let mut beyond = (needed + 1..=reflected.last(client)).map(|n| OpId { client, n });
                let effectless = |op| self.entry(op).is_some_and(Entry::is_effectless);
                reflected.through(client) >= needed && beyond.all(|op| !reflected.contains(op) || effectless(op))
            })
    }

    /// The run ends while something is left to happen: operations that are not visible yet to all who have to see them, or
    /// whose fate is not known, are censored. Nobody can tell whether they would have been kept.
    pub fn cut_off(&mut self) {
        for op in std::mem::take(&mut self.awaited) {
            if !self.crashed_for_good(op.client)
                && let Some(entry) = self.entry_mut(op)
            {
                entry.censored = true;
                // An undo that may be on its way leaves open whether its operation is in effect.
                if let Some(target) = entry.undoes.and_then(|target| self.entry_mut(target)) {
                    (target.undone, target.censored) = (false, true);
                }
            }
        }
    }

    /// How often a replica recovered from a crash and showed something else than before it.
    pub fn altered_recoveries(&self) -> u64 {
        self.altered_recoveries
    }

    /// How many states that users saw were not allowed by the product, and the first of them.
    pub fn broken_states(&self) -> (u64, &str) {
        (self.broken, self.broken_example.as_deref().unwrap_or(""))
    }

    /// The number of the client's next operation.
    pub fn next_op(&self, client: NodeId) -> OpId {
        OpId { client, n: self.issued_by(client) + 1 }
    }

    /// Opens the entry of an operation that is about to be submitted.
    pub fn open(&mut self, id: OpId, action: Action, at: Time, intended: Time) {
        let (missing, issued) = (self.missing_at(id.client), self.issued_by(id.client));
        let Some(replica) = self.replicas.get_mut(slot(id.client)) else { return };
        replica.reported.issue(id.n, &action);
        let reflected = replica.reflected().clone();
        let own_missing = issued.saturating_sub(reflected.last(id.client));
        let concurrent = missing > own_missing;
        let (latest, place) = (replica.latest, self.order.len() as u64 + 1);
        let entry = Entry { intended, concurrent, latest, place, ..Entry::new(id, action, reflected, at, self.live) };
        self.order.push(id);
        self.awaited.insert(id);
        self.entries[slot(id.client)].push(entry);
    }

    /// What the last event made reflected: the client and the operation.
    pub fn fresh(&self) -> &[(NodeId, OpId)] {
        &self.fresh
    }

    /// Enters an event.
    pub fn enter(&mut self, event: &Event) {
        self.fresh.clear();
        let (at, node) = (event.at, event.node);
        match &event.what {
            What::Live => {
                if let Some(replica) = self.replicas.get_mut(slot(node)) {
                    self.live += u32::from(replica.live_since.is_none());
                    replica.live_since.get_or_insert(at);
                }
            }
            What::Crashed { for_good } => self.crash(node, at, *for_good),
            What::Restored { reflected, rebuilt } => self.restore(node, at, reflected, *rebuilt),
            What::RecoveryDiffers => self.altered_recoveries += 1,
            What::Broken(reason) => {
                self.broken += 1;
                self.broken_since += u64::from(!self.again.is_empty());
                self.broken_example.get_or_insert_with(|| format!("{node} at {at:?}: {reason}"));
            }
            What::Report(report) => self.report(report, node, at),
            _ => {}
        }
    }

    fn report(&mut self, report: &Report, node: NodeId, at: Time) {
        if let Report::StartedOver(part) = report {
            return self.start_over(node, *part, at);
        }
        self.tags.report(report);
        if let Some(replica) = self.replicas.get_mut(slot(node)) {
            replica.reported.resolve(node, report);
            if let Report::Pending(op) = report {
                replica.wait(*op);
            }
        }
        self.resolve(report, at);
        if let Report::Void(op) = report
            && let Some(entry) = self.entry_mut(*op)
        {
            entry.void = true;
        }
        if let Report::Reflected(op) = report
            && node == NodeId::SERVER
            && self.rebuilt.contains(*op)
            && self.entry(*op).is_some()
        {
            self.again.insert(*op);
        }
        match reflects_at(report, node) {
            Some(node) => self.reflect(report, node, at),
            None => self.clients().for_each(|client| self.reflect(report, client, at)),
        }
    }

    /// Notes what a report says of the life of one operation.
    fn resolve(&mut self, report: &Report, at: Time) {
        let (Report::Shown(op) | Report::RolledBack(op) | Report::Confirmed(op, _) | Report::Rejected(op, _)) = report
        else {
            return;
        };
        let Some(entry) = self.entry_mut(*op) else { return };
        match report {
            Report::Shown(_) => _ = entry.shown.get_or_insert(at),
            Report::RolledBack(_) => entry.rolled_back += 1,
            Report::Confirmed(_, outcome) => entry.resolve(at, Fate::Confirmed(outcome.clone())),
            Report::Rejected(_, reason) => entry.resolve(at, Fate::Rejected(reason.clone())),
            _ => {}
        }
        if let (Report::Confirmed(..), Some(target)) = (report, entry.undoes)
            && let Some(target) = self.entry_mut(target)
        {
            target.undone = true;
        }
        self.strike(*op);
    }

    /// The replica of `node` reflects what a report says.
    fn reflect(&mut self, report: &Report, node: NodeId, at: Time) {
        let mut new = std::mem::take(&mut self.new);
        let issued = |client| self.entries.get(slot(client)).map_or(0, |entries| entries.len() as u64);
        let reported = self.replicas.get_mut(slot(node)).map_or(&mut self.server, |replica| &mut replica.reported);
        reported.reflect(report, &self.tags, issued, |op| self.gone.is_gone(op), |op| new.push(op));
        for op in new.drain(..) {
            self.count(op, node, at);
        }
        self.new = new;
    }

    /// Enters that `node` reflects an issued operation that it did not reflect before.
    fn count(&mut self, op: OpId, node: NodeId, at: Time) {
        let Some(entry) = self.entries.get_mut(slot(op.client)).and_then(|entries| entries.get_mut(op.n as usize - 1))
        else {
            return;
        };
        if op.client != node {
            entry.replicated.get_or_insert(at);
        }
        let Some(replica) = self.replicas.get_mut(slot(node)) else { return };
        replica.count(op, entry.place);
        self.fresh.push((node, op));
        if replica.was_live(entry.issued) && !replica.forgot.contains(op) {
            entry.reflect(at);
            self.strike(op);
        }
    }

    fn entry_mut(&mut self, op: OpId) -> Option<&mut Entry> {
        self.entries.get_mut(slot(op.client))?.get_mut(usize::try_from(op.n).ok()?.checked_sub(1)?)
    }

    fn issued_by(&self, client: NodeId) -> u64 {
        self.entries.get(slot(client)).map_or(0, Vec::len) as u64
    }

    /// Takes an operation off the list of those that are waited for, once it is complete.
    fn strike(&mut self, op: OpId) {
        if self.entry(op).is_some_and(Entry::is_complete) {
            self.awaited.remove(&op);
        }
    }

    /// A replica crashes. If it never recovers, nobody waits for it to reflect anything.
    fn crash(&mut self, node: NodeId, at: Time, for_good: bool) {
        let Some(replica) = self.replicas.get_mut(slot(node)) else { return };
        self.live -= u32::from(replica.live_since.is_some());
        replica.crash(at, for_good);
        if !for_good {
            return;
        }
        for entry in self.entries.iter_mut().flatten() {
            if replica.was_live(entry.issued) && !replica.reflected().contains(entry.id) {
                entry.excuse(at);
            }
        }
        for op in self.awaited.clone() {
            self.strike(op);
        }
    }
}

#[cfg(test)]
mod tests;
