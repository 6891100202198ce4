//! Rights under loss, copies, crashes and broken connections, one message at a time.

use crate::replica::{OpId, Time};
use crate::testing::{Table, Toy, set};

/// Through a relay, and without one.
const BOTH: [&str; 2] = ["escrow", MESH];
const MESH: &str = "escrow:topology=mesh";

/// Client 1 adds five, and all clients know.
fn stocked(strategy: &str, clients: u32) -> Table {
    let mut table = Table::new(strategy, clients);
    table.act(1, &Toy::Add(5));
    table.run();
    table
}

fn take(amount: i64) -> Toy {
    Toy::Add(-amount)
}

fn ok(table: &Table, id: OpId) -> bool {
    matches!(table.told(id), Some(Ok(_)))
}

#[test]
fn an_operation_with_rights_is_confirmed_at_once_and_one_without_asks() {
    for strategy in BOTH {
        let mut table = stocked(strategy, 2);
        let own = table.act(1, &take(2));
        assert!(ok(&table, own) && table.sees(1, "count") == "3");
        let other = table.act(2, &take(2));
        assert_eq!((table.told(other), table.shown(other)), (None, 0));
        table.run();
        assert!(ok(&table, other));
        assert_eq!((table.sees(1, "count"), table.counted("rights_given")), ("1".into(), 2));
        table.agree();
    }
}

#[test]
fn without_enough_stock_anywhere_an_operation_is_rejected() {
    for strategy in BOTH {
        let mut table = stocked(strategy, 3);
        let (two, three) = (table.act(2, &take(4)), table.act(3, &take(4)));
        table.run();
        assert_eq!([two, three].iter().filter(|id| ok(&table, **id)).count(), 1);
        assert_eq!(table.sees(1, "count"), "1");
        let none = table.act(1, &take(2));
        table.run();
        assert_eq!(table.told(none), Some(Err("no_rights".into())));
        table.agree();
    }
}

#[test]
fn rights_come_from_several_peers() {
    for strategy in BOTH {
        let mut table = stocked(strategy, 3);
        table.act(2, &Toy::Add(2));
        table.run();
        let all = table.act(3, &take(7));
        table.run();
        assert!(ok(&table, all) && table.sees(2, "count") == "0");
        assert_eq!(table.counted("rights_asked"), 2);
    }
}

#[test]
fn a_transfer_of_half_saves_later_requests() {
    let asked = |strategy: &str| {
        let mut table = stocked(strategy, 2);
        for _ in 0..3 {
            table.act(2, &take(1));
            table.run();
        }
        table.counted("rights_asked")
    };
    assert_eq!((asked("escrow:ask=need"), asked("escrow:ask=half")), (3, 1));
}

#[test]
fn offline_own_rights_are_spent_and_the_rest_is_rejected_at_once() {
    let mut table = stocked(MESH, 2);
    table.cut(1, 2);
    let (own, other) = (table.act(1, &take(5)), table.act(2, &take(1)));
    assert!(ok(&table, own));
    assert_eq!(table.told(other), Some(Err("no_rights".into())));
    table.connect(1, 2);
    table.run();
    assert_eq!(table.sees(2, "count"), "0");
    table.agree();
}

#[test]
fn patience_ends_and_rights_that_arrive_late_are_kept() {
    let mut table = stocked("escrow:topology=mesh,patience=300ms", 2);
    let before = table.now;
    let late = table.act(2, &take(1));
    while table.told(late).is_none() {
        table.ring();
    }
    assert_eq!(table.told(late), Some(Err("no_rights".into())));
    assert_eq!(table.now, before + std::time::Duration::from_millis(300));
    table.run();
    table.cut(1, 2);
    let own = table.act(2, &take(1));
    assert!(ok(&table, own), "the right that came late is there");
}

#[test]
fn a_transfer_counts_once_with_duplicated_and_lost_messages() {
    let mut table = stocked(MESH, 2);
    let id = table.act(2, &take(1));
    // The question arrives three times, the first answer not at all.
    let question = table.wire(2, 1).back().cloned().unwrap();
    table.wire(2, 1).extend([question.clone(), question]);
    while !table.wire(2, 1).is_empty() {
        table.deliver(2, 1);
    }
    table.wire(1, 2).clear();
    table.run();
    assert!(ok(&table, id) && table.counted("sent_again") > 0);
    assert_eq!(table.counted("rights_given"), 1);
    // Four are left to client 1, and none to the other.
    table.cut(1, 2);
    let (all, none) = (table.act(1, &take(4)), table.act(2, &take(1)));
    assert!(ok(&table, all));
    assert_eq!(table.told(none), Some(Err("no_rights".into())));
}

