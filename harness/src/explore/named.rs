//! Cases beyond the map's bound or defaults: problems that users of libraries report, as one script each.

use super::case::{Bounds, Case, Disturbance};
use super::step::Script;

/// A script that is explored by itself, under these strategies.
#[derive(Debug)]
pub struct Named {
    /// What users do, in a few words.
    pub name: &'static str,
    /// Strategies, as on the command line.
    pub strategies: &'static [&'static str],
    /// The workload whose letters these are.
    pub workload: &'static str,
    /// By client: its operations, as names of letters.
    pub script: &'static [&'static [&'static str]],
    /// What happens once in each schedule, to each client in turn; `None` for nothing.
    pub disturbance: Option<Disturbance>,
}

/// One line for each case.
pub static NAMED: &[Named] = &[
    // Two runs interleave only if both are split, so each user types twice: four operations.
    Named {
        name: "two users type backward at one place",
        strategies: &["ot", "text-ids", "crdt-automerge", "crdt-yrs", "crdt-loro", "crdt-diamond"],
        workload: "text",
        script: &[&["type-before", "type-before"], &["type-before", "type-before"]],
        disturbance: None,
    },
    // With a parameter: the counter is a plain field, to which each user writes the sum.
    Named {
        name: "two users increment a plain field",
        strategies: &["crdt-yrs:counter=sum", "crdt-yrs"],
        workload: "counter",
        script: &[&["add"], &["add"]],
        disturbance: None,
    },
    // With a parameter: the library's usual containers, not those that merge by name.
    Named {
        name: "two users create one list and add to it",
        strategies: &["crdt-loro:child=plain", "crdt-loro"],
        workload: "json",
        script: &[&["tag"], &["tag"]],
        disturbance: None,
    },
    // The right to the ticket may lie on the other side.
    Named {
        name: "one user books, and a connection breaks",
        strategies: &["escrow", "serial"],
        workload: "booking",
        script: &[&["book-ticket"], &[]],
        disturbance: Some(Disturbance::Break),
    },
    Named {
        name: "one user books, and a client joins late",
        strategies: &["escrow", "serial"],
        workload: "booking",
        script: &[&["book-ticket"], &[]],
        disturbance: Some(Disturbance::Late),
    },
    // What was on its way when the connection broke is sent again, and what came after may be faster.
    Named {
        name: "one user adds twice, and a connection breaks",
        strategies: &["lww-hlc", "serial-optimistic"],
        workload: "counter",
        script: &[&["add", "add"], &[]],
        disturbance: Some(Disturbance::Break),
    },
];

impl Named {
    /// The script in the letters of this case; `None` if a letter is missing.
    pub fn script(&self, case: &Case<'_>) -> Option<Script> {
        let place = |name: &&str| case.letters().iter().position(|letter| letter.name == *name);
        self.script.iter().map(|names| names.iter().map(place).collect()).collect()
    }

    /// The bounds that the script needs.
    pub fn bounds(&self, budget: std::time::Duration) -> Bounds {
        let ops = self.script.iter().map(|names| names.len() as u32).sum();
        Bounds { clients: self.script.len() as u32, ops, disturbance: self.disturbance, reduced: true, budget }
    }
}
