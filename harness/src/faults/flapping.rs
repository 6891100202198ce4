//! `flapping`: one client's connections break and open again, over and over: a loose plug, or the edge of a radio cell.

use std::time::Duration;

use syncbench_strategies::replica::NodeId;
use syncbench_strategies::spec::{Param, ParamKind, Support};

use super::{Fault, FaultSpec, LinkCondition, Swarm, Timing, client, not_too_short};
use crate::rng::below;

pub(super) static SPEC: FaultSpec = FaultSpec {
    name: "flapping",
    summary: "one client's connections break and may open again, over and over: flapping:client=1,period=6s,down=50%; each \
              period begins with the break",
    params: &[
        Param {
            name: "period",
            kind: ParamKind::Span,
            default: "6s",
            help: "from one break to the next; 6 s is no measurement: with half of it down, a connection that takes the 1.25 s \
                   of `detection` and three round trips to open is up for a second or more",
        },
        Param {
            name: "down",
            kind: ParamKind::Share,
            default: "50%",
            help: "share of each period without a connection",
        },
        Param { name: "client", kind: ParamKind::Count, default: "1", help: "which client; 0 is the last" },
    ],
    timing: Timing::Window,
    threads: Support::Native,
    swarm: Swarm::Drawn(|rng, scope| {
        let period_ms = 4_000 + 1_000 * below(rng, 5);
        let down = 20 + 10 * below(rng, 4);
        Some(format!("client={},period={period_ms}ms,down={down}%", scope.any_client(rng).0))
    }),
    build: |params, scope| {
        let period = params.span("period");
        let down = period.mul_f64(params.share("down"));
        not_too_short(params, &["period"])?;
        if down.is_zero() || down >= period {
            return Err("expected `down` above 0 and below 100%".into());
        }
        Ok(Box::new(Flapping { client: client(params, scope)?, period, down }))
    },
};

struct Flapping {
    client: NodeId,
    period: Duration,
    down: Duration,
}

impl Flapping {
    /// How long ago the last break was.
    fn since_break(&self, elapsed: Duration) -> Duration {
        let ns = elapsed.as_nanos() % self.period.as_nanos();
        // Less than a period, and a period is a span that is written: at most ten years.
        Duration::from_nanos(u64::try_from(ns).unwrap_or(u64::MAX))
    }
}

impl Fault for Flapping {
    fn effect(&self) -> String {
        format!("client {} was cut off", self.client.0)
    }

    fn link(&self, from: NodeId, to: NodeId, elapsed: Duration) -> LinkCondition {
        let concerned = from == self.client || to == self.client;
        if concerned && self.since_break(elapsed) < self.down { LinkCondition::Cut } else { LinkCondition::Open }
    }

    fn next_transition(&self, elapsed: Duration) -> Option<Duration> {
        let since = self.since_break(elapsed);
        let next = if since < self.down { self.down } else { self.period };
        Some(elapsed + (next - since))
    }

    fn changes_in(&self, span: Duration) -> f64 {
        2.0 * span.as_secs_f64() / self.period.as_secs_f64()
    }
}
