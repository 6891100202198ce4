//! Findings about cells, in stories of three users.

use syncbench_strategies::document::Document;
use syncbench_strategies::model::Rejected;
use syncbench_strategies::replica::OpId;

use super::super::NotebookOp;
use super::super::model::{genesis, source_path};
use super::{book, delete, evaluate, insert, listed, restore, shift, write};
use crate::testing::Book;
use crate::typing::{self, Seen};

/// What users did with three cells. No replica receives an operation of another, unless the story says so.
struct Story(Book);

impl Story {
    fn new(ops: &[(u32, NotebookOp)]) -> Self {
        let mut story = Story(Book::new(3));
        for (client, op) in ops {
            story.act(*client, op);
        }
        story
    }

    fn act(&mut self, client: u32, op: &NotebookOp) -> OpId {
        let first = typing::characters(&genesis(3), &source_path(op.cell())).first().copied();
        let seen = match op {
            NotebookOp::Type { .. } => Seen { right: first, run: 1, ..Seen::default() }.document(),
            _ => Document::Null,
        };
        self.0.acted_on(client, op, seen)
    }

    /// The same, and every replica receives it.
    fn act_before_all(&mut self, client: u32, op: &NotebookOp) -> OpId {
        let id = self.act(client, op);
        (1..=3).for_each(|client| self.0.reached(client, id));
        id
    }

    /// A user evaluates the first cell, where it sees the output of another evaluation, and every replica receives that.
    fn evaluate_on(&mut self, client: u32, run: &str, shown: &str) -> OpId {
        let id = self.0.acted_on(client, &evaluate("c0", run), shown.into());
        (1..=3).for_each(|client| self.0.reached(client, id));
        id
    }

    #[track_caller]
    fn ends(&self, last: &Document, expected: &[(&str, u64)]) {
        let found = self.0.judge("notebook", &genesis(3), last);
        assert!(found.0.iter().all(|finding| !finding.example.is_empty()));
        assert_eq!(found.kinds(), expected, "{found:?}");
    }
}

#[test]
fn each_kind_is_found_and_nothing_else() {
    let nobody = Story::new(&[]);
    nobody.ends(&book(&[]), &[]);
    nobody.ends(&book(&[delete("c0")]), &[("cell gone", 1)]);
    nobody.ends(&listed(&book(&[]), "c0"), &[("cell from nowhere", 1)]);
    nobody.ends(&book(&[insert("n", "")]), &[("cell from nowhere", 1)]);
    Story::new(&[(1, insert("n", ""))]).ends(&book(&[]), &[("lost cell", 1)]);
    Story::new(&[(1, insert("n", ""))]).ends(&listed(&book(&[insert("n", "")]), "n"), &[("duplicated cell", 1)]);
    let deleted = Story::new(&[(1, delete("c0")), (2, delete("c0"))]);
    deleted.ends(&book(&[delete("c0")]), &[]);
    deleted.ends(&book(&[]), &[("resurrected cell", 2)]);
    let typed = Story::new(&[(1, write("c0", "漢")), (2, delete("c0"))]);
    typed.ends(&book(&[write("c0", "漢"), delete("c0")]), &[("orphaned edit", 1)]);
    typed.ends(&book(&[write("c0", "漢")]), &[("resurrected cell", 1)]);
    let mut seen = Story::new(&[]);
    seen.act_before_all(1, &write("c0", "漢"));
    seen.act(2, &delete("c0"));
    seen.ends(&book(&[write("c0", "漢"), delete("c0")]), &[]);

    let keys = Story::new(&[(1, write("c0", "漢")), (2, write("c1", "字"))]);
    keys.ends(&book(&[write("c0", "漢"), write("c1", "字")]), &[]);
    keys.ends(&book(&[write("c0", "漢")]), &[("lost character", 1)]);
    keys.ends(&book(&[write("c0", "漢"), write("c0", "字")]), &[("character from nowhere", 1), ("lost character", 1)]);

    let moved = Story::new(&[(1, shift("c0", "c2"))]);
    moved.ends(&book(&[shift("c0", "c2")]), &[]);
    moved.ends(&book(&[]), &[("misplaced cell", 1)]);
    // Somebody else moved the other cell at the same time, to the top, where it is not.
    Story::new(&[(1, shift("c0", "c2")), (2, shift("c2", ""))]).ends(&book(&[]), &[("misplaced cell", 1)]);
    let both = [shift("c0", "c1"), shift("c0", "c2")];
    let two = Story::new(&[(1, both[0].clone()), (2, both[1].clone())]);
    two.ends(&book(&both), &[("move overwritten", 1)]);
    Story::new(&[(1, insert("n", "c0"))]).ends(&book(&[insert("n", "")]), &[("misplaced cell", 1)]);
}

