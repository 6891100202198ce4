//! The causal order in which a recorded trace is replayed: who may act when.

mod fold;
mod order;

use syncbench_strategies::replica::NodeId;

/// Most clients of a group: a mesh of this size has half a million links.
pub const MAX_CLIENTS: usize = 1_000;

/// The causal order of a recorded trace: what each client had seen before each of its operations.
///
/// A client's operations are totally ordered: each has seen all of that client's before it. So a version is one number for
/// each client: it contains that client's operations up to it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Schedule {
    /// The version before each operation of the trace, one row after the other. A row may end early: it is zero for the
    /// clients beyond.
    cells: Vec<u32>,
    /// Where each operation's row ends in `cells`.
    ends: Vec<usize>,
    /// Each client's operations, as indices of the trace.
    slots: Vec<Vec<u32>>,
    /// By client: who it is in the recording.
    agents: Vec<u32>,
    /// Each operation's place in a server's order.
    ranks: Vec<u32>,
    /// Whether every version is one that a server with this order passes through.
    passes: bool,
}

/// Most numbers in all rows: a quarter of a gigabyte.
const MAX_CELLS: usize = 1 << 26;

impl Schedule {
    /// The order of a trace of one author: each operation has seen all before.
    pub fn sequential(ops: u32) -> Self {
        Self {
            cells: (0..ops).collect(),
            ends: (1..=ops as usize).collect(),
            slots: vec![(0..ops).collect()],
            agents: vec![0],
            ranks: (0..ops).collect(),
            passes: true,
        }
    }

    /// The order of a trace of several authors, from each operation's author and parents. `Err` names the operation that is
    /// wrong and says what was expected.
    ///
    /// An author whose operations are not totally ordered (two windows under one name, say) becomes several clients; the
    /// additional ones come after those of the authors.
    pub fn concurrent<'a>(
        authors: u32,
        ops: impl IntoIterator<Item = (u32, &'a [u32])>,
    ) -> Result<Self, (usize, String)> {
        let mut schedule =
            Self { slots: vec![Vec::new(); authors as usize], agents: (0..authors).collect(), ..Self::default() };
        let mut clients: Vec<Vec<usize>> = (0..authors as usize).map(|author| vec![author]).collect();
        // Each operation's client.
        let mut client_of: Vec<usize> = Vec::new();
        let mut seen: Vec<u32> = Vec::new();
        for (at, (author, parents)) in ops.into_iter().enumerate() {
            let slot = u32::try_from(at).map_err(|_| (at, "more operations than can be counted".into()))?;
            seen.clear();
            for parent in parents {
                let place = *parent as usize;
                let Some(&client) = client_of.get(place) else {
                    return Err((at, format!("parent {parent}: expected parents to be earlier txns")));
                };
                // The parent has seen all of its client before itself.
                let row = schedule.row(place).unwrap_or(&[]);
                let own = row.get(client).copied().unwrap_or(0) + 1;
                raise(&mut seen, row);
                raise_one(&mut seen, client, own);
            }
            let Some(own) = clients.get_mut(author as usize) else {
                return Err((at, format!("agent {author}: expected a number below numAgents, which is {authors}")));
            };
            let upon =
                |client: &usize| seen.get(*client).copied().unwrap_or(0) as usize == schedule.slots[*client].len();
            let client = match own.iter().copied().find(upon) {
                Some(client) => client,
                None if schedule.slots.len() >= MAX_CLIENTS => {
                    return Err((
                        at,
                        format!("expected at most {MAX_CLIENTS} lines of operations, each in causal order"),
                    ));
                }
                None => {
                    schedule.slots.push(Vec::new());
                    schedule.agents.push(author);
                    own.push(schedule.slots.len() - 1);
                    schedule.slots.len() - 1
                }
            };
            schedule.slots[client].push(slot);
            client_of.push(client);
            schedule.cells.extend_from_slice(&seen);
            schedule.ends.push(schedule.cells.len());
            if schedule.cells.len() > MAX_CELLS {
                return Err((at, format!("expected txns times agents to stay below {MAX_CELLS}")));
            }
        }
        schedule.find_order();
        Ok(schedule)
    }

    /// Finds the order in which a server takes the operations.
    fn find_order(&mut self) {
        let (order, passes) = order::server_order(self);
        self.ranks = vec![0; order.len()];
        for (rank, slot) in order.into_iter().enumerate() {
            self.ranks[slot as usize] = rank as u32;
        }
        self.passes = passes;
    }

