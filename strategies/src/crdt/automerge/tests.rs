use std::collections::BTreeSet;
use std::time::Duration;

use super::*;
use crate::document::{Document, Edit};
use crate::path;
use crate::registry;
use crate::replica::{Effect, NodeId, Report};
use crate::testing::{Table, Toy, trials, typed};
use crate::view::View;

fn tags(table: &Table) -> BTreeSet<u128> {
    let of = |(_, effect): &(NodeId, Effect)| {
        if let Effect::Report(Report::Tagged(_, tag)) = effect { Some(*tag) } else { None }
    };
    table.reports.iter().filter_map(of).collect()
}

fn bytes(table: &mut Table, from: u32, to: u32) -> usize {
    table.wire(from, to).iter().map(|packet| packet.bytes.len()).sum()
}

#[test]
fn operations_of_a_window_become_one_change() {
    let sent = ["operation", "window"].map(|commit| {
        let mut table = Table::new(&format!("crdt-automerge:topology=mesh,window=50ms,commit={commit}"), 2);
        for (at, key) in ["x", "y", "z", "w"].iter().enumerate() {
            table.act(1, &typed(at, key));
        }
        assert_eq!(table.sees(1, "text"), "\"xyzwabc\"");
        assert_eq!((tags(&table).len(), table.wire(1, 2).len()), (if commit == "window" { 1 } else { 4 }, 1));
        table.deliver(1, 2);
        table.pass(Duration::ZERO);
        table.ring();
        let sent = (tags(&table).len(), table.wire(1, 2).len(), bytes(&mut table, 1, 2));
        table.run();
        table.agree();
        sent
    });
    assert_eq!((sent[0].0, sent[1].0, sent[0].1, sent[1].1), (4, 2, 1, 1));
    assert!(sent[1].2 * 2 < sent[0].2, "{sent:?}");
}

#[test]
fn a_window_ends_early_when_a_change_arrives_and_survives_a_crash() {
    let mut table = Table::new("crdt-automerge:topology=mesh,window=50ms,commit=window", 2);
    table.act(1, &typed(0, "x"));
    table.act(2, &Toy::Add(1));
    table.act(1, &typed(1, "y"));
    table.deliver(2, 1);
    table.act(1, &typed(2, "z"));
    table.run();
    table.agree();
    assert_eq!((tags(&table).len(), table.sees(2, "text")), (4, "\"xyzabc\"".into()));
    table.act(1, &typed(3, "w"));
    table.act(1, &typed(4, "v"));
    table.cut(1, 2);
    table.crash(1);
    assert_eq!(table.sees(1, "text"), "\"xyzwvabc\"");
    table.connect(1, 2);
    table.run();
    table.agree();
}

#[test]
fn a_rejected_edit_leaves_the_begun_change_as_it_was() {
    let genesis = Document::map([("text", Document::text("ab"))]);
    let mut doc = Doc::load(&Doc::genesis(&genesis)).unwrap();
    let splice = |pos, insert: &str| Edit::TextSplice { path: path!["text"], pos, delete: 0, insert: insert.into() };
    assert_eq!(doc.edit(1, &[splice(1, "x")], true), Ok(true));
    assert!(doc.edit(1, &[splice(2, "y"), splice(9, "z")], true).is_err());
    assert_eq!(doc.document(), Document::map([("text", Document::text("axb"))]));
    assert!(doc.close(0).is_some() && doc.close(0).is_none());
}

#[test]
fn with_the_protocol_all_converge_and_a_reconnect_costs_what_was_missed() {
    let mut table = Table::new("crdt-automerge:topology=mesh,sync=protocol", 3);
    for n in 0..60 {
        table.act(1 + n % 3, &typed(n as usize % 3, "some text "));
        if n % 4 == 0 {
            table.run();
        }
    }
    table.run();
    table.agree();
    for peer in [2, 3] {
        table.cut(1, peer);
    }
    table.act(1, &typed(0, "x"));
    table.act(2, &typed(0, "y"));
    table.run();
    table.connect(1, 2);
    let mut cost = 0;
    while let Some(from) = [1, 2].into_iter().find(|from| !table.wire(*from, 3 - from).is_empty()) {
        cost += table.deliver(from, 3 - from).bytes.len();
        table.ring();
    }
    table.run();
    table.agree();
    // Three rounds with two hashes each, and two changes of some eighty bytes. The history has five thousand.
    assert!(cost < 1_500, "{cost}");
}

#[test]
fn with_the_protocol_a_relay_tells_others_within_its_window_and_answers_at_once() {
    let mut table = Table::new("crdt-automerge:sync=protocol,window=50ms", 3);
    let ms = Duration::from_millis;
    for (client, key) in [(1, "x"), (2, "y")] {
        table.act(client, &typed(0, key));
        (0..4).for_each(|_| table.pass(Duration::ZERO));
    }
    // The first goes on at once, the second when the window ends; that it has arrived, its author knows.
    assert_eq!((table.sees(3, "text"), table.sees(0, "text").len()), ("\"xabc\"".into(), "\"xyabc\"".len()));
    table.pass(ms(49));
    assert_eq!(table.sees(3, "text"), "\"xabc\"");
    (0..3).for_each(|_| table.pass(ms(1)));
    assert_eq!(table.sees(3, "text"), table.sees(0, "text"));
    table.run();
    table.agree();
}

#[test]
fn with_the_protocol_it_claims_less() {
    let claims = |strategy: &str| registry::configure(&strategy.parse().unwrap()).unwrap().guarantees();
    let (changes, protocol) = (claims("crdt-automerge"), claims("crdt-automerge:sync=protocol"));
    assert_eq!(changes, SPEC.guarantees);
    assert!(changes.tolerates_duplicates && changes.tolerates_reordering);
    assert_eq!(protocol, Guarantees { tolerates_duplicates: false, tolerates_reordering: false, ..changes });
}

#[test]
fn an_operation_is_reflected_once_its_dependencies_are_here() {
    trials::an_operation_is_reflected_once_its_dependencies_are_here("crdt-automerge:topology=mesh");
}
