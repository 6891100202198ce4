//! Everything for a product's own crate: `use syncbench_cli::prelude::*`.

pub use syncbench_harness::faults::{Fault, FaultSpec, LinkCondition, Needs, NodeState, Scope, Swarm, Timing};
pub use syncbench_harness::metric::MetricSpec;
pub use syncbench_harness::metrics;
pub use syncbench_harness::network::{Impairment, Passing};
pub use syncbench_harness::network::{Leg, NetworkSpec, Profile, Reconnect};
pub use syncbench_harness::prelude::*;
pub use syncbench_reports::charts::{Chart, dots};
pub use syncbench_strategies::document::serde_bridge::{counter, text};
pub use syncbench_strategies::spec::{Param, ParamKind, Params};

pub use crate::catalog::Catalog;
pub use crate::product::Product;
pub use crate::{main_with, product};
