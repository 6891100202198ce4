//! Holds messages back, so that each edit of a replayed trace is made on the version that its recorded user saw.
//!
//! A client gets nothing that its user had not seen before its next operation, and the server takes operations in the order
//! of [`Schedule::rank`], in which it passes through the recorded versions.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use syncbench_strategies::replica::{NodeId, OpId};

use crate::ledger::Ledger;
use crate::op_set::OpSet;
use crate::schedule::Schedule;
use crate::wire::Parcel;

/// Messages that arrived before their receiver may see them.
#[derive(Debug)]
pub(super) struct Hold<'a> {
    schedule: Option<&'a Schedule>,
    /// How many operations each client has made.
    made: Vec<u64>,
    queues: BTreeMap<(NodeId, NodeId), VecDeque<Parcel>>,
    turn: Turn,
    /// Clients whose first words are on their way to the server. It takes no operation before, lest it answers a newcomer with
    /// several at once.
    greeting: BTreeSet<NodeId>,
    inexact: u64,
}

/// Whose operation the server takes next.
#[derive(Debug, Default)]
struct Turn {
    /// The operations in the server's order.
    order: Vec<OpId>,
    /// Those that it has.
    taken: OpSet,
    /// How many at the beginning of the order it has, or never gets.
    next: usize,
}

impl Turn {
    fn new(schedule: &Schedule, clients: u32) -> Self {
        let ops = (1..=clients).map(NodeId).flat_map(|client| {
            (1..=schedule.len(client)).filter_map(move |n| Some((schedule.rank(client, n)?, OpId { client, n })))
        });
        let mut order: Vec<(u32, OpId)> = ops.collect();
        order.sort_unstable();
        Self { order: order.into_iter().map(|(_, op)| op).collect(), taken: OpSet::default(), next: 0 }
    }

    /// The operations that the server gets with a parcel.
    fn new_with<'a>(&'a self, parcel: &'a Parcel, ledger: &'a Ledger) -> impl Iterator<Item = OpId> + 'a {
        let through =
            parcel.sidecar.seen.iter().flat_map(|(client, last)| {
                (self.taken.through(*client) + 1..=*last).map(|n| OpId { client: *client, n })
            });
        carried(parcel, ledger).chain(through).filter(|op| !self.taken.contains(*op))
    }

    /// The first place in the order that a parcel fills.
    fn place(&self, parcel: &Parcel, schedule: &Schedule, ledger: &Ledger) -> Option<u32> {
        self.new_with(parcel, ledger).filter_map(|op| schedule.rank(op.client, op.n)).min()
    }

    /// The place in the order that comes next.
    fn next_place(&self, schedule: &Schedule) -> Option<u32> {
        self.order.get(self.next).and_then(|op| schedule.rank(op.client, op.n))
    }

    /// Takes a parcel.
    fn take(&mut self, parcel: &Parcel, ledger: &Ledger) {
        for op in self.new_with(parcel, ledger).collect::<Vec<_>>() {
            self.taken.insert(op);
        }
    }

    /// Passes over what the server has, and what does not travel: it is reflected everywhere without.
    fn advance(&mut self, ledger: &Ledger) {
        let gone = |op: OpId| ledger.entry(op).is_some_and(|entry| entry.visible.is_some() || entry.rejected());
        while self.order.get(self.next).is_some_and(|op| self.taken.contains(*op) || gone(*op)) {
            self.next += 1;
        }
    }
}

impl<'a> Hold<'a> {
    pub(super) fn new(schedule: Option<&'a Schedule>, clients: u32) -> Self {
        let turn = schedule.map(|schedule| Turn::new(schedule, clients)).unwrap_or_default();
        Self {
            schedule,
            made: vec![0; clients as usize + 1],
            queues: BTreeMap::new(),
            turn,
            greeting: BTreeSet::new(),
            inexact: 0,
        }
    }

    /// A client sends something to the server.
    pub(super) fn sent(&mut self, from: NodeId, to: NodeId) {
        if self.schedule.is_some() && to == NodeId::SERVER && self.made.iter().all(|made| *made == 0) {
            self.greeting.insert(from);
        }
    }

