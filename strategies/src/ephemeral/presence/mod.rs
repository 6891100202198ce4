//! `presence`: each client's own entry, received from its owner only, and gone when the owner falls silent.
//!
//! A client changes its own entry, counts its clock up, and sends (clock, entry) to everybody. Of what a client receives of
//! another, the newest clock wins, so duplicates, reordering and loss do no harm. Nothing is kept: an entry is sent again every
//! heartbeat, and a client that has been silent for the timeout is no longer shown. Leaving is an entry that says so. A crash
//! leaves nothing behind, and a client that recovers begins with an empty entry.
//!
//! A relay holds each client's newest entry, sends it to all others and to newcomers, and lets it expire as a client does;
//! when it gives a client up, it tells the others. A relay that was restored or made anew knows of nobody, and a client
//! announces its whole entry whenever a connection opens. With `topology=mesh` every client sends to every other.
//!
//! Source: the awareness protocol of Yjs (y-protocols: client, clock and state; the newest clock wins; a state is renewed
//! at half of the 30 s after which it is outdated; nothing is stored), as the servers of y-websocket and Hocuspocus forward it,
//! and Phoenix Presence (a heartbeat of 15 s, down after 30 s). As there, an entry is sent whole, whatever changed in it.
//! There are three differences. A clock counts what its sender sent within a connection, and a relay forwards under its own;
//! in y-protocols it belongs to a random id that a client draws for each session. Those servers give a client up when its
//! connection closes, and here a connection that breaks may return within the timeout. And before somebody gives up on a
//! connected client that is silent, it asks, once a tick, as SWIM does (Das, Gupta and Motivala 2002): otherwise two
//! heartbeats lost in a row would hide a client that is present.
//!
//! Trade-offs: no history, a few bytes for each change, nothing to merge. It pays with a message to everybody every
//! heartbeat, with ghosts for as long as the timeout, and with holding nothing that has to last or that two people write.

mod client;
mod entries;
mod entry;
mod message;
#[cfg(test)]
mod tests;

use std::time::Duration;

use self::client::Client;
use crate::document::{Document, EditKind};
use crate::relay::{self, TOPOLOGY};
use crate::replica::{ProtocolError, Replica, Setup, Strategy, Topology};
use crate::spec::{Content, Guarantees, Param, ParamKind, Spec, Support};

/// The strategy's spec.
pub static SPEC: Spec = Spec {
    name: "presence",
    family: "ephemeral",
    summary: "each client's own entry, sent again every heartbeat; silent clients disappear, and nothing is kept",
    source: "Yjs awareness (y-protocols); Phoenix Presence; asking before giving up, as in SWIM",
    library: None,
    topology: Topology::Star,
    guarantees: Guarantees {
        converges: true,
        tolerates_duplicates: true,
        tolerates_reordering: true,
        tolerates_loss: true,
        works_offline: true,
        needs_server: true,
        confirms_alone: true,
        ephemeral: true,
        ..Guarantees::NONE
    },
    params: &[
        TOPOLOGY,
        Param {
            name: "timeout",
            kind: ParamKind::Span,
            default: "30s",
            help: "how long a silent client is shown, at least 30ms; 30 s in y-protocols and, by default, in Phoenix",
        },
        Param {
            name: "heartbeat",
            kind: ParamKind::Span,
            default: "15s",
            help: "how long after its last message a client sends its entry again; half of the timeout, as in \
                   y-protocols, and never more",
        },
    ],
    support: |kind| match kind {
        EditKind::Put | EditKind::Remove => Support::Native,
        _ => Support::Unsupported("an entry is sent whole, and its owner alone writes it: there is nothing to merge"),
    },
    content: |content| match content {
        Content::Presence => Support::Native,
        _ => Support::Unsupported("it keeps nothing beyond its owner's presence"),
    },
    undo: Support::Unsupported("it keeps no history, and a former entry is of no use to anybody"),
    build: |params| {
        let timeout = params.span("timeout").max(LEAST_TIMEOUT);
        let heartbeat = params.span("heartbeat").min(timeout / 2);
        Box::new(Presence { topology: relay::topology(params), timeout, heartbeat })
    },
};

/// Ticks within a timeout: at each, silence is noticed.
const TICKS: u32 = 30;

/// So that a tick takes time: a millisecond.
const LEAST_TIMEOUT: Duration = Duration::from_millis(TICKS as u64);

#[derive(Clone, Copy, Debug)]
struct Presence {
    topology: Topology,
    timeout: Duration,
    heartbeat: Duration,
}

impl Presence {
    /// How often a client checks who is silent. With the defaults a lost heartbeat is asked for a dozen times before its
    /// sender is given up; y-protocols checks every 3 s and does not ask.
    fn tick(&self) -> Duration {
        self.timeout / TICKS
    }

    /// The silence from which a heartbeat counts as lost: it may be a tick and a transmission late.
    fn late(&self) -> Duration {
        self.heartbeat + 2 * self.tick()
    }
}

impl Strategy for Presence {
    fn guarantees(&self, defaults: Guarantees) -> Guarantees {
        relay::claims(self.topology, defaults)
    }

    fn topology(&self, _: Topology) -> Topology {
        self.topology
    }

    fn replica(&self, setup: &Setup) -> Box<dyn Replica> {
        // The genesis is this strategy's own encoding, made by `Strategy::genesis`.
        let genesis = Document::decode(&setup.genesis).expect("genesis is a document");
        Box::new(Client::new(*self, setup, genesis))
    }

    fn restore(&self, setup: &Setup, durable: &[u8]) -> Result<Box<dyn Replica>, ProtocolError> {
        match durable {
            [] => Ok(self.replica(setup)),
            _ => Err(ProtocolError::malformed("nothing was saved")),
        }
    }

    fn settling(&self) -> Duration {
        self.timeout + self.heartbeat
    }
}
