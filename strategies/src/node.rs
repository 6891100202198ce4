//! Who takes part, and how operations are named.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A participant. In a star node 0 is the server; clients are numbered from 1 in every topology.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct NodeId(pub u32);

impl NodeId {
    /// The server of a star.
    pub const SERVER: NodeId = NodeId(0);
}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == NodeId::SERVER { f.write_str("server") } else { write!(f, "c{}", self.0) }
    }
}

/// The `n`-th operation of a client, counted from 1 without gaps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct OpId {
    /// The client whose user issued it.
    pub client: NodeId,
    /// Its number among that client's operations.
    pub n: u64,
}

impl fmt::Display for OpId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.client, self.n)
    }
}
