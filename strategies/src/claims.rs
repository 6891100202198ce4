//! What a strategy claims about itself. The contract suite holds it to every claim.

use std::fmt;

use serde::Serialize;

/// What makes a replica's memory grow, client or server, while the document keeps its size. Anything not named here is
/// bounded. Unsent work is not named: every strategy that works offline keeps it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Growth {
    /// What is kept of every operation.
    pub operations: Option<&'static str>,
    /// What is kept of everything that is removed.
    pub removals: Option<&'static str>,
    /// What is kept of every operation for a client that is away, for ever if it never returns.
    pub absence: Option<&'static str>,
}

impl Growth {
    /// Bounded whatever happens.
    pub const NONE: Growth = Growth { operations: None, removals: None, absence: None };

    /// Grows with every operation; `what` is kept.
    pub const fn operations(what: &'static str) -> Self {
        Self { operations: Some(what), ..Self::NONE }
    }

    /// Grows with everything that is removed; `what` is kept.
    pub const fn removals(what: &'static str) -> Self {
        Self { removals: Some(what), ..Self::NONE }
    }

    /// Grows while a client is away; `what` is kept for it.
    pub const fn absence(what: &'static str) -> Self {
        Self { absence: Some(what), ..Self::NONE }
    }

    /// The growth of a replica that consists of two parts.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            operations: self.operations.or(other.operations),
            removals: self.removals.or(other.removals),
            absence: self.absence.or(other.absence),
        }
    }

    /// What memory grows with, and what is kept, in the order of tables.
    pub fn named(&self) -> [(&'static str, Option<&'static str>); 3] {
        [
            ("with operations", self.operations),
            ("with removals", self.removals),
            ("while a client is away", self.absence),
        ]
    }
}

/// What a user can rely on from one look to the next, also after others' operations (Terry et al. 1994). Claimed where a source
/// says so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Sessions {
    /// A user keeps seeing its own operations.
    pub read_your_writes: bool,
    /// A user keeps seeing what it has seen.
    pub monotonic_reads: bool,
    /// Operations of one user appear in their order.
    pub monotonic_writes: bool,
    /// An operation appears after what its user had seen when it acted.
    pub writes_follow_reads: bool,
}

impl Sessions {
    /// None of them.
    pub const NONE: Sessions = Sessions {
        read_your_writes: false,
        monotonic_reads: false,
        monotonic_writes: false,
        writes_follow_reads: false,
    };

    /// All of them: causal consistency.
    pub const CAUSAL: Sessions =
        Sessions { read_your_writes: true, monotonic_reads: true, monotonic_writes: true, writes_follow_reads: true };
}

/// Where earlier versions of a document can be read from, beside versions that a product saves itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Versions {
    /// Nowhere: what is replaced or removed is gone.
    #[default]
    Nowhere,
    /// From every replica, and by what means.
    Replica(&'static str),
    /// From the server, as far as it keeps what it has ordered; what that is.
    Server(&'static str),
    /// From every replica with an option that is off by default; what goes without it.
    Collected(&'static str),
}

impl Versions {
    /// In a clause.
    pub fn says(&self) -> String {
        match self {
            Versions::Nowhere => "what is replaced or removed is gone; the product saves versions itself".to_owned(),
            Versions::Replica(how) => format!("every replica keeps them: {how}"),
            Versions::Server(what) => format!("the server can keep them: {what}"),
            Versions::Collected(what) => format!("replicas drop them by default: {what}"),
        }
    }
}

/// What a strategy claims.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Guarantees {
    /// Once every message has arrived, every replica shows the same state.
    pub converges: bool,
    /// A message that arrives twice changes nothing.
    pub tolerates_duplicates: bool,
    /// Messages may overtake each other.
    pub tolerates_reordering: bool,
    /// Messages may be lost without the connection breaking.
    pub tolerates_loss: bool,
    /// Its user sees own changes without a connection.
    pub works_offline: bool,
    /// Its user sees some own changes without a connection, depending on what they touch.
    pub works_offline_in_part: bool,
    /// It confirms an operation to its user before any other machine has it.
    pub confirms_alone: bool,
    /// It can reject an operation because of what others did, and tells the user.
    pub can_refuse: bool,
    /// The final state and all outcomes are those of some serial order.
    pub serializable: bool,
    /// It needs a server.
    pub needs_server: bool,
    /// Which operations survive depends on how well clocks agree.
    pub depends_on_clocks: bool,
    /// What makes its memory grow when the document does not.
    pub grows: Growth,
    /// A client's operations last only as long as the client: they go when it falls silent or crashes.
    pub ephemeral: bool,
    /// What sessions can rely on.
    pub sessions: Sessions,
    /// Where earlier versions can be read from.
    pub versions: Versions,
}

impl Guarantees {
    /// Nothing at all; a spec lists what it adds.
    pub const NONE: Guarantees = Guarantees {
        converges: false,
        tolerates_duplicates: false,
        tolerates_reordering: false,
        tolerates_loss: false,
        works_offline: false,
        works_offline_in_part: false,
        confirms_alone: false,
        can_refuse: false,
        serializable: false,
        needs_server: false,
        depends_on_clocks: false,
        grows: Growth::NONE,
        ephemeral: false,
        sessions: Sessions::NONE,
        versions: Versions::Nowhere,
    };

    /// What its users may take "saved" for, when an operation is confirmed.
    pub fn saved(&self) -> &'static str {
        match (self.ephemeral, self.confirms_alone) {
            (true, _) => "nothing is saved: an operation goes when its user does",
            (false, true) => "one device has it, and until it is replicated the loss of that device loses it",
            (false, false) => "the server has it",
        }
    }

    /// The claims by name, in the order of tables. A claim of causal consistency is one of all four session guarantees.
    pub fn named(&self) -> [(&'static str, bool); 20] {
        let causal = self.sessions == Sessions::CAUSAL;
        let alone = |claimed: bool| claimed && !causal;
        [
            ("converges", self.converges),
            ("tolerates duplicates", self.tolerates_duplicates),
            ("tolerates reordering", self.tolerates_reordering),
            ("tolerates loss", self.tolerates_loss),
            ("works offline", self.works_offline),
            ("works offline in part", self.works_offline_in_part),
            ("confirms on one device", self.confirms_alone),
            ("can refuse", self.can_refuse),
            ("serializable", self.serializable),
            ("needs a server", self.needs_server),
            ("depends on clocks", self.depends_on_clocks),
            ("grows with operations", self.grows.operations.is_some()),
            ("grows with removals", self.grows.removals.is_some()),
            ("grows while a client is away", self.grows.absence.is_some()),
            ("ephemeral", self.ephemeral),
            ("causal", causal),
            ("read your writes", alone(self.sessions.read_your_writes)),
            ("monotonic reads", alone(self.sessions.monotonic_reads)),
            ("monotonic writes", alone(self.sessions.monotonic_writes)),
            ("writes follow reads", alone(self.sessions.writes_follow_reads)),
        ]
    }
}

/// How a strategy carries a kind of edit. Printed beside every number: an anomaly of an emulation belongs to the encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Support {
    /// By the strategy's own means.
    Native,
    /// By an encoding, named here.
    Emulated(&'static str),
    /// Not at all, and why.
    Unsupported(&'static str),
}

impl fmt::Display for Support {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Support::Native => f.write_str("native"),
            Support::Emulated(how) => write!(f, "emulated: {how}"),
            Support::Unsupported(why) => write!(f, "unsupported: {why}"),
        }
    }
}
