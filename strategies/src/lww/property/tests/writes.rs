//! The laws of properties on generated documents, and how writes of two clients meet.

use proptest::collection::vec;
use proptest::prelude::*;

use crate::document::generate::{dice, document};
use crate::document::{Document, Edit, MAX_DEPTH, Path};
use crate::lww::fractional::Place;
use crate::lww::property::back::Back;
use crate::lww::property::message::{Writes, unpack};
use crate::lww::property::tree::{ItemId, Node, Stone, Write};
use crate::lww::property::writer::Writer;
use crate::path;
use crate::replica::{NodeId, OpId};
use crate::view::View;
use crate::wire;

fn op(client: u32, n: u64) -> OpId {
    OpId { client: NodeId(client), n }
}

fn tree(document: &Document) -> Node {
    let mut named = 0;
    Node::of(document, &mut || {
        named += 1;
        ItemId { client: NodeId::SERVER, n: 0, k: named }
    })
}

/// The writes of an operation on a view, and what undoes it.
fn made(view: &Node, id: OpId, edits: &[Edit]) -> (Vec<Write>, Vec<Back>) {
    let mut view = view.clone();
    let mut writer = Writer::new(&mut view, id, true);
    edits.iter().for_each(|edit| writer.edit(edit).unwrap());
    (writer.writes, writer.back.list)
}

fn undone(view: &Node, id: OpId, back: &[Back]) -> Vec<Write> {
    let mut view = view.clone();
    let mut writer = Writer::new(&mut view, id, true);
    writer.undo(back).unwrap();
    writer.writes
}

/// Applies writes. Returns how many were not dropped.
fn apply(node: &mut Node, writes: &[Write]) -> usize {
    writes.iter().filter(|write| node.apply(write)).count()
}

proptest! {
    /// A tree of properties does what a document does; the writes do it elsewhere; undo leaves no trace.
    #[test]
    fn writes_are_the_edits_and_can_be_undone(before in document(), rolls in vec(dice(), 1..6)) {
        let (mut after, mut edits) = (before.clone(), Vec::new());
        for roll in rolls {
            edits.push(roll.fitting(&after));
            after.apply(edits.last().unwrap()).unwrap();
        }
        let base = tree(&before);
        prop_assert_eq!(base.document(), before.clone());
        let (writes, back) = made(&base, op(1, 1), &edits);
        let (packed, mut there) = (Writes::of(&writes[..]), base.clone());
        prop_assert_eq!(unpack(&packed).unwrap(), writes.clone());
        prop_assert_eq!(apply(&mut there, &writes), writes.len());
        prop_assert_eq!(there.document(), after.clone());
        let undo = undone(&there, op(1, 2), &back);
        apply(&mut there, &undo);
        prop_assert_eq!(there.document(), before);
    }

    #[test]
    fn a_tree_survives_encoding(before in document(), rolls in vec(dice(), 0..3), cut: prop::sample::Index) {
        let mut node = tree(&before);
        for (n, roll) in (1..).zip(rolls) {
            let edit = roll.fitting(&node.document());
            let (writes, _) = made(&node, op(1, n), &[edit]);
            apply(&mut node, &writes);
        }
        let bytes = wire::encode(&node);
        prop_assert_eq!(&wire::decode::<Node>(&bytes).unwrap(), &node);
        prop_assert!(wire::decode::<Node>(&bytes[..cut.index(bytes.len())]).is_err());
    }
}

fn put(path: Path, value: impl Into<Document>) -> Edit {
    Edit::Put { path, value: value.into() }
}

fn insert(index: usize, value: &str) -> Edit {
    Edit::ListInsert { path: path!["l"], index, values: vec![value.into()] }
}

fn list(items: &[&str]) -> Node {
    tree(&Document::map([("l", Document::list(items.iter().copied()))]))
}

fn shown(node: &Node) -> String {
    node.document().to_string().replace('"', "")
}

