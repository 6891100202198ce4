//! The book of a run: what became of each operation, and who has taken account of what.
//!
//! Engines enter every event here before the probes see it, so that a probe asks instead of keeping books of its own.

use std::collections::{BTreeMap, BTreeSet};

use syncbench_strategies::document::Document;
use syncbench_strategies::model::{Operation, Outcome, Rejected};
use syncbench_strategies::replica::{NodeId, OpId, Report, Time};
use xxhash_rust::xxh3::xxh3_128;

use crate::event::{Event, What};

/// What a user does.
#[derive(Clone, Debug)]
pub enum Action {
    /// Issues an operation of the model.
    Operate {
        /// What.
        operation: Operation,
        /// What it saw that matters to the workload's oracle.
        seen: Document,
    },
    /// Takes back an own operation.
    Undo {
        /// Which.
        target: OpId,
    },
}

/// What the issuer was told.
#[derive(Clone, Debug, PartialEq)]
pub enum Fate {
    /// Nothing, to the end of the run.
    Unknown,
    /// That it stands.
    Acknowledged(Outcome),
    /// That it was refused.
    Rejected(Rejected),
}

/// Everything about one operation.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Which.
    pub id: OpId,
    /// What was issued.
    pub operation: Operation,
    /// What its author saw that matters to the workload's oracle.
    pub seen: Document,
    /// What its author had taken into account when it acted.
    pub known: Known,
    /// When its author meant to act.
    pub intended: Time,
    /// When it was issued.
    pub issued: Time,
    /// When its effect was first on the author's screen.
    pub shown: Option<Time>,
    /// When its author was told of its fate.
    pub settled: Option<Time>,
    /// What its author was told.
    pub fate: Fate,
    /// How often it was taken back from its author's screen.
    pub rolled_back: u32,
    /// When half of the replicas had taken it into account.
    pub half: Option<Time>,
    /// When every replica that was live at its issue had taken it into account; those that have crashed for good are not
    /// waited for.
    pub visible: Option<Time>,
    /// Whether its author did not know of another client's operation at the time.
    pub concurrent: bool,
    /// The own operation that this one takes back, if it is an undo; it has no bytes of its own then.
    pub undoes: Option<OpId>,
    /// Whether its author took it back and was told that this stands.
    pub undone: bool,
    live_at_issue: u32,
    reflected: u32,
}

impl Entry {
    /// One more has taken it into account, or one less has to.
    fn tally(&mut self, at: Time) {
        if self.reflected > 0 && self.reflected * 2 >= self.live_at_issue {
            self.half.get_or_insert(at);
        }
        if self.reflected > 0 && self.reflected == self.live_at_issue {
            self.visible.get_or_insert(at);
        }
    }
}

/// A set of operations: a prefix for each client, and single ones beyond.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    prefix: Vec<u32>,
    extra: BTreeSet<OpId>,
}

impl Known {
    fn new(clients: u32) -> Self {
        Self { prefix: vec![0; clients as usize], extra: BTreeSet::new() }
    }

    /// Whether `op` is in the set.
    pub fn contains(&self, op: OpId) -> bool {
        self.through(op.client) >= op.n || self.extra.contains(&op)
    }

    /// All operations of `client` up to this one are in the set.
    pub fn through(&self, client: NodeId) -> u64 {
        self.prefix.get(slot(client)).map_or(0, |n| u64::from(*n))
    }

    /// The number of the last operation of `client` that is in the set.
    fn last(&self, client: NodeId) -> u64 {
        let beyond = self.extra.range(OpId { client, n: 0 }..=OpId { client, n: u64::MAX }).next_back();
        beyond.map_or(0, |op| op.n).max(self.through(client))
    }

    fn insert(&mut self, op: OpId) -> bool {
        let Some(prefix) = self.prefix.get_mut(slot(op.client)) else { return false };
        let next = u64::from(*prefix) + 1;
        if op.n < next {
            return false;
        }
        if op.n > next {
            return self.extra.insert(op);
        }
        *prefix += 1;
        while self.extra.remove(&OpId { client: op.client, n: u64::from(*prefix) + 1 }) {
            *prefix += 1;
        }
        true
    }
}

/// What one client's replica has taken into account.
#[derive(Clone, Debug)]
pub struct Replica {
    /// The operations.
    pub known: Known,
    /// A hash of the set, the same for equal sets.
    pub hash: u128,
    /// How many.
    pub count: u64,
    /// Since when it takes part; `None` before it has joined, and while it is dead.
    pub live_since: Option<Time>,
    /// From when to when it took part before it crashed.
    lives: Vec<(Time, Time)>,
    gone: bool,
}

impl Replica {
    fn was_live(&self, at: Time) -> bool {
        self.live_since.is_some_and(|since| since <= at)
            || self.lives.iter().any(|(since, until)| *since <= at && at < *until)
    }
}

