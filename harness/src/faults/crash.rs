//! `crash`: one client's device goes down: from the window's start its replica is no more, and at its end it comes back from
//! what it had saved.

use syncbench_strategies::replica::NodeId;
use syncbench_strategies::spec::{Param, ParamKind, Support};

use super::{Fault, FaultSpec, client};

pub(super) static SPEC: FaultSpec = FaultSpec {
    name: "crash",
    summary: "one client crashes and comes back from what it had saved: crash:client=2@3s..6s; without an end it never does",
    params: &[Param { name: "client", kind: ParamKind::Count, default: "1", help: "which; 0 is the last" }],
    timed: true,
    threads: Support::Unsupported(
        "a crash happens in virtual time only, where the moment between two calls is known; expected --engine sim",
    ),
    build: |params, clients| Ok(Box::new(Crash(client(params, clients)?))),
};

struct Crash(NodeId);

impl Fault for Crash {
    fn kills(&self, node: NodeId) -> bool {
        node == self.0
    }

    fn lasts(&self) -> bool {
        true
    }
}
