//! Keystrokes of small cases: at the beginning, at the end, and of the first character.
//!
//! As with a typist, a user believes in the text on its screen with its own pending keystrokes added, and a keystroke at the
//! same end as the user's one before belongs to the same run.

use syncbench_strategies::document::Path;
use syncbench_strategies::view::View;

use super::{Seen, Splice};
use crate::workload::Seat;

/// Where a keystroke goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Press {
    /// A character before the whole text, with the cursor before it: a run of these reads backward.
    Before,
    /// A character behind the whole text.
    Behind,
    /// The first character goes.
    Erase,
}

/// The keystroke of a user who sees this, with its pending splices on the same text.
pub(crate) fn press(
    press: Press,
    seat: &Seat<'_>,
    view: &dyn View,
    path: &Path,
    pending: impl Iterator<Item = Splice>,
) -> Option<(Splice, Seen)> {
    let len = view.len(path)?;
    let mut text: Vec<char> = view.text_slice(path, 0..len).unwrap_or_default().chars().collect();
    for splice in pending {
        let shown = splice.insert.chars().any(|char| text.contains(&char));
        let end = splice.pos.saturating_add(splice.delete);
        if !shown && end <= text.len() {
            text.splice(splice.pos..end, splice.insert.chars());
        }
    }
    let (first, last) = (text.first().copied(), text.last().copied());
    let char = letter(seat);
    let insert = |pos| Splice { pos, delete: 0, insert: char.into() };
    Some(match press {
        Press::Before => (insert(0), Seen { right: first, run: 1, ..Seen::default() }),
        Press::Behind => (insert(text.len()), Seen { left: last, run: 2, ..Seen::default() }),
        Press::Erase => {
            let splice = Splice { pos: 0, delete: 1, insert: String::new() };
            (splice, Seen { erased: Some(first?), run: 3, ..Seen::default() })
        }
    })
}

/// A character that no other keystroke of the case types: client 1 types a, b, c, client 2 types m, n, o.
fn letter(seat: &Seat<'_>) -> char {
    let at = (seat.client.0.saturating_sub(1)) * 12 + u32::try_from(seat.n).unwrap_or(12).saturating_sub(1) % 12;
    char::from_u32(if at < 26 { 'a' as u32 + at } else { 'A' as u32 + at - 26 }).unwrap_or('?')
}
