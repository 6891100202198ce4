use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::document::EditKind;
use crate::document::generate::{dice, document, int};
use crate::path;

fn checked_diff(before: &Document, after: &Document) -> Vec<Edit> {
    let edits = diff(before, after);
    let mut now = before.clone();
    let inverse = now.apply_all(&edits).unwrap();
    assert_eq!(&now, after, "{edits:?}");
    assert_eq!(now.encode(), after.encode());
    now.apply_all(&inverse).unwrap();
    assert_eq!(&now, before);
    edits
}

proptest! {
    #[test]
    fn a_diff_leads_from_any_state_to_any_other(before in document(), after in document()) {
        checked_diff(&before, &after);
        checked_diff(&after, &before);
    }

    #[test]
    fn a_diff_replaces_any_edits(before in document(), rolls in vec(dice(), 1..6)) {
        let mut after = before.clone();
        for roll in rolls {
            after.apply(&roll.fitting(&after)).unwrap();
        }
        checked_diff(&before, &after);
        // The same without anything shared.
        prop_assert_eq!(diff(&before, &Document::decode(&after.encode()).unwrap()), diff(&before, &after));
    }

    #[test]
    fn one_edit_gives_at_most_one_edit(before in document(), roll in dice()) {
        let (mut after, edit) = (before.clone(), roll.fitting(&before));
        after.apply(&edit).unwrap();
        let edits = checked_diff(&before, &after);
        // What a put replaced may be equal in parts.
        if !matches!(edit, Edit::Put { .. }) {
            prop_assert!(edits.len() <= 1, "{edit:?} became {edits:?}");
            prop_assert!(edits.iter().all(|found| found.kind() == edit.kind()), "{edit:?} became {edits:?}");
        }
    }

    #[test]
    fn no_change_is_no_edit(state in document()) {
        prop_assert_eq!(diff(&state, &state), vec![]);
        prop_assert_eq!(diff(&state, &Document::decode(&state.encode()).unwrap()), vec![]);
    }

    #[test]
    fn a_diff_of_short_lists_leads_from_one_to_the_other(before in vec(0..3i64, 0..9), after in vec(0..3i64, 0..9)) {
        checked_diff(&Document::list(before), &Document::list(after));
    }

    #[test]
    fn counters_differ_by_increments(before in int(), after in int()) {
        let edits = checked_diff(&Document::Counter(before), &Document::Counter(after));
        let increments = edits.iter().filter(|edit| edit.kind() == EditKind::Increment).count();
        prop_assert!(increments == edits.len() && increments <= 3);
    }
}

#[test]
fn a_diff_names_the_edit_that_was_made() {
    let board = |cards: &[&str], votes, note: &str| {
        let cards = cards.iter().map(|card| Document::map([("title", *card)]));
        let cards = Document::list(cards);
        Document::map([("cards", cards), ("votes", Document::Counter(votes)), ("note", Document::text(note))])
    };
    let card = |title: &str| Document::map([("title", title)]);
    let before = board(&["a", "b", "c", "d"], 3, "grüße 🦀!");
    let cards = path!["cards"];
    let cases = [
        (board(&["a", "b", "c", "d"], 1, "grüße 🦀!"), Edit::Increment { path: path!["votes"], by: -2 }),
        (
            board(&["a", "b", "c", "d"], 3, "grüße 🦞🦞!"),
            Edit::TextSplice { path: path!["note"], pos: 6, delete: 1, insert: "🦞🦞".into() },
        ),
        (
            board(&["x", "a", "b", "c", "d"], 3, "grüße 🦀!"),
            Edit::ListInsert { path: cards.clone(), index: 0, values: vec![card("x")] },
        ),
        (board(&["a", "d"], 3, "grüße 🦀!"), Edit::ListRemove { path: cards.clone(), index: 1, count: 2 }),
        (board(&["a", "c", "d", "b"], 3, "grüße 🦀!"), Edit::ListMove { path: cards.clone(), from: 1, to: 3 }),
        (board(&["c", "a", "b", "d"], 3, "grüße 🦀!"), Edit::ListMove { path: cards.clone(), from: 2, to: 0 }),
        (
            board(&["a", "b", "x", "d"], 3, "grüße 🦀!"),
            Edit::Put { path: path!["cards", 2, "title"], value: "x".into() },
        ),
    ];
    for (after, edit) in cases {
        assert_eq!(checked_diff(&before, &after), [edit]);
    }
    assert_eq!(
        checked_diff(&Document::from("a"), &Document::text("a")),
        [Edit::Put { path: Path::root(), value: Document::text("a") }]
    );
}

#[test]
fn the_depth_of_a_diff_is_bounded() {
    let nested = |levels: usize, core: i64| (0..levels).fold(Document::from(core), |inner, _| Document::list([inner]));
    let edits = checked_diff(&nested(MAX_DEPTH, 1), &nested(MAX_DEPTH, 2));
    assert_eq!(edits[0].path().len(), MAX_DEPTH);
    let edits = diff(&nested(4 * MAX_DEPTH, 1), &nested(4 * MAX_DEPTH, 2));
    assert_eq!(edits[0].path().len(), MAX_DEPTH);
}
