//! What must be true of a document with ids, whatever is done to it.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use super::back::Back;
use super::change::{Change, Node};
use super::state::{Done, Saved, State, follows};
use crate::document::generate::{Dice, dice, document};
use crate::document::{self, Document, Path};
use crate::replica::NodeId;
use crate::wire::{decode, encode};

const ME: NodeId = NodeId(1);

/// A change of one edit by indices, carried out; what takes it back.
fn carry(state: &mut State, author: NodeId, n: u64, edit: &document::Edit) -> (Change, Back) {
    let edits = state.translate(edit).expect("an edit that fits");
    let change = Change { n, first: state.author(author).next, needs: Vec::new(), edits };
    assert!(follows(&state.author(author), &change));
    let mut back = Back::default();
    let done = state.carry_out(author, &change, Some(&mut back));
    assert_eq!(done, Done { misfits: 0, stands: true, barred: false }, "{edit:?}");
    (change, back)
}

fn take_back(state: &mut State, author: NodeId, n: u64, back: Back) -> Done {
    let change = Change { n, first: state.author(author).next, needs: back.needs, edits: back.edits };
    state.carry_out(author, &change, None)
}

fn saved(state: &State) -> State {
    decode(&encode(state)).unwrap()
}

fn fitting(roll: &Dice, state: &State) -> document::Edit {
    roll.fitting(&state.document)
}

proptest! {
    #[test]
    fn by_ids_as_by_indices(start in document(), rolls in vec(dice(), 1..12)) {
        let mut state = State::genesis(start);
        let (mut other, mut plain) = (state.clone(), state.document.clone());
        for (n, roll) in (1..).zip(&rolls) {
            let edit = fitting(roll, &state);
            plain.apply(&edit).unwrap();
            let (change, _) = carry(&mut state, ME, n, &edit);
            prop_assert_eq!(&state.document, &plain, "{:?}", edit);
            let change: Change = decode(&encode(&change)).unwrap();
            other.carry_out(ME, &change, None);
            prop_assert_eq!(encode(&other), encode(&state));
            // What comes back from what was saved goes on as the other does.
            other = saved(&other);
            prop_assert_eq!(encode(&other), encode(&state));
        }
    }

    #[test]
    fn what_was_done_last_can_be_taken_back_one_by_one(start in document(), rolls in vec(dice(), 1..8)) {
        let mut state = State::genesis(start);
        let mut made = Vec::new();
        for (n, roll) in (1..).zip(&rolls) {
            let (edit, before) = (fitting(roll, &state), state.document.clone());
            made.push((before, carry(&mut state, ME, n, &edit).1));
        }
        for (n, (before, back)) in (100..).zip(made.into_iter().rev()) {
            let done = take_back(&mut state, ME, n, back);
            prop_assert!(!done.barred && done.misfits == 0);
            prop_assert_eq!(&state.document, &before);
        }
    }

    #[test]
    fn any_change_on_any_state_does_the_same_on_every_replica(
        start in document(),
        rolls in vec((dice(), any::<bool>()), 1..10),
        order in vec(any::<Index>(), 20),
    ) {
        // Two branches make changes and take them back; then all of that in any order: little fits, and nothing falls
        // over. The twin crashes after every change.
        let genesis = State::genesis(start);
        let mut branches = [genesis.clone(), genesis.clone()];
        let mut changes = Vec::new();
        for (n, (roll, side)) in (1..).zip(&rolls) {
            let (state, author) = (&mut branches[usize::from(*side)], NodeId(1 + u32::from(*side)));
            let edit = fitting(roll, state);
            let (change, back) = carry(state, author, n, &edit);
            changes.push((author, change));
            let first = 1_000_000 * n;
            changes.push((author, Change { n: 100 + n, first, needs: back.needs, edits: back.edits }));
        }
        let (mut state, mut twin) = (genesis.clone(), genesis);
        for index in order {
            let Some(last) = changes.len().checked_sub(1) else { break };
            // Each once: ids are given out once.
            let (author, change) = changes.swap_remove(index.index(last + 1));
            let mut backs = [Back::default(), Back::default()];
            let done = [&mut state, &mut twin].into_iter().zip(&mut backs);
            let done: Vec<Done> = done.map(|(state, back)| state.carry_out(author, &change, Some(back))).collect();
            prop_assert_eq!(done[0], done[1]);
            prop_assert_eq!(&backs[0].edits, &backs[1].edits);
            twin = saved(&twin);
            prop_assert_eq!(encode(&twin), encode(&state));
        }
    }
}

fn text(state: &State) -> String {
    state.document.to_string().trim_matches('"').to_owned()
}

fn splice(pos: usize, delete: usize, insert: &str) -> document::Edit {
    document::Edit::TextSplice { path: Path::root(), pos, delete, insert: insert.into() }
}

