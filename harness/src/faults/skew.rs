//! `skew`: one client's clock is off; with a window it jumps there and back.

use std::time::Duration;

use syncbench_strategies::replica::NodeId;
use syncbench_strategies::spec::{Param, ParamKind, Support};

use super::{Fault, FaultSpec, Swarm, Timing, client};
use crate::rng::{below, unit};

pub(super) static SPEC: FaultSpec = FaultSpec {
    name: "skew",
    summary: "one client's clock runs ahead or behind",
    params: &[
        Param {
            name: "by",
            kind: ParamKind::Span,
            default: "2s",
            help: "how far; 2 s is a client without time synchronisation after about a day (20 ppm)",
        },
        Param { name: "client", kind: ParamKind::Count, default: "1", help: "whose; 0 is the last" },
        Param { name: "to", kind: ParamKind::Choice(&["ahead", "behind"]), default: "ahead", help: "which way" },
    ],
    timing: Timing::Window,
    threads: Support::Native,
    swarm: Swarm::Drawn(|rng, scope| {
        let to = if unit(rng) < 0.5 { "ahead" } else { "behind" };
        let by_ms = 100 + below(rng, 4_901);
        Some(format!("by={by_ms}ms,client={},to={to}", scope.any_client(rng).0))
    }),
    build: |params, scope| {
        let by = i64::try_from(params.span("by").as_nanos()).map_err(|_| "a smaller span".to_owned())?;
        let ahead_ns = if params.choice("to") == "ahead" { by } else { -by };
        Ok(Box::new(Skew { client: client(params, scope)?, ahead_ns }))
    },
};

struct Skew {
    client: NodeId,
    ahead_ns: i64,
}

impl Fault for Skew {
    fn effect(&self) -> String {
        let by = off_by(self.ahead_ns);
        format!("client {}'s clock was {by} {}", self.client.0, if self.ahead_ns < 0 { "behind" } else { "ahead" })
    }

    fn clock_ahead_ns(&self, node: NodeId, _: Duration) -> i64 {
        if node == self.client { self.ahead_ns } else { 0 }
    }
}

/// By how much a clock is off: `1.5 s`, `48 h`.
pub(super) fn off_by(ahead_ns: i64) -> String {
    let by_s = ahead_ns.unsigned_abs() as f64 / 1e9;
    if by_s < 3_600.0 { format!("{by_s} s") } else { format!("{} h", by_s / 3_600.0) }
}
