//! `freeze`: one client's clock stands still.

use std::time::Duration;

use syncbench_strategies::replica::NodeId;
use syncbench_strategies::spec::{Param, ParamKind, Support};

use super::{Fault, FaultSpec, Swarm, Timing, client};

pub(super) static SPEC: FaultSpec = FaultSpec {
    name: "freeze",
    summary: "one client's clock stands still, and is right again when the window ends",
    params: &[Param { name: "client", kind: ParamKind::Count, default: "1", help: "which client; 0 is the last" }],
    timing: Timing::Window,
    threads: Support::Native,
    swarm: Swarm::Drawn(|rng, scope| Some(format!("client={}", scope.any_client(rng).0))),
    build: |params, scope| Ok(Box::new(Freeze { client: client(params, scope)? })),
};

struct Freeze {
    client: NodeId,
}

impl Fault for Freeze {
    fn effect(&self) -> String {
        format!("client {}'s clock stood still", self.client.0)
    }

    fn clock_ahead_ns(&self, node: NodeId, elapsed: Duration) -> i64 {
        if node == self.client { -i64::try_from(elapsed.as_nanos()).unwrap_or(i64::MAX) } else { 0 }
    }
}
