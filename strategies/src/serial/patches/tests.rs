use crate::document::Document;
use crate::replica::ProtocolError;
use crate::testing::trials;
use crate::testing::{Table, Toy, set, typed};

#[test]
fn the_posts_example_ends_at_two() {
    let mut table = Table::new("serial-patches", 2);
    let plus = [table.act(1, &Toy::Add(1)), table.act(2, &Toy::Add(2))];
    assert_eq!((table.sees(1, "count"), table.sees(2, "count")), ("1".into(), "2".into()));
    table.run();
    assert!(plus.iter().all(|op| table.told(*op) == Some(Ok(Document::Null))));
    assert_eq!(table.sees(0, "count"), "2");
    table.agree();
}

#[test]
fn one_of_two_texts_remains_and_two_prepends_garble_a_list() {
    let mut table = Table::new("serial-patches", 2);
    for (client, text, item) in [(1, "one", 7), (2, "two", 8)] {
        table.act(client, &typed(0, text));
        table.act(client, &Toy::Push(item));
    }
    table.run();
    // The second rewrites the indices 0 and 1 and adds a 1 at 2: the 7 is lost, and the 1 is doubled.
    assert_eq!((table.sees(1, "text"), table.sees(1, "list")), ("\"twoabc\"".into(), "[8,2,1,1]".into()));
    table.agree();
}

#[test]
fn a_patch_whose_path_is_gone_is_counted_and_skipped() {
    trials::an_edit_without_a_place_is_counted("serial-patches", "path_errors");
}

#[test]
fn undo_restores_a_place_unless_another_user_wrote_there() {
    let mut table = Table::new("serial-patches", 2);
    let [x, y] = ["x", "y"].map(|field| table.act(1, &set(field, 5)));
    table.run();
    table.act(2, &set("y", 6));
    table.run();
    let undos = [table.undo(x), table.undo(y)];
    table.run();
    assert_eq!(undos.map(|undo| table.told(undo)), [Some(Ok(Document::Null)), Some(Err("depended_upon".into()))]);
    assert_eq!(table.sees(2, "fields"), "{x:0,y:6}");
    table.agree();
}

#[test]
fn the_last_hundred_operations_can_be_undone() {
    trials::the_last_hundred_can_be_undone("serial-patches");
}

#[test]
fn pending_patches_survive_a_crash_and_are_applied_once() {
    let mut table = Table::new("serial-patches:history=0", 2);
    let reached = table.act(1, &Toy::Add(1));
    table.deliver(1, 0);
    table.cut(0, 1);
    let offline = table.act(1, &Toy::Add(10));
    table.crash(1);
    assert_eq!((table.sees(1, "count"), table.base(1, "count")), ("11".into(), "0".into()));
    table.connect(0, 1);
    table.run();
    assert!([reached, offline].iter().all(|op| table.told(*op) == Some(Ok(Document::Null))));
    assert_eq!((table.sees(2, "count"), table.counted("snapshots")), ("11".into(), 1));
    table.agree();
}

#[test]
fn an_old_message_changes_nothing_and_one_with_a_gap_is_a_protocol_error() {
    let mut table = Table::new("serial-patches", 1);
    table.act(1, &set("x", 1));
    table.act(1, &set("x", 2));
    table.act(1, &set("x", 3));
    let first = table.deliver(1, 0);
    table.hand(1, 0, &first).unwrap();
    let second = table.wire(1, 0).pop_front().unwrap();
    let third = table.wire(1, 0).pop_front().unwrap();
    assert!(matches!(table.hand(1, 0, &third), Err(ProtocolError::Unexpected(_))));
    table.hand(1, 0, &second).unwrap();
    table.hand(1, 0, &third).unwrap();
    table.run();
    assert_eq!((table.sees(0, "fields"), table.counted("duplicates_ignored")), ("{x:3,y:0}".into(), 1));
    table.agree();
}
