//! `outage`: no client reaches the server for a while. It keeps its memory: a load balancer, a name or a certificate fails.

use std::time::Duration;

use syncbench_strategies::replica::NodeId;
use syncbench_strategies::spec::Support;

use super::{Fault, FaultSpec, LinkCondition, Swarm, Timing};

pub(super) static SPEC: FaultSpec = FaultSpec {
    name: "outage",
    summary: "all connections to the server break, and it keeps its memory: outage@3s..6s; a mesh has no server",
    params: &[],
    timing: Timing::Window,
    threads: Support::Native,
    swarm: Swarm::Drawn(|_, _| Some(String::new())),
    build: |_, _| Ok(Box::new(Outage)),
};

struct Outage;

impl Fault for Outage {
    fn effect(&self) -> String {
        "no client reached the server".into()
    }

    fn link(&self, from: NodeId, to: NodeId, _: Duration) -> LinkCondition {
        if from == NodeId::SERVER || to == NodeId::SERVER { LinkCondition::Cut } else { LinkCondition::Open }
    }
}
