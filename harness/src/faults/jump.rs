//! `jump`: one client's clock is set wrong, and stays wrong when users are done.

use std::time::Duration;

use syncbench_strategies::replica::NodeId;
use syncbench_strategies::spec::{Param, ParamKind, Support};

use super::{Fault, FaultSpec, Swarm, Timing, client};
use crate::rng::unit;

pub(super) static SPEC: FaultSpec = FaultSpec {
    name: "jump",
    summary: "one client's clock jumps and stays wrong: jump:1h,to=behind@3s; with an end, it jumps back there",
    params: &[
        Param {
            name: "by",
            kind: ParamKind::Span,
            default: "1h",
            help: "how far; 1 h is a switch to daylight saving time that shifts the clock itself",
        },
        Param { name: "client", kind: ParamKind::Count, default: "1", help: "which client; 0 is the last" },
        Param {
            name: "to",
            kind: ParamKind::Choice(&["behind", "ahead"]),
            default: "behind",
            help: "whether it jumps behind or ahead",
        },
    ],
    timing: Timing::LaterWindow,
    threads: Support::Native,
    swarm: Swarm::Drawn(|rng, scope| {
        let to = if unit(rng) < 0.5 { "ahead" } else { "behind" };
        Some(format!("client={},to={to}", scope.any_client(rng).0))
    }),
    build: |params, scope| {
        let by = i64::try_from(params.span("by").as_nanos()).map_err(|_| "a smaller span".to_owned())?;
        let ahead_ns = if params.choice("to") == "ahead" { by } else { -by };
        Ok(Box::new(Jump { client: client(params, scope)?, ahead_ns }))
    },
};

struct Jump {
    client: NodeId,
    ahead_ns: i64,
}

impl Fault for Jump {
    fn effect(&self) -> String {
        let (by, way) = (super::skew::off_by(self.ahead_ns), if self.ahead_ns < 0 { "back" } else { "ahead" });
        format!("client {}'s clock had jumped {way} by {by}", self.client.0)
    }

    fn clock_ahead_ns(&self, node: NodeId, _: Duration) -> i64 {
        if node == self.client { self.ahead_ns } else { 0 }
    }

    fn outlasts_heal(&self) -> bool {
        true
    }
}
