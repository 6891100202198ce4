use super::*;
use crate::crdt::trials as undo;
use crate::document::Step;
use crate::path;
use crate::replica::NodeId;
use crate::testing::{Table, Toy, trials};
use crate::view::View;

fn doc(document: &Document) -> Doc<true> {
    let mut doc = Doc::load(&Doc::<true>::genesis(document)).unwrap();
    doc.set_author(7);
    doc
}

#[test]
fn edits_are_applied_all_or_none() {
    let genesis = Document::map([("text", Document::text("a🦀b")), ("n", Document::Counter(1))]);
    let mut doc = doc(&genesis);
    let splice =
        |pos, delete, insert: &str| Edit::TextSplice { path: path!["text"], pos, delete, insert: insert.into() };
    let commit = |doc: &mut Doc<true>, edits: &[Edit]| doc.commit(1, edits, false);
    assert_eq!(commit(&mut doc, &[splice(2, 0, "x"), splice(5, 0, "y")]).unwrap_err(), "/text is shorter than 5");
    assert_eq!(doc.document(), genesis);
    // The rejected insert and its way back are two operations of the library, and these are four.
    assert_eq!(commit(&mut doc, &[splice(1, 1, ""), splice(1, 1, "💡c")]), Ok(Committed::Change(7 << 64 | 5)));
    assert_eq!(View::get(&doc, &path!["text"]), Some(Document::text("a💡c")));
    assert_eq!(doc.text_slice(&path!["text"], 1..3), Some("💡c".into()));
    assert_eq!(commit(&mut doc, &[splice(1, 0, "")]), Ok(Committed::Nothing));
    let more = |by| Edit::Increment { path: path!["n"], by };
    assert!(commit(&mut doc, &[more(1 << 53)]).is_err() && commit(&mut doc, &[more(i64::MIN)]).is_err());
    assert!(commit(&mut doc, &[more((1 << 53) - 1)]).is_ok());
    assert_eq!(View::get(&doc, &path!["n"]), Some(Document::Counter(1 << 53)));
}

#[test]
fn an_undo_keeps_what_others_did() {
    undo::an_undo_keeps_what_others_did("crdt-loro");
}

#[test]
fn later_undos_find_a_map_that_an_undo_made_anew() {
    trials::later_undos_apply_to_the_map_that_came_back("crdt-loro", 0);
}

#[test]
fn the_latest_hundred_operations_can_be_undone() {
    trials::the_last_hundred_can_be_undone("crdt-loro");
}

/// Two users begin the same text at once, and write into it.
#[test]
fn a_container_begun_by_two_is_one_unless_children_are_plain() {
    let both = |params: &str| {
        let mut table = Table::new(&format!("crdt-loro{params}"), 2);
        for (client, word) in [(1, "one"), (2, "two")] {
            table.act(client, &Toy::Begin("note".into(), String::new()));
            table.act(client, &Toy::TypeIn("note".into(), word.into()));
        }
        table.run();
        table.agree();
        table.sees(1, "note")
    };
    assert!(["\"onetwo\"", "\"twoone\""].contains(&&*both("")), "{}", both(""));
    assert!(["\"one\"", "\"two\""].contains(&&*both(":child=plain")), "{}", both(":child=plain"));
}

/// A container that was removed is empty when it is begun again, and undoing either restores what was there.
#[test]
fn a_container_that_is_begun_again_is_empty() {
    let genesis = Document::map([("fields", Document::map::<&str, Document>([]))]);
    let mut one = doc(&genesis);
    one.remember();
    let empty =
        [Document::map::<&str, Document>([]), Document::list::<Document>([]), Document::text(""), Document::Counter(0)];
    let place = path!["fields", "child"];
    let fill = |empty: &Document| match empty {
        Document::Map(_) => Edit::Put { path: place.child(Step::from("a")), value: Document::Int(1) },
        Document::List(_) => Edit::ListInsert { path: place.clone(), index: 0, values: vec![Document::Int(1)] },
        Document::Text(_) => Edit::TextSplice { path: place.clone(), pos: 0, delete: 0, insert: "a".into() },
        _ => Edit::Increment { path: place.clone(), by: 1 },
    };
    let mut n = 0;
    let mut make = |one: &mut Doc<true>, edits: &[Edit]| {
        n += 1;
        one.commit(n, edits, false).unwrap();
        OpId { client: NodeId(1), n }
    };
    for empty in &empty {
        let begin = Edit::Put { path: place.clone(), value: empty.clone() };
        let remove = Edit::Remove { path: place.clone() };
        make(&mut one, &[begin.clone(), fill(empty)]);
        let filled = View::get(&one, &place).unwrap();
        assert_ne!(filled, *empty);
        let removed = make(&mut one, std::slice::from_ref(&remove));
        let begun = make(&mut one, std::slice::from_ref(&begin));
        assert_eq!(View::get(&one, &place).as_ref(), Some(empty));
        one.undo(begun).unwrap();
        assert_eq!(View::get(&one, &place), None);
        one.undo(removed).unwrap();
        assert_eq!(View::get(&one, &place), Some(filled));
        make(&mut one, std::slice::from_ref(&remove));
        assert_eq!(one.document(), genesis);
    }
    let mut other = doc(&genesis);
    let mut updates = Vec::new();
    one.own(&mut updates);
    assert_eq!(other.merge(updates).refused, 0);
    assert_eq!(other.document(), genesis);
}
