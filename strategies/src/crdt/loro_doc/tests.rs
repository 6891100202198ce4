use crate::path;
use crate::testing::trials;
use crate::testing::{Table, Toy, typed};

use super::*;

fn doc(document: &Document) -> Doc {
    let mut doc = Doc::load(&Doc::genesis(document)).unwrap();
    doc.sign(7);
    doc
}

#[test]
fn edits_are_applied_all_or_none() {
    let genesis = Document::map([("text", Document::text("a🦀b")), ("n", Document::Counter(1))]);
    let mut doc = doc(&genesis);
    let splice =
        |pos, delete, insert: &str| Edit::TextSplice { path: path!["text"], pos, delete, insert: insert.into() };
    assert_eq!(doc.commit(&[splice(2, 0, "x"), splice(5, 0, "y")]).unwrap_err(), "/text is shorter than 5");
    assert_eq!(doc.document(), genesis);
    assert_eq!(doc.commit(&[splice(1, 1, ""), splice(1, 1, "💡c")]).unwrap().unwrap().author, 7);
    assert_eq!(View::get(&doc, &path!["text"]), Some(Document::text("a💡c")));
    assert_eq!(doc.text_slice(&path!["text"], 1..3), Some("💡c".into()));
    assert_eq!(doc.commit(&[splice(1, 0, "")]), Ok(None));
    let more = |by| Edit::Increment { path: path!["n"], by };
    assert!(doc.commit(&[more(1 << 53)]).is_err() && doc.commit(&[more(i64::MIN)]).is_err());
    assert!(doc.commit(&[more((1 << 53) - 1)]).is_ok());
    assert_eq!(View::get(&doc, &path!["n"]), Some(Document::Counter(1 << 53)));
}

#[test]
fn what_others_did_stays_when_one_takes_back() {
    let mut table = Table::new("crdt-loro", 2);
    let mine = table.act(1, &typed(1, "xyz"));
    table.run();
    table.act(2, &typed(2, "!"));
    table.run();
    let second = table.act(1, &Toy::Add(5));
    table.act(2, &Toy::Add(2));
    table.run();
    for target in [second, mine] {
        let undo = table.undo(target);
        assert_eq!(table.told(undo), Some(Ok(Document::Null)));
        table.run();
    }
    table.agree();
    assert_eq!((table.sees(1, "text"), table.sees(1, "count")), ("\"a!bc\"".into(), "2".into()));
}

#[test]
fn a_map_that_an_undo_made_anew_is_the_place_of_the_undos_that_follow() {
    trials::a_map_made_anew_is_the_place_of_the_undos_that_follow("crdt-loro", 0);
}

#[test]
fn a_hundred_operations_can_be_taken_back_and_no_more() {
    trials::a_hundred_can_be_taken_back("crdt-loro");
}
