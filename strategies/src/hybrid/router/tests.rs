use super::{REST, SPEC, TEXT};
use crate::document::Document;
use crate::spec::ParamKind;
use crate::testing::{Table, Toy, typed};

fn begin(name: &str, text: &str) -> Toy {
    Toy::Begin(name.into(), text.into())
}

fn type_in(name: &str, text: &str) -> Toy {
    Toy::TypeIn(name.into(), text.into())
}

#[test]
fn typing_shows_at_once_and_everything_else_waits_for_its_place() {
    let mut table = Table::new("hybrid", 2);
    let (type_, add) = (table.act(1, &typed(3, "d")), table.act(1, &Toy::Add(5)));
    assert_eq!((table.shown(type_), table.shown(add)), (1, 0));
    assert_eq!((table.sees(1, "text"), table.sees(1, "count")), ("\"abcd\"".into(), "0".into()));
    // At the same time, somewhere else in the text.
    table.act(2, &typed(0, "_"));
    table.run();
    assert_eq!((table.sees(2, "text"), table.sees(2, "count")), ("\"_abcd\"".into(), "5".into()));
    assert_eq!([type_, add].map(|op| table.told(op)), [Some(Ok(Document::Null)), Some(Ok(Document::Null))]);
    table.agree();
}

#[test]
fn typing_off_the_route_is_ordered() {
    let mut table = Table::new("hybrid:route=elsewhere/*", 1);
    let op = table.act(1, &typed(0, "x"));
    assert_eq!(table.shown(op), 0);
    table.run();
    assert_eq!((table.shown(op), table.sees(0, "text")), (1, "\"xabc\"".into()));
    table.agree();
}

#[test]
fn a_text_begins_where_the_order_puts_it() {
    for strategy in ["hybrid", "hybrid:rest=serial-optimistic", "hybrid:rest=ot"] {
        let mut table = Table::new(strategy, 2);
        table.act(1, &begin("note", "first"));
        // The server does not have the place yet: typing there waits.
        let early = table.act(1, &type_in("note", "1"));
        table.run();
        let ops = [table.act(1, &type_in("note", "2")), table.act(2, &type_in("note", "3"))];
        assert_eq!(ops.map(|op| table.shown(op)), [1, 1], "{strategy}");
        table.run();
        // If nothing shows before it has its place, there was nothing to type in.
        let waits = strategy != "hybrid";
        assert_eq!(table.told(early).unwrap().is_ok(), waits, "{strategy}");
        let mut letters: Vec<char> = table.sees(2, "note").replace(['"', '\\'], "").chars().collect();
        letters.truncate(letters.len() - "first".len());
        letters.sort_unstable();
        assert_eq!(letters, if waits { vec!['1', '2', '3'] } else { vec!['2', '3'] }, "{strategy}");
        table.agree();
    }
}

#[test]
fn a_replaced_text_begins_anew_and_a_restored_one_continues() {
    let mut table = Table::new("hybrid", 2);
    table.act(1, &typed(0, "x"));
    table.run();
    let drop = table.act(1, &Toy::Drop("text".into()));
    table.run();
    table.undo(drop);
    table.run();
    assert_eq!(table.sees(2, "text"), "\"xabc\"");
    table.act(1, &Toy::Drop("text".into()));
    table.run();
    let late = table.act(2, &typed(0, "y"));
    table.run();
    assert_eq!(table.told(late), Some(Err("gone".into())));
    table.act(1, &begin("text", "new"));
    table.run();
    assert_eq!(table.sees(2, "text"), "\"new\"");
    table.agree();
}

#[test]
fn undo_goes_to_the_strategy_that_carried_the_operation() {
    let mut table = Table::new("hybrid", 2);
    let ops = [table.act(1, &typed(0, "x")), table.act(1, &Toy::Add(5))];
    table.run();
    table.act(2, &typed(4, "y"));
    table.act(2, &Toy::Add(7));
    table.run();
    let undos = ops.map(|op| table.undo(op));
    table.run();
    assert!(undos.iter().all(|undo| table.told(*undo) == Some(Ok(Document::Null))));
    assert_eq!((table.sees(2, "text"), table.sees(2, "count")), ("\"abcy\"".into(), "7".into()));
    table.agree();
}

