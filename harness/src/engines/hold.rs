//! Holds messages back, so that each edit of a replayed trace is made on the version that its recorded user saw.

use std::collections::{BTreeMap, VecDeque};

use syncbench_strategies::replica::{NodeId, OpId};

use crate::ledger::Ledger;
use crate::schedule::Schedule;
use crate::wire::Parcel;

/// Messages that arrived before their receiver may see them.
#[derive(Debug)]
pub(super) struct Hold<'a> {
    schedule: Option<&'a Schedule>,
    /// How many operations each client has made.
    made: Vec<u64>,
    queues: BTreeMap<(NodeId, NodeId), VecDeque<Parcel>>,
    inexact: u64,
}

impl<'a> Hold<'a> {
    pub(super) fn new(schedule: Option<&'a Schedule>, clients: u32) -> Self {
        Self { schedule, made: vec![0; clients as usize + 1], queues: BTreeMap::new(), inexact: 0 }
    }

    /// The parcel, unless it has to wait.
    pub(super) fn admit(&mut self, parcel: Parcel, ledger: &Ledger) -> Option<Parcel> {
        if self.schedule.is_none() || parcel.to == NodeId::SERVER {
            return Some(parcel);
        }
        let key = (parcel.from, parcel.to);
        let behind = self.queues.get(&key).is_some_and(|queue| !queue.is_empty());
        if !behind && self.allowed(&parcel, ledger) {
            return Some(parcel);
        }
        self.queues.entry(key).or_default().push_back(parcel);
        None
    }

    /// A client is about to make `op`: notes whether it reflects exactly what the recorded user had seen.
    pub(super) fn acting(&mut self, op: OpId, ledger: &Ledger) {
        let Some(schedule) = self.schedule else { return };
        let (Some(needs), Some(replica)) = (schedule.before(op.client, op.n), ledger.replica(op.client)) else {
            return;
        };
        let seen: u64 = needs.iter().map(|n| u64::from(*n)).sum();
        let through = |slot: usize| replica.reflected().through(NodeId(slot as u32 + 1));
        let exact = replica.count == seen && needs.iter().enumerate().all(|(slot, n)| through(slot) == u64::from(*n));
        self.inexact += u64::from(!exact);
        self.made[op.client.0 as usize] = op.n;
    }

    /// What `client` may receive now that it has made an operation.
    pub(super) fn released(&mut self, client: NodeId, ledger: &Ledger) -> Vec<Parcel> {
        let mut released = Vec::new();
        if self.schedule.is_none() {
            return released;
        }
        let keys: Vec<_> = self.queues.keys().copied().filter(|(_, to)| *to == client).collect();
        for key in keys {
            while let Some(parcel) = self.queues.get(&key).and_then(VecDeque::front) {
                if !self.allowed(parcel, ledger) {
                    break;
                }
                released.extend(self.queues.get_mut(&key).and_then(VecDeque::pop_front));
            }
        }
        released
    }

    /// One message that is let go although the recorded user had not seen it.
    pub(super) fn force(&mut self) -> Option<Parcel> {
        self.queues.values_mut().find_map(VecDeque::pop_front)
    }

    /// The connection changed: what waited on it is lost.
    pub(super) fn broken(&mut self, key: (NodeId, NodeId)) -> VecDeque<Parcel> {
        self.queues.remove(&key).unwrap_or_default()
    }

    /// How many messages wait.
    pub(super) fn waiting(&self) -> u64 {
        self.queues.values().map(|queue| queue.len() as u64).sum()
    }

    /// Operations made on another version than the recorded one; `None` without a trace.
    pub(super) fn inexact(&self) -> Option<u64> {
        self.schedule.map(|_| self.inexact)
    }

    fn allowed(&self, parcel: &Parcel, ledger: &Ledger) -> bool {
        let Some(schedule) = self.schedule else { return true };
        let next = self.made[parcel.to.0 as usize] + 1;
        let Some(needs) = schedule.before(parcel.to, next) else { return true };
        let seen = |client: NodeId, n: u64| {
            let need = (client.0 as usize).checked_sub(1).and_then(|slot| needs.get(slot));
            client == parcel.to || need.is_some_and(|need| n <= u64::from(*need))
        };
        let sidecar = &parcel.sidecar;
        let tagged = sidecar.tags.iter().flat_map(|tag| ledger.tagged(*tag));
        sidecar.carries.iter().chain(tagged).all(|op| seen(op.client, op.n))
            && sidecar.seen.iter().all(|(client, n)| seen(*client, *n))
    }
}
