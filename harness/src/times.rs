//! Recorded times: when users acted, read from a file or from a replayed trace, as times of a run.

mod file;
mod moments;

use syncbench_strategies::replica::{NodeId, Time};

use crate::schedule::Schedule;
pub use file::{Arrivals, read};
pub use moments::{Moments, Stamp};

/// When each client's user acts, in the time of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Times(Vec<Vec<Time>>);

impl Times {
    /// Those of recorded arrivals, the first `ops` of them. A recorded user acts at one client, in turn where there are more
    /// users than clients; arrivals of which no user is known go to the clients in turn.
    pub fn dealt(moments: &[Time], users: Option<&[u32]>, clients: u32, ops: u64) -> Self {
        let mut order: Vec<usize> = (0..moments.len()).collect();
        order.sort_by_key(|at| moments[*at]);
        order.truncate(usize::try_from(ops).unwrap_or(usize::MAX));
        let mut dealt = vec![Vec::new(); clients as usize];
        for (turn, at) in order.into_iter().enumerate() {
            let user = users.map_or(turn, |users| users[at] as usize);
            dealt[user % clients.max(1) as usize].push(moments[at]);
        }
        Self(dealt)
    }

    /// Those of a trace's operations, by their place in it.
    pub fn of_trace(moments: &[Time], schedule: &Schedule) -> Self {
        let of = |client: u32| {
            let slots = schedule.slots(NodeId(client + 1)).iter();
            slots.filter_map(|slot| moments.get(*slot as usize).copied()).collect()
        };
        Self((0..schedule.clients()).map(of).collect())
    }

    /// When the user at `client` acts for the time with this index.
    pub fn at(&self, client: NodeId, index: u64) -> Option<Time> {
        self.of(client).get(usize::try_from(index).ok()?).copied()
    }

    /// How often the user at `client` acts.
    pub fn len(&self, client: NodeId) -> u64 {
        self.of(client).len() as u64
    }

    /// How often users act in all.
    pub fn ops(&self) -> u64 {
        self.0.iter().map(|times| times.len() as u64).sum()
    }

    /// How many clients' users act.
    pub fn acting(&self) -> usize {
        self.0.iter().filter(|times| !times.is_empty()).count()
    }

    /// Operations per second of all users, on average; from one a second on where there is no time between them.
    pub fn rate_per_s(&self) -> f64 {
        let last = self.0.iter().filter_map(|times| times.last()).max().copied().unwrap_or_default();
        self.ops() as f64 / last.since(Time::ZERO).as_secs_f64().max(1e-6)
    }

    fn of(&self, client: NodeId) -> &[Time] {
        let index = (client.0 as usize).checked_sub(1);
        index.and_then(|index| self.0.get(index)).map_or(&[], Vec::as_slice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(times: &Times, client: u32) -> Vec<u64> {
        times.of(NodeId(client)).iter().map(|at| at.since(Time::ZERO).as_millis() as u64).collect()
    }

    #[test]
    fn users_keep_their_client_and_unknown_ones_take_turns() {
        let moments = [30, 10, 20, 40, 50].map(Time::from_ms);
        let known = Times::dealt(&moments, Some(&[0, 1, 2, 1, 0]), 2, 4);
        assert_eq!((times(&known, 1), times(&known, 2)), (vec![20, 30], vec![10, 40]));
        let unknown = Times::dealt(&moments, None, 3, 10);
        assert_eq!([1, 2, 3].map(|client| times(&unknown, client)), [vec![10, 40], vec![20, 50], vec![30]]);
        assert_eq!((unknown.ops(), unknown.acting(), unknown.len(NodeId(3)), unknown.len(NodeId(4))), (5, 3, 1, 0));
        assert_eq!((unknown.at(NodeId(1), 1), unknown.at(NodeId(1), 2)), (Some(Time::from_ms(40)), None));
        assert!((unknown.rate_per_s() - 100.0).abs() < 1e-9);
    }

    #[test]
    fn a_trace_gives_its_operations_times() {
        let schedule = Schedule::concurrent(2, [(0, [].as_slice()), (1, &[]), (0, &[0, 1])]).unwrap();
        let moments = [0, 5, 9].map(Time::from_ms);
        let times_of = Times::of_trace(&moments, &schedule);
        assert_eq!((times(&times_of, 1), times(&times_of, 2)), (vec![0, 9], vec![5]));
    }
}
