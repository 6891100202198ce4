//! Everything for a product's own model, workload or strategy: `use syncbench_harness::prelude::*`.

pub use rand::{Rng as _, RngExt as _};
pub use serde::{Deserialize, Serialize};
pub use syncbench_strategies::document::{Document, Edit, EditKind, from_document, to_document};
pub use syncbench_strategies::model::{Model, ModelRef, Operation, Outcome, Plan, Rejected, erase, reduce};
pub use syncbench_strategies::reducer::{Reduced, Reducer};
pub use syncbench_strategies::replica::{
    Context, LinkState, NodeId, OpId, ProtocolError, Replica, Rng, Setup, Strategy, Topology,
};
pub use syncbench_strategies::sidecar::{Clock, Sidecar};
pub use syncbench_strategies::spec::{Content, Growth, Guarantees, Spec, Support, Versions};
pub use syncbench_strategies::view::View;

pub use crate::finding::{Finding, Kind};
pub use crate::findings::Findings;
pub use crate::results::Cell;
pub use crate::scenario::{Catalog, Scenario, ScenarioError, collect};
pub use crate::workload::{History, Intent, Issued, Letter, Seat, Small, User, Workload, WorkloadSpec};
