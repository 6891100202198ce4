//! The protocol, message by message.

mod writes;

use crate::document::Document;
use crate::replica::ProtocolError;
use crate::testing::{Table, Toy, set, swap, trials, typed};
use crate::undo::UNDO_DEPTH;

#[test]
fn a_pending_write_hides_others_to_the_same_property() {
    let mut table = Table::new("lww-property", 2);
    let own = table.act(1, &set("x", 5));
    table.act(2, &set("x", 9));
    table.act(2, &set("y", 7));
    table.deliver(2, 0);
    table.deliver(2, 0);
    table.deliver(0, 1);
    table.deliver(0, 1);
    assert_eq!((table.sees(1, "fields"), table.base(1, "fields")), ("{x:5,y:7}".into(), "{x:9,y:7}".into()));
    table.deliver(1, 0);
    // The other's write is confirmed first; then it receives the later write.
    table.run();
    assert_eq!((table.sees(2, "fields"), table.told(own)), ("{x:5,y:7}".into(), Some(Ok(Document::Null))));
    table.agree();
}

#[test]
fn the_last_write_to_arrive_wins_and_sums_are_lost() {
    let mut table = Table::new("lww-property", 2);
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
fn a_write_into_a_removed_container_is_dropped_and_counted() {
    trials::an_edit_without_a_place_is_counted("lww-property", "writes_dropped");
}

#[test]
fn two_concurrent_removals_are_both_confirmed() {
    let mut table = Table::new("lww-property", 2);
    let pops = [table.act(1, &Toy::Pop), table.act(2, &Toy::Pop)];
    table.run();
    assert!(pops.iter().all(|pop| table.told(*pop) == Some(Ok(Document::Int(2))) && table.rolled_back(*pop) == 0));
    assert_eq!((table.sees(0, "list"), table.counted("writes_dropped")), ("[1]".into(), 1));
    table.agree();
}

#[test]
fn offline_writes_survive_a_crash_and_are_applied_once() {
    let mut table = Table::new("lww-property", 2);
    let reached = table.act(1, &Toy::Push(7));
    table.deliver(1, 0);
    table.cut(0, 1);
    let refused = table.act(1, &swap("x", 4, 5));
    let offline = table.act(1, &Toy::Push(8));
    table.act(2, &Toy::Push(9));
    table.run();
    table.crash(1);
    assert_eq!((table.sees(1, "list"), table.base(1, "list")), ("[8,7,2,1]".into(), "[2,1]".into()));
    table.connect(0, 1);
    table.run();
    assert!([reached, offline].iter().all(|op| table.told(*op) == Some(Ok(Document::Null))));
    assert_eq!(table.told(refused), Some(Err("changed".into())));
    let counts = ["duplicates_ignored", "snapshots"].map(|name| table.counted(name));
    // The 7 and the 9 have one place, and the 8 is in front of the 7.
    assert_eq!((table.sees(2, "list"), counts), ("[8,7,9,2,1]".into(), [0, 0]));
    table.agree();
}

#[test]
fn a_client_behind_the_history_gets_a_snapshot_and_keeps_its_own_writes() {
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
fn an_old_message_changes_nothing_and_a_gap_is_a_protocol_error() {
    let mut table = Table::new("lww-property", 1);
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
fn undo_restores_old_values_and_leaves_other_properties() {
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
    // The 6 is overwritten, as in Figma; of the sum only the undone part goes; the item is back in its place, where the
    // 9 is now, too.
    let parts = ["fields", "count", "list"].map(|part| table.sees(2, part));
    assert_eq!(parts, ["{x:0,y:7}", "10", "[2,9,1]"].map(str::to_owned));
    let again = table.undo(undos[0]);
    table.run();
    assert_eq!((table.told(again), table.sees(1, "fields")), (Some(Ok(Document::Null)), "{x:6,y:7}".into()));
    table.agree();
}

#[test]
fn undo_of_a_text_with_later_edits_is_rejected() {
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
fn the_latest_hundred_operations_can_be_undone() {
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
