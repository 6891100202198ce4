//! The oracle, on stories and on runs.

use std::collections::BTreeMap;

#[cfg(feature = "automerge")]
use syncbench_strategies::crdt;
use syncbench_strategies::model::{Model, Plan, Rejected};
use syncbench_strategies::replica::OpId;
use syncbench_strategies::view::View;
use syncbench_strategies::{lww, serial};

use super::*;
use crate::pace::Pace;
use crate::testing::{Book, Found, Trial};

/// What users did to one object. No operation is reflected at another replica unless the story says so.
struct Story(Book);

impl Story {
    fn new(ops: &[(u32, JsonOp)]) -> Self {
        let mut story = Story(Book::new(3));
        for (client, op) in ops {
            story.act(*client, op, &after(&[]));
        }
        story
    }

    fn act(&mut self, client: u32, op: &JsonOp, view: &Document) -> OpId {
        self.0.acted_on(client, op, intent(view, op).seen)
    }

    /// The first operation of the other client is reflected at this one.
    fn reflects(&mut self, client: u32, other: u32) {
        self.0.reached(client, OpId { client: NodeId(other), n: 1 });
    }

    #[track_caller]
    fn ends(&self, last: &[JsonOp], expected: &[(&str, u64)]) {
        let found = self.0.judge("json", &genesis(1), &after(last));
        assert!(found.0.iter().all(|finding| !finding.example.is_empty()));
        assert_eq!(found.kinds(), expected, "{found:?}");
    }
}

#[test]
fn each_kind_is_found_and_nothing_else() {
    let tags = [append("o0/tags", "t"), append("o0/tags", "u")];
    let both = Story::new(&[(1, tags[0].clone()), (2, tags[1].clone())]);
    both.ends(&tags, &[]);
    both.ends(&tags[..1], &[("hidden subtree", 1)]);
    both.ends(&[], &[("hidden subtree", 2)]);
    both.ends(&[&tags[..], &[append("o0/tags", "t")]].concat(), &[("duplicated item", 1)]);
    let nested = [set("o0/in/a", "x"), set("o0/in/b", "y")];
    Story::new(&[(1, nested[0].clone()), (2, nested[1].clone())]).ends(&nested[1..], &[("hidden subtree", 1)]);
    // Only one of them has made the list: nothing is hidden by anything.
    let mut later = Story::new(&[(1, tags[0].clone())]);
    later.act(2, &tags[1], &after(&tags[..1]));
    later.ends(&tags[..1], &[("lost item", 1)]);

    let sets = Story::new(&[(1, set("o0/a", "x")), (2, set("o0/a", "y"))]);
    sets.ends(&[set("o0/a", "y")], &[("overwritten", 1)]);
    sets.ends(&[], &[("edit lost", 2)]);
    let deleted = Story::new(&[(1, set("o0/a", "x")), (2, delete("o0/a"))]);
    deleted.ends(&[delete("o0/a")], &[("edit lost to delete", 1)]);
    deleted.ends(&[set("o0/a", "x")], &[("delete overwritten", 1)]);
    deleted.ends(&[], &[("edit lost to delete", 1), ("resurrected", 1)]);
    Story::new(&[(1, set("o0/in/a", "x")), (2, delete("o0"))]).ends(&[delete("o0")], &[("edit lost to delete", 1)]);
    let mut taken = Story::new(&[(1, tags[0].clone())]);
    taken.reflects(2, 1);
    taken.act(2, &take("o0/tags", "t"), &after(&tags[..1]));
    taken.ends(&[tags[0].clone(), take("o0/tags", "t")], &[]);
    taken.ends(&tags[..1], &[("resurrected", 1)]);
    Story::new(&[]).ends(&tags[..1], &[("value from nowhere", 1)]);
}

#[test]
fn a_value_may_be_replaced_by_users_who_saw_it() {
    let chain = [set("o0/a", "x"), set("o0/a", "y"), delete("o0")];
    let mut story = Story::new(&[]);
    for (index, op) in chain.iter().enumerate() {
        let id = story.act(index as u32 + 1, op, &after(&chain[..index]));
        (1..=3).for_each(|client| story.0.reached(client, id));
    }
    story.ends(&chain, &[]);
    // Of two concurrent writes the second won; the third user follows both, and saw that one.
    let mut story = Story::new(&[(1, chain[0].clone()), (2, chain[1].clone())]);
    story.reflects(3, 1);
    story.reflects(3, 2);
    story.act(3, &set("o0/a", "z"), &after(&chain[1..2]));
    story.ends(&[set("o0/a", "z")], &[("overwritten", 1)]);
    // Its own user replaces it before it is reflected there, or after.
    for (reached, expected) in [(false, &[][..]), (true, &[("edit lost", 1)])] {
        let mut story = Story::new(&[]);
        let first = story.0.issued(1, &chain[0], Document::Null);
        if reached {
            story.0.reached(1, first);
        }
        story.0.told(first, Ok(Document::Null));
        story.act(1, &chain[1], &after(&[]));
        story.ends(&chain[1..2], expected);
    }
}

#[test]
fn rejected_and_unanswered_operations_are_not_expected() {
    let mut story = Story::new(&[]);
    let refused = story.0.issued(1, &append("o0/tags", "t"), Document::Null);
    story.0.told(refused, Err(Rejected::new("not_a_list", "")));
    story.0.issued(2, &set("o0/a", "x"), Document::Null);
    story.0.issued(2, &delete("o0/b"), Document::Null);
    story.ends(&[], &[]);
    story.ends(&[set("o0/a", "x"), delete("o0/b")], &[]);
    story.ends(&[append("o0/tags", "t")], &[("value from nowhere", 1)]);
    // A delete without an answer may have happened; its user had not seen the value, which is lost in either case.
    let mut story = Story::new(&[(1, set("o0/b", "x"))]);
    story.0.issued(2, &delete("o0/b"), Document::Null);
    story.ends(&[delete("o0/b")], &[("edit lost to delete", 1)]);
}

