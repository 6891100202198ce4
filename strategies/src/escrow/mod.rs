//! `escrow`: stock is shared out in advance, and every client spends its own share.
//!
//! Each client holds rights to every counter, and all rights together are the stock that is left. Taking from a counter
//! spends own rights: it is confirmed at once, also offline. So no counter ever falls below zero. Adding to a counter
//! makes rights. A client with too few rights asks the peer that it knows to have most, then the next, while the
//! operation waits. The operation is rejected when no peer within reach is known to have any, or when its user has
//! waited long enough. Operations are planned on a view in which a counter shows what this client may spend, so that
//! the model rejects for the right reason; the user sees the whole stock.
//!
//! The writer of a record holds it. Only its holder can give back what it took, as rights are spent by their holder only:
//! otherwise two clients who concurrently cancel one booking would both put a unit back. A client that cancels another's
//! booking asks for it first.
//!
//! Everything but stock is a record, an entry of a map of the genesis. The last writer wins, where a later writer is one that
//! had seen the earlier write (no clock is involved). Changes are numbered by their author and applied after everything that
//! their author had seen, so that nobody sees a booking without what it took. Transferred rights are a number in the giver's
//! row that only grows: duplicated, late or reordered, they count once.
//!
//! Clients are connected through a relay, which holds no rights: it forwards changes and has them for those who were away, and
//! it forwards requests and answers, or says that a client is away. With `topology=mesh` every client is connected to every
//! other.
//!
//! Source: O'Neil, "The Escrow Transactional Method" (1986), for rights taken before they are needed; Balegas et al.,
//! "Extending Eventually Consistent Cloud Databases for Enforcing Numeric Invariants" (2015), for the bounded counter, its
//! rows and its transfers, as in Antidote.
//!
//! Trade-offs: exact stock without a round trip, as long as the rights are where the demand is. It pays with stock that one
//! client cannot sell and another has (`refused with stock left`), and with rights and bookings of an absent client, which
//! nobody else can spend or cancel. Removed records leave a trace for good.

mod changes;
mod message;
mod peer;
mod pending;
mod requests;
mod rights;
mod routes;
mod stock;
#[cfg(test)]
mod tests;

use std::time::Duration;

use self::message::Saved;
use self::peer::Peer;
use self::rights::Split;
use crate::document::EditKind;
use crate::relay::{self, TOPOLOGY};
use crate::replica::{Mishap, ProtocolError, Replica, Setup, Strategy, Topology};
use crate::spec::{Content, Growth, Guarantees, Param, ParamKind, Spec, Support};
use crate::wire::decode;

/// The strategy's spec.
pub static SPEC: Spec = Spec {
    name: "escrow",
    family: "escrow",
    summary: "stock is shared out as rights to take from it: spend at once, ask others when out of rights",
    source: "O'Neil 1986; the bounded counter of Balegas et al. 2015, Antidote",
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
        can_refuse: true,
        grows: Growth::removals("tombstones of removed records"),
        ..Guarantees::NONE
    },
    params: &[
        TOPOLOGY,
        Param {
            name: "patience",
            kind: ParamKind::Span,
            default: "1s",
            help: "how long an operation waits for rights before it is refused; after a second people lose their train of \
                   thought (Nielsen 1993)",
        },
        Param {
            name: "split",
            kind: ParamKind::Choice(&["equal", "first"]),
            default: "equal",
            help: "how the initial stock is shared out: `equal` among all clients, or all to the `first`, as from a \
                   warehouse. Equal is the choice when nothing is known about demand",
        },
        Param {
            name: "ask",
            kind: ParamKind::Choice(&["need", "half"]),
            default: "need",
            help: "what a client transfers on request: what the other client `need`s, or `half` of all it has if that is \
                   more, so that it is asked less often. Need leaves rights where they were shared out",
        },
    ],
    support: |kind| match kind {
        EditKind::Put | EditKind::Remove | EditKind::Increment => Support::Native,
        _ => Support::Unsupported("it carries stock and records, no lists or texts"),
    },
    content: |content| match content {
        Content::Stock => Support::Native,
        _ => Support::Unsupported("its counters are stock, which must not fall below zero"),
    },
    undo: Support::Unsupported("a cancelled booking is an operation of its own"),
    build: |params| {
        let split = if params.choice("split") == "first" { Split::First } else { Split::Equal };
        Box::new(Escrow {
            topology: relay::topology(params),
            split,
            half: params.choice("ask") == "half",
            patience: params.span("patience"),
        })
    },
};

#[derive(Clone, Copy)]
struct Escrow {
    topology: Topology,
    split: Split,
    half: bool,
    patience: Duration,
}

impl Strategy for Escrow {
    fn guarantees(&self, defaults: Guarantees) -> Guarantees {
        relay::claims(self.topology, defaults)
    }

    fn topology(&self, _: Topology) -> Topology {
        self.topology
    }

    fn mishap(&self, mishap: Mishap) -> Support {
        Support::Unsupported(match mishap {
            Mishap::Twin => "a client's number is its place in the list of members",
            Mishap::NewInstall => "the list of members has no place for a client that has lost what it spent",
        })
    }

    fn replica(&self, setup: &Setup) -> Box<dyn Replica> {
        Box::new(Peer::new(*self, setup))
    }

    fn restore(&self, setup: &Setup, durable: &[u8]) -> Result<Box<dyn Replica>, ProtocolError> {
        let saved: Saved = decode(durable)?;
        let mut peer = Peer::new(*self, setup);
        peer.resume(saved)?;
        Ok(Box::new(peer))
    }
}
