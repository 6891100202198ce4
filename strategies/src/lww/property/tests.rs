//! The protocol, message by message, and the laws of properties on generated documents.

use proptest::collection::vec;
use proptest::prelude::*;

use super::edits::{Author, Back};
use super::tree::{ItemId, Node, Write};
use super::{Packed, UNDO_DEPTH};
use crate::document::generate::{dice, document};
use crate::document::{Document, Edit};
use crate::path;
use crate::replica::{NodeId, OpId, ProtocolError};
use crate::testing::trials;
use crate::testing::{Table, Toy, set, swap, typed};
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

/// The writes of an operation on a view, and what takes it back.
fn made(view: &Node, id: OpId, edits: &[Edit]) -> (Vec<Write>, Vec<Back>) {
    let mut view = view.clone();
    let mut author = Author::new(&mut view, id);
    edits.iter().for_each(|edit| author.edit(edit).unwrap());
    (author.writes, author.back)
}

fn taken_back(view: &Node, id: OpId, back: &[Back]) -> Vec<Write> {
    let mut view = view.clone();
    let mut author = Author::new(&mut view, id);
    author.take_back(back).unwrap();
    author.writes
}

/// How many of the writes had something to be written to.
fn apply(node: &mut Node, writes: &[Write]) -> usize {
    writes.iter().filter(|write| node.apply(write)).count()
}

