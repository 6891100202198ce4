use std::collections::BTreeSet;

use super::format::Message;
use crate::replica::{Effect, NodeId, OpId, Report};
use crate::testing::{Packet, Table, typed};
use crate::wire::{seal, unseal};

/// The strategies that are compiled in, without a relay.
fn names() -> impl Iterator<Item = &'static str> {
    let known = [
        ("crdt-loro:topology=mesh", cfg!(feature = "loro")),
        ("crdt-diamond:topology=mesh", cfg!(feature = "diamond")),
    ];
    known.into_iter().filter(|(_, here)| *here).map(|(name, _)| name)
}

fn reflected(table: &Table, node: u32) -> BTreeSet<u128> {
    let of = |(at, effect): &(NodeId, Effect)| match effect {
        Effect::Report(Report::ReflectedTags(first, last)) if at.0 == node => Some(*first..=*last),
        _ => None,
    };
    table.reports.iter().filter_map(of).flatten().collect()
}

fn tag(table: &Table, id: OpId) -> u128 {
    let of = |(_, effect): &(NodeId, Effect)| match effect {
        Effect::Report(Report::Tagged(op, tag)) if *op == id => Some(*tag),
        _ => None,
    };
    table.reports.iter().find_map(of).expect("tagged")
}

#[test]
fn operations_of_a_window_travel_as_one_update() {
    for name in names() {
        let mut single = Table::new(name, 2);
        let mut window = Table::new(&format!("{name},window=50ms"), 2);
        for (at, key) in ["x", "y", "z", "w"].iter().enumerate() {
            single.act(1, &typed(at, key));
            window.act(1, &typed(at, key));
        }
        assert_eq!((single.wire(1, 2).len(), window.wire(1, 2).len()), (4, 1), "{name}: the first goes at once");
        window.ring();
        let len = |table: &mut Table| table.wire(1, 2).iter().map(|packet| packet.bytes.len()).sum::<usize>();
        assert!(window.wire(1, 2).len() == 2 && len(&mut window) < len(&mut single), "{name}");
        for mut table in [single, window] {
            table.run();
            assert_eq!(table.sees(2, "text"), "\"xyzwabc\"", "{name}");
        }
    }
}

#[test]
fn an_update_waits_for_its_dependencies_and_a_duplicate_changes_nothing() {
    for name in names() {
        let mut table = Table::new(name, 3);
        let first = table.act(1, &typed(0, "x"));
        table.deliver(1, 2);
        table.ring();
        let second = table.act(2, &typed(1, "y"));
        let early = table.deliver(2, 3);
        table.ring();
        assert_eq!((table.sees(3, "text"), reflected(&table, 3)), ("\"abc\"".into(), BTreeSet::new()), "{name}");
        let late = table.deliver(1, 3);
        table.ring();
        assert_eq!(table.sees(3, "text"), "\"xyabc\"", "{name}");
        let tags = [first, second].map(|id| tag(&table, id));
        assert!(tags.iter().all(|tag| reflected(&table, 3).contains(tag)), "{name}");
        let reports = table.reports.len();
        for (from, packet) in [(2, &early), (1, &late), (1, &late)] {
            table.hand(from, 3, packet).unwrap();
        }
        table.run();
        table.agree();
        let again = table.reports[reports..].iter().filter(|(node, _)| node.0 == 3).count();
        assert_eq!(again, 0, "{name}");
    }
}

#[test]
fn a_reconnect_costs_what_was_missed() {
    for name in names() {
        let mut table = Table::new(name, 2);
        for n in 0..300 {
            table.act(1 + n % 2, &typed(n as usize % 7, &format!("{n} ")));
            table.run();
        }
        table.cut(1, 2);
        table.act(1, &typed(3, "x"));
        table.act(2, &typed(5, "y"));
        table.connect(1, 2);
        let mut bytes = 0;
        while let Some(from) = [1, 2].into_iter().find(|from| !table.wire(*from, 3 - from).is_empty()) {
            bytes += table.deliver(from, 3 - from).bytes.len();
        }
        table.run();
        table.agree();
        assert!(bytes < 1_000, "{name}: {bytes}");
    }
}

#[test]
fn a_client_that_recovers_has_a_new_author() {
    for name in names() {
        let mut table = Table::new(name, 2);
        table.act(1, &typed(0, "x"));
        table.run();
        table.cut(1, 2);
        table.act(2, &typed(0, "z"));
        let before = table.act(1, &typed(0, "y"));
        table.crash(1);
        assert_eq!(table.sees(1, "text"), "\"yxabc\"", "{name}");
        let after = table.act(1, &typed(2, "w"));
        assert_ne!(tag(&table, before) >> 64, tag(&table, after) >> 64, "{name}");
        table.connect(1, 2);
        table.run();
        table.agree();
        assert!([before, after].iter().all(|id| reflected(&table, 2).contains(&tag(&table, *id))), "{name}");
    }
}

#[test]
fn forged_updates_are_counted_and_the_group_continues() {
    for name in names() {
        let mut table = Table::new(name, 2);
        table.act(1, &typed(0, "xyz"));
        let honest = table.deliver(1, 2);
        table.run();
        let Message::<Vec<u8>>::Updates(updates) = unseal(&honest.bytes).unwrap() else { panic!("{name}") };
        for at in 0..updates[0].len() {
            let mut update = updates[0].clone();
            update[at] ^= 0x55;
            let packet = Packet::forged(seal(&Message::<Vec<u8>>::Updates(vec![update])));
            table.hand(1, 2, &packet).unwrap();
            table.run();
        }
        assert!(table.counted("refused_by_library") > 0, "{name}");
        table.act(1, &typed(3, "w"));
        table.act(2, &typed(0, "v"));
        table.run();
        table.agree();
    }
}