#[test]
fn a_restored_cell_must_be_there() {
    let mut story = Story::new(&[]);
    story.act_before_all(1, &delete("c0"));
    story.act_before_all(2, &restore("c0", ""));
    story.ends(&book(&[]), &[]);
    story.ends(&book(&[delete("c0")]), &[("lost cell", 1)]);
    story.act_before_all(3, &delete("c0"));
    story.ends(&book(&[delete("c0")]), &[]);
    story.ends(&book(&[]), &[("resurrected cell", 1)]);
    // Deleted again by a user who had not seen it restored: either may win.
    let mut story = Story::new(&[]);
    story.act_before_all(1, &delete("c0"));
    story.act(2, &restore("c0", ""));
    story.act(3, &delete("c0"));
    story.ends(&book(&[]), &[]);
    story.ends(&book(&[delete("c0")]), &[]);
}

#[test]
fn outputs_belong_to_their_sources() {
    let (run, key) = (evaluate("c0", "r1"), write("c0", "漢"));
    let both = Story::new(&[(1, run.clone()), (2, key.clone())]);
    both.ends(&book(&[key.clone(), run.clone()]), &[]);
    both.ends(&book(&[run.clone(), key.clone()]), &[("stale output", 1)]);
    both.ends(&book(std::slice::from_ref(&key)), &[("lost output", 1)]);
    // A user who types with an output on the screen sees it go stale.
    let mut later = Story::new(&[]);
    later.act_before_all(1, &run);
    later.act(2, &key);
    later.ends(&book(&[run.clone(), key]), &[]);
    let runs = Story::new(&[(1, run.clone()), (2, evaluate("c0", "r2"))]);
    runs.ends(&book(&[run.clone(), evaluate("c0", "r2")]), &[]);
    runs.ends(&book(&[evaluate("c0", "r2"), run]), &[]);
}

#[test]
fn an_output_is_replaced_by_users_who_saw_it() {
    let run = |run| book(&[evaluate("c0", run)]);
    let mut story = Story::new(&[]);
    story.act_before_all(1, &evaluate("c0", "r1"));
    let id = story.evaluate_on(2, "r2", "r1");
    story.ends(&run("r2"), &[]);
    story.ends(&run("r1"), &[("lost output", 1)]);
    story.ends(&book(&[]), &[("lost output", 1)]);
    // Undone, the second is as if it had never been.
    story.0.undone(id);
    story.ends(&run("r1"), &[]);
    story.ends(&run("r2"), &[("undo without effect", 1)]);
    story.ends(&book(&[]), &[("lost to undo", 1)]);
    // Its user saw no output where it put its own.
    let mut blind = Story::new(&[]);
    blind.act_before_all(1, &evaluate("c0", "r1"));
    blind.evaluate_on(2, "r2", "");
    blind.ends(&run("r2"), &[("lost output", 1)]);
    // Of two at the same time one must be there, until a user who saw one of them evaluates again.
    for (shown, lost) in [("r1", &[][..]), ("r2", &[]), ("", &[("lost output", 2)])] {
        let mut both = Story::new(&[]);
        let ids = [(1, "r1"), (2, "r2")].map(|(client, run)| both.act(client, &evaluate("c0", run)));
        both.ends(&book(&[]), &[("lost output", 2)]);
        ids.into_iter().for_each(|id| both.0.reached(3, id));
        both.evaluate_on(3, "r3", shown);
        both.ends(&run("r3"), lost);
    }
}

#[test]
fn rejected_and_unanswered_operations_are_not_expected() {
    let mut story = Story::new(&[]);
    let rejected = story.0.issued(1, &insert("n", ""), Document::Null);
    story.0.told(rejected, Err(Rejected::new("exists", "")));
    story.0.issued(2, &delete("c1"), Document::Null);
    story.0.issued(2, &evaluate("c0", "r"), Document::Null);
    story.ends(&book(&[]), &[]);
    story.ends(&book(&[delete("c1"), evaluate("c0", "r")]), &[]);
    story.ends(&book(&[insert("n", "")]), &[("cell from nowhere", 1)]);
}

#[test]
fn undone_operations_must_be_gone_and_those_of_others_must_stay() {
    let undone = |op: &NotebookOp| {
        let mut story = Story::new(&[]);
        let id = story.act_before_all(1, op);
        story.0.undone(id);
        story
    };
    for op in [insert("n", ""), delete("c0"), write("c0", "漢"), evaluate("c0", "r")] {
        undone(&op).ends(&book(&[]), &[]);
        undone(&op).ends(&book(std::slice::from_ref(&op)), &[("undo without effect", 1)]);
    }
    let mut story = Story::new(&[]);
    story.act_before_all(1, &delete("c0"));
    let id = story.act_before_all(2, &restore("c0", ""));
    story.0.undone(id);
    story.ends(&book(&[delete("c0")]), &[]);
    story.ends(&book(&[]), &[("undo without effect", 1)]);
    // Another user has deleted it too, or typed in it.
    let mut story = undone(&delete("c0"));
    story.act(2, &delete("c0"));
    story.ends(&book(&[delete("c0")]), &[]);
    story.ends(&book(&[]), &[("lost to undo", 1)]);
    let mut story = undone(&insert("n", ""));
    story.act(2, &write("n", "漢"));
    story.ends(&book(&[insert("n", ""), write("n", "漢")]), &[]);
    story.ends(&book(&[]), &[("lost to undo", 1)]);
}
