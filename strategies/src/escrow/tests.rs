//! Rights under loss, copies, crashes and broken connections, one message at a time.

use crate::replica::Time;
use crate::testing::{Table, Toy, set};

/// Client 1 puts up five, and all know.
fn stocked(strategy: &str, clients: u32) -> Table {
    let mut table = Table::new(strategy, clients);
    table.act(1, &Toy::Add(5));
    table.run();
    table
}

fn take(amount: i64) -> Toy {
    Toy::Add(-amount)
}

fn ok(table: &Table, id: crate::replica::OpId) -> bool {
    matches!(table.told(id), Some(Ok(_)))
}

#[test]
fn who_has_rights_is_told_at_once_and_who_has_none_asks() {
    let mut table = stocked("escrow", 2);
    let own = table.act(1, &take(2));
    assert!(ok(&table, own) && table.sees(1, "count") == "3");
    let other = table.act(2, &take(2));
    assert_eq!((table.told(other), table.shown(other)), (None, 0));
    table.run();
    assert!(ok(&table, other));
    assert_eq!((table.sees(1, "count"), table.counted("rights_given")), ("1".into(), 2));
    table.agree();
}

#[test]
fn what_nobody_has_is_refused_and_the_count_stays_above_zero() {
    let mut table = stocked("escrow", 3);
    let (two, three) = (table.act(2, &take(4)), table.act(3, &take(4)));
    table.run();
    assert_eq!([two, three].iter().filter(|id| ok(&table, **id)).count(), 1);
    assert_eq!(table.sees(1, "count"), "1");
    let none = table.act(1, &take(2));
    table.run();
    assert_eq!(table.told(none), Some(Err("no_rights".into())));
    table.agree();
}

#[test]
fn rights_come_from_several_peers() {
    let mut table = stocked("escrow", 3);
    table.act(2, &Toy::Add(2));
    table.run();
    let all = table.act(3, &take(7));
    table.run();
    assert!(ok(&table, all) && table.sees(2, "count") == "0");
    assert_eq!(table.counted("rights_asked"), 2);
}

#[test]
fn half_leaves_something_for_the_next_time() {
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
fn offline_own_rights_are_spent_and_others_are_refused_at_once() {
    let mut table = stocked("escrow", 2);
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
fn an_answer_that_takes_too_long_is_not_waited_for_and_its_rights_are_kept() {
    let mut table = stocked("escrow:patience=300ms", 2);
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
fn rights_are_handed_over_once_though_messages_double_and_are_lost() {
    let mut table = stocked("escrow", 2);
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
fn nobody_sees_what_was_spent_before_what_it_was_spent_from() {
    let mut table = Table::new("escrow", 3);
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
    // What came before is asked for, and comes by way of client 2.
    table.run();
    assert_eq!(table.sees(3, "count"), "2");
}

#[test]
fn a_record_goes_to_who_saw_the_other_and_else_to_one_of_them() {
    let mut table = Table::new("escrow", 2);
    table.act(1, &set("x", 1));
    table.act(2, &set("x", 2));
    table.run();
    table.agree();
    table.act(1, &set("x", 3));
    table.run();
    assert_eq!(table.sees(2, "fields"), "{x:3,y:0}");
}

#[test]
fn what_two_give_back_at_once_is_there_once() {
    for holder in [1, 2] {
        let mut table = stocked("escrow", 3);
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

#[test]
fn who_holds_a_record_hands_it_over_and_nobody_else_can() {
    let mut table = stocked("escrow", 3);
    table.act(1, &set("z", 1));
    table.run();
    // Two ask at once: the second is sent on to the first.
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
    // To write a record without stock for it takes nobody's leave, and its holder stays.
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
fn lists_and_texts_are_refused() {
    let mut table = Table::new("escrow", 2);
    for toy in [Toy::Push(1), Toy::Clear] {
        let id = table.act(1, &toy);
        assert_eq!(table.told(id), Some(Err("edit_refused".into())));
    }
}

#[test]
fn a_crash_keeps_rights_and_what_waits_for_them() {
    let mut table = stocked("escrow", 2);
    let waits = table.act(2, &take(1));
    table.cut(1, 2);
    assert_eq!(table.told(waits), Some(Err("no_rights".into())), "nobody is left to ask");
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
fn all_is_quiet_in_the_end() {
    let mut table = stocked("escrow", 3);
    table.act(3, &take(2));
    table.run();
    let quiet = table.now;
    table.act(2, &take(1));
    table.run();
    assert!(table.now < quiet + std::time::Duration::from_secs(3), "{:?}", table.now);
    assert!(table.now > Time::ZERO);
}
