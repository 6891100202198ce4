use super::*;
use crate::crdt::trials as undo;
use crate::path;
use crate::testing::trials;
use crate::view::View;

fn doc(document: &Document) -> Doc {
    let mut doc = Doc::load(&Doc::genesis(document)).unwrap();
    doc.set_author(7);
    doc
}

#[test]
fn edits_are_applied_all_or_none() {
    let genesis = Document::map([("text", Document::text("a🦀b")), ("n", Document::Counter(1))]);
    let mut doc = doc(&genesis);
    let splice =
        |pos, delete, insert: &str| Edit::TextSplice { path: path!["text"], pos, delete, insert: insert.into() };
    let commit = |doc: &mut Doc, edits: &[Edit]| doc.commit(1, edits, false);
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
