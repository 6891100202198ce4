//! The small case: a text of ten characters, and nobody there.

use super::model::{PresenceOp, entry_path};
use crate::workload::{Intent, Letter};

/// Characters of the text.
pub(super) const SIZE: u64 = 10;

pub(super) const LETTERS: &[Letter] = &[
    // As a user who does not see its own cursor: it joins, and else it moves.
    Letter::new("move", |seat, view| {
        let (who, cursor) = (seat.client.to_string(), u32::try_from(seat.n).unwrap_or(u32::MAX));
        Some(Intent::blind(&match view.kind(&entry_path(&who)) {
            None => PresenceOp::Join { name: format!("person {who}"), who, cursor },
            Some(_) => PresenceOp::Move { who, cursor },
        }))
    }),
    Letter::new("leave", |seat, view| {
        let who = seat.client.to_string();
        view.kind(&entry_path(&who)).is_some().then(|| Intent::blind(&PresenceOp::Leave { who }))
    }),
];
