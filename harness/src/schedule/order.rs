//! An order in which a server can take the operations of a recorded trace, so that each of them is made on the version that
//! its recorded user saw.
//!
//! What a server tells its clients is a growing prefix of its order. So an operation is made on its recorded version only if
//! there is a *point* in that order with everything of the version before it and everything else behind it. "Before a point"
//! and "behind a point" are precedences like "an operation comes after those of its version": an order exists exactly where
//! the precedences have no cycle, and sorting them topologically finds it. No search is needed.
//!
//! Clients that show their own operations at once need no room for these in the order: their versions may hold own operations
//! that the server has not taken. Clients that wait for the server need it. The order that suits both is tried first.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::Schedule;

/// Most precedences that are looked at, 64 MB. A trace with more keeps its recorded order.
const MAX_EDGES: usize = 1 << 23;

/// The operations in the order in which a server should take them, and whether every version is a point of it.
pub(super) fn server_order(schedule: &Schedule) -> (Vec<u32>, bool) {
    let recorded = || (0..schedule.ends.len() as u32).collect();
    for own in [true, false] {
        match Graph::new(schedule, own).map(|graph| graph.sort(false)) {
            Some((order, true)) => return (order, true),
            Some(_) => {}
            None => return (recorded(), false),
        }
    }
    Graph::new(schedule, false).map_or_else(|| (recorded(), false), |graph| graph.sort(true))
}

/// Precedences among operations (numbered as in the trace) and points (numbered behind them).
struct Graph {
    ops: usize,
    /// By node: how many precedences it waits for.
    waits: Vec<u32>,
    /// By node: its last precedence in `edges`, from 1; 0 for none.
    last: Vec<u32>,
    /// What comes after, and the node's previous precedence.
    edges: Vec<(u32, u32)>,
}

impl Graph {
    /// `own`: a version's own operations lie before its point, too. `None` where there are too many precedences.
    fn new(schedule: &Schedule, own: bool) -> Option<Self> {
        let ops = schedule.ends.len();
        let mut graph = Self { ops, waits: vec![0; ops], last: vec![0; ops], edges: Vec::new() };
        for client in 0..schedule.slots.len() {
            graph.add_client(schedule, client, own);
            if graph.edges.len() > MAX_EDGES {
                return None;
            }
        }
        Some(graph)
    }

    /// The points of one client's versions, which follow each other, and its operations behind them.
    fn add_client(&mut self, schedule: &Schedule, client: usize, own: bool) {
        // The version of the last point.
        let mut seen = vec![0u32; schedule.slots.len()];
        let mut point: Option<u32> = None;
        let nth = |other: usize, n: u32| schedule.slots[other].get(n as usize).copied();
        for slot in &schedule.slots[client] {
            let row = schedule.row(*slot as usize).unwrap_or(&[]);
            let grown = |(other, n): &(usize, &u32)| **n > seen[*other] && (own || *other != client);
            let grown: Vec<(usize, u32)> = row.iter().enumerate().filter(grown).map(|(other, n)| (other, *n)).collect();
            if point.is_none() || !grown.is_empty() {
                let new = self.add_point();
                if let Some(before) = point {
                    self.add(before, new);
                    // What the version before did not have comes behind its point.
                    for (other, _) in &grown {
                        nth(*other, seen[*other]).into_iter().for_each(|next| self.add(before, next));
                    }
                }
                for (other, n) in grown {
                    nth(other, n - 1).into_iter().for_each(|last| self.add(last, new));
                    seen[other] = n;
                }
                point = Some(new);
            }
            point.into_iter().for_each(|point| self.add(point, *slot));
            if self.edges.len() > MAX_EDGES {
                return;
            }
        }
        for slots in schedule.slots[client].windows(2) {
            self.add(slots[0], slots[1]);
        }
        let others = (0..seen.len()).filter(|other| own || *other != client);
        for (point, next) in point.into_iter().flat_map(|point| {
            let nexts: Vec<_> = others.clone().filter_map(|other| nth(other, seen[other])).collect();
            nexts.into_iter().map(move |next| (point, next))
        }) {
            self.add(point, next);
        }
    }

    fn add_point(&mut self) -> u32 {
        self.waits.push(0);
        self.last.push(0);
        self.waits.len() as u32 - 1
    }

    fn add(&mut self, before: u32, after: u32) {
        self.waits[after as usize] += 1;
        self.edges.push((after, self.last[before as usize]));
        self.last[before as usize] = self.edges.len() as u32;
    }