    /// The parcel, unless it has to wait.
    pub(super) fn admit(&mut self, parcel: Parcel, ledger: &Ledger) -> Option<Parcel> {
        if self.schedule.is_none() {
            return Some(parcel);
        }
        let key = (parcel.from, parcel.to);
        if parcel.to == NodeId::SERVER {
            self.greeting.remove(&parcel.from);
        }
        let behind = self.queues.get(&key).is_some_and(|queue| !queue.is_empty());
        if !behind && self.allowed(&parcel, ledger) {
            self.take(&parcel, ledger);
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
        let exact = ledger.has_version(replica.reflected(), needs);
        self.inexact += u64::from(!exact);
        self.made[op.client.0 as usize] = op.n;
    }

    /// What `node` may receive now: a client that has made an operation, or the server that has taken one.
    pub(super) fn released(&mut self, node: NodeId, ledger: &Ledger) -> Vec<Parcel> {
        let mut released = Vec::new();
        if self.queues.is_empty() {
            return released;
        }
        self.turn.advance(ledger);
        let keys: Vec<_> = self.queues.keys().copied().filter(|(_, to)| *to == node).collect();
        loop {
            let before = released.len();
            for key in &keys {
                while self.queues.get(key).and_then(VecDeque::front).is_some_and(|front| self.allowed(front, ledger)) {
                    released.extend(self.pop(*key, ledger));
                }
            }
            // What the server takes from one client may be what another waited for.
            if released.len() == before || node != NodeId::SERVER {
                return released;
            }
        }
    }

    /// One message that is let go although it is not its turn: the one for the client whose operation is next, since a server
    /// out of order would make others miss their versions too.
    pub(super) fn force(&mut self, ledger: &Ledger) -> Option<Parcel> {
        self.greeting.clear();
        let next = |client: NodeId| self.schedule?.rank(client, self.made[client.0 as usize] + 1);
        let urgency = |(key, queue): &(&(NodeId, NodeId), &VecDeque<Parcel>)| match key.1 {
            NodeId::SERVER => (true, queue.front().and_then(|parcel| self.turn.place(parcel, self.schedule?, ledger))),
            to => (false, next(to)),
        };
        let (&key, _) = self.queues.iter().min_by_key(urgency)?;
        self.pop(key, ledger)
    }

    fn pop(&mut self, key: (NodeId, NodeId), ledger: &Ledger) -> Option<Parcel> {
        let queue = self.queues.get_mut(&key)?;
        let parcel = queue.pop_front();
        if queue.is_empty() {
            self.queues.remove(&key);
        }
        parcel.iter().for_each(|parcel| self.take(parcel, ledger));
        parcel
    }

    /// The parcel is handed over.
    fn take(&mut self, parcel: &Parcel, ledger: &Ledger) {
        if parcel.to == NodeId::SERVER {
            self.turn.take(parcel, ledger);
            self.turn.advance(ledger);
        }
    }

    /// The connection changed: what waited on it is lost.
    pub(super) fn broken(&mut self, key: (NodeId, NodeId)) -> VecDeque<Parcel> {
        self.greeting.remove(&key.0);
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
        if parcel.to == NodeId::SERVER {
            let (place, next) = (self.turn.place(parcel, schedule, ledger), self.turn.next_place(schedule));
            let turn = |place| self.greeting.is_empty() && next.is_none_or(|next| place <= next);
            return place.is_none_or(turn);
        }
        let next = self.made[parcel.to.0 as usize] + 1;
        let Some(needs) = schedule.before(parcel.to, next) else { return true };
        let seen = |client: NodeId, n: u64| {
            let need = (client.0 as usize).checked_sub(1).and_then(|slot| needs.get(slot));
            client == parcel.to || need.is_some_and(|need| n <= u64::from(*need))
        };
        carried(parcel, ledger).all(|op| seen(op.client, op.n))
            && parcel.sidecar.seen.iter().all(|(client, n)| seen(*client, *n))
    }
}

/// The operations that a parcel carries.
fn carried<'a>(parcel: &'a Parcel, ledger: &'a Ledger) -> impl Iterator<Item = OpId> + 'a {
    let tagged = parcel.sidecar.tags.iter().flat_map(|tag| ledger.tagged(*tag));
    parcel.sidecar.carries.iter().chain(tagged).copied()
}
