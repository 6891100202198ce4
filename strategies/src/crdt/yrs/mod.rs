//! `crdt-yrs`: Yjs in Rust, updates sent to everybody through a relay.
//!
//! A client plans on its own view, applies the edits in one transaction, and sends the update that the transaction gives.
//! There is no order to wait for. When a connection opens, its ends tell each other their state vectors and send what the
//! other lacks, which is steps one and two of the y-protocols. Updates follow only then, so that none arrives before its
//! dependencies.
//!
//! The relay is the server of y-websocket, which Hocuspocus follows: it applies an update to its own document, then
//! forwards it. Both servers send it back to its sender too, who can do nothing with it; here it does not go back. They do
//! not forward an update that changed nothing, such as the deletion of what is gone already; here it is forwarded, so that
//! probes learn of its operation.
//!
//! The library is used as its authors recommend: one transaction for each operation, `encode_update_v1` of the transaction,
//! `merge_updates_v1` for what a send window collects, shared types for what is edited and plain values for what is
//! replaced, garbage collection on. A message carries a checksum, since the library accepts some damaged updates.
//!
//! Source: yrs 0.28 and the y-protocols; Nicolaescu et al., "Near real-time peer-to-peer shared editing on extensible data
//! types" (YATA, 2016).
//!
//! An update that arrives before its dependencies waits for them. The part of it that depends on nothing missing is shown at
//! once: for that long, a part of an operation with several edits may be visible. Such an operation is pending, and is
//! reflected when all of its updates are integrated.
//!
//! A counter is a map with one entry for each client, summed; see `counter`.
//!
//! An undo undoes one operation with the library's own undo manager. See `undo`.
//!
//! Trade-offs: works offline and merges everything, and cannot reject. Deleted content goes once its deletion can no
//! longer be undone, and is in every catch-up until then. The ids of what was deleted stay for good, and every catch-up
//! carries all of them. What an undo puts back has new ids: what others concurrently wrote into a removed object is not
//! restored with it, and if two clients undo the removal of the same thing, it is restored twice. A position in a text
//! is found by walking past its blocks: the longer a text was edited, the longer each keystroke takes. Where two people
//! insert next to what is erased, the order depends on whose client id is larger, which Yjs leaves to chance: in the
//! recorded trace friendsforever six characters end as recorded or mixed up (`, huh? The whole` as
//! ` The whole , hh?u`). Here ids ascend with the nodes.

mod counter;
mod doc;
mod edit;
mod fits;
mod library;
mod peer;
mod seen;
#[cfg(test)]
mod tests;
mod undo;
mod value;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use rand::{RngExt, SeedableRng};
use serde::{Deserialize, Serialize};

use self::counter::Counters;
use self::doc::Doc;
use self::peer::Peer;
use super::MERGES;
use crate::document::{Document, EditKind};
use crate::relay::{self, TOPOLOGY};
use crate::replica::{Mishap, NodeId, ProtocolError, Replica, Rng, Setup, Strategy, Topology};
use crate::send_window::SendWindow;
use crate::spec::{Content, Growth, Guarantees, Param, ParamKind, Params, Sessions, Spec, Support, Versions, WINDOW};
use crate::wire::unseal;

/// The strategy's spec.
pub static SPEC: Spec = Spec {
    name: "crdt-yrs",
    family: "crdt",
    summary: "Yjs in Rust: every client merges everybody's updates",
    source: "yrs 0.28, the servers of y-websocket and Hocuspocus; Nicolaescu et al. 2016 (YATA)",
    library: Some(("yrs", "0.28.1")),
    topology: Topology::Star,
    guarantees: Guarantees {
        grows: Growth::operations("the ids of everything that was written, replaced values and removed text included"),
        // An update waits for the items that it names, not for what its user had seen, nor for that user's earlier ones:
        // where links reorder, operations appear out of their order. Yjs promises nothing else.
        sessions: Sessions::NONE,
        versions: Versions::Collected(
            "deleted content goes unless `skip_gc` is set, and snapshots of versions need it",
        ),
        ..MERGES
    },
    params: &[
        WINDOW,
        TOPOLOGY,
        Param {
            name: "counter",
            kind: ParamKind::Choice(&["entries", "sum"]),
            default: "entries",
            help: "what a counter is: a map with one entry for each client, summed, as the library's users do; or one \
                   value, the sum, written anew, of which the last writer wins",
        },
    ],
    support: |kind| match kind {
        EditKind::Increment => {
            Support::Emulated("a map with one entry for each client, summed: the library has no counter")
        }
        EditKind::ListMove => Support::Emulated("removed and inserted again: the library has no stable move"),
        _ => Support::Native,
    },
    content: Content::any,
    undo: Support::Native,
    build: |params| Box::new(Yrs::new(params)),
};

