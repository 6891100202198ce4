//! A cursor that moves along with the text around it.

/// A place between two characters, found again when others edit before it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Cursor {
    pub(super) left: Option<char>,
    pub(super) right: Option<char>,
    /// Its last position, for when both neighbours are gone.
    pub(super) at: usize,
    /// It sticks to the right neighbour, not to the left one.
    pub(super) sticks_right: bool,
}

impl Cursor {
    /// A cursor at position `at` of the text.
    pub(super) fn place(text: &[char], at: usize, sticks_right: bool) -> Self {
        let left = at.checked_sub(1).and_then(|before| text.get(before)).copied();
        Self { left, right: text.get(at).copied(), at, sticks_right }
    }

    /// Its position in the text now, and whether the neighbour that it sticks to is still there.
    pub(super) fn find(&self, text: &[char]) -> (usize, bool) {
        let index = |wanted: Option<char>| text.iter().position(|char| Some(*char) == wanted);
        let (after, before) = (index(self.left).map(|left| left + 1), index(self.right));
        let (anchor, other) = if self.sticks_right { (before, after) } else { (after, before) };
        (anchor.or(other).unwrap_or(self.at).min(text.len()), anchor.is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_follows_the_neighbour_that_it_sticks_to() {
        let text = |text: &str| text.chars().collect::<Vec<_>>();
        let left = Cursor::place(&text("abcd"), 2, false);
        let right = Cursor { sticks_right: true, ..left };
        for (now, of_left, of_right) in [
            ("abcd", (2, true), (2, true)),
            ("XabYcd", (3, true), (4, true)),
            ("acd", (1, false), (1, true)),
            ("abd", (2, true), (2, false)),
            ("ad", (2, false), (2, false)),
            ("a", (1, false), (1, false)),
        ] {
            assert_eq!((left.find(&text(now)), right.find(&text(now))), (of_left, of_right), "{now}");
        }
        assert_eq!(Cursor::place(&text("ab"), 0, false).left, None);
        assert_eq!(Cursor::place(&text("ab"), 2, false).right, None);
    }
}
