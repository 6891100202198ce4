//! `reorder`: some messages are overtaken by later ones.
//!
//! On datagram links only: a stream delivers in order, and a replica does not see what arrives early.

use std::time::Duration;

use syncbench_strategies::selector::format_span;
use syncbench_strategies::spec::{Param, ParamKind, Support};

use super::{Fault, FaultSpec, Needs, Swarm, Timing};
use crate::network::{Chance, Impairment, Passing};
use crate::rng::below;

pub(super) static SPEC: FaultSpec = FaultSpec {
    name: "reorder",
    summary: "some messages are held up, so that later ones overtake them: reorder:share=2%,by=100ms; on datagram links, since \
              a stream keeps its order",
    params: &[
        Param {
            name: "share",
            kind: ParamKind::Share,
            default: "2%",
            help: "of all messages; 2 % of the data packets of 1994 and 1995 came out of order (Paxson, \"End-to-end Internet \
                   packet dynamics\", SIGCOMM 1997)",
        },
        Param {
            name: "by",
            kind: ParamKind::Span,
            default: "100ms",
            help: "how much later at most, each draws its own; 100 ms is no measurement: it lets operations of other users \
                   overtake, where networks reorder the packets of one message",
        },
    ],
    timing: Timing::Window,
    threads: Support::Native,
    swarm: Swarm::Drawn(|rng, scope| {
        let by_ms = 50 * (1 + below(rng, 10));
        scope.datagrams.then(|| format!("share=5%,by={by_ms}ms"))
    }),
    build: |params, scope| {
        let (share, by) = (params.share("share"), params.span("by"));
        if share <= 0.0 || by.is_zero() {
            return Err("expected `share` and `by` above 0".into());
        }
        Ok(Box::new(Reorder { share, by, seed: scope.seed }))
    },
};

struct Reorder {
    share: f64,
    by: Duration,
    seed: u64,
}

impl Fault for Reorder {
    fn effect(&self) -> String {
        format!("messages were held up by at most {}", format_span(self.by))
    }

    fn impair(&self, passing: &Passing, _: Duration) -> Impairment {
        if !passing.leaves || passing.luck(self.seed, Chance::Reorder) >= self.share {
            return Impairment::NONE;
        }
        // Never zero: a draw is below one.
        let late = self.by.mul_f64(1.0 - passing.luck(self.seed, Chance::Behind));
        Impairment { late, ..Impairment::NONE }
    }

    fn touched_messages(&self) -> Option<&'static str> {
        Some("were held up, so that later ones could overtake them")
    }

    fn needs(&self) -> Needs {
        Needs { datagrams: Some("a stream keeps the order of its messages"), ..Needs::default() }
    }
}