struct Yrs {
    topology: Topology,
    window: SendWindow,
    counters: Counters,
}

impl Yrs {
    fn new(params: &Params) -> Self {
        let counters = if params.choice("counter") == "sum" { Counters::Sum } else { Counters::Entries };
        let window = SendWindow::new(params.span(WINDOW.name));
        Self { topology: relay::topology(params), window, counters }
    }

    fn peer(&self, setup: &Setup, doc: Doc) -> Box<dyn Replica> {
        // A relay has no user who undoes anything.
        let setup = Setup { undo: setup.undo && setup.node != NodeId::SERVER, ..setup.clone() };
        Box::new(Peer::new(self.window.clone(), &setup, doc))
    }
}

#[derive(Serialize, Deserialize)]
enum Message {
    /// Step one: what the sender has.
    State(Vec<u8>),
    /// Step two, or updates of transactions.
    Updates(#[serde(with = "crate::wire::updates")] Vec<Vec<u8>>),
}

/// A number from the node and the seed, where the library would draw one; never that of the genesis. Numbers ascend with
/// the nodes, as in a test of the library's own, so that a tie between two clients has the same winner under every seed.
fn client(setup: &Setup) -> u64 {
    let mut rng = Rng::seed_from_u64(setup.id_seed());
    // 53 bits: larger numbers are not exact in JavaScript.
    u64::from(setup.identity().node.0 & 0x1f_ffff) << 32 | u64::from(rng.random_range(2..u32::MAX))
}

impl Strategy for Yrs {
    fn genesis(&self, document: &Document) -> Vec<u8> {
        Doc::genesis(document, self.counters)
    }

    fn rebuild(&self, document: &Document, seed: u64) -> Vec<u8> {
        let client = u64::from(Rng::seed_from_u64(seed).random_range(2..u32::MAX));
        Doc::written(document, client, self.counters)
    }

    fn mishap(&self, _: Mishap) -> Support {
        Support::Native
    }

    fn guarantees(&self, defaults: Guarantees) -> Guarantees {
        relay::claims(self.topology, defaults)
    }

    fn support(&self, kind: EditKind, default: Support) -> Support {
        match kind {
            EditKind::Increment if self.counters == Counters::Sum => {
                Support::Emulated("a put of the sum: the library has no counter")
            }
            _ => default,
        }
    }

    fn topology(&self, _: Topology) -> Topology {
        self.topology
    }

    fn send_window(&self) -> Duration {
        self.window.span()
    }

    fn replica(&self, setup: &Setup) -> Box<dyn Replica> {
        // The library's own bytes, made by `Strategy::genesis`.
        let doc = Doc::load(&setup.genesis, client(setup), self.counters).expect("genesis is an update");
        self.peer(setup, doc)
    }

    fn restore(&self, setup: &Setup, durable: &[u8]) -> Result<Box<dyn Replica>, ProtocolError> {
        let Message::Updates(updates) = unseal(durable)? else {
            return Err(ProtocolError::malformed("no saved document"));
        };
        let load = || Doc::load(updates.first().map_or(&[][..], Vec::as_slice), client(setup), self.counters);
        let doc = catch_unwind(AssertUnwindSafe(load))
            .map_err(|_| ProtocolError::malformed("the library gave up on saved bytes"))?
            .map_err(ProtocolError::malformed)?;
        Ok(self.peer(setup, doc))
    }
}
