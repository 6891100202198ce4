//! `drift`: one client's clock runs too fast or too slow.

use std::time::Duration;

use syncbench_strategies::replica::NodeId;
use syncbench_strategies::spec::{Param, ParamKind, Support};

use super::{Fault, FaultSpec, Swarm, Timing, client};
use crate::rng::unit;

pub(super) static SPEC: FaultSpec = FaultSpec {
    name: "drift",
    summary: "one client's clock runs too fast or too slow; it is set right when the window ends",
    params: &[
        Param {
            name: "ppm",
            kind: ParamKind::Count,
            default: "200",
            help: "how much, in millionths of the elapsed time; data sheets of clock crystals say 20 at room temperature, \
                   and 200 is the most that Spanner allows for (Corbett et al., OSDI 2012)",
        },
        Param { name: "client", kind: ParamKind::Count, default: "1", help: "which client; 0 is the last" },
        Param {
            name: "runs",
            kind: ParamKind::Choice(&["fast", "slow"]),
            default: "fast",
            help: "whether it runs too fast or too slow",
        },
    ],
    timing: Timing::Window,
    threads: Support::Native,
    swarm: Swarm::Drawn(|rng, scope| {
        let runs = if unit(rng) < 0.5 { "fast" } else { "slow" };
        Some(format!("client={},runs={runs}", scope.any_client(rng).0))
    }),
    build: |params, scope| {
        let ppm = params.count("ppm");
        if !(1..=1_000_000).contains(&ppm) {
            return Err("expected `ppm` from 1 to 1000000, where a slow clock stands still".into());
        }
        let ppm = if params.choice("runs") == "fast" { ppm as i64 } else { -(ppm as i64) };
        Ok(Box::new(Drift { client: client(params, scope)?, ppm }))
    },
};

struct Drift {
    client: NodeId,
    ppm: i64,
}

impl Fault for Drift {
    fn effect(&self) -> String {
        let speed = if self.ppm < 0 { "slow" } else { "fast" };
        format!("client {}'s clock ran {} ppm too {speed}", self.client.0, self.ppm.unsigned_abs())
    }

    fn clock_ahead_ns(&self, node: NodeId, elapsed: Duration) -> i64 {
        if node != self.client {
            return 0;
        }
        let ahead = elapsed.as_nanos() as i128 * i128::from(self.ppm) / 1_000_000;
        i64::try_from(ahead).unwrap_or(if ahead < 0 { i64::MIN } else { i64::MAX })
    }
}
