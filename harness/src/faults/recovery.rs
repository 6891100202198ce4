//! What a crashed node recovers from.

use std::cmp::Reverse;
use std::time::Duration;

use syncbench_strategies::replica::Time;

/// What a fault says that a node recovers from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recovery {
    /// What it had saved, as [`durable`](syncbench_strategies::replica::Replica::durable) gave it at the crash.
    Saved,
    /// What it had saved so long before the fault began.
    Backup(Duration),
    /// The document that it showed, as plain data: history and ids are new. Where all is ephemeral, the document that all
    /// started from: no database or file has more.
    Rebuilt,
    /// Nothing: a new install.
    Nothing,
}

/// What a node recovers from after all faults of a run that crashed it: the worst one counts, which keeps least.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Restart {
    /// See [`Recovery::Saved`].
    Saved,
    /// What it had saved at this moment; of two backups the earlier counts.
    Backup(Reverse<Time>),
    /// See [`Recovery::Rebuilt`].
    Rebuilt,
    /// See [`Recovery::Nothing`].
    Nothing,
}
