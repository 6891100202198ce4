//! Authors who were never active at the same time, on one client.
//!
//! One author follows another if its first operation has seen the other's last. That is a partial order, so the fewest clients
//! are as many as its longest antichain has authors (Dilworth 1950): those who were active at the same time. A largest
//! matching of authors with followers gives them (Fulkerson 1956).

use super::Schedule;

impl Schedule {
    /// On how many clients the operations can be replayed at least.
    pub fn fewest_clients(&self) -> u32 {
        let followers = self.followers();
        (self.slots.len() - followers.iter().flatten().count()) as u32
    }

    /// The same with authors sharing clients until so many are left; `None` if they cannot. Authors without operations share
    /// with anybody.
    pub fn folded(&self, clients: u32) -> Option<Self> {
        let mut spare = self.slots.len().saturating_sub(clients as usize);
        let mut next: Vec<Option<usize>> = vec![None; self.slots.len()];
        let mut follows = vec![false; self.slots.len()];
        for (author, follower) in self.followers().into_iter().enumerate() {
            if let Some(follower) = follower.filter(|_| spare > 0) {
                (next[author], follows[follower]) = (Some(follower), true);
                spare -= 1;
            }
        }
        if spare > 0 {
            return None;
        }
        let mut folded = Self::default();
        let mut client_of = vec![0; self.slots.len()];
        for first in (0..self.slots.len()).filter(|author| !follows[*author]) {
            let mut slots = Vec::new();
            for author in std::iter::successors(Some(first), |author| next[*author]) {
                client_of[author] = folded.slots.len();
                slots.extend_from_slice(&self.slots[author]);
            }
            folded.slots.push(slots);
            folded.agents.push(self.agents[first]);
        }
        for place in 0..self.ends.len() {
            // A client that has seen something of an author has seen all of those before it on its client.
            let mut row = vec![0; folded.slots.len()];
            for (author, seen) in self.row(place).unwrap_or(&[]).iter().enumerate() {
                row[client_of[author]] += seen;
            }
            let len = row.iter().rposition(|seen| *seen > 0).map_or(0, |last| last + 1);
            folded.cells.extend_from_slice(&row[..len]);
            folded.ends.push(folded.cells.len());
        }
        folded.find_order();
        Some(folded)
    }

    /// For each author the one who follows on its client, for as many as possible.
    fn followers(&self) -> Vec<Option<usize>> {
        let authors = self.slots.len();
        // Those without operations come first: anybody follows them.
        let follows = |before: usize, after: usize| match (self.slots[before].len(), self.slots[after].first()) {
            (0, None) => before < after,
            (0, Some(_)) => true,
            (_, None) => false,
            (made, Some(first)) => {
                let seen = self.row(*first as usize).and_then(|row| row.get(before)).copied().unwrap_or(0);
                before != after && seen as usize == made
            }
        };
        let edges: Vec<Vec<usize>> =
            (0..authors).map(|before| (0..authors).filter(|after| follows(before, *after)).collect()).collect();
        let mut leader: Vec<Option<usize>> = vec![None; authors];
        for author in 0..authors {
            augment(author, &edges, &mut leader, &mut vec![false; authors]);
        }
        let mut followers = vec![None; authors];
        for (follower, leader) in leader.into_iter().enumerate() {
            leader.into_iter().for_each(|leader| followers[leader] = Some(follower));
        }
        followers
    }
}

/// Finds a follower for an author, if need be by moving others to other followers.
fn augment(author: usize, edges: &[Vec<usize>], leader: &mut [Option<usize>], tried: &mut [bool]) -> bool {
    // An author who is free is taken first: it spares the search.
    if let Some(free) = edges[author].iter().copied().find(|follower| leader[*follower].is_none()) {
        leader[free] = Some(author);
        return true;
    }
    for &follower in &edges[author] {
        if std::mem::replace(&mut tried[follower], true) {
            continue;
        }
        if leader[follower].is_none_or(|other| augment(other, edges, leader, tried)) {
            leader[follower] = Some(author);
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use syncbench_strategies::replica::NodeId;

    use super::*;

    fn schedule(authors: u32, ops: &[(u32, Vec<u32>)]) -> Schedule {
        Schedule::concurrent(authors, ops.iter().map(|(author, parents)| (*author, parents.as_slice()))).unwrap()
    }

    /// The version before each operation, as a set of operations.
    fn versions(schedule: &Schedule) -> Vec<Vec<u32>> {
        let seen = |place: usize| {
            let row = schedule.row(place).unwrap();
            let seen = row.iter().enumerate().flat_map(|(client, n)| &schedule.slots_of(client)[..*n as usize]);
            let mut seen: Vec<u32> = seen.copied().collect();
            seen.sort_unstable();
            seen
        };
        (0..schedule.ends.len()).map(seen).collect()
    }

    #[test]
    fn authors_who_follow_each_other_share_a_client() {
        // The second begins when the first has ended; the third is active beside both.
        let ops = [(0, vec![]), (2, vec![0]), (0, vec![0]), (1, vec![2]), (1, vec![3, 1]), (2, vec![1])];
        let trace = schedule(3, &ops);
        assert_eq!(trace.fewest_clients(), 2);
        assert!(trace.folded(1).is_none());
        assert_eq!(trace.folded(3), Some(trace.clone()));
        let folded = trace.folded(2).unwrap();
        assert_eq!((folded.slots(NodeId(1)), folded.slots(NodeId(2))), ([0, 2, 3, 4].as_slice(), [1, 5].as_slice()));
        assert_eq!(versions(&folded), versions(&trace));
    }

    #[test]
    fn a_relay_of_a_thousand_authors_takes_one_client() {
        let ops: Vec<(u32, Vec<u32>)> = (0u32..1000).map(|at| (at, at.checked_sub(1).into_iter().collect())).collect();
        let folded = schedule(1000, &ops).folded(1).unwrap();
        assert_eq!((folded.clients(), folded.len(NodeId(1))), (1, 1000));
        assert_eq!(folded.row(999), Some([999].as_slice()));
    }

    proptest! {
        #[test]
        fn every_version_stays_what_it_was(draws in prop::collection::vec((0u32..6, 0usize..8, 0usize..8), 1..30)) {
            let mut ops: Vec<(u32, Vec<u32>)> = Vec::new();
            let mut heads: [Option<u32>; 6] = [None; 6];
            for (at, (author, a, b)) in draws.iter().enumerate() {
                let parents = [*a, *b, *author as usize].into_iter().filter_map(|author| heads.get(author).copied().flatten());
                ops.push((*author, parents.collect()));
                heads[*author as usize] = Some(at as u32);
            }
            let trace = schedule(6, &ops);
            let fewest = trace.fewest_clients();
            for clients in 1..=6 {
                let folded = trace.folded(clients);
                prop_assert_eq!(folded.is_some(), clients >= fewest);
                let Some(folded) = folded else { continue };
                prop_assert_eq!(folded.clients(), clients);
                prop_assert_eq!(versions(&folded), versions(&trace));
            }
        }
    }
}
