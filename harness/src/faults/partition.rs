//! `partition`: connections break, or messages get through in one direction only.

use std::time::Duration;

use syncbench_strategies::replica::NodeId;
use syncbench_strategies::spec::{Param, ParamKind, Support};

use super::{Fault, FaultSpec, LinkCondition, Needs, Swarm, Timing, client, clients_from};
use crate::rng::below;

pub(super) static SPEC: FaultSpec = FaultSpec {
    name: "partition",
    summary: "halves: the group splits in two (a server stays with the first half); isolate: one client loses all its connections; \
              one-way: nothing that one client sends gets through; in a mesh also bridge: two halves that only one client \
              connects; ring: each client reaches the next and the one before",
    params: &[
        Param {
            name: "shape",
            kind: ParamKind::Choice(&["halves", "isolate", "one-way", "bridge", "ring"]),
            default: "halves",
            help: "which links break",
        },
        Param {
            name: "client",
            kind: ParamKind::Count,
            default: "1",
            help: "the client for isolate, one-way and bridge; 0 is the last",
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
            "bridge" => Box::new(Bridge { bridge: client(params, scope)?, clients }),
            "ring" => Box::new(Ring { clients }),
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
        if self.first == self.clients {
            return "nobody was cut off".into();
        }
        let (one, other) = (clients_from(1, self.first), clients_from(self.first + 1, self.clients));
        let verb = if self.first == 1 { "was" } else { "were" };
        format!("{one} {verb} cut off from {other}")
    }

    fn link(&self, from: NodeId, to: NodeId, _: Duration) -> LinkCondition {
        if (from.0 <= self.first) == (to.0 <= self.first) { LinkCondition::Open } else { LinkCondition::Cut }
    }
}

/// Two halves of the other clients, which only one client connects (the `bridge` of Jepsen's nemeses). In a star the server is
/// the only way between clients, so nothing would be cut; a star whose server is on one side is `halves`.
struct Bridge {
    bridge: NodeId,
    clients: u32,
}

impl Bridge {
    /// Which half a client is in, without the bridge among them.
    fn half(&self, node: NodeId) -> bool {
        let place = node.0 - u32::from(node.0 > self.bridge.0);
        place <= (self.clients - 1).div_ceil(2)
    }
}

impl Fault for Bridge {
    fn effect(&self) -> String {
        format!("only client {} connected one half of the others with the other", self.bridge.0)
    }

    fn link(&self, from: NodeId, to: NodeId, _: Duration) -> LinkCondition {
        let across = from != self.bridge && to != self.bridge && self.half(from) != self.half(to);
        if across { LinkCondition::Cut } else { LinkCondition::Open }
    }

    fn needs(&self) -> Needs {
        Needs { mesh: Some("a bridge is between clients that have connections to each other"), ..Needs::default() }
    }
}

/// Each client reaches the next and the one before, and the last one the first. With three clients or fewer nothing is cut.
struct Ring {
    clients: u32,
}

impl Fault for Ring {
    fn effect(&self) -> String {
        "each client reached its two neighbours only".into()
    }

    fn link(&self, from: NodeId, to: NodeId, _: Duration) -> LinkCondition {
        let apart = from.0.abs_diff(to.0);
        if apart == 1 || apart == self.clients - 1 { LinkCondition::Open } else { LinkCondition::Cut }
    }

    fn needs(&self) -> Needs {
        Needs { mesh: Some("a ring is of connections between clients"), ..Needs::default() }
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
