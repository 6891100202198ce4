//! `backup`: the server crashes and is restored from a backup, while clients hold operations made after it.

use std::time::Duration;

use syncbench_strategies::replica::NodeId;
use syncbench_strategies::spec::{Param, ParamKind};

use super::crash::VIRTUAL_TIME_ONLY;
use super::{Fault, FaultSpec, NodeState, Recovery, Swarm, Timing, in_words};

pub(super) static SPEC: FaultSpec = FaultSpec {
    name: "backup",
    summary: "the server crashes and is restored from a backup: backup:1s@5s..6s recovers at 6 s with what it had saved at \
              4 s; clients hold what came after",
    params: &[Param {
        name: "age",
        kind: ParamKind::Span,
        default: "1s",
        help: "how old the backup is when the server crashes; 1 s is what Redis loses that writes its log every second \
               (redis.io, persistence: appendfsync everysec), 24h is last night's dump",
    }],
    timing: Timing::LaterWindow,
    threads: VIRTUAL_TIME_ONLY,
    swarm: Swarm::Never("what the server loses, no strategy can keep"),
    build: |params, _| Ok(Box::new(Backup { age: params.span("age") })),
};

struct Backup {
    age: Duration,
}

impl Fault for Backup {
    fn effect(&self) -> String {
        format!("the server was down, and recovered from a backup that was {} old", in_words(self.age))
    }

    fn node(&self, node: NodeId, _: Duration) -> NodeState {
        if node == NodeId::SERVER { NodeState::Crashed } else { NodeState::Up }
    }

    fn recovery(&self, node: NodeId) -> Recovery {
        if node == NodeId::SERVER { Recovery::Backup(self.age) } else { Recovery::Saved }
    }
}
