//! `rebuild`: the server loses its history and rebuilds the document from plain data, while clients hold the old document.
//!
//! The most frequent cause of duplicated content: yjs/yjs-demos#16, jupyterlab/jupyter-collaboration#621,
//! nextcloud/text#3921. Presence is in no database and no file, so a server of an ephemeral strategy knows of nobody until its
//! clients announce themselves again, as with a server of y-websocket or Phoenix that was started again.

use std::time::Duration;

use syncbench_strategies::replica::NodeId;

use super::crash::VIRTUAL_TIME_ONLY;
use super::{Fault, FaultSpec, NodeState, Recovery, Swarm, Timing};

pub(super) static SPEC: FaultSpec = FaultSpec {
    name: "rebuild",
    summary: "the server crashes and rebuilds its document from plain data, as from a database or a file: rebuild@5s..6s; \
              clients hold the old document, with its history and ids",
    params: &[],
    timing: Timing::LaterWindow,
    threads: VIRTUAL_TIME_ONLY,
    swarm: Swarm::Never("what the server loses, no strategy can keep"),
    build: |_, _| Ok(Box::new(Rebuild)),
};

struct Rebuild;

impl Fault for Rebuild {
    fn effect(&self) -> String {
        "the server was down, and recovered with a document rebuilt from plain data".into()
    }

    fn node(&self, node: NodeId, _: Duration) -> NodeState {
        if node == NodeId::SERVER { NodeState::Crashed } else { NodeState::Up }
    }

    fn recovery(&self, node: NodeId) -> Recovery {
        if node == NodeId::SERVER { Recovery::Rebuilt } else { Recovery::Saved }
    }
}