#[test]
fn what_two_deleted_comes_back_when_both_take_it_back() {
    let genesis = State::genesis(Document::text("abcd"));
    let (mut one, mut other) = (genesis.clone(), genesis.clone());
    let (mine, _) = carry(&mut one, NodeId(1), 1, &splice(0, 3, ""));
    let (theirs, made) = carry(&mut other, NodeId(2), 1, &splice(1, 3, ""));
    let (mut state, mut back, mut last) = (genesis, Back::default(), Back::default());
    state.carry_out(NodeId(1), &mine, Some(&mut back));
    state.carry_out(NodeId(2), &theirs, Some(&mut last));
    last.complete(&made);
    assert_eq!(text(&state), "");
    take_back(&mut state, NodeId(1), 2, back);
    assert_eq!(text(&state), "a");
    take_back(&mut state, NodeId(2), 2, last);
    assert_eq!(text(&state), "abcd");
}

#[test]
fn a_put_is_taken_back_only_while_it_stands() {
    let put = |value: i64| document::Edit::Put { path: crate::path!["x"], value: value.into() };
    let mut state = State::genesis(Document::map([("x", 0)]));
    let (_, mine) = carry(&mut state, NodeId(1), 1, &put(1));
    let (_, same) = carry(&mut state, NodeId(2), 1, &put(1));
    assert!(take_back(&mut state, NodeId(1), 2, mine.clone()).barred);
    assert_eq!(state.author(NodeId(1)).barred, [2]);
    assert_eq!(state.document.to_string(), "{x:1}");
    // The other's is gone, and so the first stands again.
    assert!(!take_back(&mut state, NodeId(2), 2, same).barred);
    assert!(!take_back(&mut state, NodeId(1), 3, mine).barred);
    assert_eq!(state.document.to_string(), "{x:0}");
}

#[test]
fn a_moved_item_is_one_item_and_goes_back_unless_somebody_else_moved_it() {
    let to = |from, to| document::Edit::ListMove { path: Path::root(), from, to };
    let genesis = State::genesis(Document::list([3, 2, 1]));
    let (mut one, mut other) = (genesis.clone(), genesis.clone());
    let (mine, _) = carry(&mut one, NodeId(1), 1, &to(0, 2));
    let (theirs, _) = carry(&mut other, NodeId(2), 1, &to(0, 1));
    let (mut state, mut back, mut last) = (genesis, Back::default(), Back::default());
    state.carry_out(NodeId(1), &mine, Some(&mut back));
    assert_eq!(state.document.to_string(), "[2,1,3]");
    state.carry_out(NodeId(2), &theirs, Some(&mut last));
    assert_eq!(state.document.to_string(), "[2,3,1]");
    assert!(take_back(&mut state, NodeId(1), 2, back).barred);
    assert!(!take_back(&mut state, NodeId(2), 2, last).barred);
    assert_eq!(state.document.to_string(), "[2,1,3]");
}

#[test]
fn a_moved_item_goes_back_to_its_place_also_when_its_neighbour_has_moved() {
    let to = |from, to| document::Edit::ListMove { path: Path::root(), from, to };
    let mut state = State::genesis(Document::list([1, 2, 3]));
    let (_, back) = carry(&mut state, NodeId(1), 1, &to(2, 1));
    carry(&mut state, NodeId(2), 1, &to(2, 0));
    assert_eq!(state.document.to_string(), "[2,1,3]");
    take_back(&mut state, NodeId(1), 2, back);
    assert_eq!(state.document.to_string(), "[2,1,3]");
}

#[test]
fn who_goes_on_behind_what_was_deleted_finds_the_place() {
    let genesis = State::genesis(Document::text("ab cd"));
    let (mut one, mut state) = (genesis.clone(), genesis);
    let (behind, _) = carry(&mut one, NodeId(1), 1, &splice(2, 0, "!"));
    carry(&mut state, NodeId(2), 1, &splice(0, 3, ""));
    carry(&mut state, NodeId(2), 2, &splice(0, 0, "> "));
    assert!(state.carry_out(NodeId(1), &behind, None).stands);
    assert_eq!(text(&state), "> !cd");
}

#[test]
fn tampered_ids_are_refused() {
    let state = State::genesis(Document::list([Document::text("ab"), Document::Null]));
    let saved = Saved::from(state.clone());
    for value in [Document::text("ab"), Document::list([Document::Null, Document::text("abc")]), Document::Null] {
        let root = Node { value, ..saved.root.clone() };
        assert!(State::try_from(Saved { root, ..saved.clone() }).is_err());
    }
    assert_eq!(encode(&State::try_from(saved).unwrap()), encode(&state));
}