#[test]
fn of_two_items_in_one_gap_the_lower_client_is_first_and_there_is_room_between() {
    let mut node = list(&["a", "z"]);
    let [one, other] = [1, 2].map(|client| made(&node, op(client, 1), &[insert(1, &client.to_string())]).0);
    apply(&mut node, &other);
    apply(&mut node, &one);
    assert_eq!(shown(&node), "{l:[a,1,2,z]}");
    // The item behind the gap has to move on.
    let (between, _) = made(&node, op(1, 2), &[insert(2, "m")]);
    assert_eq!((between.len(), apply(&mut node, &between)), (2, 2));
    assert_eq!(shown(&node), "{l:[a,1,m,2,z]}");
}

#[test]
fn an_item_moved_by_two_exists_once_and_keeps_writes_into_it() {
    let items = ["a", "b", "c"].map(|name| Document::map([("name", name)]));
    let mut node = tree(&Document::map([("l", Document::list(items))]));
    let moved = |to| Edit::ListMove { path: path!["l"], from: 0, to };
    let writes = [moved(2), moved(1), put(path!["l", 0, "name"], "x")].map(|edit| made(&node, op(1, 1), &[edit]).0);
    writes.iter().for_each(|writes| assert_eq!(apply(&mut node, writes), 1));
    assert_eq!(shown(&node), "{l:[{name:b},{name:x},{name:c}]}");
}

#[test]
fn a_container_made_twice_has_what_both_put_into_it() {
    let mut node = tree(&Document::map([("l", 0)]));
    let make = |client: u32| {
        let key = format!("k{client}");
        let edits = [
            put(path!["m"], Document::map([(key, i64::from(client))])),
            put(path!["l"], Document::list([0i64; 0])),
            insert(0, &client.to_string()),
        ];
        made(&node, op(client, 1), &edits)
    };
    let [(one, back), (other, _)] = [1, 2].map(make);
    apply(&mut node, &one);
    apply(&mut node, &other);
    assert_eq!(shown(&node), "{l:[1,2],m:{k1:1,k2:2}}");
    // What the other put there stays when the first undoes its own, except where a value was replaced.
    let undo = undone(&node, op(1, 2), &back);
    apply(&mut node, &undo);
    assert_eq!(shown(&node), "{l:0,m:{k2:2}}");
}

#[test]
fn a_put_of_a_map_replaces_what_its_user_saw() {
    let mut node = tree(&Document::map([("m", Document::map([("a", 1), ("b", 2)]))]));
    let (other, _) = made(&node, op(2, 1), &[put(path!["m", "c"], 3)]);
    let (mine, back) = made(&node, op(1, 1), &[put(path!["m"], Document::map([("b", 5)]))]);
    apply(&mut node, &other);
    apply(&mut node, &mine);
    assert_eq!(shown(&node), "{m:{b:5,c:3}}");
    let undo = undone(&node, op(1, 2), &back);
    apply(&mut node, &undo);
    assert_eq!(shown(&node), "{m:{a:1,b:2,c:3}}");
}

#[test]
fn malformed_writes_are_protocol_errors() {
    let leaf = Node::Leaf(Document::Null);
    let item = Stone::Item(ItemId { client: NodeId(1), n: 1, k: 1 });
    let place = Place::first(0);
    let deep = vec![Stone::Key("k".into()); MAX_DEPTH + 1];
    let refused = [
        Write::Set { at: deep.clone(), to: leaf.clone() },
        Write::Remove { at: deep },
        Write::Move { at: vec![Stone::Key("l".into())], place: place.clone() },
        Write::Insert { at: vec![], place: place.clone(), to: leaf.clone() },
        Write::Set { at: vec![], to: Node::Leaf(Document::list([1])) },
    ];
    assert!(refused.iter().all(|write| unpack(&Writes::of(std::slice::from_ref(write))).is_err()));
    let fine = Write::Insert { at: vec![Stone::Key("l".into()), item], place, to: leaf };
    assert!(unpack(&Writes::of(&[fine][..])).is_ok());
}
