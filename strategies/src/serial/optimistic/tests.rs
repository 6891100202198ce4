use crate::document::Document;
use crate::replica::ProtocolError;
use crate::testing::trials;
use crate::testing::{Table, Toy, set, swap, typed};

#[test]
fn an_operation_shows_at_once_and_is_confirmed_after_a_round_trip() {
    let mut table = Table::new("serial-optimistic", 2);
    let push = table.act(1, &Toy::Push(7));
    assert_eq!((table.sees(1, "list"), table.base(1, "list")), ("[7,2,1]".into(), "[2,1]".into()));
    assert_eq!((table.shown(push), table.told(push)), (1, None));
    table.run();
    assert_eq!((table.base(1, "list"), table.told(push)), ("[7,2,1]".into(), Some(Ok(Document::Null))));
    table.agree();
}

#[test]
fn a_mutation_that_fails_at_the_server_is_rolled_back_and_does_not_stop_the_next() {
    let mut table = Table::new("serial-optimistic", 2);
    table.act(1, &set("x", 5));
    let lost = table.act(2, &swap("x", 0, 9));
    let next = table.act(2, &set("y", 3));
    assert_eq!(table.sees(2, "fields"), "{x:9,y:3}");
    table.run();
    assert_eq!((table.told(lost), table.rolled_back(lost)), (Some(Err("changed".into())), 1));
    assert_eq!((table.told(next), table.rolled_back(next)), (Some(Ok(Document::Null)), 0));
    assert_eq!(table.sees(2, "fields"), "{x:5,y:3}");
    table.agree();
}

#[test]
fn a_mutation_that_was_rolled_back_may_show_again() {
    let mut table = Table::new("serial-optimistic", 3);
    let swapped = table.act(3, &swap("x", 0, 9));
    table.act(1, &set("x", 5));
    table.deliver(1, 0);
    table.deliver(0, 3);
    assert_eq!((table.sees(3, "fields"), table.rolled_back(swapped)), ("{x:5,y:0}".into(), 1));
    table.act(2, &set("x", 0));
    table.deliver(2, 0);
    table.deliver(0, 3);
    assert_eq!((table.sees(3, "fields"), table.shown(swapped)), ("{x:9,y:0}".into(), 2));
    table.run();
    assert_eq!((table.told(swapped), table.rolled_back(swapped)), (Some(Ok(Document::Null)), 1));
    table.agree();
}

#[test]
fn the_outcome_comes_from_the_servers_state() {
    let mut table = Table::new("serial-optimistic", 2);
    table.act(1, &Toy::Push(7));
    table.deliver(1, 0);
    let pop = table.act(2, &Toy::Pop);
    assert_eq!(table.sees(2, "list"), "[1]");
    table.run();
    assert_eq!((table.told(pop), table.sees(2, "list")), (Some(Ok(Document::Int(7))), "[2,1]".into()));
}

#[test]
fn pending_mutations_survive_a_crash_and_are_carried_out_once() {
    let mut table = Table::new("serial-optimistic", 2);
    let reached = table.act(1, &Toy::Add(1));
    table.deliver(1, 0);
    table.cut(0, 1);
    let offline = table.act(1, &Toy::Add(10));
    let refused = table.act(1, &swap("x", 4, 5));
    assert_eq!(table.told(refused), Some(Err("changed".into())));
    let later = table.act(1, &Toy::Add(100));
    assert_eq!(table.sees(1, "count"), "111");
    table.crash(1);
    assert_eq!((table.sees(1, "count"), table.base(1, "count")), ("111".into(), "0".into()));
    table.connect(0, 1);
    table.run();
    assert!([reached, offline, later].iter().all(|op| table.told(*op) == Some(Ok(Document::Null))));
    assert_eq!(table.sees(2, "count"), "111");
    table.agree();
}

#[test]
fn an_old_push_changes_nothing_and_one_with_a_gap_is_a_protocol_error() {
    let mut table = Table::new("serial-optimistic", 1);
    table.act(1, &Toy::Add(1));
    let first = table.deliver(1, 0);
    table.hand(1, 0, &first).unwrap();
    assert_eq!((table.sees(0, "count"), table.counted("duplicates_ignored")), ("1".into(), 1));
    table.act(1, &Toy::Add(1));
    table.act(1, &Toy::Add(1));
    let skipped = table.wire(1, 0).pop_front().unwrap();
    let third = table.wire(1, 0).pop_front().unwrap();
    assert!(matches!(table.hand(1, 0, &third), Err(ProtocolError::Unexpected(_))));
    table.hand(1, 0, &skipped).unwrap();
    table.hand(1, 0, &third).unwrap();
    table.run();
    assert_eq!(table.sees(0, "count"), "3");
    table.agree();
}