    /// Sorts the operations, the earliest recorded one first where several may come. Where a cycle leaves none, it stops, or
    /// if it must go `on`, takes the earliest: all that it depends on is there, and only points are missed.
    fn sort(mut self, on: bool) -> (Vec<u32>, bool) {
        let mut order = Vec::with_capacity(self.ops);
        let mut taken = vec![false; self.waits.len()];
        let mut ready: BinaryHeap<Reverse<u32>> =
            (0..self.waits.len() as u32).filter(|node| self.waits[*node as usize] == 0).map(Reverse).collect();
        let (mut next, mut exact) = (0, true);
        loop {
            while let Some(Reverse(node)) = ready.pop() {
                if std::mem::replace(&mut taken[node as usize], true) {
                    continue;
                }
                if (node as usize) < self.ops {
                    order.push(node);
                }
                let mut edge = self.last[node as usize];
                while let Some((after, before)) = (edge as usize).checked_sub(1).map(|index| self.edges[index]) {
                    let waits = &mut self.waits[after as usize];
                    *waits -= 1;
                    if *waits == 0 {
                        ready.push(Reverse(after));
                    }
                    edge = before;
                }
            }
            while taken.get(next).is_some_and(|taken| *taken) && next < self.ops {
                next += 1;
            }
            if next == self.ops || !on {
                return (order, exact && next == self.ops);
            }
            exact = false;
            ready.push(Reverse(next as u32));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn schedule(authors: u32, ops: &[(u32, Vec<u32>)]) -> Schedule {
        Schedule::concurrent(authors, ops.iter().map(|(author, parents)| (*author, parents.as_slice()))).unwrap()
    }

    /// Whether every version, own operations left out unless `own`, is what some prefix of the order has.
    fn passes(schedule: &Schedule, order: &[u32], own: bool) -> bool {
        let authors = schedule.authors();
        (0..order.len()).all(|op| {
            let counts = |client: usize| own || client != authors[op];
            let row = schedule.row(op).unwrap();
            let wanted: Vec<u32> =
                (0..schedule.slots.len()).filter(|c| counts(*c)).map(|c| row.get(c).copied().unwrap_or(0)).collect();
            let mut prefix = vec![0u32; schedule.slots.len()];
            let mut met = false;
            for at in 0..=order.len() {
                met |= (0..prefix.len()).filter(|c| counts(*c)).map(|c| prefix[c]).collect::<Vec<_>>() == wanted;
                if let Some(slot) = order.get(at) {
                    if *slot as usize == op && !met {
                        return false;
                    }
                    prefix[authors[*slot as usize]] += 1;
                }
            }
            met
        })
    }

    fn permutations(rest: &mut Vec<u32>, order: &mut Vec<u32>, try_it: &mut dyn FnMut(&[u32])) {
        if rest.is_empty() {
            return try_it(order);
        }
        for at in 0..rest.len() {
            order.push(rest.remove(at));
            permutations(rest, order, try_it);
            rest.insert(at, order.pop().unwrap());
        }
    }

    #[test]
    fn a_branch_that_is_merged_first_is_taken_first() {
        // The third operation's author saw the second branch and not the first.
        let ops = [(0, vec![]), (0, vec![0]), (1, vec![0]), (2, vec![2])];
        assert_eq!(server_order(&schedule(3, &ops)), (vec![0, 2, 1, 3], true));
    }

    #[test]
    fn two_users_who_saw_one_branch_each_have_no_order() {
        let ops = [(0, vec![]), (0, vec![0]), (1, vec![0]), (2, vec![2]), (3, vec![1])];
        let (order, exact) = server_order(&schedule(4, &ops));
        assert_eq!((order.len(), exact), (5, false));
    }

    #[test]
    fn one_after_the_other_stays_so() {
        assert_eq!(server_order(&Schedule::sequential(4)), (vec![0, 1, 2, 3], true));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]
        /// All orders are tried: one is found exactly where one exists, and it is one.
        #[test]
        fn an_order_is_found_exactly_where_one_exists(
            draws in prop::collection::vec((0u32..3, 0u8..6, 0u8..6), 1..7),
        ) {
            let mut ops: Vec<(u32, Vec<u32>)> = Vec::new();
            let mut heads: [Option<u32>; 3] = [None; 3];
            for (at, (author, a, b)) in draws.iter().enumerate() {
                let known = [*a, *b].into_iter().filter_map(|other| heads.get(usize::from(other)).copied().flatten());
                let parents = heads[*author as usize].into_iter().chain(known).collect();
                ops.push((*author, parents));
                heads[*author as usize] = Some(at as u32);
            }
            let schedule = schedule(3, &ops);
            let (order, exact) = server_order(&schedule);
            let mut sorted = order.clone();
            sorted.sort_unstable();
            prop_assert_eq!(&sorted, &(0..ops.len() as u32).collect::<Vec<_>>());
            let mut exists = [false; 2];
            permutations(&mut sorted, &mut Vec::new(), &mut |order| {
                let causal = order.iter().enumerate().all(|(at, op)| ops[*op as usize].1.iter().all(|p| order[..at].contains(p)));
                for (own, exists) in [true, false].into_iter().zip(&mut exists) {
                    *exists |= causal && passes(&schedule, order, own);
                }
            });
            prop_assert_eq!(exact, exists[1]);
            prop_assert!(!exact || passes(&schedule, &order, false));
            prop_assert!(!exists[0] || passes(&schedule, &order, true));
        }
    }
}
