//! `crdt-loro`: Loro, updates sent to everybody.
//!
//! A client plans on its own view, commits the edits, and sends its own operations since the last message as an update.
//! Whoever receives updates imports what a turn of the event loop brought in one call; the library keeps what comes before
//! what it depends on. On connecting, peers tell each other their version vectors and export what the other lacks.
//!
//! The library is used as its authors recommend: a movable list for every list, so that a move is one; its counter; texts
//! in code points; one commit for each operation; `import_batch`; a new peer id for every session; timestamps off, as
//! they are by default.
//!
//! Undo takes an own operation's ids and has the library calculate what undoes them after all that came since. That is the
//! function behind its undo manager, called directly: the manager keeps step with every change in the document, whether or
//! not anybody takes back anything, and knows the latest step only.
//!
//! Source: loro 1.17 and the papers it builds upon: Gentle and Kleppmann, "Collaborative Text Editing with Eg-walker"
//! (2024), Weidner and Kleppmann, "The Art of the Fugue" (2023), Kleppmann, "Moving Elements in List CRDTs" (2020).
//!
//! Trade-offs: works offline and merges everything, and cannot refuse. History stays for good. Its counter is a floating
//! point number: sums beyond 2^53 are refused here.

use super::loro_doc::Doc;
use super::mesh::Mesh;
use crate::replica::Topology;
use crate::spec::{Content, Growth, Guarantees, Param, ParamKind, Spec, Support};

/// The strategy's card.
pub static SPEC: Spec = Spec {
    name: "crdt-loro",
    family: "crdt",
    summary: "Loro: every client merges everybody's updates, with moves and counters of the library's own",
    source: "loro 1.17; Gentle and Kleppmann 2024, Weidner and Kleppmann 2023, Kleppmann 2020",
    library: Some(("loro", "1.17.1")),
    topology: Topology::Mesh,
    guarantees: Guarantees {
        converges: true,
        tolerates_duplicates: true,
        tolerates_reordering: true,
        works_offline: true,
        grows: Growth::operations("the whole history of changes"),
        ..Guarantees::NONE
    },
    params: &[Param {
        name: "batch",
        kind: ParamKind::Span,
        default: "0",
        help: "how long operations are collected before they are sent as one update; 0 sends each at once, as the \
               library's subscription to local updates does",
    }],
    support: |_| Support::Native,
    content: Content::any,
    undo: Support::Native,
    build: |params| Box::new(Mesh::<Doc>::new(params.span("batch"))),
};
