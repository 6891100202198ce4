//! The faults of a run with their windows.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use syncbench_strategies::replica::{Mishap, NodeId, Time};

use super::{Fault, FaultSpec, Recovery, Restart};

/// A fault without an end lasts until all users have acted, so a user who waits for a message that it holds back waits in
/// vain. After this time without an action, an opened connection or a fault transition such a user acts anyway. Longer than a
/// round trip to the server in every profile except the satellite's, where such users act a little early.
pub const VAIN_WAIT: Duration = Duration::from_millis(500);

/// A fault that comes and goes has a next transition as long as users have actions left, and a user may wait for a connection that
/// it never lets open. After so many transitions and this time, both without an action or an opened connection, such a user
/// acts anyway.
pub const VAIN_TRANSITIONS: (u32, Duration) = (20, Duration::from_secs(5));

/// A fault with its window.
pub struct Armed {
    /// As it was written.
    pub label: String,
    /// Which fault it is.
    pub spec: &'static FaultSpec,
    /// When its window opens.
    pub start: Time,
    /// When its window closes; `None` for the heal or the end of the run.
    pub end: Option<Time>,
    /// What it does.
    pub fault: Box<dyn Fault>,
    /// The fault that drew it, as written; `None` for a fault of the scenario.
    pub drawn_by: Option<String>,
}

impl Armed {
    /// How long the window has been open; `None` while it is closed.
    pub fn elapsed(&self, at: Time, healed: bool) -> Option<Duration> {
        let over = match self.end {
            Some(end) => end <= at,
            None => healed && !self.fault.outlasts_heal(),
        };
        (self.start <= at && !over).then(|| at.since(self.start))
    }

    /// When the fault's answers change next after `at`.
    pub fn next_transition(&self, at: Time) -> Option<Time> {
        if at < self.start {
            return Some(self.start);
        }
        let end = self.end.filter(|end| at < *end);
        if self.end.is_some() && end.is_none() {
            return None;
        }
        let own = self.fault.next_transition(at.since(self.start)).map(|elapsed| self.start + elapsed);
        own.into_iter().chain(end).min()
    }
}

impl Armed {
    /// What a node that crashes by this fault comes back from.
    pub(super) fn restart(&self, node: NodeId) -> Restart {
        match self.fault.recovery(node) {
            Recovery::Saved => Restart::Saved,
            Recovery::Backup(age) => {
                let age = u64::try_from(age.as_nanos()).unwrap_or(u64::MAX);
                Restart::Backup(Reverse(Time(self.start.0.saturating_sub(age))))
            }
            Recovery::Rebuilt => Restart::Rebuilt,
            Recovery::Nothing => Restart::Nothing,
        }
    }
}

impl fmt::Debug for Armed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.label)
    }
}

/// The faults of a run.
#[derive(Debug, Default)]
pub struct Faults(Vec<Armed>);

impl FromIterator<Armed> for Faults {
    fn from_iter<I: IntoIterator<Item = Armed>>(faults: I) -> Self {
        Self(faults.into_iter().collect())
    }
}

impl Faults {
    /// Each of them, in the order in which they were written.
    pub fn iter(&self) -> impl Iterator<Item = &Armed> {
        self.0.iter()
    }

    /// The moments at which backups of one of these nodes are made, to restore it later.
    pub fn backups(&self, nodes: &[NodeId]) -> Vec<(NodeId, Time)> {
        let backup = |node: &NodeId, armed: &Armed| match armed.restart(*node) {
            Restart::Backup(Reverse(at)) => Some((*node, at)),
            _ => None,
        };
        nodes.iter().flat_map(|node| self.iter().filter_map(move |armed| backup(node, armed))).collect()
    }

    /// The client whose ids `node` draws, if not its own.
    pub fn twin_of(&self, node: NodeId) -> Option<NodeId> {
        self.iter().find_map(|armed| armed.fault.twin_of(node))
    }

    /// The fault that makes a second twin of a client that is a twin already: whose ids it then draws is not defined.
    pub fn twin_again(&self, clients: u32) -> Option<&Armed> {
        let mut twins = BTreeSet::new();
        self.iter().find(|armed| {
            let pair = |copy| armed.fault.twin_of(NodeId(copy)).map(|of| [NodeId(copy), of]);
            let mut both = (1..=clients).filter_map(pair).flatten();
            both.any(|client| !twins.insert(client))
        })
    }

    /// Whether this happens to `client`.
    pub fn bring(&self, mishap: Mishap, client: NodeId) -> bool {
        match mishap {
            Mishap::Twin => self.twin_of(client).is_some(),
            Mishap::NewInstall => self.iter().any(|armed| armed.fault.recovery(client) == Recovery::Nothing),
        }
    }

    /// How many changes of all states to expect, with the fault that has the most, until the last window closes and users
    /// have acted for this long.
    pub fn changes(&self, acting: Duration) -> (f64, Option<&Armed>) {
        let last = self.last_end().max(Time::ZERO + acting);
        let of = |armed: &Armed| armed.fault.changes_in(armed.end.unwrap_or(last).min(last).since(armed.start));
        let most = self.iter().max_by(|a, b| of(a).total_cmp(&of(b)));
        (self.iter().map(of).sum(), most)
    }

    /// Whether nothing goes wrong.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// When some fault's answers change next after `at`.
    pub fn next_transition(&self, at: Time) -> Option<Time> {
        self.iter().filter_map(|armed| armed.next_transition(at)).min()
    }

    /// When the last window closes; one without an end, when it opens at the earliest.
    pub fn last_end(&self) -> Time {
        self.iter().map(|armed| armed.end.unwrap_or(armed.start)).max().unwrap_or(Time::ZERO)
    }
}
