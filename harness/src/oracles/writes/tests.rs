use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use syncbench_strategies::document::Document;
use syncbench_strategies::model::Rejected;
use syncbench_strategies::replica::OpId;

use super::*;
use crate::testing::Book;

/// One record with two fields, `a` and `b`; the place of the record itself is empty.
#[derive(Serialize, Deserialize)]
enum Op {
    Set(String, String),
    Delete,
}

#[derive(Debug)]
struct Field(String);

impl Place for Field {
    fn within(&self, outer: &Self) -> bool {
        outer.0.is_empty() || self.0 == outer.0
    }
}

impl Writing for Op {
    type Place = Field;
    type Value = String;

    fn effect(&self) -> Effect<Field, String> {
        match self {
            Op::Set(field, value) => Effect::Put(Field(field.clone()), value.clone()),
            Op::Delete => Effect::Remove(Field(String::new())),
        }
    }

    fn replaced(&self, seen: &Document) -> BTreeSet<String> {
        seen.as_str().unwrap_or_default().split_whitespace().map(str::to_owned).collect()
    }
}

/// What three users did. Each names the values that it saw and replaced. Those are reflected at its replica, with all that
/// came before them.
struct Story {
    book: Book,
    named: Vec<(String, OpId)>,
}

impl Story {
    fn new() -> Self {
        Self { book: Book::new(3), named: Vec::new() }
    }

    fn id(&self, name: &str) -> OpId {
        self.named.iter().find(|(other, _)| other == name).unwrap().1
    }

    /// Issued, and not yet reflected at its own replica.
    fn issues(&mut self, client: u32, op: &Op, name: &str, saw: &str) -> OpId {
        let named = self.named.iter().filter(|(name, _)| saw.split_whitespace().any(|value| value == name));
        let seen: Vec<OpId> = named.map(|(_, id)| *id).collect();
        let mut reflected = seen.clone();
        let operations = self.book.operations::<Op>();
        for issued in operations.iter().filter(|issued| seen.contains(&issued.id())) {
            reflected.extend(operations.iter().filter(|other| issued.follows(other)).map(|other| other.id()));
        }
        for id in reflected {
            self.book.reached(client, id);
        }
        let id = self.book.issued(client, op, saw.into());
        self.named.push((name.into(), id));
        id
    }

    fn confirmed(&mut self, name: &str) {
        self.book.told(self.id(name), Ok(Document::Null));
    }

    /// A confirmed write to a field, named by its value.
    fn set_in(mut self, client: u32, field: &str, value: &str, saw: &str) -> Self {
        let id = self.issues(client, &Op::Set(field.into(), value.into()), value, saw);
        self.book.reached(client, id);
        self.confirmed(value);
        self
    }

    fn set(self, client: u32, value: &str, saw: &str) -> Self {
        self.set_in(client, "a", value, saw)
    }

    /// A confirmed delete of the record.
    fn delete(mut self, client: u32, name: &str, saw: &str) -> Self {
        let id = self.issues(client, &Op::Delete, name, saw);
        self.book.reached(client, id);
        self.confirmed(name);
        self
    }

    fn undo(mut self, name: &str) -> Self {
        self.book.undone(self.id(name));
        self
    }

    /// What is lost, and which undos failed, when these values are there at the end.
    #[track_caller]
    fn ends(&self, last: &str, lost: &[(&str, Loss)], failed: &[&str]) {
        let operations = self.book.operations::<Op>();
        let writes = Writes::new(&operations, last.split_whitespace().map(str::to_owned).collect());
        let name = |id: OpId| self.named.iter().find(|(_, other)| *other == id).unwrap().0.as_str();
        let steps = || writes.steps().iter().enumerate().map(|(index, step)| (index, name(step.issued.id())));
        let found: Vec<_> = steps().filter_map(|(index, name)| Some((name, writes.loss(index)?))).collect();
        assert_eq!(found, lost, "lost, when it ends with {last:?}");
        let found: Vec<_> = steps().filter(|(index, _)| writes.undo_failed(*index)).map(|(_, name)| name).collect();
        assert_eq!(found, failed, "undone without effect, when it ends with {last:?}");
    }
}

#[test]
fn a_write_may_be_replaced_by_users_who_saw_its_value() {
    let story = Story::new().set(1, "x", "").set(2, "y", "x");
    story.ends("y", &[], &[]);
    // Only the last link of a chain can be lost.
    story.ends("", &[("y", Loss::Unexplained)], &[]);
    story.ends("x", &[("y", Loss::Unexplained)], &[]);
    Story::new().set(1, "x", "").delete(2, "d", "x").ends("", &[], &[]);
}

#[test]
fn having_a_write_reflected_is_not_having_seen_its_value() {
    // Of x and y, written at the same time, y won. The third user follows both, and saw y.
    let mut story = Story::new().set(1, "x", "").set(2, "y", "");
    story.book.reached(3, story.id("x"));
    story.set(3, "z", "y").ends("z", &[("x", Loss::Overwritten)], &[]);
}

#[test]
fn a_concurrent_operation_explains_a_loss_and_does_not_excuse_it() {
    let story = Story::new().set(1, "x", "").set(2, "y", "");
    story.ends("y", &[("x", Loss::Overwritten)], &[]);
    story.ends("", &[("x", Loss::Unexplained), ("y", Loss::Unexplained)], &[]);
    Story::new().set(1, "x", "").delete(2, "d", "").ends("", &[("x", Loss::Removed)], &[]);
    // In another field there is no rival.
    Story::new().set(1, "x", "").set_in(2, "b", "y", "").ends("y", &[("x", Loss::Unexplained)], &[]);
    // What is there at the end explains more than a delete that did not prevail.
    Story::new().set(1, "x", "").set(2, "y", "").delete(3, "d", "").ends("y", &[("x", Loss::Overwritten)], &[]);
}

