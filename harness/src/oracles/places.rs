//! Where users put things into lists, and whether these are still there.
//!
//! A thing is misplaced when it is not where its user put it, judged by those that nobody else has touched: it lies on the
//! wrong side of one, or one lies between it and the thing that it was put under. What others have moved, added or removed
//! at the same time or since says nothing.

use crate::finding::kinds;

kinds! {
    MOVE_OVERWRITTEN = lost(
        "move overwritten",
        "A user moved something, and another user who had not seen that moved it elsewhere at the same time and won."
    );
}

/// Where a user put a thing.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Spot<'a> {
    /// At the top.
    Top,
    /// Right under another one.
    Under(&'a str),
    /// At the end.
    End,
}

impl<'a> Spot<'a> {
    /// Under this one, or at the top.
    pub(crate) fn after(above: Option<&'a String>) -> Self {
        above.map_or(Spot::Top, |above| Spot::Under(above))
    }
}

/// Whether what was put at this spot, and is now at `at` in `list`, is misplaced, given what nobody else has touched.
pub(crate) fn misplaced(list: &[String], at: usize, spot: Spot<'_>, untouched: impl Fn(&str) -> bool) -> bool {
    let any = |others: &[String]| others.iter().any(|other| untouched(other));
    match spot {
        Spot::Top => any(&list[..at]),
        Spot::End => any(&list[at + 1..]),
        Spot::Under(above) => match list.iter().position(|other| other == above) {
            Some(upper) if untouched(above) => upper > at || any(&list[upper + 1..at]),
            _ => false,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_else_touched_says_where_a_thing_should_be() {
        let wrong = |list: &str, spot: Spot<'_>| {
            let list: Vec<String> = list.split_whitespace().map(str::to_owned).collect();
            let at = list.iter().position(|one| one == "x").unwrap();
            misplaced(&list, at, spot, |other| other.ends_with('.'))
        };
        assert!(wrong("a. x", Spot::Top) && !wrong("a x b.", Spot::Top));
        assert!(wrong("x a.", Spot::End) && !wrong("a. x b", Spot::End));
        assert!(wrong("x a.", Spot::Under("a.")) && wrong("a. b. x", Spot::Under("a.")));
        assert!(!wrong("a. b x c.", Spot::Under("a.")));
        // The other one has been touched, or is gone.
        assert!(!wrong("x a b.", Spot::Under("a")) && !wrong("x b.", Spot::Under("a.")));
    }
}