    /// The same order for the first `ops` operations of the trace.
    #[must_use]
    pub fn first(mut self, ops: usize) -> Self {
        self.ends.truncate(ops);
        self.cells.truncate(self.ends.last().copied().unwrap_or(0));
        for slots in &mut self.slots {
            slots.truncate(slots.partition_point(|slot| (*slot as usize) < ops));
        }
        self.find_order();
        self
    }

    /// The operation's place in the order in which a server takes all of them.
    ///
    /// It is an order in which a server passes through every recorded version, where there is one, and otherwise one that
    /// misses few of them.
    pub fn rank(&self, client: NodeId, n: u64) -> Option<u32> {
        self.ranks.get(self.place(client, n)? as usize).copied()
    }

    /// Whether a server can pass through every recorded version.
    pub fn server_passes(&self) -> bool {
        self.passes
    }

    /// Who the client with this index is in the recording.
    pub(crate) fn agent(&self, client: usize) -> u32 {
        self.agents.get(client).copied().unwrap_or(0)
    }

    /// How many clients it takes to replay the trace; some may have nothing to do.
    pub fn clients(&self) -> u32 {
        self.slots.len() as u32
    }

    /// The version before the client's `n`-th operation (from 1): how many operations of each client; 0 beyond the end of the
    /// slice. `None` if it has no such operation.
    pub fn before(&self, client: NodeId, n: u64) -> Option<&[u32]> {
        self.row(self.place(client, n)? as usize)
    }

    /// The index of the client's `n`-th operation in the trace.
    pub fn slot(&self, client: NodeId, n: u64) -> u32 {
        self.place(client, n).unwrap_or(0)
    }

    /// The indices of the client's operations in the trace, ascending.
    pub fn slots(&self, client: NodeId) -> &[u32] {
        index(client).and_then(|client| self.slots.get(client)).map_or(&[], Vec::as_slice)
    }

    /// How many of the first `ops` operations of the trace are the client's.
    pub fn len_within(&self, client: NodeId, ops: u64) -> u64 {
        self.slots(client).partition_point(|slot| u64::from(*slot) < ops) as u64
    }

    /// How many operations the client makes.
    pub fn len(&self, client: NodeId) -> u64 {
        self.slots(client).len() as u64
    }

    /// Each operation's client, as an index.
    pub(crate) fn authors(&self) -> Vec<usize> {
        let mut authors = vec![0; self.ends.len()];
        for (client, slots) in self.slots.iter().enumerate() {
            slots.iter().for_each(|slot| authors[*slot as usize] = client);
        }
        authors
    }

    /// The indices of the operations of the client with this index.
    pub(crate) fn slots_of(&self, client: usize) -> &[u32] {
        self.slots.get(client).map_or(&[], Vec::as_slice)
    }

    fn place(&self, client: NodeId, n: u64) -> Option<u32> {
        self.slots(client).get(usize::try_from(n).ok()?.checked_sub(1)?).copied()
    }

    /// The version before the operation with this index.
    pub(crate) fn row(&self, place: usize) -> Option<&[u32]> {
        let start = place.checked_sub(1).map_or(Some(0), |before| self.ends.get(before).copied())?;
        self.cells.get(start..*self.ends.get(place)?)
    }
}

fn index(client: NodeId) -> Option<usize> {
    usize::try_from(client.0).ok()?.checked_sub(1)
}

/// Raises `seen` to cover `other` too.
fn raise(seen: &mut Vec<u32>, other: &[u32]) {
    if seen.len() < other.len() {
        seen.resize(other.len(), 0);
    }
    for (mine, theirs) in seen.iter_mut().zip(other) {
        *mine = (*mine).max(*theirs);
    }
}

