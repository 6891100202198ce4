//! What must be true of a document with ids, whatever is done to it.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use super::change::{Change, Node};
use super::inverse::Inverse;
use super::state::{Applied, Saved, State};
use crate::document::generate::{Dice, dice, document};
use crate::document::{self, Document, Path};
use crate::node::NodeId;
use crate::wire::{decode, encode};

const ME: NodeId = NodeId(1);

/// Applies an edit by indices as a change; gives the change and its inverse.
fn carry(state: &mut State, client: NodeId, n: u64, edit: &document::Edit) -> (Change, Inverse) {
    let edits = state.translate(edit).expect("an edit that fits");
    let change = Change { n, first: state.used(client).next, needs: Vec::new(), edits };
    assert!(state.used(client).precedes(&change));
    let mut inverse = Inverse::default();
    let applied = state.apply(client, &change, Some(&mut inverse));
    assert_eq!(applied, Applied { misfits: 0, has_effect: true, barred: false }, "{edit:?}");
    (change, inverse)
}

fn take_back(state: &mut State, client: NodeId, n: u64, inverse: Inverse) -> Applied {
    let Inverse { needs, edits } = inverse;
    let change = Change { n, first: state.used(client).next, needs, edits };
    state.apply(client, &change, None)
}

fn saved(state: &State) -> State {
    decode(&encode(state)).unwrap()
}

fn fitting(roll: &Dice, state: &State) -> document::Edit {
    roll.fitting(&state.document)
}