#[test]
fn spending_is_shown_after_the_stock_that_it_came_from() {
    let mut table = Table::new(MESH, 3);
    table.cut(1, 3);
    table.act(1, &Toy::Add(5));
    table.act(2, &take(3));
    while !table.wire(1, 2).is_empty() || !table.wire(2, 1).is_empty() {
        for (from, to) in [(1, 2), (2, 1)] {
            if !table.wire(from, to).is_empty() {
                table.deliver(from, to);
            }
        }
    }
    let spent = table.act(2, &take(3));
    while !ok(&table, spent) {
        for (from, to) in [(1, 2), (2, 1)] {
            if !table.wire(from, to).is_empty() {
                table.deliver(from, to);
            }
        }
    }
    while !table.wire(2, 3).is_empty() {
        table.deliver(2, 3);
    }
    assert_eq!(table.sees(3, "count"), "0");
    // The missing change is asked for, and arrives through client 2.
    table.run();
    assert_eq!(table.sees(3, "count"), "2");
}

#[test]
fn the_later_write_of_a_record_wins_and_either_of_two_concurrent_ones() {
    for strategy in BOTH {
        let mut table = Table::new(strategy, 2);
        table.act(1, &set("x", 1));
        table.act(2, &set("x", 2));
        table.run();
        table.agree();
        table.act(1, &set("x", 3));
        table.run();
        assert_eq!(table.sees(2, "fields"), "{x:3,y:0}");
    }
}

#[test]
fn concurrent_returns_of_one_record_count_once() {
    for strategy in BOTH {
        for holder in [1, 2] {
            let mut table = stocked(strategy, 3);
            let book = table.act(holder, &set("z", 1));
            table.run();
            let both = [1, 2].map(|client| table.act(client, &Toy::Return("z".into())));
            table.run();
            table.agree();
            assert!(ok(&table, book) && table.sees(1, "count") == "6", "{}", table.sees(1, "count"));
            let (mine, other) = (both[holder as usize - 1], both[2 - holder as usize]);
            assert!(ok(&table, mine));
            assert_eq!(table.told(other), Some(Err("gone".into())), "what {holder} holds");
        }
    }
}

#[test]
fn only_the_holder_transfers_a_record() {
    let mut table = stocked(MESH, 3);
    table.act(1, &set("z", 1));
    table.run();
    // Two ask at once: the second is referred to the first.
    let both = [2, 3].map(|client| table.act(client, &Toy::Return("z".into())));
    assert_eq!(both.map(|id| table.told(id)), [None, None]);
    table.run();
    table.agree();
    assert_eq!((table.sees(1, "count"), both.iter().filter(|id| ok(&table, **id)).count()), ("6".into(), 1));
    table.act(1, &set("w", 1));
    table.run();
    table.cut(1, 2);
    table.cut(1, 3);
    let away = table.act(2, &Toy::Return("w".into()));
    assert_eq!(table.told(away), Some(Err("no_rights".into())));
    // Writing a record without giving stock back needs no transfer, and its holder stays.
    table.act(2, &set("w", 2));
    table.run();
    let again = table.act(2, &Toy::Return("w".into()));
    assert_eq!(table.told(again), Some(Err("no_rights".into())));
    let own = table.act(1, &Toy::Return("w".into()));
    assert!(ok(&table, own));
    table.connect(1, 2);
    table.connect(1, 3);
    table.run();
    table.agree();
    assert_eq!(table.sees(3, "count"), "7");
}

#[test]
fn lists_and_texts_are_rejected() {
    for strategy in BOTH {
        let mut table = Table::new(strategy, 2);
        for toy in [Toy::Push(1), Toy::Clear] {
            let id = table.act(1, &toy);
            assert_eq!(table.told(id), Some(Err("edit_refused".into())));
        }
    }
}

#[test]
fn a_crash_keeps_rights_and_pending_operations() {
    let mut table = stocked(MESH, 2);
    let waits = table.act(2, &take(1));
    table.cut(1, 2);
    assert_eq!(table.told(waits), Some(Err("no_rights".into())), "no peer is left to ask");
    table.connect(1, 2);
    table.run();
    let waits = table.act(2, &take(1));
    table.crash(2);
    table.crash(1);
    table.connect(1, 2);
    table.run();
    assert!(ok(&table, waits));
    table.agree();
    assert_eq!(table.sees(1, "count"), "4");
}

#[test]
fn a_group_becomes_quiescent() {
    for strategy in BOTH {
        let mut table = stocked(strategy, 3);
        table.act(3, &take(2));
        table.run();
        let before = table.now;
        table.act(2, &take(1));
        table.run();
        assert!(table.now < before + std::time::Duration::from_secs(3), "{:?}", table.now);
        assert!(table.now > Time::ZERO);
    }
}

