//! One time that a guarantee was broken.

use std::fmt;

use syncbench_strategies::replica::{NodeId, OpId, Time};

use super::Guarantee;
use crate::ledger::{Entry, Fate, Ledger};

/// One time that a guarantee was broken.
#[derive(Clone, Debug, PartialEq)]
pub struct Break {
    /// When.
    pub at: Time,
    /// At which client.
    pub client: NodeId,
    /// How.
    pub why: Why,
}

/// How a guarantee was broken.
#[derive(Clone, Debug, PartialEq)]
pub enum Why {
    /// The client no longer shows an operation of its own user.
    OwnGone(OpId),
    /// The client has confirmed an operation of its own user and does not show it.
    OwnUnseen(OpId),
    /// The client no longer shows an operation of another user.
    Gone(OpId),
    /// The client's state changed, or differs from the one before a crash, although nothing happened to any operation there.
    Changed,
    /// The client shows an operation and not these earlier ones of the same user.
    Earlier(OpId, Vec<OpId>),
    /// The client shows an operation and not these, which its user had seen when it acted.
    Seen(OpId, Vec<OpId>),
}

impl Break {
    /// Which guarantee.
    pub fn guarantee(&self) -> Guarantee {
        match self.why {
            Why::OwnGone(_) | Why::OwnUnseen(_) => Guarantee::ReadYourWrites,
            Why::Gone(_) | Why::Changed => Guarantee::MonotonicReads,
            Why::Earlier(..) => Guarantee::MonotonicWrites,
            Why::Seen(..) => Guarantee::WritesFollowReads,
        }
    }

    /// What is left of it once all fates are known: operations without effect are no writes, and so are those that only their
    /// user ever saw and whose fate is unknown.
    pub(super) fn confirmed_by(&self, ledger: &Ledger) -> Option<Self> {
        let write = |op: &OpId| ledger.entry(*op).is_some_and(is_write);
        let missing = |op: OpId, all: &[OpId]| -> Option<Vec<OpId>> {
            let missing: Vec<OpId> = all.iter().copied().filter(|op| write(op)).collect();
            (write(&op) && !missing.is_empty()).then_some(missing)
        };
        let why = match &self.why {
            Why::OwnGone(op) | Why::OwnUnseen(op) | Why::Gone(op) => write(op).then(|| self.why.clone())?,
            Why::Changed => Why::Changed,
            Why::Earlier(op, all) => Why::Earlier(*op, missing(*op, all)?),
            Why::Seen(op, all) => Why::Seen(*op, missing(*op, all)?),
        };
        Some(Self { why, ..*self })
    }
}

/// Whether an operation had an effect for certain: it was confirmed, or another node reflected it, and it was neither rejected
/// nor void.
pub(crate) fn is_write(entry: &Entry) -> bool {
    let happened = matches!(entry.fate, Fate::Confirmed(_)) || entry.replicated.is_some();
    happened && !entry.void && !matches!(entry.fate, Fate::Rejected(_))
}

impl fmt::Display for Break {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at {:?} {} {}", self.at, self.client, self.why)
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Why::OwnGone(op) => write!(f, "no longer showed {op}, its user's own, which was not rejected"),
            Why::OwnUnseen(op) => write!(f, "confirmed {op} to its user and did not show it"),
            Why::Gone(op) => write!(f, "no longer showed {op}, which it had shown"),
            Why::Changed => f.write_str("showed another state, though nothing had happened to any operation there"),
            Why::Earlier(op, missing) => {
                write!(f, "showed {op} and not {}, which the same user had issued before", list(missing))
            }
            Why::Seen(op, missing) => {
                write!(f, "showed {op} and not {}, which its user had seen when it acted", list(missing))
            }
        }
    }
}

/// The first operation, and how many more.
fn list(ops: &[OpId]) -> String {
    match ops {
        [] => String::new(),
        [one] => one.to_string(),
        [first, rest @ ..] => format!("{first} and {} more", rest.len()),
    }
}