#[test]
fn all_replicas_recover_from_crashes() {
    let mut table = Table::new("hybrid", 2);
    table.act(1, &begin("note", ""));
    table.run();
    table.act(1, &type_in("note", "a"));
    table.act(1, &Toy::Add(5));
    for node in [1, 2] {
        table.cut(0, node);
    }
    (0..=2).for_each(|node| table.crash(node));
    let (typed, added) = (table.act(2, &type_in("note", "b")), table.act(2, &Toy::Add(7)));
    for node in [1, 2] {
        table.connect(0, node);
    }
    table.run();
    table.act(1, &begin("other", "o"));
    table.run();
    table.act(2, &type_in("other", "z"));
    table.run();
    assert_eq!([typed, added].map(|op| table.told(op)), [Some(Ok(Document::Null)), Some(Ok(Document::Null))]);
    assert_eq!((table.sees(1, "count"), table.sees(1, "note").len()), ("12".into(), 4));
    assert_eq!(table.sees(1, "other"), "\"zo\"");
    table.agree();
}

#[test]
fn typing_before_the_join_is_kept_and_typing_goes_on() {
    let mut table = Table::new("hybrid", 2);
    table.cut(0, 1);
    table.act(2, &typed(3, "z"));
    table.act(1, &typed(3, "d"));
    table.connect(0, 1);
    for (node, text) in [(1, "abcd"), (2, "abcz")] {
        assert_eq!(table.sees(node, "text"), format!("\"{text}\""));
    }
    table.run();
    table.agree();
    let next = table.act(1, &typed(5, "e"));
    assert_eq!(table.shown(next), 1);
    table.act(2, &typed(0, "_"));
    table.run();
    let more = table.act(1, &typed(7, "f"));
    assert_eq!(table.shown(more), 1);
    table.run();
    table.agree();
}

fn measure(name: &str, field: &str) -> Toy {
    Toy::Measure(name.into(), field.into())
}

#[test]
fn a_client_that_took_a_document_too_late_reads_the_texts_of_the_servers_place() {
    for rest in ["serial", "serial-optimistic", "serial-patches", "lww-property", "ot"] {
        let mut table = Table::new(&format!("hybrid:rest={rest}"), 2);
        table.cut(0, 1);
        // More than the text strategy sends one by one.
        for _ in 0..1001 {
            table.act(2, &typed(0, "x"));
            table.run();
        }
        table.connect(0, 1);
        table.act(1, &typed(0, "y"));
        (0..3).for_each(|_| drop(table.deliver(1, 0)));
        // The document cannot be taken: a change is inflight.
        table.deliver(0, 1);
        table.act(2, &measure("text", "x"));
        table.deliver(2, 0);
        table.run();
        assert_eq!(table.sees(1, "fields"), table.sees(0, "fields"), "{rest}");
        table.agree();
        // It goes on from there.
        let (mine, theirs) = (table.act(1, &measure("text", "y")), table.act(2, &Toy::Add(1)));
        table.run();
        assert!([mine, theirs].iter().all(|op| table.told(*op) == Some(Ok(Document::Null))), "{rest}");
        assert_eq!((table.sees(1, "fields"), table.sees(1, "count")), (table.sees(0, "fields"), "1".into()), "{rest}");
        assert!(table.reflects(1, theirs) && table.sees(1, "fields").contains("y:1005"), "{rest}");
        table.agree();
    }
}

