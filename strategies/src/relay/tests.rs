//! What every strategy with a relay must do, with its defaults and with those of its parameters that decide what travels.

use std::time::Duration;

use crate::document::EditKind;
use crate::registry::{self, STRATEGIES};
use crate::replica::{OpId, Topology};
use crate::spec::{Spec, Support};
use crate::testing::{Table, typed};

/// The strategies that have a topology and carry texts, with all other ways in which they send.
fn relayed() -> Vec<String> {
    let with =
        |name: &'static str| STRATEGIES.iter().filter(move |spec| spec.params.iter().any(|param| param.name == name));
    let carries = |spec: &&Spec| !matches!((spec.support)(EditKind::TextSplice), Support::Unsupported(_));
    let mut labels: Vec<String> = with("topology").copied().filter(carries).map(|spec| spec.name.to_owned()).collect();
    assert!(labels.len() >= 2);
    labels.extend(with("sync").map(|spec| format!("{}:sync=protocol", spec.name)));
    labels
}

/// With one more parameter.
fn and(label: &str, param: &str) -> String {
    format!("{label}{}{param}", if label.contains(':') { ',' } else { ':' })
}

/// What two users type comes one millisecond apart, so that clocks tell the order.
fn types(table: &mut Table, client: u32, pos: usize, text: &str) -> OpId {
    table.now = table.now + Duration::from_millis(1);
    table.act(client, &typed(pos, text))
}

#[test]
fn the_star_is_the_default_and_a_mesh_needs_no_server() {
    for label in relayed() {
        let of = |label: &str| registry::configure(&label.parse().unwrap()).unwrap();
        let (star, mesh) = (of(&label), of(&and(&label, "topology=mesh")));
        assert_eq!((star.topology(), mesh.topology()), (Topology::Star, Topology::Mesh), "{label}");
        assert!(star.guarantees().needs_server && !mesh.guarantees().needs_server, "{label}");
        assert!(star.guarantees().works_offline && mesh.guarantees().works_offline, "{label}");
    }
}

#[test]
fn a_relay_forwards_to_all_but_the_sender() {
    for label in relayed() {
        let mut table = Table::new(&label, 3);
        let op = types(&mut table, 1, 0, "x");
        table.deliver(1, 0);
        if table.wire(0, 2).is_empty() {
            table.ring();
        }
        assert_eq!((table.wire(0, 2).len(), table.wire(0, 3).len()), (1, 1), "{label}");
        // The sync protocol answers.
        assert!(table.wire(0, 1).is_empty() || label.contains("protocol"), "{label}");
        table.run();
        table.agree();
        assert!([2, 3].into_iter().all(|node| table.reflects(node, op)), "{label}");
        assert_eq!(table.sees(0, "text"), "\"xabc\"", "{label}");
    }
}

#[test]
fn a_newcomer_gets_everything_from_the_relay_and_what_a_client_missed_waits_there() {
    for label in relayed() {
        let mut table = Table::new(&label, 3);
        table.cut(0, 3);
        table.cut(0, 2);
        let mut ops = vec![types(&mut table, 1, 0, "x")];
        table.run();
        // The issuer leaves; a newcomer gets the operation from the relay.
        table.cut(0, 1);
        table.connect(0, 2);
        table.run();
        ops.push(types(&mut table, 2, 0, "y"));
        table.run();
        table.cut(0, 2);
        table.connect(0, 3);
        table.run();
        assert_eq!(table.sees(3, "text"), "\"yxabc\"", "{label}");
        table.connect(0, 1);
        table.run();
        assert_eq!(table.sees(1, "text"), "\"yxabc\"", "{label}");
        assert!(ops.iter().all(|op| table.reflects(3, *op) && table.reflects(1, *op)), "{label}");
    }
}

#[test]
fn what_was_written_offline_is_forwarded_when_its_author_returns() {
    for label in relayed() {
        let mut table = Table::new(&label, 3);
        types(&mut table, 2, 0, "z");
        table.run();
        table.cut(0, 1);
        let ops = [types(&mut table, 1, 0, "x"), types(&mut table, 1, 1, "y")];
        table.connect(0, 1);
        table.run();
        table.agree();
        assert_eq!(table.sees(3, "text"), "\"xyzabc\"", "{label}");
        assert!(ops.iter().all(|op| table.reflects(3, *op)), "{label}");
    }
}

/// What one user types loses to what another has typed with a clock that is ahead: `early` when its author knows that already.
fn overwritten(label: &str, early: bool, newcomer: bool) -> (Table, OpId) {
    let mut table = Table::new(label, 3);
    table.skew(1, 1_000);
    let types_ahead = |table: &mut Table| {
        types(table, 1, 0, "x");
        table.run();
    };
    if early {
        types_ahead(&mut table);
    }
    table.cut(0, 2);
    let op = types(&mut table, 2, 0, "y");
    if !early {
        types_ahead(&mut table);
    }
    if newcomer {
        table.cut(0, 3);
    }
    table.connect(0, 2);
    table.run();
    if newcomer {
        table.connect(0, 3);
        table.run();
    }
    table.agree();
    (table, op)
}

#[test]
fn what_was_overwritten_before_it_was_forwarded_is_reflected_everywhere() {
    for label in relayed() {
        for (early, newcomer) in [(true, false), (false, false), (true, true), (false, true)] {
            let (table, op) = overwritten(&label, early, newcomer);
            for node in 0..4 {
                assert!(table.reflects(node, op), "{label} at {node}: {early} {newcomer}");
            }
        }
    }
}

