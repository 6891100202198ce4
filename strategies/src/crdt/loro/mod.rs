//! `crdt-loro`: Loro, updates sent to everybody through a relay.
//!
//! A client plans on its own view, commits the edits, and sends its own operations since the last message as an update. The
//! relay imports it and forwards it as it came. Every replica imports the updates of one turn of the event loop in one call;
//! the library keeps an update that arrives before its dependencies. When a connection opens, its ends tell each other their
//! version vectors and export what the other lacks.
//!
//! The relay does what the server of loro-websocket does: it imports, then forwards the received bytes to the room's other
//! clients. That server also acknowledges each update; here it does not, because nobody is told of it.
//!
//! The library is used as its authors recommend: a movable list for every list, so that a move is a move; its counter; texts
//! in code points; one commit for each operation; `import_batch`; a new peer id for every session; timestamps off, as they
//! are by default. An empty container that is put where nothing is may be begun by several users at once: it is mergeable,
//! one container for all of them. A container that comes with contents is a thing of its own, and a regular child, as is one
//! that replaces another value.
//!
//! Undo takes the ids of one of the replica's operations and has the library calculate their inverse after everything
//! that followed. That is the function behind the library's undo manager, called directly: the manager follows every
//! change in the document, whether or not anybody undoes anything, and knows the latest step only.
//!
//! Source: loro 1.17 and the papers that it builds on: Gentle and Kleppmann, "Collaborative Text Editing with Eg-walker"
//! (2024), Weidner and Kleppmann, "The Art of the Fugue" (2023), Kleppmann, "Moving Elements in List CRDTs" (2020).
//!
//! Trade-offs: works offline and merges everything, and cannot reject. History stays for good. Its counter is a
//! floating point number: sums beyond 2^53 are rejected here.

mod doc;

use self::doc::Doc;
use super::MERGES;
use super::peer::Peers;
use crate::relay::TOPOLOGY;
use crate::replica::Topology;
use crate::spec::{Content, Growth, Guarantees, Param, ParamKind, Spec, Support, Versions, WINDOW};

/// The strategy's spec.
pub static SPEC: Spec = Spec {
    name: "crdt-loro",
    family: "crdt",
    summary: "Loro: every client merges everybody's updates, with moves and counters of the library's own",
    source: "loro 1.17, the server of loro-websocket; Gentle and Kleppmann 2024, Weidner and Kleppmann 2023, Kleppmann 2020",
    library: Some(("loro", "1.17.1")),
    topology: Topology::Star,
    guarantees: Guarantees {
        grows: Growth::operations("the whole history of changes"),
        versions: Versions::Replica(
            "the document has every change, and `checkout` goes to a version; a shallow snapshot drops older ones",
        ),
        ..MERGES
    },
    params: &[
        WINDOW,
        TOPOLOGY,
        Param {
            name: "child",
            kind: ParamKind::Choice(&["mergeable", "plain"]),
            default: "mergeable",
            help: "what an empty container becomes that is put where nothing is: one container for all who do so at \
                   once, as the library's manual advises, or one for each, of which the last remains",
        },
    ],
    support: |_| Support::Native,
    content: Content::any,
    undo: Support::Native,
    build: |params| match params.choice("child") {
        "plain" => Box::new(Peers::<Doc<false>>::new(params)),
        _ => Box::new(Peers::<Doc<true>>::new(params)),
    },
};