#[test]
fn a_relay_has_changes_for_who_was_away_and_forwards_what_they_bring() {
    let mut table = stocked("escrow", 3);
    table.cut(0, 3);
    let here = table.act(1, &take(2));
    table.run();
    // Client 3 adds to what it may spend, twice, without a connection.
    let away = [3, 3].map(|client| table.act(client, &Toy::Add(1)));
    assert!(ok(&table, here) && away.iter().all(|id| ok(&table, *id)));
    table.cut(0, 1);
    table.connect(0, 3);
    table.run();
    assert_eq!([0, 2, 3].map(|node| table.sees(node, "count")), ["5", "5", "5"]);
    table.connect(0, 1);
    table.run();
    table.agree();
    assert_eq!(table.sees(1, "count"), "5");
}

#[test]
fn a_relay_says_that_a_client_is_away_and_the_next_one_is_asked() {
    let mut table = stocked("escrow", 3);
    table.act(2, &Toy::Add(2));
    table.run();
    table.cut(0, 1);
    let before = table.now;
    let (one, many) = (table.act(3, &take(1)), table.act(3, &take(3)));
    while table.told(one).is_none() || table.told(many).is_none() {
        let (from, to) = if table.wire(3, 0).is_empty() { (0, 3) } else { (3, 0) };
        let (from, to) = if table.wire(from, to).is_empty() { (0, 2) } else { (from, to) };
        let (from, to) = if table.wire(from, to).is_empty() { (2, 0) } else { (from, to) };
        table.deliver(from, to);
    }
    assert!(ok(&table, one), "client 2 had some");
    assert_eq!(table.told(many), Some(Err("no_rights".into())));
    assert_eq!(table.now, before, "nobody waited");
}

#[test]
fn a_relay_answers_for_a_client_that_leaves_what_it_was_asked_for() {
    let mut table = stocked("escrow", 3);
    table.act(2, &Toy::Add(2));
    table.run();
    let before = table.now;
    let id = table.act(3, &take(1));
    table.deliver(3, 0);
    assert_eq!(table.lose(0, 1), 1, "client 1 has most");
    table.cut(0, 1);
    while table.told(id).is_none() {
        for (from, to) in [(0, 3), (3, 0), (0, 2), (2, 0)] {
            if !table.wire(from, to).is_empty() {
                table.deliver(from, to);
            }
        }
    }
    assert!(ok(&table, id));
    assert_eq!(table.now, before, "nobody waited");
}

#[test]
fn news_that_overtake_a_change_do_not_hide_it() {
    let mut table = Table::new("escrow", 3);
    table.cut(0, 2);
    table.act(2, &Toy::Add(4));
    table.act(1, &Toy::Add(1));
    table.deliver(1, 0);
    assert_eq!(table.lose(0, 3), 1);
    table.connect(0, 2);
    for _ in 0..3 {
        for (from, to) in [(0, 2), (2, 0)] {
            while !table.wire(from, to).is_empty() {
                table.deliver(from, to);
            }
        }
    }
    assert_eq!(table.sees(0, "count"), "5");
    table.run();
    table.agree();
    assert_eq!(table.sees(3, "count"), "5");
}

#[test]
fn a_relay_that_crashes_goes_on_from_what_it_saved() {
    let mut table = stocked("escrow", 2);
    let waits = table.act(2, &take(2));
    table.run();
    (1..=2).for_each(|client| table.cut(0, client));
    let own = table.act(1, &take(1));
    table.crash(0);
    assert_eq!(table.sees(0, "count"), "3");
    table.connect(0, 2);
    let away = table.act(2, &take(1));
    table.run();
    assert_eq!(table.told(away), Some(Err("no_rights".into())));
    table.connect(0, 1);
    table.run();
    table.agree();
    assert!(ok(&table, waits) && ok(&table, own) && table.sees(2, "count") == "2");
    let again = table.act(2, &take(2));
    table.run();
    assert!(ok(&table, again) && table.sees(0, "count") == "0");
}

#[test]
fn a_transfer_through_a_relay_counts_once_with_duplicated_and_lost_messages() {
    let mut table = stocked("escrow", 2);
    let id = table.act(2, &take(1));
    for (from, to, back) in [(2, 0, 1), (0, 1, 0)] {
        let question = table.wire(from, to).back().cloned().unwrap();
        table.wire(from, to).extend([question.clone(), question]);
        while !table.wire(from, to).is_empty() {
            table.deliver(from, to);
        }
        assert_eq!(table.wire(0, 1).len(), back, "forwarded once");
    }
    // The first answer does not arrive at the relay.
    assert!(table.lose(1, 0) > 0);
    table.run();
    assert!(ok(&table, id) && table.counted("sent_again") > 0);
    assert_eq!(table.counted("rights_given"), 1);
    table.agree();
}