fn raise_one(seen: &mut Vec<u32>, client: usize, n: u32) {
    if seen.len() <= client {
        seen.resize(client + 1, 0);
    }
    seen[client] = seen[client].max(n);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn concurrent(authors: u32, ops: &[(u32, &[u32])]) -> Result<Schedule, (usize, String)> {
        Schedule::concurrent(authors, ops.iter().copied())
    }

    /// The version before an operation, by walking all the way back, as a set of indices.
    fn closure(ops: &[(u32, &[u32])], at: usize) -> std::collections::BTreeSet<u32> {
        let mut seen = std::collections::BTreeSet::new();
        let mut todo = ops[at].1.to_vec();
        while let Some(place) = todo.pop() {
            if seen.insert(place) {
                todo.extend(ops[place as usize].1);
            }
        }
        seen
    }

    fn assert_exact(authors: u32, ops: &[(u32, &[u32])]) -> Schedule {
        let schedule = concurrent(authors, ops).unwrap();
        let mut met = 0;
        for client in (1..=schedule.clients()).map(NodeId) {
            for n in 1..=schedule.len(client) {
                let slot = schedule.slot(client, n);
                let row = schedule.before(client, n).unwrap();
                let named: std::collections::BTreeSet<u32> = (row.iter().zip(1..))
                    .flat_map(|(count, other)| schedule.slots(NodeId(other))[..*count as usize].to_vec())
                    .collect();
                assert_eq!(named, closure(ops, slot as usize), "operation {slot}");
                met += 1;
            }
        }
        assert_eq!(met, ops.len());
        schedule
    }

    #[test]
    fn two_branches_and_a_merge() {
        let ops: &[(u32, &[u32])] = &[(0, &[]), (0, &[0]), (1, &[0]), (1, &[2]), (0, &[1, 3]), (1, &[3, 4])];
        let schedule = assert_exact(2, ops);
        assert_eq!(schedule.before(NodeId(1), 3), Some([2, 2].as_slice()));
        assert_eq!(schedule.before(NodeId(2), 1), Some([1].as_slice()));
        assert_eq!(schedule.before(NodeId(2), 4), None);
        assert_eq!((schedule.slot(NodeId(2), 2), schedule.len(NodeId(3)), schedule.len(NodeId(0))), (3, 0, 0));
        assert_eq!((schedule.len_within(NodeId(1), 4), schedule.len_within(NodeId(2), 4)), (2, 2));
        let first = schedule.clone().first(4);
        assert_eq!((first.len(NodeId(1)), first.len(NodeId(2))), (2, 2));
        assert_eq!(first.before(NodeId(2), 2), schedule.before(NodeId(2), 2));
    }

    #[test]
    fn three_agents_and_several_roots() {
        let ops: &[(u32, &[u32])] =
            &[(2, &[]), (0, &[]), (1, &[0]), (0, &[1, 2]), (2, &[0]), (1, &[3, 4, 2]), (2, &[5]), (0, &[3])];
        assert_exact(3, ops);
    }

    #[test]
    fn an_agent_that_is_in_two_places_becomes_two_clients() {
        let ops: &[(u32, &[u32])] = &[(0, &[]), (0, &[0]), (0, &[0]), (1, &[1, 2]), (0, &[2]), (0, &[1]), (0, &[4, 5])];
        let schedule = assert_exact(2, ops);
        assert_eq!(schedule.clients(), 3);
        assert_eq!(schedule.slots(NodeId(1)), [0, 1, 5, 6]);
        assert_eq!(schedule.slots(NodeId(3)), [2, 4]);
    }

    #[test]
    fn one_author_has_seen_everything_before() {
        let schedule = Schedule::sequential(4);
        assert_eq!(schedule.before(NodeId(1), 1), Some([0].as_slice()));
        assert_eq!(schedule.before(NodeId(1), 4), Some([3].as_slice()));
        assert_eq!(
            (schedule.len(NodeId(1)), schedule.len(NodeId(2)), schedule.clone().first(2).len(NodeId(1))),
            (4, 0, 2)
        );
        assert_eq!(schedule.before(NodeId(2), 1), None);
    }

    #[test]
    fn wrong_orders_are_rejected() {
        for (ops, at) in [
            ([(0, [0].as_slice())].as_slice(), 0),
            (&[(0, &[]), (0, &[2]), (0, &[1])], 1),
            (&[(0, &[]), (2, &[0])], 1),
            (&[(0, &[u32::MAX])], 0),
        ] {
            assert_eq!(concurrent(2, ops).unwrap_err().0, at);
        }
        // No operation has seen another: each would need a client of its own.
        let alone: Vec<(u32, &[u32])> = vec![(0, &[]); MAX_CLIENTS + 1];
        assert!(concurrent(1, &alone).unwrap_err().1.contains("at most"));
    }
}
