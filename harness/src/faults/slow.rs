//! `slow`: one node takes time to handle each message, and later ones wait in line. A server that gets more than it can handle
//! saturates in virtual time.

use std::time::Duration;

use syncbench_strategies::replica::NodeId;
use syncbench_strategies::spec::{Param, ParamKind, Support};

use super::{Fault, FaultSpec, Swarm, Timing, in_words, named, node};

pub(super) static SPEC: FaultSpec = FaultSpec {
    name: "slow",
    summary: "one node takes time to handle each message, and later ones wait in line: slow:client=server,service=2ms",
    params: &[
        Param {
            name: "client",
            kind: ParamKind::Node,
            default: "server",
            help: "which node: a client, 0 for the last one, or server",
        },
        Param {
            name: "service",
            kind: ParamKind::Span,
            default: "2ms",
            help: "for each message; 2 ms is no measurement: a server that takes it is saturated at 500 messages a second",
        },
    ],
    timing: Timing::Window,
    threads: Support::Unsupported(
        "in real time a message takes as long as the strategy computes; expected --engine sim",
    ),
    swarm: Swarm::Drawn(|rng, scope| Some(format!("client={}", scope.any_client(rng).0))),
    build: |params, scope| {
        let service = params.span("service");
        if service.is_zero() {
            return Err("expected `service` above 0".into());
        }
        Ok(Box::new(Slow { node: node(params, scope)?, service }))
    },
};

struct Slow {
    node: NodeId,
    service: Duration,
}

impl Fault for Slow {
    fn effect(&self) -> String {
        format!("{} took {} for each message", named(self.node), in_words(self.service))
    }

    fn service(&self, node: NodeId, _: Duration) -> Duration {
        if node == self.node { self.service } else { Duration::ZERO }
    }
}