#[test]
fn undone_operations_must_be_gone_and_those_of_others_must_stay() {
    let first = [append("o0/tags", "t")];
    for op in [set("o0/a", "x"), append("o0/tags", "u"), take("o0/tags", "t"), delete("o0/tags")] {
        let undone = || {
            let mut story = Story::new(&[]);
            let id = story.act(1, &first[0], &after(&[]));
            (1..=3).for_each(|client| story.0.reached(client, id));
            let id = story.act(2, &op, &after(&first));
            story.0.undone(id);
            story
        };
        undone().ends(&first, &[]);
        undone().ends(&[&first[..], std::slice::from_ref(&op)].concat(), &[("undo without effect", 1)]);
        // Another user has done the same.
        if matches!(op, JsonOp::Take { .. } | JsonOp::Delete { .. }) {
            let mut story = undone();
            story.act(3, &op, &after(&first));
            story.ends(&[&first[..], std::slice::from_ref(&op)].concat(), &[]);
            story.ends(&first, &[("lost to undo", 1)]);
        }
    }
    // Creating a container is undone, and what another user put into it goes with it.
    let mut story = Story::new(&[]);
    let id = story.act(1, &first[0], &after(&[]));
    story.act(2, &append("o0/tags", "u"), &after(&first));
    story.0.undone(id);
    story.ends(&[append("o0/tags", "u")], &[]);
    story.ends(&[], &[("lost to undo", 1)]);
}

fn kinds(found: &Found) -> Vec<&str> {
    found.kinds().into_iter().map(|(kind, _)| kind).collect()
}

#[test]
fn taking_turns_loses_nothing() {
    let trial = Trial { pace: Pace::Turns, ops: 200, ..Trial::new(&serial::reducer::SPEC, "json") };
    for seed in 1..=3 {
        assert_eq!(Trial { seed, ..trial.clone() }.run().1.kinds(), []);
        assert_eq!(Trial { strategy: &lww::document::SPEC, seed, ..trial.clone() }.run().1.kinds(), []);
    }
}

#[test]
fn one_order_overwrites_and_deletes_and_hides_nothing() {
    for seed in 1..=3 {
        let (ran, found) = Trial { seed, ..Trial::new(&serial::reducer::SPEC, "json") }.run();
        let expected = ["delete overwritten", "edit lost to delete", "overwritten"];
        assert!(kinds(&found).iter().all(|kind| expected.contains(kind)), "{found:?}");
        assert!(found.count(&OVERWRITTEN) > 0 && found.count(&EDIT_LOST_TO_DELETE) > 0, "{found:?}");
        assert_eq!(ran.ledger.broken_states().0, 0);
    }
}

#[test]
fn the_last_document_loses_items() {
    let (_, found) = Trial::new(&lww::document::SPEC, "json").run();
    assert!(found.count(&LOST_ITEM) > 0 && found.count(&EDIT_LOST) > 0, "{found:?}");
    assert_eq!(found.count(&DUPLICATED_ITEM), 0, "{found:?}");
}

#[cfg(feature = "automerge")]
#[test]
fn merged_containers_hide_one_another() {
    let mut all = BTreeMap::new();
    for seed in 1..=3 {
        let found = Trial { seed, ..Trial::new(&crdt::automerge::SPEC, "json") }.run().1;
        found.kinds().into_iter().for_each(|(kind, count)| *all.entry(kind.to_owned()).or_insert(0) += count);
    }
    assert!(all.contains_key("hidden subtree"), "{all:?}");
    let unexplained = ["edit lost", "lost item", "duplicated item", "value from nowhere"];
    assert!(unexplained.iter().all(|kind| !all.contains_key(*kind)), "{all:?}");
}

/// Forgets some of what it should do, by the last digit of what is written.
struct Careless;

impl Model for Careless {
    type Op = JsonOp;

    fn plan(&self, view: &dyn View, op: &JsonOp) -> Result<Plan, Rejected> {
        let digit = |word: &str| word.bytes().last().map(|byte| byte % 8);
        match op {
            JsonOp::Set { value, .. } if digit(value) == Some(1) => Ok(Plan::new(Vec::new())),
            JsonOp::Set { path, value } if digit(value) == Some(2) => {
                let value = format!("other {value}");
                JsonModel.plan(view, &JsonOp::Set { path: path.clone(), value })
            }
            JsonOp::Append { item, .. } if digit(item) == Some(3) => Ok(Plan::new(Vec::new())),
            JsonOp::Append { item, .. } if digit(item) == Some(4) => {
                let mut edits = JsonModel.plan(view, op)?.edits;
                edits.extend(edits.last().cloned());
                Ok(Plan::new(edits))
            }
            JsonOp::Take { item, .. } if digit(item) == Some(5) => Ok(Plan::new(Vec::new())),
            _ => JsonModel.plan(view, op),
        }
    }
}

#[test]
fn planted_bugs_are_found() {
    let trial = Trial { ops: 1000, pace: Pace::Turns, ..Trial::new(&serial::reducer::SPEC, "json:list=0.6") };
    let found = Trial { model: Some(erase(Careless)), ..trial }.run().1;
    let expected = ["duplicated item", "edit lost", "lost item", "resurrected", "value from nowhere"];
    assert_eq!(kinds(&found), expected, "{found:?}");
}
