//! `partition`: connections break, or messages get through in one direction only.

use std::time::Duration;

use syncbench_strategies::replica::NodeId;
use syncbench_strategies::spec::{Param, ParamKind, Support};

use super::{Fault, FaultSpec, LinkCondition, Swarm, Timing, client};
use crate::rng::below;

pub(super) static SPEC: FaultSpec = FaultSpec {
    name: "partition",
    summary: "halves: the group splits in two (a server stays with the first half); isolate: one client loses all its connections; \
              one-way: nothing that one client sends gets through",
    params: &[
        Param {
            name: "shape",
            kind: ParamKind::Choice(&["halves", "isolate", "one-way"]),
            default: "halves",
            help: "which links break",
        },
        Param {
            name: "client",
            kind: ParamKind::Count,
            default: "1",
            help: "the client for isolate and one-way; 0 is the last",
        },
    ],
    timing: Timing::Window,
    threads: Support::Native,
    swarm: Swarm::Drawn(|rng, scope| {
        Some(match below(rng, 3) {
            0 if scope.clients > 1 => "shape=halves".to_owned(),
            1 => format!("shape=one-way,client={}", scope.any_client(rng).0),
            _ => format!("shape=isolate,client={}", scope.any_client(rng).0),
        })
    }),
    build: |params, scope| {
        let clients = scope.clients;
        Ok(match params.choice("shape") {
            "halves" => Box::new(Halves { first: clients.div_ceil(2), clients }),
            "isolate" => Box::new(Isolate(client(params, scope)?)),
            _ => Box::new(OneWay(client(params, scope)?)),
        })
    },
};

struct Halves {
    /// The last client of the first half; the server counts as client 0.
    first: u32,
    clients: u32,
}

impl Fault for Halves {
    fn effect(&self) -> String {
        let named = |from: u32, to: u32| match to - from {
            0 => format!("client {from}"),
            1 => format!("clients {from} and {to}"),
            _ => format!("clients {from} to {to}"),
        };
        if self.first == self.clients {
            return "nobody was cut off".into();
        }
        let (one, other) = (named(1, self.first), named(self.first + 1, self.clients));
        let verb = if self.first == 1 { "was" } else { "were" };
        format!("{one} {verb} cut off from {other}")
    }

    fn link(&self, from: NodeId, to: NodeId, _: Duration) -> LinkCondition {
        if (from.0 <= self.first) == (to.0 <= self.first) { LinkCondition::Open } else { LinkCondition::Cut }
    }
}

struct Isolate(NodeId);

impl Fault for Isolate {
    fn effect(&self) -> String {
        format!("client {} was cut off", self.0.0)
    }

    fn link(&self, from: NodeId, to: NodeId, _: Duration) -> LinkCondition {
        if from == self.0 || to == self.0 { LinkCondition::Cut } else { LinkCondition::Open }
    }
}

struct OneWay(NodeId);

impl Fault for OneWay {
    fn effect(&self) -> String {
        format!("nothing that client {} sent got through", self.0.0)
    }

    fn link(&self, from: NodeId, _: NodeId, _: Duration) -> LinkCondition {
        if from == self.0 { LinkCondition::Blocked } else { LinkCondition::Open }
    }
}