#[test]
fn a_client_whose_name_was_used_reads_the_texts_of_the_servers_place() {
    for text in ["ot", "text-ids"] {
        let mut table = Table::new(&format!("hybrid:text={text}"), 2);
        let add = table.act(1, &Toy::Add(3));
        table.act(2, &typed(0, "xx"));
        let typing = table.deliver(2, 0);
        table.hand(1, 0, &typing).unwrap();
        let read = table.act(2, &measure("text", "x"));
        table.deliver(2, 0);
        table.act(2, &typed(0, "zz"));
        table.run();
        // What was passed over is reflected nevertheless.
        assert!(table.reflects(1, read) && table.told(add) == Some(Ok(Document::Null)), "{text}");
        assert_eq!((table.sees(1, "fields"), table.sees(1, "count")), ("{x:7,y:0}".into(), "3".into()), "{text}");
        table.agree();
    }
}

#[test]
fn a_late_copy_of_a_request_to_begin_again_is_harmless() {
    let mut table = Table::new("hybrid", 2);
    table.act(2, &typed(0, "xx"));
    let typing = table.deliver(2, 0);
    table.hand(1, 0, &typing).unwrap();
    table.act(2, &measure("text", "x"));
    table.deliver(2, 0);
    // Two changes of the text, and what read it; the join, and once it is answered the request.
    (0..3).for_each(|_| drop(table.deliver(0, 1)));
    table.deliver(1, 0);
    table.deliver(0, 1);
    let request = table.deliver(1, 0);
    let answer = table.deliver(0, 1);
    table.act(2, &measure("text", "y"));
    table.run();
    table.hand(1, 0, &request).unwrap();
    table.hand(0, 1, &answer).unwrap();
    table.act(1, &Toy::Add(3));
    table.run();
    assert_eq!((table.sees(1, "fields"), table.sees(1, "count")), ("{x:7,y:7}".into(), "3".into()));
    table.agree();
}

#[test]
fn pending_operations_read_the_texts_after_a_crash_too() {
    let mut table = Table::new("hybrid:rest=serial-optimistic", 1);
    table.act(1, &typed(0, "xy"));
    table.run();
    table.cut(0, 1);
    table.act(1, &measure("text", "x"));
    assert_eq!(table.sees(1, "fields"), "{x:5,y:0}");
    table.crash(1);
    assert_eq!(table.sees(1, "fields"), "{x:5,y:0}");
    table.act(1, &measure("text", "y"));
    assert_eq!(table.sees(1, "fields"), "{x:5,y:5}");
    table.act(1, &begin("text", "longer than before"));
    table.act(1, &measure("text", "y"));
    table.crash(1);
    assert_eq!(table.sees(1, "fields"), "{x:5,y:18}");
    table.connect(0, 1);
    table.run();
    assert_eq!(table.sees(0, "fields"), "{x:5,y:18}");
    table.agree();
}

#[test]
fn operations_that_go_together_read_the_same_texts_everywhere() {
    for (text, rest) in [("ot", "serial"), ("text-ids", "serial"), ("ot", "serial-optimistic")] {
        let mut table = Table::new(&format!("hybrid:text={text},rest={rest}"), 2);
        table.act(2, &typed(0, "xy"));
        table.run();
        table.cut(0, 1);
        // One reads the text, one replaces it, one reads the new one: they go in one message.
        for op in [measure("text", "x"), begin("text", "longer than before"), measure("text", "y")] {
            table.act(1, &op);
        }
        table.connect(0, 1);
        table.run();
        assert_eq!(table.sees(0, "fields"), "{x:5,y:18}", "{text}, {rest}");
        assert_eq!(table.sees(2, "text"), "\"longer than before\"");
        table.agree();
    }
}

#[test]
fn the_choices_of_parts_are_the_specs_that_are_built() {
    for (param, specs) in [("text", TEXT), ("rest", REST)] {
        let names: Vec<_> = specs.iter().map(|spec| spec.name).collect();
        let ParamKind::Choice(choices) = SPEC.params.iter().find(|found| found.name == param).unwrap().kind else {
            panic!("{param} is a choice");
        };
        assert_eq!(choices, names);
    }
}
