//! The small case of a workload: the document that `explore` starts from, and the few operations that differ in kind.

use syncbench_strategies::document::Document;
use syncbench_strategies::model::Operation;
use syncbench_strategies::replica::NodeId;
use syncbench_strategies::view::View;

use super::Intent;

/// A document on which users conflict at once, and the alphabet of operations on it.
///
/// Every letter multiplies the schedules of a case, so an alphabet has one for each kind of operation and no more.
#[derive(Clone, Debug)]
pub struct Small {
    /// The document that all replicas start from.
    pub genesis: Document,
    /// The operations that differ in kind.
    pub letters: &'static [Letter],
}

/// One kind of operation.
#[derive(Clone, Copy, Debug)]
pub struct Letter {
    /// Its name in schedules: letters, digits and `-`.
    pub name: &'static str,
    /// The operation, resolved against what the user sees, with all that the workload's oracle needs. `None` where a user
    /// would not issue it. It depends on nothing but its arguments.
    pub want: fn(&Seat<'_>, &dyn View) -> Option<Intent>,
}

impl Letter {
    /// A letter of an alphabet.
    pub const fn new(name: &'static str, want: fn(&Seat<'_>, &dyn View) -> Option<Intent>) -> Self {
        Self { name, want }
    }
}

/// A user who is about to act.
#[derive(Clone, Copy, Debug)]
pub struct Seat<'a> {
    /// The client at which it acts.
    pub client: NodeId,
    /// The number of its next operation, from 1 on: with the client, a label that no other operation has.
    pub n: u64,
    /// Its own operations that its replica does not reflect yet, the oldest first. The user knows of them, whether the screen
    /// shows them or not.
    pub pending: &'a [Operation],
}

impl Seat<'_> {
    /// A label for what the operation makes, different for every operation of a case.
    pub fn label(&self) -> String {
        format!("{}.{}", self.client, self.n)
    }

    /// A number that no other operation of a case has: that of client 2's third operation is 23.
    pub fn number(&self) -> i64 {
        i64::from(self.client.0) * 10 + i64::try_from(self.n).unwrap_or(i64::MAX / 2)
    }
}