/// The book. Clients only: the server shows nothing to anybody.
#[derive(Clone, Debug)]
pub struct Ledger {
    entries: Vec<Vec<Entry>>,
    replicas: Vec<Replica>,
    tags: BTreeMap<u128, Vec<OpId>>,
    issued: u64,
    /// Operations without a fate, or not visible yet to all who have to see them.
    unsettled: BTreeSet<OpId>,
    broken: u64,
    broken_example: Option<String>,
    forgot: u64,
}

fn slot(client: NodeId) -> usize {
    (client.0 as usize).wrapping_sub(1)
}

impl Ledger {
    /// An empty book for `clients`.
    pub fn new(clients: u32) -> Self {
        let replica =
            Replica { known: Known::new(clients), hash: 0, count: 0, live_since: None, lives: Vec::new(), gone: false };
        Self {
            entries: vec![Vec::new(); clients as usize],
            replicas: vec![replica; clients as usize],
            tags: BTreeMap::new(),
            issued: 0,
            unsettled: BTreeSet::new(),
            broken: 0,
            broken_example: None,
            forgot: 0,
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

    /// What `client` has taken into account; `None` for the server.
    pub fn replica(&self, client: NodeId) -> Option<&Replica> {
        self.replicas.get(slot(client))
    }

    /// The entry of `op`.
    pub fn entry(&self, op: OpId) -> Option<&Entry> {
        self.entries.get(slot(op.client))?.get(usize::try_from(op.n).ok()?.checked_sub(1)?)
    }

    /// The operations behind a tag.
    pub fn tagged(&self, tag: u128) -> &[OpId] {
        self.tags.get(&tag).map_or(&[], Vec::as_slice)
    }

    /// The operations behind all tags from `first` to `last`.
    pub fn tagged_within(&self, first: u128, last: u128) -> impl Iterator<Item = OpId> {
        let found = (first <= last).then(|| self.tags.range(first..=last));
        found.into_iter().flatten().flat_map(|(_, ops)| ops.iter().copied())
    }

    /// All entries, by client and number.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().flatten()
    }

    /// Operations issued so far, refused ones included.
    pub fn issued(&self) -> u64 {
        self.issued
    }

    /// Operations of others that were issued and that `client` has not taken into account.
    pub fn missing_at(&self, client: NodeId) -> u64 {
        self.replica(client).map_or(0, |replica| self.issued - replica.count)
    }

    /// Whether `client` has crashed and will not come back: nobody is there to be told of anything.
    pub fn gone(&self, client: NodeId) -> bool {
        self.replica(client).is_some_and(|replica| replica.gone)
    }

    /// When `client` crashed last.
    pub fn crashed(&self, client: NodeId) -> Option<Time> {
        self.replica(client)?.lives.last().map(|(_, until)| *until)
    }

    /// Whether every operation has its fate and is visible at all who were live when it was issued. Those of users who are
    /// gone may have gone with them.
    pub fn all_settled(&self) -> bool {
        self.unsettled.iter().all(|op| self.gone(op.client))
    }

    /// How often somebody came back from a crash and showed something else than before it.
    pub fn forgot(&self) -> u64 {
        self.forgot
    }

    /// How many states that users saw were not allowed by the product, and the first of them.
    pub fn broken_states(&self) -> (u64, &str) {
        (self.broken, self.broken_example.as_deref().unwrap_or(""))
    }

    /// The number of the client's next operation.
    pub fn next_op(&self, client: NodeId) -> OpId {
        OpId { client, n: self.entries.get(slot(client)).map_or(0, Vec::len) as u64 + 1 }
    }

    /// Opens the entry of an operation that is about to be submitted.
    pub fn open(&mut self, id: OpId, action: Action, at: Time, intended: Time) {
        let (operation, seen, undoes) = match action {
            Action::Operate { operation, seen } => (operation, seen, None),
            Action::Undo { target } => (Operation::from_bytes(&[]), Document::Null, Some(target)),
        };
        let live_at_issue = self.live().count() as u32;
        let Some(replica) = self.replicas.get(slot(id.client)) else { return };
        let known = replica.known.clone();
        let own_missing = (self.entries[slot(id.client)].len() as u64).saturating_sub(known.last(id.client));
        let entry = Entry {
            id,
            operation,
            seen,
            concurrent: self.missing_at(id.client) > own_missing,
            known,
            intended,
            issued: at,
            shown: None,
            settled: None,
            fate: Fate::Unknown,
            rolled_back: 0,
            half: None,
            visible: None,
            undoes,
            undone: false,
            live_at_issue,
            reflected: 0,
        };
        self.issued += 1;
        self.unsettled.insert(id);
        self.entries[slot(id.client)].push(entry);
    }

    /// Enters an event.
    pub fn enter(&mut self, event: &Event) {
        let (at, node) = (event.at, event.node);
        match &event.what {
            What::Live => {
                if let Some(replica) = self.replicas.get_mut(slot(node)) {
                    replica.live_since.get_or_insert(at);
                }
            }
            What::Crashed { for_good } => self.die(node, at, *for_good),
            What::RecoveryDiffers => self.forgot += 1,
            What::Report(Report::Shown(op)) => {
                if let Some(entry) = self.entry_mut(*op) {
                    entry.shown.get_or_insert(at);
                }
            }
            What::Report(Report::Reflected(op)) => self.reflect(*op, node, at),
            What::Report(Report::ReflectedThrough(clock)) => {
                for (client, n) in clock {
                    // Of what the server knows nobody keeps a book, and nobody knows of what was not issued.
                    let Some(replica) = self.replica(node) else { break };
                    let from = replica.known.through(*client);
                    let issued = self.entries.get(slot(*client)).map_or(0, Vec::len) as u64;
                    (from + 1..=issued.min(*n)).for_each(|n| self.reflect(OpId { client: *client, n }, node, at));
                }
            }
            What::Report(Report::Tagged(op, tag)) => self.tags.entry(*tag).or_default().push(*op),
            What::Report(Report::ReflectedTags(first, last)) => {
                for op in self.tagged_within(*first, *last).collect::<Vec<_>>() {
                    self.reflect(op, node, at);
                }
            }
            What::Report(Report::Confirmed(op, outcome)) => {
                let mut undoes = None;
                if let Some(entry) = self.entry_mut(*op) {
                    entry.settled.get_or_insert(at);
                    entry.fate = Fate::Acknowledged(outcome.clone());
                    undoes = entry.undoes;
                }
                if let Some(target) = undoes.and_then(|target| self.entry_mut(target)) {
                    target.undone = true;
                }
                self.strike(*op);
            }
            What::Report(Report::Rejected(op, reason)) => {
                if let Some(entry) = self.entry_mut(*op) {
                    entry.settled.get_or_insert(at);
                    entry.fate = Fate::Rejected(reason.clone());
                }
                // A refused operation has no effect anywhere: there is nothing left to take into account.
                self.clients().for_each(|node| self.reflect(*op, node, at));
                self.strike(*op);
            }
            What::Report(Report::Void(op)) => self.clients().for_each(|node| self.reflect(*op, node, at)),
            What::Broken(reason) => {
                self.broken += 1;
                self.broken_example.get_or_insert_with(|| format!("{node} at {at:?}: {reason}"));
            }
            What::Report(Report::RolledBack(op)) => {
                if let Some(entry) = self.entry_mut(*op) {
                    entry.rolled_back += 1;
                }
            }
            _ => {}
        }
    }

    fn entry_mut(&mut self, op: OpId) -> Option<&mut Entry> {
        self.entries.get_mut(slot(op.client))?.get_mut(usize::try_from(op.n).ok()?.checked_sub(1)?)
    }

    fn reflect(&mut self, op: OpId, node: NodeId, at: Time) {
        let Some(replica) = self.replicas.get_mut(slot(node)) else { return };
        // A strategy that reports an operation that nobody issued must not count.
        if self.entries.get(slot(op.client)).is_none_or(|entries| op.n == 0 || op.n > entries.len() as u64) {
            return;
        }
        if !replica.known.insert(op) {
            return;
        }
        let mut key = [0; 12];
        key[..4].copy_from_slice(&op.client.0.to_le_bytes());
        key[4..].copy_from_slice(&op.n.to_le_bytes());
        replica.hash ^= xxh3_128(&key);
        replica.count += 1;
        let awaited = self.entry(op).is_some_and(|entry| self.replicas[slot(node)].was_live(entry.issued));
        if let Some(entry) = self.entry_mut(op).filter(|_| awaited) {
            entry.reflected += 1;
            entry.tally(at);
            self.strike(op);
        }
    }

    /// Takes an operation off the list of those that are waited for, if it has its fate and everybody has seen it.
    fn strike(&mut self, op: OpId) {
        if self.entry(op).is_some_and(|entry| entry.fate != Fate::Unknown && entry.visible.is_some()) {
            self.unsettled.remove(&op);
        }
    }

    /// A replica is no more. If it never comes back, nobody waits for it to take account of anything.
    fn die(&mut self, node: NodeId, at: Time, for_good: bool) {
        let Some(replica) = self.replicas.get_mut(slot(node)) else { return };
        replica.gone = for_good;
        if let Some(since) = replica.live_since.take() {
            replica.lives.push((since, at));
        }
        if !for_good {
            return;
        }
        for entry in self.entries.iter_mut().flatten() {
            if replica.was_live(entry.issued) && !replica.known.contains(entry.id) {
                entry.live_at_issue -= 1;
                entry.tally(at);
            }
        }
        for op in self.unsettled.clone() {
            self.strike(op);
        }
    }
}

#[cfg(test)]
mod tests;
