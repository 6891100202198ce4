//! Latencies of a sample of the operations. Reading the clock for each delivery would cost more than delivering it.

use std::collections::{BTreeMap, BTreeSet};

use syncbench_strategies::replica::{OpId, Time};

use crate::clock::Moment;
use crate::probe::Distribution;

/// Operations whose latency is taken, or up to twice as many, in a run that has more: twenty of them lie beyond the 99th
/// percentile.
const ENOUGH: u64 = 2_000;

/// What one participant notes of sampled operations.
#[derive(Debug)]
pub(super) struct Samples {
    origin: Moment,
    /// One in how many is sampled, by its number at its client.
    every: u64,
    issued: Vec<(OpId, Time)>,
    shown: Vec<(OpId, Time)>,
    confirmed: Vec<(OpId, Time)>,
    rejected: Vec<OpId>,
    reflected: Vec<(OpId, Time)>,
}

/// From the moment of acting, over sampled operations. Empty where the strategy reports nothing of the kind by operation.
#[derive(Clone, Debug)]
pub struct Latencies {
    /// Until the issuer's user sees the effect.
    pub echo: Distribution,
    /// Until the issuer is told that the operation stands.
    pub confirmed: Distribution,
    /// Until every client reflects it.
    pub visible: Distribution,
}

impl Samples {
    /// Of a run with so many operations, whose times count from `origin`.
    pub(super) fn new(origin: Moment, ops: u64) -> Self {
        Self {
            origin,
            every: (ops / ENOUGH).max(1),
            issued: Vec::new(),
            shown: Vec::new(),
            confirmed: Vec::new(),
            rejected: Vec::new(),
            reflected: Vec::new(),
        }
    }

    fn taken(&self, op: OpId) -> bool {
        op.n % self.every == 1 % self.every
    }

    /// Its user is about to issue it.
    pub(super) fn issued(&mut self, op: OpId) {
        if self.taken(op) {
            self.issued.push((op, self.origin.time()));
        }
    }

    /// Its issuer's user sees it.
    pub(super) fn shown(&mut self, op: OpId) {
        if self.taken(op) {
            self.shown.push((op, self.origin.time()));
        }
    }

    /// Its issuer is told that it stands.
    pub(super) fn confirmed(&mut self, op: OpId) {
        if self.taken(op) {
            self.confirmed.push((op, self.origin.time()));
        }
    }

    /// Its issuer is told that it does not stand.
    pub(super) fn rejected(&mut self, op: OpId) {
        if self.taken(op) {
            self.rejected.push(op);
        }
    }

    /// A client reflects it.
    pub(super) fn reflected(&mut self, op: OpId) {
        if self.taken(op) {
            self.reflected.push((op, self.origin.time()));
        }
    }
}

impl Latencies {
    /// From what all `clients` noted. A rejected operation has no effect to wait for, and counts nowhere.
    pub(super) fn of(clients: u32, noted: &[Samples]) -> Self {
        let rejected: BTreeSet<OpId> = noted.iter().flat_map(|one| one.rejected.iter().copied()).collect();
        let kept = |(op, _): &&(OpId, Time)| !rejected.contains(op);
        let issued: BTreeMap<OpId, Time> = noted.iter().flat_map(|one| &one.issued).filter(kept).copied().collect();
        let since = |events: &mut dyn Iterator<Item = (OpId, Time)>| {
            let mut spans = Distribution::latency();
            events.filter_map(|(op, at)| Some(at.0 - issued.get(&op)?.0)).for_each(|span_ns| spans.record(span_ns));
            spans
        };
        let mut everywhere: BTreeMap<OpId, (u32, Time)> = BTreeMap::new();
        for (op, at) in noted.iter().flat_map(|one| &one.reflected) {
            let (count, last) = everywhere.entry(*op).or_default();
            (*count, *last) = (*count + 1, (*last).max(*at));
        }
        let everywhere = everywhere.into_iter().filter(|(_, (count, _))| *count == clients);
        Self {
            echo: since(&mut noted.iter().flat_map(|one| &one.shown).copied()),
            confirmed: since(&mut noted.iter().flat_map(|one| &one.confirmed).copied()),
            visible: since(&mut everywhere.map(|(op, (_, last))| (op, last))),
        }
    }
}
