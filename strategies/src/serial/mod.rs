//! Strategies whose server puts operations into one order.

use crate::document::EditKind;
use crate::spec::Support;

pub mod cas;
mod journal;
pub mod optimistic;
mod order;
pub mod patches;
pub mod reducer;
mod splices;

/// How operations travel as they are: the positions in them are looked up in the text that the server has by then.
fn index_positions(kind: EditKind) -> Support {
    match kind {
        EditKind::TextSplice => Support::Emulated(
            "a position is looked up in the server's text as it is by then, which is the notebook's way; products do \
             otherwise: Livebook edits cells by OT (`hybrid`), Replicache's manual sends Yjs documents \
             (`serial-optimistic:text=embedded`)",
        ),
        _ => Support::Native,
    }
}
