//! Session guarantees (Terry et al. 1994), from what each client showed and when.
//!
//! A session is one user at one client. A *write* is an operation with an effect: it was neither rejected nor void. A
//! *read* is what a client shows at the end of an instant. It contains an operation while the client reflects it,
//! or shows it to its own user, until the client rolls it back or loses it. A newer write may have superseded what an operation
//! changed: the operation still counts as shown.
//!
//! | guarantee | broken when a client |
//! |---|---|
//! | read your writes | no longer shows an operation of its user that it had shown, or does not show one that it has confirmed |
//! | monotonic reads | no longer shows an operation of another user that it had shown, or changes its state though nothing happened to any operation there |
//! | monotonic writes | shows an operation and not an earlier one of the same user |
//! | writes follow reads | shows an operation and not another that its user had seen when it acted |
//!
//! A client that lost its disk, and one that starts over because its peers lost theirs, begins a new session with what is
//! left: what is lost then has findings of its own. An operation that is rolled back because it is rejected breaks nothing: its user is told that it is no write. Until a
//! client shows or confirms an operation, its user waits for it (`echo_ms`), and nothing is broken either. Where all four hold,
//! the run is causally consistent (Brzezinski, Sobaniec and Wawrzyniak 2004): what a client shows is closed under what each
//! operation follows, directly or over others.

mod broken;
pub mod history;
mod watch;

use syncbench_strategies::spec::Sessions;

use crate::finding::{Kind, kinds};
use crate::oracle::{self, Oracle};
pub use broken::{Break, Why};
pub use watch::{Look, Step, Watch};

kinds! {
    READ_YOUR_WRITES_BROKEN = noted(
        "read your writes broken",
        "A client no longer showed an operation of its own user that it had shown, or did not show one that it had confirmed; \
         counted each time, rejected operations left out."
    );
    MONOTONIC_READS_BROKEN = noted(
        "monotonic reads broken",
        "A client no longer showed another user's operation that it had shown, or its state changed though nothing happened to \
         any operation there; counted each time."
    );
    MONOTONIC_WRITES_BROKEN = noted(
        "monotonic writes broken",
        "A client showed an operation before an earlier one of the same user; counted once for each operation and client."
    );
    WRITES_FOLLOW_READS_BROKEN = noted(
        "writes follow reads broken",
        "A client showed an operation before another that its user had seen when it acted; counted once for each operation \
         and client."
    );
}

/// The kinds of findings about sessions, in the order of [`Guarantee::ALL`].
pub static KINDS: [&Kind; 4] =
    [&READ_YOUR_WRITES_BROKEN, &MONOTONIC_READS_BROKEN, &MONOTONIC_WRITES_BROKEN, &WRITES_FOLLOW_READS_BROKEN];

/// What a session can rely on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Guarantee {
    /// A user keeps seeing its own operations.
    ReadYourWrites,
    /// A user keeps seeing what it has seen.
    MonotonicReads,
    /// Operations of one user appear in their order.
    MonotonicWrites,
    /// An operation appears after what its user had seen.
    WritesFollowReads,
}

impl Guarantee {
    /// All of them: together they are causal consistency.
    pub const ALL: [Self; 4] =
        [Self::ReadYourWrites, Self::MonotonicReads, Self::MonotonicWrites, Self::WritesFollowReads];

    /// The oracle that holds a run to it.
    pub fn oracle(self) -> &'static Oracle {
        match self {
            Self::ReadYourWrites => &oracle::READ_YOUR_WRITES,
            Self::MonotonicReads => &oracle::MONOTONIC_READS,
            Self::MonotonicWrites => &oracle::MONOTONIC_WRITES,
            Self::WritesFollowReads => &oracle::WRITES_FOLLOW_READS,
        }
    }

    /// Its name in sentences.
    pub fn name(self) -> &'static str {
        self.oracle().name
    }

    /// Its field in `session_breaks`.
    pub fn field(self) -> &'static str {
        match self {
            Self::ReadYourWrites => "read_your_writes",
            Self::MonotonicReads => "monotonic_reads",
            Self::MonotonicWrites => "monotonic_writes",
            Self::WritesFollowReads => "writes_follow_reads",
        }
    }

    /// The kind of finding that says it was broken.
    pub fn kind(self) -> &'static Kind {
        KINDS[self as usize]
    }

    /// Whether it is among what a strategy claims.
    pub fn is_claimed(self, claims: &Sessions) -> bool {
        match self {
            Self::ReadYourWrites => claims.read_your_writes,
            Self::MonotonicReads => claims.monotonic_reads,
            Self::MonotonicWrites => claims.monotonic_writes,
            Self::WritesFollowReads => claims.writes_follow_reads,
        }
    }
}

/// The guarantees that were broken: how often, and the first time.
pub fn each(broken: &[Break]) -> impl Iterator<Item = (Guarantee, u64, &Break)> {
    Guarantee::ALL.into_iter().filter_map(|guarantee| {
        let mut times = broken.iter().filter(|one| one.guarantee() == guarantee);
        let first = times.next()?;
        Some((guarantee, 1 + times.count() as u64, first))
    })
}

#[cfg(test)]
mod tests;