#[test]
fn a_client_that_missed_more_than_the_history_gets_a_snapshot_and_keeps_its_own() {
    trials::a_snapshot_helps_beyond_the_history("serial-optimistic");
}

#[test]
fn undo_of_a_pending_mutation_shows_at_once() {
    let mut table = Table::new("serial-optimistic", 2);
    let push = table.act(1, &Toy::Push(7));
    let add = table.act(1, &Toy::Add(1));
    let undo = table.undo(push);
    assert_eq!((table.sees(1, "list"), table.sees(1, "count")), ("[2,1]".into(), "1".into()));
    assert_eq!((table.shown(undo), table.rolled_back(push)), (1, 0));
    table.run();
    assert!([push, add, undo].iter().all(|op| table.told(*op) == Some(Ok(Document::Null))));
    assert_eq!(table.sees(2, "list"), "[2,1]");
    table.agree();
}

const EMBEDDED: &str = "serial-optimistic:text=embedded";

#[test]
fn an_embedded_text_keeps_positions_that_an_index_loses() {
    for (strategy, text) in [(EMBEDDED, "\"123abxyc\""), ("serial-optimistic", "\"12xy3abc\"")] {
        let mut table = Table::new(strategy, 2);
        table.act(1, &typed(0, "123"));
        table.act(2, &typed(2, "x"));
        table.act(2, &typed(3, "y"));
        table.run();
        assert_eq!(table.sees(1, "text"), text, "{strategy}");
        table.agree();
    }
}

#[test]
fn an_embedded_text_keeps_what_is_typed_offline_in_a_text_that_is_new_and_over_a_crash() {
    for history in [0, 1000] {
        let mut table = Table::new(&format!("{EMBEDDED},history={history}"), 2);
        table.cut(0, 1);
        let begun = table.act(1, &Toy::Begin("note".into(), "abc".into()));
        let offline = [typed(1, "x"), Toy::TypeIn("note".into(), "y".into())].map(|op| table.act(1, &op));
        table.act(2, &typed(0, "123"));
        table.run();
        table.crash(1);
        assert_eq!((table.sees(1, "text"), table.sees(1, "note")), ("\"axbc\"".into(), "\"yabc\"".into()));
        table.connect(0, 1);
        table.run();
        assert!([begun, offline[0], offline[1]].iter().all(|op| table.told(*op) == Some(Ok(Document::Null))));
        assert_eq!((table.sees(2, "text"), table.sees(2, "note")), ("\"123axbc\"".into(), "\"yabc\"".into()));
        assert_eq!(table.counted("snapshots"), u64::from(history == 0));
        table.crash(0);
        table.agree();
    }
}

#[test]
fn the_mutator_of_an_embedded_text_still_decides() {
    let mut table = Table::new(EMBEDDED, 2);
    table.act(1, &Toy::Begin("note".into(), "abc".into()));
    table.run();
    table.act(1, &Toy::Drop("note".into()));
    let gone = table.act(2, &Toy::TypeIn("note".into(), "x".into()));
    let next = table.act(2, &typed(3, "y"));
    table.run();
    assert_eq!((table.told(gone), table.rolled_back(gone)), (Some(Err("gone".into())), 1));
    assert_eq!((table.told(next), table.sees(1, "text")), (Some(Ok(Document::Null)), "\"abcy\"".into()));
    table.agree();
}

#[test]
fn typing_in_an_embedded_text_is_undone_wherever_it_is_by_then() {
    let mut table = Table::new(EMBEDDED, 2);
    let mine = [typed(1, "x"), Toy::Push(7), set("x", 5)].map(|op| table.act(1, &op));
    table.run();
    for op in [typed(0, "123"), Toy::Push(8), set("y", 6)] {
        table.act(2, &op);
    }
    table.run();
    let undos = mine.map(|op| table.undo(op));
    table.run();
    assert!(undos.iter().all(|undo| table.told(*undo) == Some(Ok(Document::Null))));
    let parts = ["text", "list", "fields"].map(|part| table.sees(2, part));
    assert_eq!(parts, ["\"123abc\"", "[8,2,1]", "{x:0,y:6}"].map(str::to_owned));
    let again = [table.undo(mine[0]), table.undo(undos[0])];
    table.run();
    assert_eq!(again.map(|undo| table.told(undo)), [Some(Err("not_there".into())), Some(Err("not_there".into()))]);
    table.agree();
}