#[test]
fn what_an_undone_operation_replaced_must_come_back() {
    let story = Story::new().set(1, "x", "").set(2, "y", "x").undo("y");
    story.ends("x", &[], &[]);
    story.ends("", &[("x", Loss::Undone)], &[]);
    let story = Story::new().set(1, "x", "").delete(2, "d", "x").undo("d");
    story.ends("x", &[], &[]);
}

#[test]
fn an_undo_without_effect_is_one_loss_and_not_two() {
    Story::new().set(1, "x", "").set(2, "y", "x").undo("y").ends("y", &[], &["y"]);
    let both = || Story::new().set(1, "x", "").set_in(1, "b", "w", "").delete(2, "d", "x w");
    both().undo("d").ends("", &[], &["d"]);
    // Where some of it came back, the undo had its effect, and the rest is lost.
    both().undo("d").ends("w", &[("x", Loss::Undone)], &[]);
    // Another user has deleted the record as well, having seen the values or not.
    both().delete(3, "e", "x w").undo("d").ends("", &[], &[]);
    both().delete(3, "e", "").undo("d").ends("", &[("x", Loss::Removed), ("w", Loss::Removed)], &[]);
}

#[test]
fn replacing_an_undone_value_replaces_what_was_before_it() {
    // Without y, z would have replaced x all the same.
    let story = Story::new().set(1, "x", "").set(2, "y", "x").set(3, "z", "y").undo("y");
    story.ends("z", &[], &[]);
    story.ends("", &[("z", Loss::Undone)], &[]);
    // With both undone, x must come back.
    let story = Story::new().set(1, "x", "").set(2, "y", "x").set(3, "z", "y").undo("y").undo("z");
    story.ends("x", &[], &[]);
    story.ends("", &[("x", Loss::Undone)], &[]);
}

#[test]
fn a_user_may_replace_its_own_write_before_it_is_reflected() {
    let followed = || {
        let mut story = Story::new();
        story.issues(1, &Op::Set("a".into(), "x".into()), "x", "");
        story.confirmed("x");
        story
    };
    followed().set(1, "y", "").ends("y", &[], &[]);
    followed().delete(1, "d", "").ends("", &[], &[]);
    // In another field it leaves it alone.
    followed().set_in(1, "b", "y", "").ends("y", &[("x", Loss::Unexplained)], &[]);
    // Undoing that brings back x, as undoing any other.
    followed().set(1, "y", "").undo("y").ends("x", &[], &[]);
    followed().set(1, "y", "").undo("y").ends("", &[("x", Loss::Undone)], &[]);
    // Once it is reflected there, the screen says what was replaced: here not x.
    let mut story = followed();
    story.book.reached(1, story.id("x"));
    story.set(1, "y", "").ends("y", &[("x", Loss::Unexplained)], &[]);
}

#[test]
fn a_user_may_replace_its_own_write_that_a_wiped_device_does_not_show_any_more() {
    // Between x and y the user wrote into another field, with x on its screen.
    let wiped = || {
        let mut story = Story::new().set(1, "x", "").set_in(1, "b", "w", "");
        story.book.wiped(1);
        story
    };
    wiped().set(1, "y", "").ends("w y", &[], &[]);
    wiped().delete(1, "d", "").ends("", &[], &[]);
    // In another field it leaves it alone, and what undid it brings x back.
    wiped().set_in(1, "c", "y", "").ends("w y", &[("x", Loss::Unexplained)], &[]);
    wiped().set(1, "y", "").undo("y").ends("w", &[("x", Loss::Undone)], &[]);
    // Once the device has x again, the screen says what was replaced: here not x.
    let mut story = wiped();
    story.book.reached(1, story.id("x"));
    story.set(1, "y", "").ends("w y", &[("x", Loss::Unexplained)], &[]);
    // Wiped twice, with x shown in between.
    let mut story = wiped();
    story.book.reached(1, story.id("x"));
    let mut story = story.set_in(1, "c", "v", "");
    story.book.wiped(1);
    story.set(1, "y", "").ends("w v y", &[], &[]);
    // Another user's value that the wiped device does not show is overwritten by a user who does not see it.
    let mut story = Story::new().set(2, "x", "");
    story.book.reached(1, story.id("x"));
    story.book.wiped(1);
    story.set(1, "y", "").ends("y", &[("x", Loss::Overwritten)], &[]);
}

#[test]
fn an_unanswered_operation_may_have_happened() {
    let mut story = Story::new().set(1, "x", "");
    story.issues(2, &Op::Set("a".into(), "y".into()), "y", "x");
    story.ends("", &[], &[]);
    // The user of the delete had not seen x: x is lost whether the delete happened or not.
    let mut story = Story::new().set(1, "x", "");
    story.issues(2, &Op::Delete, "d", "");
    story.ends("", &[("x", Loss::Removed)], &[]);
    // Nothing is expected of an unanswered operation itself.
    let mut story = Story::new();
    story.issues(1, &Op::Set("a".into(), "x".into()), "x", "");
    story.ends("", &[], &[]);
}

#[test]
fn what_was_rejected_replaced_nothing() {
    let mut story = Story::new().set(1, "x", "");
    let id = story.issues(2, &Op::Set("a".into(), "y".into()), "y", "x");
    story.book.told(id, Err(Rejected::new("no", "")));
    story.ends("", &[("x", Loss::Unexplained)], &[]);
}
