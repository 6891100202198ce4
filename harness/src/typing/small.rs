//! Keystrokes of small cases: at the beginning, at the end, and of the first character.
//!
//! As with a typist, a user goes by the text on its screen with its own pending keystrokes added. A keystroke beside a
//! character of the same user continues its run; one beside another's begins a run: its user has seen that character there.

use syncbench_strategies::document::Path;
use syncbench_strategies::replica::NodeId;
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
    /// The first character is erased.
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
    let char = letter(seat.client, seat.n);
    let insert = |pos| Splice { pos, delete: 0, insert: char.into() };
    Some(match press {
        Press::Before => (insert(0), Seen { right: first, run: 2 * run(seat, text.iter()), ..Seen::default() }),
        Press::Behind => {
            let seen = Seen { left: last, run: 2 * run(seat, text.iter().rev()) + 1, ..Seen::default() };
            (insert(text.len()), seen)
        }
        Press::Erase => {
            let splice = Splice { pos: 0, delete: 1, insert: String::new() };
            (splice, Seen { erased: Some(first?), ..Seen::default() })
        }
    })
}

/// The run of a keystroke at this end of the text: that of the user's characters there, by the first of them, or a new one.
fn run<'a>(seat: &Seat<'_>, from_the_end: impl Iterator<Item = &'a char>) -> i64 {
    let typed = |char: &char| (1..seat.n).find(|n| letter(seat.client, *n) == *char);
    let first = from_the_end.map_while(typed).min().unwrap_or(seat.n);
    i64::try_from(first).unwrap_or(i64::MAX / 4)
}

/// A character that no other keystroke of the case types: client 1 types a, b, c, client 2 types m, n, o.
fn letter(client: NodeId, n: u64) -> char {
    let at = (client.0.saturating_sub(1)) * 12 + u32::try_from(n).unwrap_or(12).saturating_sub(1) % 12;
    char::from_u32(if at < 26 { 'a' as u32 + at } else { 'A' as u32 + at - 26 }).unwrap_or('?')
}
