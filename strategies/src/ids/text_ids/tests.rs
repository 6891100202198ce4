use crate::document::Document;
use crate::replica::ProtocolError;
use crate::testing::trials;
use crate::testing::{Table, Toy, set, typed};

const CONFIRMED: Option<Result<Document, String>> = Some(Ok(Document::Null));

#[test]
fn an_edit_shows_at_once_and_is_confirmed_after_a_round_trip() {
    let mut table = Table::new("text-ids", 2);
    let op = table.act(1, &typed(3, "d"));
    assert_eq!((table.sees(1, "text"), table.base(1, "text")), ("\"abcd\"".into(), "\"abc\"".into()));
    assert_eq!((table.shown(op), table.told(op)), (1, None));
    table.run();
    assert_eq!((table.base(1, "text"), table.told(op)), ("\"abcd\"".into(), CONFIRMED));
    table.agree();
}

#[test]
fn pending_edits_keep_their_places_and_runs_stay_whole() {
    let mut table = Table::new("text-ids", 2);
    for (client, text) in [(1, "xyz"), (2, "123")] {
        for (offset, letter) in text.chars().enumerate() {
            table.act(client, &typed(2 + offset, &letter.to_string()));
        }
    }
    table.act(1, &typed(0, ">"));
    // The first edits of client 1 reach client 2, whose own are on top: right behind the b, as the server will have it.
    (0..2).for_each(|_| drop(table.deliver(1, 0)));
    (0..2).for_each(|_| drop(table.deliver(0, 2)));
    assert_eq!(table.sees(2, "text"), "\"ab123xyc\"");
    table.run();
    assert_eq!(table.sees(2, "text"), "\">ab123xyzc\"");
    table.agree();
}

#[test]
fn increments_add_up_and_one_item_goes_to_two_users() {
    let mut table = Table::new("text-ids", 2);
    let pops = [1, 2].map(|client| table.act(client, &Toy::Pop));
    for client in [1, 2] {
        table.act(client, &Toy::Add(client.into()));
    }
    table.run();
    assert_eq!((table.sees(1, "count"), table.sees(1, "list")), ("3".into(), "[1]".into()));
    assert!(pops.iter().all(|op| table.told(*op) == Some(Ok(Document::Int(2))) && table.rolled_back(*op) == 0));
    table.agree();
}

#[test]
fn an_edit_whose_target_is_gone_is_counted_and_rolled_back() {
    let mut table = Table::new("text-ids", 2);
    table.act(1, &Toy::Clear);
    let lost = table.act(2, &set("x", 5));
    let next = table.act(2, &Toy::Push(7));
    table.run();
    assert_eq!((table.counted("path_errors"), table.rolled_back(lost), table.rolled_back(next)), (1, 1, 0));
    assert_eq!([lost, next].map(|op| table.told(op)), [CONFIRMED, CONFIRMED]);
    assert_eq!(table.sees(2, "list"), "[7,2,1]");
    table.agree();
}

#[test]
fn pending_edits_survive_a_crash_and_are_applied_once() {
    let mut table = Table::new("text-ids:history=0", 2);
    let reached = table.act(1, &typed(1, "x"));
    table.deliver(1, 0);
    table.cut(0, 1);
    let offline = table.act(1, &typed(2, "y"));
    table.act(2, &typed(1, "z"));
    table.run();
    table.crash(1);
    assert_eq!((table.sees(1, "text"), table.base(1, "text")), ("\"axybc\"".into(), "\"abc\"".into()));
    table.connect(0, 1);
    table.run();
    assert_eq!([reached, offline].map(|op| table.told(op)), [CONFIRMED, CONFIRMED]);
    assert_eq!((table.sees(2, "text"), table.counted("snapshots")), ("\"azxybc\"".into(), 1));
    table.crash(0);
    table.crash(2);
    table.agree();
}

#[test]
fn a_client_that_missed_more_than_the_history_gets_a_snapshot_and_keeps_its_own() {
    for (history, snapshots) in [(3, 1), (5, 0)] {
        let mut table = Table::new(&format!("text-ids:history={history}"), 2);
        table.cut(0, 1);
        let own = table.act(1, &Toy::Push(7));
        for item in 0..5 {
            table.act(2, &Toy::Push(10 + item));
        }
        table.run();
        table.connect(0, 1);
        table.run();
        assert_eq!((table.counted("snapshots"), table.told(own)), (snapshots, CONFIRMED));
        assert_eq!(table.sees(2, "list"), "[7,14,13,12,11,10,2,1]");
        table.agree();
    }
}

