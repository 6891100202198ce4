//! The operations of a trace.

use serde::{Deserialize, Serialize};

use crate::typing::Splice;

/// One txn: changes, each on the text after the one before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TraceOp(pub Vec<Splice>);
