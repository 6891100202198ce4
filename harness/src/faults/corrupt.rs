//! `corrupt`: some messages are damaged on their way, by errors that the checksums of links and of TCP or UDP miss (Stone and
//! Partridge, "When the CRC and TCP checksum disagree", SIGCOMM 2000: memory of routers and hosts, and drivers).
//!
//! What becomes of such a message depends on where it is damaged:
//!
//! * On the network (`past=checksums`), where TLS and DTLS notice it. A TLS record whose authentication fails ends its connection
//!   with `bad_record_mac` (RFC 8446, 5.2 and 6.2): the message is lost with all that is under way, and both ends connect again.
//!   A DTLS record is discarded in silence (RFC 9147, 4.5.2), so it is lost. No replica sees damaged bytes.
//! * In a proxy that ends TLS, or in a host (`past=authentication`): the replica gets the damaged bytes and has to notice. A
//!   replica that refuses them reports no protocol error of its peer. No strategy claims to tolerate this, so a run shows what is
//!   lost and whether replicas end alike, and breaks no claim.

use std::time::Duration;

use syncbench_strategies::spec::{Param, ParamKind, Support};

use super::{Fault, FaultSpec, Needs, Swarm, Timing};
use crate::network::{Chance, Impairment, Passing};

pub(super) static SPEC: FaultSpec = FaultSpec {
    name: "corrupt",
    summary: "some messages are damaged on their way: corrupt:share=0.1%; TLS notices it and breaks the connection, which opens \
              again, or DTLS drops the message; past=authentication hands replicas wrong bits",
    params: &[
        Param {
            name: "share",
            kind: ParamKind::Share,
            default: "0.1%",
            help: "of all messages; one in 1,100 is the most packets with a wrong checksum that Stone and Partridge saw \
                   (2000); far fewer get past it, so a run would meet none",
        },
        Param {
            name: "past",
            kind: ParamKind::Choice(&["checksums", "authentication"]),
            default: "checksums",
            help: "what the damage gets past: the checksums of the network, or TLS too, as in a proxy's memory",
        },
    ],
    timing: Timing::Window,
    threads: Support::Unsupported(
        "a damaged message breaks its stream at both ends at one moment, which only virtual time has; expected --engine sim",
    ),
    swarm: Swarm::Drawn(|_, scope| (!scope.datagrams).then(|| "share=1%".to_owned())),
    build: |params, scope| match params.share("share") {
        share if share > 0.0 => Ok(Box::new(Corrupt {
            share,
            seed: scope.seed,
            datagrams: scope.datagrams,
            handed_over: params.choice("past") == "authentication",
        })),
        _ => Err("expected `share` above 0".into()),
    },
};

struct Corrupt {
    share: f64,
    seed: u64,
    datagrams: bool,
    /// Replicas get the damaged bytes.
    handed_over: bool,
}

impl Fault for Corrupt {
    fn effect(&self) -> String {
        "messages were damaged".into()
    }

    fn impair(&self, passing: &Passing, _: Duration) -> Impairment {
        if !passing.leaves || passing.luck(self.seed, Chance::Damage) >= self.share {
            return Impairment::NONE;
        }
        Impairment {
            damaged: self.handed_over,
            breaks: !self.handed_over && !self.datagrams,
            lost: !self.handed_over && self.datagrams,
            ..Impairment::NONE
        }
    }

    fn touched_messages(&self) -> Option<&'static str> {
        Some(match (self.handed_over, self.datagrams) {
            (true, _) => "were handed over with wrong bits",
            (false, true) => "were damaged and dropped",
            (false, false) => "were damaged and broke their connections",
        })
    }

    fn needs(&self) -> Needs {
        Needs { loss: true, ..Needs::default() }
    }
}