#[test]
fn an_old_message_changes_nothing_and_one_with_a_gap_is_a_protocol_error() {
    let mut table = Table::new("text-ids", 1);
    for _ in 0..3 {
        table.act(1, &Toy::Add(1));
    }
    let first = table.deliver(1, 0);
    table.hand(1, 0, &first).unwrap();
    let [second, third] = [(), ()].map(|()| table.wire(1, 0).pop_front().unwrap());
    assert!(matches!(table.hand(1, 0, &third), Err(ProtocolError::Unexpected(_))));
    table.hand(1, 0, &second).unwrap();
    table.hand(1, 0, &third).unwrap();
    let [answer, next] = [(), ()].map(|()| table.wire(0, 1).pop_front().unwrap());
    assert!(matches!(table.hand(0, 1, &next), Err(ProtocolError::Unexpected(_))));
    (0..2).for_each(|_| table.hand(0, 1, &answer).unwrap());
    table.hand(0, 1, &next).unwrap();
    table.run();
    assert_eq!((table.sees(1, "count"), table.counted("duplicates_ignored")), ("3".into(), 2));
    table.agree();
}

#[test]
fn undo_keeps_what_others_typed_inside_the_undone_text() {
    let mut table = Table::new("text-ids", 2);
    let [word, pop] = [table.act(1, &typed(1, "xyz")), table.act(1, &Toy::Pop)];
    table.run();
    table.act(2, &typed(2, "!"));
    table.act(2, &Toy::Push(7));
    table.run();
    let undos = [table.undo(word), table.undo(pop)];
    assert_eq!((table.sees(1, "text"), table.sees(1, "list")), ("\"a!bc\"".into(), "[7,2,1]".into()));
    table.run();
    assert_eq!(undos.map(|undo| table.told(undo)), [CONFIRMED, CONFIRMED]);
    table.agree();
    // Nothing is undone twice, and nothing before it is confirmed.
    let again = table.undo(word);
    let fresh = table.act(1, &typed(0, "x"));
    let early = table.undo(fresh);
    assert_eq!([again, early].map(|undo| table.told(undo)), [(); 2].map(|()| Some(Err("too_old".into()))));
}

#[test]
fn undo_of_an_operation_without_effect_changes_nothing() {
    let mut table = Table::new("text-ids", 2);
    let nothing = table.act(1, &typed(1, ""));
    assert_eq!((table.told(nothing), table.wire(1, 0).len()), (CONFIRMED, 0));
    table.act(1, &Toy::Clear);
    let lost = table.act(2, &set("x", 5));
    table.run();
    let undos = [nothing, lost].map(|op| table.undo(op));
    table.run();
    assert_eq!(undos.map(|undo| table.told(undo)), [CONFIRMED, CONFIRMED]);
    table.agree();
}

#[test]
fn an_undo_that_comes_too_late_is_rejected_by_entries_and_by_a_snapshot() {
    for history in [0, 1000] {
        let mut table = Table::new(&format!("text-ids:history={history}"), 2);
        let put = table.act(1, &set("x", 5));
        table.run();
        table.act(2, &set("x", 6));
        let undo = table.undo(put);
        assert_eq!(table.sees(1, "fields"), "{x:0,y:0}");
        table.deliver(2, 0);
        table.deliver(1, 0);
        // The answer is lost; what brings the client up to date contains it too.
        table.cut(0, 1);
        table.connect(0, 1);
        table.run();
        assert_eq!(table.counted("snapshots"), u64::from(history == 0));
        assert_eq!((table.told(undo), table.rolled_back(undo)), (Some(Err("depended_upon".into())), 1));
        assert_eq!(table.sees(1, "fields"), "{x:6,y:0}");
        let late = table.undo(put);
        assert_eq!(table.told(late), Some(Err("too_old".into())));
        table.agree();
    }
}

#[test]
fn the_last_hundred_operations_can_be_undone() {
    trials::the_last_hundred_can_be_undone("text-ids");
}
