//! `pause`: one node stands still for a while: a closed laptop, a tab in the background, a garbage collector that stops
//! the world.

use std::time::Duration;

use syncbench_strategies::replica::NodeId;
use syncbench_strategies::spec::{Param, ParamKind, Support};

use super::{Fault, FaultSpec, NodeState, Swarm, Timing, named, node};

pub(super) static SPEC: FaultSpec = FaultSpec {
    name: "pause",
    summary: "one node stands still: what arrives waits and is handled at once afterwards, timers are late, its user is idle; \
              its connections stay: pause:client=2@3s..6s",
    params: &[Param {
        name: "client",
        kind: ParamKind::Node,
        default: "1",
        help: "which node: a client, 0 for the last one, or server",
    }],
    timing: Timing::Between,
    threads: Support::Unsupported(
        "a pause needs a replica that is not called while its thread runs; expected --engine sim",
    ),
    swarm: Swarm::Drawn(|rng, scope| Some(format!("client={}", scope.any_client(rng).0))),
    build: |params, scope| Ok(Box::new(Pause(node(params, scope)?))),
};

struct Pause(NodeId);

impl Fault for Pause {
    fn effect(&self) -> String {
        format!("{} stood still", named(self.0))
    }

    fn node(&self, node: NodeId, _: Duration) -> NodeState {
        if node == self.0 { NodeState::Paused } else { NodeState::Up }
    }
}
