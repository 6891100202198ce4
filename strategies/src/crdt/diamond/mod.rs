//! `crdt-diamond`: diamond-types, patches of one text sent to everybody through a relay.
//!
//! A client keeps the log of all operations and the text at its tip. An edit goes into both at once. What was added to the log
//! since the last message is encoded as a patch, which names the version that it builds on. A receiver adds patches to its
//! log, and one merge in each turn brings the text to the new tip. The relay is a receiver that forwards each patch as it
//! came; the library's authors have published none, so it is that of the other libraries.
//!
//! The library is used as its authors recommend: `ListCRDT` for the log with its text, `ENCODE_PATCH` since a version,
//! `decode_and_add`, a new agent for every session.
//!
//! Source: diamond-types 1.0.0, the latest published version; its README calls it out of date (the algorithm that the paper on
//! eg-walker describes is in its repository only). Gentle and Kleppmann, "Collaborative Text Editing with Eg-walker" (2024).
//!
//! Trade-offs: fast and small, and plain text only. The log stays for good, and every keystroke that is sent alone carries
//! the frame of a file. The library has no undo, and outside of it no character has a name: the inverse of own splices is
//! made on a copy of the log, right behind them, and merged there with everything that followed; the result is applied at
//! the tip. Restored characters are new ones, unknown to older operations that are undone later. What was deleted is
//! not noted while somebody types: an undo reads the log, and takes time in proportion to its length.
//!
//! The library takes a keystroke in two microseconds, and in a window of a thousand one in less than a tenth of that. On
//! the keystrokes of a whole paper (`cargo bench --bench adapter -- --paired`) a replica adds 8 to 9 percent to that, and 3
//! to 7 in windows: every splice is checked before the first is applied, since there is no way back from the middle, and
//! every message has its frame, its checksum and one allocation. The model's plan comes on top, with a copy of what was
//! typed: 4 percent more, and more than half of the library's time in windows.

mod doc;

use self::doc::Doc;
use super::MERGES;
use super::peer::Peers;
use crate::document::EditKind;
use crate::relay::TOPOLOGY;
use crate::replica::Topology;
use crate::spec::{Content, Growth, Guarantees, Spec, Support, Versions, WINDOW};

/// The strategy's spec.
pub static SPEC: Spec = Spec {
    name: "crdt-diamond",
    family: "crdt",
    summary: "diamond-types: every client merges everybody's patches of one plain text",
    source: "diamond-types 1.0.0, the latest published version, which its README calls out of date; Gentle and Kleppmann 2024",
    library: Some(("diamond-types", "1.0.0")),
    topology: Topology::Star,
    guarantees: Guarantees {
        grows: Growth::operations("the whole history of edits"),
        versions: Versions::Replica("the log has every edit, and `checkout` goes to a version"),
        ..MERGES
    },
    params: &[WINDOW, TOPOLOGY],
    support: |kind| match kind {
        EditKind::TextSplice => Support::Native,
        _ => Support::Unsupported("text only"),
    },
    content: |content| match content {
        Content::Text => Support::Native,
        _ => Support::Unsupported("text only"),
    },
    undo: Support::Emulated("inverse splices, which the library's merge maps onto what followed"),
    build: |params| Box::new(Peers::<Doc>::new(params)),
};
