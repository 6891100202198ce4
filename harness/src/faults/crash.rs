//! `crash`: one client's device goes down. Its replica loses its memory at the window's start, and recovers from what it had
//! saved at the window's end.

use std::time::Duration;

use syncbench_strategies::replica::NodeId;
use syncbench_strategies::spec::{Param, ParamKind, Support};

use super::{Fault, FaultSpec, NodeState, Swarm, Timing, client};

pub(super) static SPEC: FaultSpec = FaultSpec {
    name: "crash",
    summary: "one client crashes and recovers from what it had saved: crash:client=2@3s..6s; without an end, the crash is permanent",
    params: &[Param { name: "client", kind: ParamKind::Count, default: "1", help: "which; 0 is the last" }],
    timing: Timing::LaterWindow,
    threads: Support::Unsupported(
        "a crash happens in virtual time only, where the moment between two calls is known; expected --engine sim",
    ),
    swarm: Swarm::Drawn(|rng, scope| Some(format!("client={}", scope.any_client(rng).0))),
    build: |params, scope| Ok(Box::new(Crash(client(params, scope)?))),
};

struct Crash(NodeId);

impl Fault for Crash {
    fn effect(&self) -> String {
        format!("client {} was down", self.0.0)
    }

    fn node(&self, node: NodeId, _: Duration) -> NodeState {
        if node == self.0 { NodeState::Crashed } else { NodeState::Up }
    }

    fn outlasts_heal(&self) -> bool {
        true
    }
}
