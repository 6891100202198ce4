//! `crash`: one client or the server crashes at the window's start, loses its memory, and recovers at the window's end from what
//! it had saved, or from nothing.

use std::time::Duration;

use syncbench_strategies::replica::NodeId;
use syncbench_strategies::spec::{Param, ParamKind, Support};

use super::{Fault, FaultSpec, NodeState, Recovery, Swarm, Timing, named, node};

/// Why real time has no crashes.
pub(super) const VIRTUAL_TIME_ONLY: Support = Support::Unsupported(
    "a crash happens in virtual time only, where the moment between two calls is known; expected --engine sim",
);

pub(super) static SPEC: FaultSpec = FaultSpec {
    name: "crash",
    summary: "one client or the server crashes and recovers from what it had saved: crash:client=2@3s..6s; without an end, a \
              client's crash is permanent, and a server's lasts until all users have acted",
    params: &[
        Param {
            name: "client",
            kind: ParamKind::Node,
            default: "1",
            help: "which node: a client, 0 for the last one, or server",
        },
        Param {
            name: "keep",
            kind: ParamKind::Choice(&["saved", "nothing"]),
            default: "saved",
            help: "what is left: saved (what the strategy had saved) or nothing: a client is installed anew, under new ids \
                   where clients draw them, and a server starts with the initial document",
        },
    ],
    timing: Timing::LaterWindow,
    threads: VIRTUAL_TIME_ONLY,
    swarm: Swarm::Drawn(|rng, scope| Some(format!("client={}", scope.any_client(rng).0))),
    build: |params, scope| {
        let recovery = if params.choice("keep") == "saved" { Recovery::Saved } else { Recovery::Nothing };
        Ok(Box::new(Crash { node: node(params, scope)?, recovery }))
    },
};

struct Crash {
    node: NodeId,
    recovery: Recovery,
}

impl Fault for Crash {
    fn effect(&self) -> String {
        let lost = if self.recovery == Recovery::Nothing { " and lost what it had saved" } else { "" };
        format!("{} was down{lost}", named(self.node))
    }

    fn node(&self, node: NodeId, _: Duration) -> NodeState {
        if node == self.node { NodeState::Crashed } else { NodeState::Up }
    }

    fn recovery(&self, node: NodeId) -> Recovery {
        if node == self.node { self.recovery } else { Recovery::Saved }
    }

    fn outlasts_heal(&self) -> bool {
        self.node != NodeId::SERVER
    }
}