proptest! {
    /// A tree of properties does what a document does; the writes do it elsewhere; undo leaves no trace.
    #[test]
    fn writes_are_the_edits_and_can_be_taken_back(before in document(), rolls in vec(dice(), 1..6)) {
        let (mut after, mut edits) = (before.clone(), Vec::new());
        for roll in rolls {
            edits.push(roll.fitting(&after));
            after.apply(edits.last().unwrap()).unwrap();
        }
        let base = tree(&before);
        prop_assert_eq!(base.document(), before.clone());
        let (writes, back) = made(&base, op(1, 1), &edits);
        let (packed, mut there) = (Packed::of(&writes), base.clone());
        prop_assert_eq!(packed.unpack().unwrap(), writes.clone());
        prop_assert_eq!(apply(&mut there, &writes), writes.len());
        prop_assert_eq!(there.document(), after.clone());
        let undo = taken_back(&there, op(1, 2), &back);
        apply(&mut there, &undo);
        prop_assert_eq!(there.document(), before);
    }

    #[test]
    fn a_tree_travels(before in document(), rolls in vec(dice(), 0..3), cut: prop::sample::Index) {
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

fn put(path: crate::document::Path, value: impl Into<Document>) -> Edit {
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
fn of_two_in_one_gap_the_first_client_is_first_and_there_is_room_between_them() {
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
fn an_item_that_two_move_is_there_once_and_keeps_what_is_written_in_it() {
    let items = ["a", "b", "c"].map(|name| Document::map([("name", name)]));
    let mut node = tree(&Document::map([("l", Document::list(items))]));
    let moved = |to| Edit::ListMove { path: path!["l"], from: 0, to };
    let writes = [moved(2), moved(1), put(path!["l", 0, "name"], "x")].map(|edit| made(&node, op(1, 1), &[edit]).0);
    writes.iter().for_each(|writes| assert_eq!(apply(&mut node, writes), 1));
    assert_eq!(shown(&node), "{l:[{name:b},{name:x},{name:c}]}");
}

#[test]
fn two_who_make_one_container_fill_it_together() {
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
    // What the other has put there stays when the first takes its own back, except where a value was replaced.
    let undo = taken_back(&node, op(1, 2), &back);
    apply(&mut node, &undo);
    assert_eq!(shown(&node), "{l:0,m:{k2:2}}");
}

#[test]
fn a_put_of_a_map_replaces_what_its_author_saw() {
    let mut node = tree(&Document::map([("m", Document::map([("a", 1), ("b", 2)]))]));
    let (other, _) = made(&node, op(2, 1), &[put(path!["m", "c"], 3)]);
    let (mine, back) = made(&node, op(1, 1), &[put(path!["m"], Document::map([("b", 5)]))]);
    apply(&mut node, &other);
    apply(&mut node, &mine);
    assert_eq!(shown(&node), "{m:{b:5,c:3}}");
    let undo = taken_back(&node, op(1, 2), &back);
    apply(&mut node, &undo);
    assert_eq!(shown(&node), "{m:{a:1,b:2,c:3}}");
}

#[test]
fn hostile_writes_are_refused() {
    use super::tree::Stone;
    let leaf = Node::Leaf(Document::Null);
    let item = Stone::Item(ItemId { client: NodeId(1), n: 1, k: 1 });
    let place = super::super::fractional::Place::first(0);
    let deep = vec![Stone::Key("k".into()); crate::document::MAX_DEPTH + 1];
    let refused = [
        Write::Set { at: deep.clone(), to: leaf.clone() },
        Write::Remove { at: deep },
        Write::Move { at: vec![Stone::Key("l".into())], place: place.clone() },
        Write::Insert { at: vec![], place: place.clone(), to: leaf.clone() },
        Write::Set { at: vec![], to: Node::Leaf(Document::list([1])) },
    ];
    assert!(refused.iter().all(|write| Packed::of(std::slice::from_ref(write)).unpack().is_err()));
    let fine = Write::Insert { at: vec![Stone::Key("l".into()), item], place, to: leaf };
    assert!(Packed::of(&[fine]).unpack().is_ok());
}

#[test]
fn while_an_own_write_is_pending_others_to_the_same_property_are_not_shown() {
    let mut table = Table::new("lww-property:batch=0ms", 2);
    let own = table.act(1, &set("x", 5));
    table.act(2, &set("x", 9));
    table.act(2, &set("y", 7));
    table.deliver(2, 0);
    table.deliver(2, 0);
    table.deliver(0, 1);
    table.deliver(0, 1);
    assert_eq!((table.sees(1, "fields"), table.settled(1, "fields")), ("{x:5,y:7}".into(), "{x:9,y:7}".into()));
    table.deliver(1, 0);
    // The other is told that its own stands, and of what came after it.
    table.run();
    assert_eq!((table.sees(2, "fields"), table.told(own)), ("{x:5,y:7}".into(), Some(Ok(Document::Null))));
    table.agree();
}

#[test]
fn the_last_to_arrive_is_the_last_writer_and_sums_are_lost() {
    let mut table = Table::new("lww-property:batch=0ms", 2);
    for (client, text, sum) in [(1, "one", 1), (2, "two", 10)] {
        table.act(client, &typed(0, text));
        table.act(client, &Toy::Add(sum));
    }
    for client in [2, 2, 1, 1] {
        table.deliver(client, 0);
    }
    table.run();
    assert_eq!((table.sees(2, "text"), table.sees(2, "count")), ("\"oneabc\"".into(), "1".into()));
    table.agree();
}

#[test]
fn a_write_into_what_is_gone_is_dropped_and_counted() {
    trials::an_edit_without_a_place_is_counted("lww-property", "writes_dropped");
}

#[test]
fn what_two_remove_is_gone_for_both() {
    let mut table = Table::new("lww-property", 2);
    let pops = [table.act(1, &Toy::Pop), table.act(2, &Toy::Pop)];
    table.run();
    assert!(pops.iter().all(|pop| table.told(*pop) == Some(Ok(Document::Int(2))) && table.rolled_back(*pop) == 0));
    assert_eq!((table.sees(0, "list"), table.counted("writes_dropped")), ("[1]".into(), 1));
    table.agree();
}

#[test]
fn what_is_done_within_a_window_is_one_message() {
    trials::a_window_is_one_message("lww-property");
}

#[test]
fn offline_writes_survive_a_crash_and_are_replayed_once() {
    let mut table = Table::new("lww-property:batch=0ms", 2);
    let reached = table.act(1, &Toy::Push(7));
    table.deliver(1, 0);
    table.cut(0, 1);
    let refused = table.act(1, &swap("x", 4, 5));
    let offline = table.act(1, &Toy::Push(8));
    table.act(2, &Toy::Push(9));
    table.run();
    table.crash(1);
    assert_eq!((table.sees(1, "list"), table.settled(1, "list")), ("[8,7,2,1]".into(), "[2,1]".into()));
    table.connect(0, 1);
    table.run();
    assert!([reached, offline].iter().all(|op| table.told(*op) == Some(Ok(Document::Null))));
    assert_eq!(table.told(refused), Some(Err("changed".into())));
    let counts = ["duplicates_ignored", "snapshots"].map(|name| table.counted(name));
    // The 7 and the 9 were put into one place, and the 8 in front of the 7.
    assert_eq!((table.sees(2, "list"), counts), ("[8,7,9,2,1]".into(), [0, 0]));
    table.agree();
}

#[test]
fn who_missed_more_than_the_history_gets_a_snapshot_and_keeps_its_own() {
    for (history, snapshots) in [(3, 1), (100, 0)] {
        let mut table = Table::new(&format!("lww-property:history={history}"), 2);
        table.cut(0, 1);
        let own = table.act(1, &set("x", 5));
        for value in 0..5 {
            table.act(2, &set("y", value));
        }
        table.run();
        table.connect(0, 1);
        table.run();
        assert_eq!((table.counted("snapshots"), table.told(own)), (snapshots, Some(Ok(Document::Null))));
        assert_eq!(table.sees(2, "fields"), "{x:5,y:4}");
        table.agree();
    }
}

#[test]
fn an_old_message_changes_nothing_and_one_that_skips_is_refused() {
    let mut table = Table::new("lww-property:batch=0ms", 1);
    for value in 1..=3 {
        table.act(1, &set("x", value));
    }
    let first = table.deliver(1, 0);
    table.hand(1, 0, &first).unwrap();
    let second = table.wire(1, 0).pop_front().unwrap();
    let third = table.wire(1, 0).pop_front().unwrap();
    assert!(matches!(table.hand(1, 0, &third), Err(ProtocolError::Unexpected(_))));
    table.hand(1, 0, &second).unwrap();
    table.hand(1, 0, &third).unwrap();
    let news = table.deliver(0, 1);
    table.hand(0, 1, &news).unwrap();
    table.run();
    assert_eq!((table.sees(1, "fields"), table.counted("duplicates_ignored")), ("{x:3,y:0}".into(), 2));
    table.agree();
}

#[test]
fn undo_puts_old_values_back_and_leaves_other_properties() {
    let mut table = Table::new("lww-property", 2);
    let mine = [set("x", 5), Toy::Add(1), Toy::Pop].map(|toy| table.act(1, &toy));
    table.run();
    for toy in [set("x", 6), set("y", 7), Toy::Add(10), Toy::Push(9)] {
        table.act(2, &toy);
    }
    table.run();
    let undos = mine.map(|op| table.undo(op));
    table.run();
    assert!(undos.iter().all(|undo| table.told(*undo) == Some(Ok(Document::Null))));
    // The 6 is overwritten, as in Figma; of the sum only the own part goes; the item is back in its place, which the 9 has
    // taken meanwhile.
    let parts = ["fields", "count", "list"].map(|part| table.sees(2, part));
    assert_eq!(parts, ["{x:0,y:7}", "10", "[2,9,1]"].map(str::to_owned));
    let again = table.undo(undos[0]);
    table.run();
    assert_eq!((table.told(again), table.sees(1, "fields")), (Some(Ok(Document::Null)), "{x:6,y:7}".into()));
    table.agree();
}

#[test]
fn undo_of_a_text_keeps_the_characters_of_others() {
    let mut table = Table::new("lww-property", 2);
    let first = table.act(1, &typed(0, "x"));
    table.run();
    table.act(2, &typed(4, "y"));
    table.run();
    let refused = table.undo(first);
    let last = table.act(1, &typed(0, "z"));
    let undo = table.undo(last);
    table.run();
    assert_eq!((table.told(refused), table.told(undo)), (Some(Err("depended_upon".into())), Some(Ok(Document::Null))));
    assert_eq!(table.sees(2, "text"), "\"xabcy\"");
    table.agree();
}

#[test]
fn undo_is_forgotten_after_a_hundred_operations() {
    let mut table = Table::new("lww-property", 1);
    let [first, second] = [1, 2].map(|value| table.act(1, &set("x", value)));
    for value in 1..UNDO_DEPTH as i64 {
        table.act(1, &set("y", value));
    }
    let undos = [table.undo(first), table.undo(second)];
    assert_eq!(table.told(undos[0]), Some(Err("too_old".into())));
    table.run();
    assert_eq!((table.told(undos[1]), table.sees(1, "fields")), (Some(Ok(Document::Null)), "{x:1,y:99}".into()));
}
