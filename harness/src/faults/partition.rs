//! `partition`: connections break, or messages get through in one direction only.

use syncbench_strategies::replica::NodeId;
use syncbench_strategies::spec::{Param, ParamKind, Support};

use super::{Fault, FaultSpec, client};

pub(super) static SPEC: FaultSpec = FaultSpec {
    name: "partition",
    summary: "halves: the group splits in two (a server stays with the first half); isolate: one client loses everybody; \
              one-way: nothing that one client sends gets through",
    params: &[
        Param {
            name: "shape",
            kind: ParamKind::Choice(&["halves", "isolate", "one-way"]),
            default: "halves",
            help: "who loses whom",
        },
        Param {
            name: "client",
            kind: ParamKind::Count,
            default: "1",
            help: "the one for isolate and one-way; 0 is the last",
        },
    ],
    timed: false,
    threads: Support::Native,
    build: |params, clients| {
        Ok(match params.choice("shape") {
            "halves" => Box::new(Halves { first: clients.div_ceil(2) }),
            "isolate" => Box::new(Isolate(client(params, clients)?)),
            _ => Box::new(OneWay(client(params, clients)?)),
        })
    },
};

struct Halves {
    /// The last client of the first half; the server counts as client 0.
    first: u32,
}

impl Fault for Halves {
    fn cuts(&self, a: NodeId, b: NodeId) -> bool {
        (a.0 <= self.first) != (b.0 <= self.first)
    }
}

struct Isolate(NodeId);

impl Fault for Isolate {
    fn cuts(&self, a: NodeId, b: NodeId) -> bool {
        a == self.0 || b == self.0
    }
}

struct OneWay(NodeId);

impl Fault for OneWay {
    fn blocks(&self, from: NodeId, _: NodeId) -> bool {
        from == self.0
    }
}
