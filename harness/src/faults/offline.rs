//! `offline`: every client loses its connections now and then, each at its own times.

use std::time::Duration;

use syncbench_strategies::replica::NodeId;
use syncbench_strategies::spec::{Param, ParamKind, Support};

use super::alternating::Alternating;
use super::{Fault, FaultSpec, LinkCondition, Swarm, Timing, all_clients, not_too_short};
use crate::rng::below;

pub(super) static SPEC: FaultSpec = FaultSpec {
    name: "offline",
    summary: "every client is offline now and then, at times drawn from the seed, and its user goes on: offline:share=20%,\
              mean=5s",
    params: &[
        Param {
            name: "share",
            kind: ParamKind::Share,
            default: "20%",
            help: "share of the time that each client is offline; no measurement: enough that two are often away at once",
        },
        Param {
            name: "mean",
            kind: ParamKind::Span,
            default: "5s",
            help: "mean length of an absence, exponentially distributed; no measurement: it suits runs of 20 s to a minute",
        },
    ],
    timing: Timing::Window,
    threads: Support::Native,
    swarm: Swarm::Drawn(|rng, scope| {
        let mean_ms = scope.acting.as_millis() as usize / 8;
        Some(format!("share={}%,mean={}ms", 10 + 10 * below(rng, 3), mean_ms.max(500)))
    }),
    build: |params, scope| {
        let (share, mean) = (params.share("share"), params.span("mean"));
        if !(share > 0.0 && share < 1.0) {
            return Err("expected `share` above 0 and below 100%".into());
        }
        not_too_short(params, &["mean"])?;
        let absences = |client: u32| Alternating::new(share, mean, (scope.seed, "offline", client.into()));
        Ok(Box::new(Offline { clients: (1..=scope.clients).map(absences).collect() }))
    },
};

struct Offline {
    clients: Vec<Alternating>,
}

impl Offline {
    fn away(&self, node: NodeId, elapsed: Duration) -> bool {
        node != NodeId::SERVER && self.clients[node.0 as usize - 1].at(elapsed).on
    }
}

impl Fault for Offline {
    fn effect(&self) -> String {
        all_clients(self.clients.len(), "offline")
    }

    fn link(&self, from: NodeId, to: NodeId, elapsed: Duration) -> LinkCondition {
        let cut = self.away(from, elapsed) || self.away(to, elapsed);
        if cut { LinkCondition::Cut } else { LinkCondition::Open }
    }

    fn next_transition(&self, elapsed: Duration) -> Option<Duration> {
        self.clients.iter().map(|client| client.at(elapsed).until).min()
    }

    fn changes_in(&self, span: Duration) -> f64 {
        self.clients.iter().map(|client| client.changes_in(span)).sum()
    }
}
