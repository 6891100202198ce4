//! Findings about characters, in stories of two users.

use syncbench_strategies::model::Rejected;
use syncbench_strategies::replica::{NodeId, OpId};

use super::super::TextOp;
use super::{document, splice};
use crate::testing::Book;
use crate::typing::Seen;

/// The text `ab`, and what two clients did to it at once.
struct Story(Book);

impl Story {
    fn new() -> Self {
        Story(Book::new(2))
    }

    fn typed(mut self, client: u32, char: char, left: char, right: char, run: i64) -> Self {
        let seen = Seen { left: Some(left), right: Some(right), run, ..Seen::default() };
        self.0.acted_on(client, &TextOp::Edit(vec![splice(0, 0, &char.to_string())]), seen.document());
        self
    }

    fn erased(mut self, client: u32, char: char) -> Self {
        let seen = Seen { erased: Some(char), ..Seen::default() };
        self.0.acted_on(client, &TextOp::Edit(vec![splice(0, 1, "")]), seen.document());
        self
    }

    #[track_caller]
    fn ends(&self, last: &str, expected: &[(&str, u64)]) {
        let found = self.0.judge("text", &document("ab"), &document(last));
        assert_eq!(found.kinds(), expected, "{last}: {found:?}");
    }
}

#[test]
fn each_kind_is_found_and_nothing_else() {
    let two = Story::new().typed(1, 'X', 'a', 'b', 1).typed(2, 'Y', 'a', 'b', 1);
    two.ends("aXYb", &[]);
    two.ends("aYXb", &[]);
    two.ends("aXb", &[("lost character", 1)]);
    two.ends("aXYXb", &[("duplicated character", 1)]);
    two.ends("aXbY", &[("misplaced character", 1)]);
    two.ends("XabY", &[("misplaced character", 2)]);
    two.ends("aXY", &[("wrong character erased", 1)]);
    two.ends("aXYb?", &[("character from nowhere", 1)]);
    let erased = Story::new().typed(1, 'X', 'a', 'b', 1).erased(2, 'a').erased(1, 'a');
    erased.ends("Xb", &[]);
    erased.ends("aXb", &[("resurrected character", 2)]);
    erased.ends("aX", &[("resurrected character", 2), ("wrong character erased", 1)]);
    erased.ends("a", &[("lost character", 1), ("resurrected character", 2), ("wrong character erased", 1)]);
    // A neighbour that is gone does not matter.
    erased.ends("Xb", &[]);
    let own = Story::new().typed(1, 'X', 'a', 'b', 1).erased(1, 'X');
    own.ends("ab", &[]);
    own.ends("aXb", &[("resurrected character", 1)]);
}

#[test]
fn runs_are_interleaved_only_where_both_are_split() {
    let runs = Story::new().typed(1, 'W', 'a', 'b', 1).typed(1, 'X', 'W', 'b', 1);
    let runs = runs.typed(2, 'Y', 'a', 'b', 1).typed(2, 'Z', 'Y', 'b', 1);
    runs.ends("aWXYZb", &[]);
    runs.ends("aWYZXb", &[]);
    runs.ends("aWYXZb", &[("interleaved run", 1)]);
    runs.ends("aYWZXb", &[("interleaved run", 1)]);
    // Runs typed one after the other may be placed as their users like.
    let mut story = Story::new().typed(1, 'W', 'a', 'b', 1).typed(1, 'X', 'W', 'b', 1);
    for n in 1..=2 {
        story.0.reached(2, OpId { client: NodeId(1), n });
    }
    let story = story.typed(2, 'Y', 'W', 'X', 1).typed(2, 'Z', 'X', 'b', 1);
    story.ends("aWYXZb", &[]);
}

#[test]
fn undone_characters_are_gone_and_restored_ones_are_there() {
    let undo = |mut story: Story, client: u32, n: u64| {
        story.0.undone(OpId { client: NodeId(client), n });
        story
    };
    let typed = || Story::new().typed(1, 'X', 'a', 'b', 1).typed(2, 'Y', 'a', 'b', 1);
    undo(typed(), 1, 1).ends("aYb", &[]);
    undo(typed(), 1, 1).ends("aXYb", &[("undo without effect", 1)]);
    undo(typed(), 1, 1).ends("ab", &[("lost character", 1)]);
    let erased = || Story::new().erased(1, 'a').erased(2, 'a');
    undo(erased(), 1, 1).ends("b", &[]);
    undo(undo(erased(), 1, 1), 2, 1).ends("ab", &[]);
    undo(undo(erased(), 1, 1), 2, 1).ends("b", &[("undo without effect", 1)]);
    undo(undo(erased(), 1, 1), 2, 1).ends("aab", &[("duplicated character", 1)]);
    // A character whose typing was undone may be gone, even if an erasure of it was undone too.
    undo(undo(Story::new().typed(1, 'X', 'a', 'b', 1).erased(2, 'X'), 2, 1), 1, 1).ends("ab", &[]);
}

#[test]
fn rejected_and_unanswered_keystrokes_are_not_expected() {
    let mut story = Story::new();
    let op = |insert: &str| TextOp::Edit(vec![splice(0, 0, insert)]);
    let rejected = story.0.issued(1, &op("X"), Seen::default().document());
    story.0.told(rejected, Err(Rejected::new("out_of_range", "")));
    story.0.issued(2, &op("Y"), Seen::default().document());
    let erasing = Seen { erased: Some('a'), ..Seen::default() };
    story.0.issued(2, &TextOp::Edit(vec![splice(0, 1, "")]), erasing.document());
    story.ends("ab", &[]);
    story.ends("Yb", &[]);
    story.ends("Xab", &[("character from nowhere", 1)]);
}
