//! `late`: one client takes part only from the start of the window.

use syncbench_strategies::replica::NodeId;
use syncbench_strategies::spec::{Param, ParamKind, Support};

use super::{Fault, FaultSpec, client};

pub(super) static SPEC: FaultSpec = FaultSpec {
    name: "late",
    summary: "one client joins late: late:3@5s joins at five seconds",
    params: &[Param { name: "client", kind: ParamKind::Count, default: "0", help: "which; 0 is the last" }],
    timed: false,
    threads: Support::Native,
    build: |params, clients| Ok(Box::new(Late(client(params, clients)?))),
};

struct Late(NodeId);

impl Fault for Late {
    fn delays_start_of(&self, node: NodeId) -> bool {
        node == self.0
    }
}
