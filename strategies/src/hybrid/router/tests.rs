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
