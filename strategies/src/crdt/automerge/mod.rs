//! `crdt-automerge`: automerge's changes, sent to everybody through a relay.
//!
//! A client plans on its own view, applies the edits in one transaction, and sends the change. There is no order to wait for.
//! The relay applies it and forwards it as it came. Every client applies the changes that it receives, and automerge merges:
//! lists and texts by element ids, counters by addition, map entries by one deterministic winner.
//!
//! The library is used as its authors recommend: `AutoCommit`, native text in code points, native counters. Everything that
//! arrives in one turn of the event loop is applied in one call: a call walks the whole list or text that it touches, so one
//! call for each change would measure the calling pattern. When a connection opens, peers tell each other their heads and
//! send what the other lacks.
//!
//! With `commit=window` all operations of a send window after the first become one change; the change ends early when
//! something has to be merged. With `sync=protocol` peers speak the library's own protocol instead, with one `State` for each
//! connection: a summary of what they have, then what is missing, and again after every change. That is how the sync server
//! of automerge-repo works: it answers the sender at once, and tells the others of what is new within the same throttle as
//! its clients (`syncDebounceRate`, 100 ms; here the send window). The protocol needs a stream that neither loses nor
//! reorders. It is made for pairs: in a mesh every peer offers every other what a third may have sent already.
//!
//! An undo is a separate change. It undoes one operation, also one of a window. See `undo`.
//!
//! Source: automerge 0.12, automerge-repo and the papers behind it (Kleppmann and Beresford, "A conflict-free replicated JSON datatype").
//!
//! Trade-offs: works offline and merges everything, and cannot reject: if two users take the same item, both are
//! confirmed. History and tombstones stay for good. What an undo puts back has new ids: what others concurrently wrote
//! into the old object, or did to the old characters, does not reach it.
//!
//! Damaged bytes fail their checksum. A forged change with a valid one may make the library panic, which is caught here, or
//! be accepted and then be missing from what the library saves. A product has to authenticate its peers.

mod changes;
mod chunks;
mod doc;
mod protocol;
#[cfg(test)]
mod tests;
mod undo;
mod value;

use self::doc::Doc;
use self::protocol::Protocol;
use super::MERGES;
use super::peer::Peers;
use crate::document::EditKind;
use crate::relay::TOPOLOGY;
use crate::replica::Topology;
use crate::spec::{Content, Growth, Guarantees, Param, ParamKind, Spec, Support, Versions, WINDOW};

/// The strategy's spec.
pub static SPEC: Spec = Spec {
    name: "crdt-automerge",
    family: "crdt",
    summary: "automerge: every client merges everybody's changes",
    source: "automerge 0.12, the sync server of automerge-repo; Kleppmann and Beresford 2017",
    library: Some(("automerge", "0.12.0")),
    topology: Topology::Star,
    guarantees: Guarantees {
        grows: Growth::operations("the whole history of changes"),
        versions: Versions::Replica("the document has every change, and `fork_at` goes to the heads of a version"),
        ..MERGES
    },
    params: &[
        Param {
            help: "send window: the first change goes at once, those made within this span after it go together at its end, \
                   and each send begins the next window. 0 sends each at once, so that models are compared and not products' \
                   windows; the scenario `product` has those. With sync=protocol the relay waits its window, too, before it \
                   tells the others, as the sync server of automerge-repo does",
            ..WINDOW
        },
        Param {
            name: "commit",
            kind: ParamKind::Choice(&["operation", "window"]),
            default: "operation",
            help: "what becomes one change: each operation, or all that a send window collects",
        },
        Param {
            name: "sync",
            kind: ParamKind::Choice(&["changes", "protocol"]),
            default: "changes",
            help: "what travels: changes to everybody, or the library's own sync protocol, which tolerates neither \
                   duplicates nor reordering",
        },
        TOPOLOGY,
    ],
    support: |kind| match kind {
        EditKind::ListMove => Support::Emulated("removed and inserted again: the library has no move"),
        _ => Support::Native,
    },
    content: Content::any,
    undo: Support::Emulated("inverse edits at the elements' ids: the library has no undo"),
    build: |params| {
        let whole = params.choice("commit") == "window";
        match params.choice("sync") {
            "protocol" => {
                let peers = Peers::<Doc, Protocol>::new(params);
                Box::new(if whole { peers.with_whole_windows() } else { peers })
            }
            _ => {
                let peers = Peers::<Doc>::new(params);
                Box::new(if whole { peers.with_whole_windows() } else { peers })
            }
        }
    },
};