#[test]
fn what_was_overwritten_after_it_was_lost_on_its_way_is_reflected_everywhere() {
    for label in relayed() {
        let mut table = Table::new(&label, 3);
        table.skew(1, 1_000);
        types(&mut table, 1, 0, "x");
        let op = types(&mut table, 2, 0, "y");
        table.deliver(1, 0);
        if table.wire(0, 2).is_empty() {
            table.ring();
        }
        while !table.wire(0, 2).is_empty() {
            table.deliver(0, 2);
        }
        assert!(table.lose(2, 0) > 0, "{label}");
        table.cut(0, 2);
        table.connect(0, 2);
        table.run();
        table.agree();
        assert!((0..4).all(|node| table.reflects(node, op)), "{label}");
    }
}

#[test]
fn what_lost_at_the_relay_is_reflected_at_who_connects_later() {
    for label in relayed() {
        let mut table = Table::new(&label, 3);
        table.skew(1, 1_000);
        types(&mut table, 1, 0, "x");
        table.run();
        table.cut(0, 3);
        let op = types(&mut table, 2, 0, "y");
        table.run();
        table.cut(0, 2);
        table.connect(0, 3);
        table.run();
        assert!([0, 1, 3].into_iter().all(|node| table.reflects(node, op)), "{label}");
    }
}

#[test]
fn a_return_without_news_is_not_forwarded() {
    for label in relayed() {
        let mut table = Table::new(&label, 3);
        types(&mut table, 1, 0, "x");
        types(&mut table, 2, 0, "y");
        table.run();
        table.cut(0, 1);
        table.connect(0, 1);
        let mut forwarded = 0;
        table.run_watched(|from, to| forwarded += usize::from(from == 0 && to != 1));
        table.agree();
        assert_eq!(forwarded, 0, "{label}");
    }
}

#[test]
fn a_relay_that_crashes_goes_on_from_what_it_saved() {
    for label in relayed() {
        let mut table = Table::new(&label, 2);
        let first = types(&mut table, 1, 0, "x");
        table.run();
        (1..=2).for_each(|client| table.cut(0, client));
        let second = types(&mut table, 1, 0, "y");
        table.crash(0);
        assert_eq!(table.sees(0, "text"), "\"xabc\"", "{label}");
        (1..=2).for_each(|client| table.connect(0, client));
        table.run();
        types(&mut table, 2, 0, "z");
        table.run();
        table.agree();
        assert_eq!(table.sees(1, "text"), "\"zyxabc\"", "{label}");
        assert!([first, second].iter().all(|op| table.reflects(2, *op)), "{label}");
    }
}

#[test]
fn the_first_of_a_window_goes_at_once_and_the_others_together() {
    for label in relayed() {
        for strategy in [and(&label, "window=50ms"), and(&label, "window=50ms,topology=mesh")] {
            let mut table = Table::new(&strategy, 2);
            let to = u32::from(table.configured().topology() == Topology::Mesh) * 2;
            let mut ops = vec![types(&mut table, 1, 0, "x")];
            assert_eq!(table.wire(1, to).len(), 1, "{strategy}");
            table.pass(Duration::from_millis(10));
            ops.extend([types(&mut table, 1, 0, "y"), types(&mut table, 1, 0, "z")]);
            assert_eq!(table.wire(1, to).len(), 0, "{strategy}");
            // A message of a relay needs the time between two steps.
            (0..4).for_each(|_| table.pass(Duration::from_millis(20)));
            assert_eq!(table.sees(2, "text"), "\"zyxabc\"", "{strategy}");
            // What went out at the end has opened the next window.
            ops.push(types(&mut table, 1, 0, "w"));
            assert_eq!((table.wire(1, to).len(), table.sees(2, "text")), (0, "\"zyxabc\"".into()), "{strategy}");
            table.run();
            table.agree();
            assert!(ops.iter().all(|op| table.reflects(2, *op)), "{strategy}");
            assert_eq!(table.configured().strategy.send_window(), Duration::from_millis(50));
        }
    }
}

#[test]
fn a_newcomer_gets_what_waits_at_the_relay_for_its_dependencies() {
    let reorders = |label: &String| {
        let claims = registry::configure(&label.parse().unwrap()).unwrap().guarantees();
        // The others number their messages, or send whole documents: nothing waits.
        claims.tolerates_reordering && label.starts_with("crdt")
    };
    // The second letter is typed behind the first, or where it does not depend on it.
    let cases = [(1, "\"abc\"", "\"xyabc\""), (4, "\"abcy\"", "\"xabcy\"")];
    for (label, (at, early, end)) in
        relayed().into_iter().filter(reorders).flat_map(|label| cases.map(|case| (label.clone(), case)))
    {
        let mut table = Table::new(&label, 3);
        table.cut(0, 3);
        types(&mut table, 1, 0, "x");
        let second = types(&mut table, 1, at, "y");
        let late = table.wire(1, 0).pop_front().unwrap();
        table.deliver(1, 0);
        table.pass(Duration::ZERO);
        let shown = table.sees(0, "text");
        assert!(shown == "\"abc\"" || shown == early, "{label}: {shown}");
        table.connect(0, 3);
        table.run();
        let told_early = table.reflects(3, second) && table.sees(3, "text") == "\"abc\"";
        assert!(!told_early, "{label}: reflected before it is shown");
        table.hand(1, 0, &late).unwrap();
        table.run();
        table.agree();
        assert_eq!(table.sees(3, "text"), end, "{label}");
        assert!(table.reflects(3, second), "{label}");
    }
}
