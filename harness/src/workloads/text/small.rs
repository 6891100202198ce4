//! The small case: a text of two characters, with both ends and something between.

use syncbench_strategies::document::Document;
use syncbench_strategies::model::Operation;
use syncbench_strategies::view::View;

use super::model::{TextOp, text};
use crate::typing::{Press, press};
use crate::workload::{Intent, Letter, Seat};

/// The text at first.
pub(super) fn genesis() -> Document {
    Document::map([("text", Document::text("XY"))])
}

pub(super) const LETTERS: &[Letter] = &[
    Letter::new("type-before", |seat, view| pressed(Press::Before, seat, view)),
    Letter::new("type-behind", |seat, view| pressed(Press::Behind, seat, view)),
    Letter::new("erase", |seat, view| pressed(Press::Erase, seat, view)),
];

fn pressed(key: Press, seat: &Seat<'_>, view: &dyn View) -> Option<Intent> {
    let pending = seat.pending.iter().filter_map(Operation::decode);
    let pending = pending.flat_map(|TextOp::Edit(splices)| splices);
    let (splice, seen) = press(key, seat, view, &text(), pending)?;
    Some(Intent { operation: Operation::encode(&TextOp::Edit(vec![splice])), seen: seen.document() })
}