proptest! {
    #[test]
    fn edits_by_ids_do_what_edits_by_indices_do(start in document(), rolls in vec(dice(), 1..12)) {
        let mut state = State::genesis(start, true);
        let (mut other, mut plain) = (state.clone(), state.document.clone());
        for (n, roll) in (1..).zip(&rolls) {
            let edit = fitting(roll, &state);
            plain.apply(&edit).unwrap();
            let (change, _) = carry(&mut state, ME, n, &edit);
            prop_assert_eq!(&state.document, &plain, "{:?}", edit);
            let change: Change = decode(&encode(&change)).unwrap();
            other.apply(ME, &change, None);
            prop_assert_eq!(encode(&other), encode(&state));
            // A restored state goes on as the other does.
            other = saved(&other);
            prop_assert_eq!(encode(&other), encode(&state));
        }
    }

    #[test]
    fn the_latest_changes_can_be_undone_one_by_one(start in document(), rolls in vec(dice(), 1..8)) {
        let mut state = State::genesis(start, true);
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
        // Two branches make changes and take them back; then all of that is applied in any order: little fits, and nothing
        // panics. The twin crashes after every change.
        let genesis = State::genesis(start, true);
        let mut branches = [genesis.clone(), genesis.clone()];
        let mut changes = Vec::new();
        for (n, (roll, side)) in (1..).zip(&rolls) {
            let (state, client) = (&mut branches[usize::from(*side)], NodeId(1 + u32::from(*side)));
            let edit = fitting(roll, state);
            let (change, Inverse { needs, edits }) = carry(state, client, n, &edit);
            changes.push((client, change));
            changes.push((client, Change { n: 100 + n, first: 1_000_000 * n, needs, edits }));
        }
        let (mut state, mut twin) = (genesis.clone(), genesis);
        for index in order {
            let Some(last) = changes.len().checked_sub(1) else { break };
            // Each once: ids are used once.
            let (client, change) = changes.swap_remove(index.index(last + 1));
            let mut inverses = [Inverse::default(), Inverse::default()];
            let both = [&mut state, &mut twin].into_iter().zip(&mut inverses);
            let applied: Vec<Applied> =
                both.map(|(state, inverse)| state.apply(client, &change, Some(inverse))).collect();
            prop_assert_eq!(applied[0], applied[1]);
            prop_assert_eq!(&inverses[0].edits, &inverses[1].edits);
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
fn what_two_users_deleted_is_restored_when_both_undo() {
    let genesis = State::genesis(Document::text("abcd"), true);
    let (mut one, mut other) = (genesis.clone(), genesis.clone());
    let (mine, _) = carry(&mut one, NodeId(1), 1, &splice(0, 3, ""));
    let (theirs, made) = carry(&mut other, NodeId(2), 1, &splice(1, 3, ""));
    let (mut state, mut back, mut last) = (genesis, Inverse::default(), Inverse::default());
    state.apply(NodeId(1), &mine, Some(&mut back));
    state.apply(NodeId(2), &theirs, Some(&mut last));
    last.complete(&made);
    assert_eq!(text(&state), "");
    take_back(&mut state, NodeId(1), 2, back);
    assert_eq!(text(&state), "a");
    take_back(&mut state, NodeId(2), 2, last);
    assert_eq!(text(&state), "abcd");
}

#[test]
fn a_put_is_undone_only_while_it_is_the_latest() {
    let put = |value: i64| document::Edit::Put { path: crate::path!["x"], value: value.into() };
    let mut state = State::genesis(Document::map([("x", 0)]), true);
    let (_, mine) = carry(&mut state, NodeId(1), 1, &put(1));
    let (_, same) = carry(&mut state, NodeId(2), 1, &put(1));
    assert!(take_back(&mut state, NodeId(1), 2, mine.clone()).barred);
    assert_eq!(state.used(NodeId(1)).barred, [2]);
    assert_eq!(state.document.to_string(), "{x:1}");
    // The other's put is gone, so the first is the latest again.
    assert!(!take_back(&mut state, NodeId(2), 2, same).barred);
    assert!(!take_back(&mut state, NodeId(1), 3, mine).barred);
    assert_eq!(state.document.to_string(), "{x:0}");
}

#[test]
fn a_moved_item_is_one_item_and_moves_back_unless_another_user_moved_it() {
    let to = |from, to| document::Edit::ListMove { path: Path::root(), from, to };
    let genesis = State::genesis(Document::list([3, 2, 1]), true);
    let (mut one, mut other) = (genesis.clone(), genesis.clone());
    let (mine, _) = carry(&mut one, NodeId(1), 1, &to(0, 2));
    let (theirs, _) = carry(&mut other, NodeId(2), 1, &to(0, 1));
    let (mut state, mut back, mut last) = (genesis, Inverse::default(), Inverse::default());
    state.apply(NodeId(1), &mine, Some(&mut back));
    assert_eq!(state.document.to_string(), "[2,1,3]");
    state.apply(NodeId(2), &theirs, Some(&mut last));
    assert_eq!(state.document.to_string(), "[2,3,1]");
    assert!(take_back(&mut state, NodeId(1), 2, back).barred);
    assert!(!take_back(&mut state, NodeId(2), 2, last).barred);
    assert_eq!(state.document.to_string(), "[2,1,3]");
}

#[test]
fn a_moved_item_goes_back_to_its_place_even_if_its_neighbour_has_moved() {
    let to = |from, to| document::Edit::ListMove { path: Path::root(), from, to };
    let mut state = State::genesis(Document::list([1, 2, 3]), true);
    let (_, back) = carry(&mut state, NodeId(1), 1, &to(2, 1));
    carry(&mut state, NodeId(2), 1, &to(2, 0));
    assert_eq!(state.document.to_string(), "[2,1,3]");
    take_back(&mut state, NodeId(1), 2, back);
    assert_eq!(state.document.to_string(), "[2,1,3]");
}

#[test]
fn an_insertion_behind_deleted_text_finds_its_place() {
    let genesis = State::genesis(Document::text("ab cd"), true);
    let (mut one, mut state) = (genesis.clone(), genesis);
    let (behind, _) = carry(&mut one, NodeId(1), 1, &splice(2, 0, "!"));
    carry(&mut state, NodeId(2), 1, &splice(0, 3, ""));
    carry(&mut state, NodeId(2), 2, &splice(0, 0, "> "));
    assert!(state.apply(NodeId(1), &behind, None).has_effect);
    assert_eq!(text(&state), "> !cd");
}

#[test]
fn tampered_ids_are_an_error() {
    let state = State::genesis(Document::list([Document::text("ab"), Document::Null]), true);
    let saved = Saved::from(state.clone());
    for value in [Document::text("ab"), Document::list([Document::Null, Document::text("abc")]), Document::Null] {
        let root = Node { value, ..saved.root.clone() };
        assert!(State::try_from(Saved { root, ..saved.clone() }).is_err());
    }
    assert_eq!(encode(&State::try_from(saved).unwrap()), encode(&state));
}
