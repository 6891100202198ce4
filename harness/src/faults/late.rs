//! `late`: one client joins only after a while.

use std::time::Duration;

use syncbench_strategies::replica::NodeId;
use syncbench_strategies::spec::{Param, ParamKind, Support};

use super::{Fault, FaultSpec, NodeState, Swarm, Timing, client};

pub(super) static SPEC: FaultSpec = FaultSpec {
    name: "late",
    summary: "one client joins late: late:3@5s joins at five seconds",
    params: &[Param { name: "client", kind: ParamKind::Count, default: "0", help: "which client; 0 is the last" }],
    timing: Timing::Until,
    threads: Support::Native,
    swarm: Swarm::Drawn(|rng, scope| Some(format!("client={}", scope.any_client(rng).0))),
    build: |params, scope| Ok(Box::new(Late(client(params, scope)?))),
};

struct Late(NodeId);

impl Fault for Late {
    fn effect(&self) -> String {
        format!("client {} was absent", self.0.0)
    }

    fn node(&self, node: NodeId, _: Duration) -> NodeState {
        if node == self.0 { NodeState::Absent } else { NodeState::Up }
    }
}
