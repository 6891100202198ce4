//! What the reports of one client's replica say: which operations it reflects, and which of its user's own are confirmed.
//!
//! The ledger keeps this for every client. In real time a thread cannot ask a ledger, which is made after the run: there a
//! client keeps it for itself, as [`OwnOperations`].

use std::collections::{BTreeMap, BTreeSet};

use syncbench_strategies::replica::{NodeId, OpId, Report};

use super::entry::Action;
use crate::op_set::OpSet;

/// The operations behind the tags that their issuers gave them.
#[derive(Clone, Debug, Default)]
pub(super) struct Tags(BTreeMap<u128, Vec<OpId>>);

impl Tags {
    /// Takes note of a tag, if the report gives one.
    pub(super) fn report(&mut self, report: &Report) {
        if let Report::Tagged(op, tag) = report {
            self.0.entry(*tag).or_default().push(*op);
        }
    }

    pub(super) fn get(&self, tag: u128) -> &[OpId] {
        self.0.get(&tag).map_or(&[], Vec::as_slice)
    }

    pub(super) fn within(&self, first: u128, last: u128) -> impl Iterator<Item = OpId> {
        let found = (first <= last).then(|| self.0.range(first..=last));
        found.into_iter().flatten().flat_map(|(_, ops)| ops.iter().copied())
    }
}

/// The node at which a report says that something is reflected. `None` for every replica at once: an operation without an
/// effect has nothing that anybody could wait for.
pub(super) fn reflects_at(report: &Report, reporter: NodeId) -> Option<NodeId> {
    match report {
        Report::Void(_) | Report::Rejected(..) => None,
        Report::Overwritten(_, at) => Some(*at),
        _ => Some(reporter),
    }
}

/// What the reports of one client's replica say.
#[derive(Clone, Debug, Default)]
pub(super) struct Reported {
    pub(super) reflected: OpSet,
    /// The user's own operations that were confirmed and that no undo names; undos are not among them.
    undoable: BTreeSet<u64>,
    /// Undos that are not resolved yet.
    undos: BTreeSet<u64>,
    /// The user's own operations up to this number were reflected or given up when the replica last lost its state.
    given_up: u64,
}

impl Reported {
    /// The user issues its operation number `n`.
    pub(super) fn issue(&mut self, n: u64, action: &Action) {
        if let Action::Undo { target } = action {
            self.undoable.remove(&target.n);
            self.undos.insert(n);
        }
    }

    /// The user's replica reports what became of an operation of its own.
    pub(super) fn resolve(&mut self, client: NodeId, report: &Report) {
        if let Report::Confirmed(op, _) = report
            && op.client == client
            && !self.undos.remove(&op.n)
        {
            self.undoable.insert(op.n);
        }
    }

    /// Adds the operations that a report says are reflected, and passes on the new ones. `issued` says how many operations each
    /// client has issued: an operation beyond that does not count, nor one that is gone.
    pub(super) fn reflect(
        &mut self,
        report: &Report,
        tags: &Tags,
        issued: impl Fn(NodeId) -> u64,
        gone: impl Fn(OpId) -> bool,
        mut new: impl FnMut(OpId),
    ) {
        let set = &mut self.reflected;
        let mut add = |op: OpId| {
            if (1..=issued(op.client)).contains(&op.n) && !gone(op) && set.insert(op) {
                new(op);
            }
        };
        match report {
            Report::Reflected(op) | Report::Overwritten(op, _) | Report::Void(op) | Report::Rejected(op, _) => add(*op),
            Report::ReflectedTags(first, last) => tags.within(*first, *last).for_each(add),
            Report::ReflectedThrough(clock) => {
                for (client, n) in clock {
                    let through = self.reflected.through(*client);
                    for n in through + 1..=issued(*client).min(*n) {
                        let op = OpId { client: *client, n };
                        if !gone(op) && self.reflected.insert(op) {
                            new(op);
                        }
                    }
                }
            }
            _ => {}
        }
    }

    /// The replica of `client` loses its state. `issued` is set where the whole device is lost: how many operations its user
    /// had issued. Returns what the replica reflected.
    pub(super) fn forget(&mut self, client: NodeId, issued: Option<u64>) -> OpSet {
        self.given_up = issued.unwrap_or_else(|| self.own_through(client));
        if issued.is_some() {
            self.undoable.clear();
            self.undos.clear();
        }
        std::mem::take(&mut self.reflected)
    }

    /// The last operation of `client` up to which all are reflected or given up.
    fn own_through(&self, client: NodeId) -> u64 {
        let mut through = self.reflected.through(client).max(self.given_up);
        while through < self.reflected.last(client) && self.reflected.contains(OpId { client, n: through + 1 }) {
            through += 1;
        }
        through
    }

    /// What the user knows of its own operations, of which it has issued so many.
    pub(super) fn own(&self, client: NodeId, issued: u64) -> Own {
        Own {
            next: OpId { client, n: issued + 1 },
            reflected: self.own_through(client),
            undoable: self.undoable.last().map(|n| OpId { client, n: *n }),
        }
    }
}

/// What a user knows of its own operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Own {
    /// The next one.
    pub next: OpId,
    /// All up to this number are reflected here, rejected, or were given up when the replica lost its state.
    pub reflected: u64,
    /// The latest one that was confirmed and that no undo names.
    pub undoable: Option<OpId>,
}

/// Own operations of one client, for an engine that has no ledger while it runs.
#[derive(Debug)]
pub struct OwnOperations {
    client: NodeId,
    issued: u64,
    tags: Tags,
    reported: Reported,
}

impl OwnOperations {
    /// None yet.
    pub fn new(client: NodeId) -> Self {
        Self { client, issued: 0, tags: Tags::default(), reported: Reported::default() }
    }

    /// The user acts.
    pub fn issue(&mut self, action: &Action) {
        self.issued += 1;
        self.reported.issue(self.issued, action);
    }

    /// The client's replica reports.
    pub fn report(&mut self, report: &Report) {
        let (client, issued) = (self.client, self.issued);
        self.tags.report(report);
        // Nothing is known here of what others issue, and nothing asks for it.
        let own = |other| if other == client { issued } else { 0 };
        self.reported.reflect(report, &self.tags, own, |_| false, |_| {});
        self.reported.resolve(client, report);
    }

    /// What the user knows of them.
    pub fn own(&self) -> Own {
        self.reported.own(self.client, self.issued)
    }
}
