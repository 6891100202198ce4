//! `duplicate`: some messages arrive twice.
//!
//! On datagram links only. TCP numbers bytes and drops what it has had, so over a stream no replica ever sees a duplicate of the
//! network's; what a strategy sends twice by itself is another matter.

use std::time::Duration;

use syncbench_strategies::spec::{Param, ParamKind, Support};

use super::{Fault, FaultSpec, Needs, Swarm, Timing};
use crate::network::{Chance, Impairment, Passing};

pub(super) static SPEC: FaultSpec = FaultSpec {
    name: "duplicate",
    summary: "some messages arrive twice: duplicate:share=1%; on datagram links, since a stream drops duplicates unseen",
    params: &[Param {
        name: "share",
        kind: ParamKind::Share,
        default: "1%",
        help: "of all messages; 1 % is the example of netem, the network emulator of Linux, and far more than real networks \
               duplicate",
    }],
    timing: Timing::Window,
    threads: Support::Native,
    swarm: Swarm::Drawn(|_, scope| scope.datagrams.then(|| "share=5%".to_owned())),
    build: |params, scope| match params.share("share") {
        share if share > 0.0 => Ok(Box::new(Duplicate { share, seed: scope.seed })),
        _ => Err("expected `share` above 0".into()),
    },
};

struct Duplicate {
    share: f64,
    seed: u64,
}

impl Fault for Duplicate {
    fn effect(&self) -> String {
        "messages arrived twice".into()
    }

    fn impair(&self, passing: &Passing, _: Duration) -> Impairment {
        let copied = passing.leaves && passing.luck(self.seed, Chance::Duplicate) < self.share;
        Impairment { copied, ..Impairment::NONE }
    }

    fn touched_messages(&self) -> Option<&'static str> {
        Some("arrived twice")
    }

    fn needs(&self) -> Needs {
        Needs {
            datagrams: Some("a stream drops duplicates before a replica sees them"),
            duplicates: true,
            ..Needs::default()
        }
    }
}
