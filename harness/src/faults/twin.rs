//! `twin`: two clients draw the same ids: a copied profile, a cloned machine, a duplicated tab, or an id that an app sets
//! by itself. As in y-crdt/y-crdt#361.

use syncbench_strategies::replica::NodeId;
use syncbench_strategies::spec::{Param, ParamKind, Support};

use super::{Fault, FaultSpec, Swarm, Timing, client};

pub(super) static SPEC: FaultSpec = FaultSpec {
    name: "twin",
    summary: "two clients draw the same ids, for the whole run: twin:client=2,of=1; strategies whose server names its clients \
              cannot have twins",
    params: &[
        Param { name: "client", kind: ParamKind::Count, default: "2", help: "which client is the copy; 0 is the last" },
        Param { name: "of", kind: ParamKind::Count, default: "1", help: "which client it is a copy of" },
    ],
    timing: Timing::Always,
    threads: Support::Native,
    swarm: Swarm::Never("two clients with the same ids break what every strategy relies on"),
    build: |params, scope| {
        let (copy, of) = (client(params, scope)?, super::numbered(params.count("of"), scope)?);
        if copy == of {
            return Err(format!("expected two clients, such as twin:client=2,of=1; {copy} cannot be its own copy"));
        }
        Ok(Box::new(Twin { copy, of }))
    },
};

struct Twin {
    copy: NodeId,
    of: NodeId,
}

impl Fault for Twin {
    fn effect(&self) -> String {
        format!("clients {} and {} had the same ids", self.of.0.min(self.copy.0), self.of.0.max(self.copy.0))
    }

    fn twin_of(&self, node: NodeId) -> Option<NodeId> {
        (node == self.copy).then_some(self.of)
    }
}
