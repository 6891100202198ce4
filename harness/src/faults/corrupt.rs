//! `corrupt`: some messages are damaged on their way, by errors that the checksums of links and of TCP or UDP miss (Stone and
//! Partridge, "When the CRC and TCP checksum disagree", SIGCOMM 2000: memory of routers and hosts, and drivers).
//!
//! What a replica gets of it depends on the link. A stream is TLS: a record whose authentication fails ends the connection with
//! `bad_record_mac` (RFC 8446, 5.2 and 6.2), so no replica sees damaged bytes; the message is lost with all that is under way,
//! and both ends connect again. A datagram is handed over as it comes, as over plain UDP: the replica has to notice. What it
//! refuses is no protocol error of another replica, and is lost, so only strategies that tolerate loss are run.

use std::time::Duration;

use syncbench_strategies::spec::{Param, ParamKind, Support};

use super::{Fault, FaultSpec, Needs, Swarm, Timing};
use crate::network::{Chance, Impairment, Passing};

pub(super) static SPEC: FaultSpec = FaultSpec {
    name: "corrupt",
    summary: "some messages are damaged on their way: corrupt:share=0.1%; a stream breaks and is opened again, as TLS does, a \
              datagram is handed over with wrong bits",
    params: &[Param {
        name: "share",
        kind: ParamKind::Share,
        default: "0.1%",
        help: "of all messages; one in 1,100 is the most packets with a wrong checksum that Stone and Partridge saw (2000); \
               far fewer get past it, so a run would meet none",
    }],
    timing: Timing::Window,
    threads: Support::Unsupported(
        "a damaged message breaks its stream at both ends at one moment, which virtual time has only; expected --engine sim",
    ),
    swarm: Swarm::Drawn(|_, scope| (!scope.datagrams).then(|| "share=1%".to_owned())),
    build: |params, scope| match params.share("share") {
        share if share > 0.0 => Ok(Box::new(Corrupt { share, seed: scope.seed, datagrams: scope.datagrams })),
        _ => Err("expected `share` above 0".into()),
    },
};

struct Corrupt {
    share: f64,
    seed: u64,
    datagrams: bool,
}

impl Fault for Corrupt {
    fn effect(&self) -> String {
        "messages were damaged".into()
    }

    fn impair(&self, passing: &Passing, _: Duration) -> Impairment {
        let damaged = passing.leaves && passing.luck(self.seed, Chance::Damage) < self.share;
        Impairment { damaged, ..Impairment::NONE }
    }

    fn touched_messages(&self) -> Option<&'static str> {
        Some(if self.datagrams { "were damaged" } else { "were damaged, each of which broke its connection" })
    }

    fn needs(&self) -> Needs {
        Needs { loss: true, ..Needs::default() }
    }
}
