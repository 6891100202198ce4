//! Heartbeats, silence and entries, one message at a time.

use std::time::Duration;

use super::TICKS;
use crate::testing::{Table, Toy, set};

const MESH: &str = "presence:topology=mesh";
const SHOWN: &str = "{x:0,y:0}";
const A: &str = "{a:1,x:0,y:0}";

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Two clients of which the first shows `a`.
fn shown(strategy: &str) -> Table {
    let mut table = Table::new(strategy, 2);
    table.act(1, &set("a", 1));
    table.deliver(1, 2);
    assert_eq!([1, 2].map(|node| table.sees(node, "fields")), [A, A]);
    table
}

#[test]
fn a_present_client_stays_shown() {
    let mut table = shown(MESH);
    table.pass(seconds(300));
    assert_eq!([1, 2].map(|node| table.sees(node, "fields")), [A, A]);
    // Twenty heartbeats in five minutes, each up to a tick late, and nobody had to ask.
    assert!((18..=20).contains(&table.counted("heartbeats")), "{}", table.counted("heartbeats"));
    assert_eq!((table.counted("asked"), table.counted("timed_out")), (0, 0));
}

#[test]
fn a_silent_client_disappears_after_the_timeout_and_returns_with_its_next_message() {
    for (strategy, timeout) in [(MESH, seconds(30)), ("presence:topology=mesh,timeout=3s", seconds(3))] {
        let mut table = shown(strategy);
        table.cut(1, 2);
        table.pass(timeout / 2);
        assert_eq!(table.sees(2, "fields"), A, "{strategy}");
        table.pass(timeout / 2 + timeout / TICKS);
        assert_eq!([1, 2].map(|node| table.sees(node, "fields")), [A, SHOWN], "{strategy}");
        assert_eq!(table.counted("timed_out"), 1);
        table.connect(1, 2);
        table.deliver(1, 2);
        assert_eq!(table.sees(2, "fields"), A, "{strategy}");
    }
}

#[test]
fn a_heartbeat_is_at_most_half_the_timeout() {
    let beats = |strategy: &str| {
        let mut table = shown(strategy);
        table.pass(seconds(60));
        assert_eq!(table.sees(2, "fields"), A, "{strategy}");
        table.counted("heartbeats")
    };
    assert!((3..=4).contains(&beats(MESH)) && (25..=30).contains(&beats("presence:topology=mesh,heartbeat=2s")));
    assert_eq!(beats("presence:topology=mesh,heartbeat=10m"), beats(MESH));
    assert!((10..=12).contains(&beats("presence:topology=mesh,timeout=10s")));
}

#[test]
fn the_newest_message_counts_and_an_old_one_does_not_renew_an_entry() {
    let mut table = shown(MESH);
    table.act(1, &set("a", 2));
    table.act(1, &set("a", 3));
    let late = table.wire(1, 2).pop_front().unwrap();
    table.deliver(1, 2);
    table.hand(1, 2, &late).unwrap();
    assert_eq!(table.sees(2, "fields"), "{a:3,x:0,y:0}");
    assert_eq!(table.counted("older_ignored"), 1);
    for _ in 0..2 {
        table.cut(1, 2);
        table.pass(seconds(16));
        table.hand(1, 2, &late).unwrap();
    }
    assert_eq!(table.sees(2, "fields"), SHOWN);
    table.hand(1, 2, &late).unwrap();
    assert_eq!(table.sees(2, "fields"), SHOWN);
}

#[test]
fn a_client_that_leaves_disappears_at_once_and_sends_nothing_more() {
    let mut table = shown(MESH);
    table.act(1, &Toy::Unset("a".into()));
    table.deliver(1, 2);
    assert_eq!([1, 2].map(|node| table.sees(node, "fields")), [SHOWN, SHOWN]);
    table.pass(seconds(300));
    assert_eq!(table.counted("heartbeats"), 0);
}

#[test]
fn a_lost_heartbeat_is_asked_for() {
    let mut table = shown(MESH);
    let mut lost = 0;
    while lost == 0 {
        table.ring();
        lost = table.lose(1, 2);
    }
    table.pass(seconds(40));
    assert_eq!(table.sees(2, "fields"), A);
    assert!(table.counted("asked") >= 1 && table.counted("timed_out") == 0);
}

#[test]
fn a_crash_leaves_nothing_and_others_learn_of_it_at_recovery() {
    let mut table = shown(MESH);
    table.act(2, &set("b", 2));
    table.deliver(2, 1);
    table.cut(1, 2);
    table.crash(1);
    assert_eq!(table.sees(1, "fields"), SHOWN);
    assert_eq!(table.sees(2, "fields"), "{a:1,b:2,x:0,y:0}");
    table.connect(1, 2);
    table.deliver(1, 2);
    table.deliver(2, 1);
    assert_eq!([1, 2].map(|node| table.sees(node, "fields")), ["{b:2,x:0,y:0}"; 2]);
}

#[test]
fn a_client_may_write_its_own_entry_only() {
    let mut table = shown(MESH);
    for (client, op, code) in [
        (1, set("b", 2), "foreign"),
        (2, set("a", 2), "foreign"),
        (2, set("x", 2), "foreign"),
        (2, Toy::Clear, "foreign"),
        (2, Toy::Unset("b".into()), "edit_refused"),
    ] {
        let id = table.act(client, &op);
        assert_eq!(table.told(id), Some(Err(code.into())), "{op:?}");
    }
    table.run();
    assert_eq!([1, 2].map(|node| table.sees(node, "fields")), [A, A]);
}

#[test]
fn an_entry_in_a_taken_place_is_a_protocol_error() {
    let mut table = Table::new(MESH, 3);
    table.act(1, &set("a", 1));
    table.deliver(1, 2);
    let forged = table.deliver(1, 3);
    table.act(2, &set("b", 2));
    assert!(table.hand(2, 3, &forged).is_err());
    assert_eq!(table.sees(3, "fields"), A);
    table.run();
    table.agree();
}

/// Three clients and a relay; the first client shows `a`.
fn relayed() -> Table {
    let mut table = Table::new("presence", 3);
    table.act(1, &set("a", 1));
    table.pass(Duration::ZERO);
    assert_eq!([0, 1, 2, 3].map(|node| table.sees(node, "fields")), [A; 4]);
    table
}

#[test]
fn a_relay_forwards_each_entry_once_to_all_others() {
    let mut table = relayed();
    table.act(1, &set("a", 2));
    let packet = table.deliver(1, 0);
    assert_eq!([1, 2, 3].map(|client| table.wire(0, client).len()), [0, 1, 1]);
    table.hand(1, 0, &packet).unwrap();
    assert_eq!([1, 2, 3].map(|client| table.wire(0, client).len()), [0, 1, 1], "a duplicate is not forwarded");
    table.pass(seconds(300));
    assert_eq!([0, 1, 2, 3].map(|node| table.sees(node, "fields")), ["{a:2,x:0,y:0}"; 4]);
    assert!((18..=20).contains(&table.counted("heartbeats")), "{}", table.counted("heartbeats"));
    assert_eq!((table.counted("asked"), table.counted("timed_out")), (0, 0));
}

#[test]
fn a_newcomer_gets_the_newest_entries_from_the_relay_and_learns_who_has_left() {
    let mut table = relayed();
    table.cut(0, 3);
    table.act(2, &set("b", 1));
    table.act(1, &Toy::Unset("a".into()));
    table.pass(seconds(1));
    assert_eq!([2, 3].map(|node| table.sees(node, "fields")), ["{b:1,x:0,y:0}", A]);
    table.connect(0, 3);
    table.pass(Duration::ZERO);
    assert_eq!(table.sees(3, "fields"), "{b:1,x:0,y:0}");
}

#[test]
fn a_relay_gives_up_a_silent_client_and_tells_the_others() {
    let mut table = relayed();
    table.cut(0, 1);
    table.pass(seconds(29));
    assert_eq!([0, 2, 3].map(|node| table.sees(node, "fields")), [A; 3]);
    table.pass(seconds(2));
    assert_eq!([0, 2, 3].map(|node| table.sees(node, "fields")), [SHOWN; 3]);
    table.connect(0, 1);
    table.pass(Duration::ZERO);
    assert_eq!([0, 2, 3].map(|node| table.sees(node, "fields")), [A; 3]);
}

#[test]
fn what_a_relay_forwards_in_vain_is_asked_for() {
    let mut table = relayed();
    table.act(1, &Toy::Unset("a".into()));
    table.deliver(1, 0);
    assert_eq!(table.lose(0, 3), 1);
    table.pass(seconds(16));
    assert_eq!([2, 3].map(|node| table.sees(node, "fields")), [SHOWN, A]);
    table.pass(seconds(2));
    assert_eq!(table.sees(3, "fields"), SHOWN);
    assert_eq!(table.counted("timed_out"), 0);
}

#[test]
fn a_relay_that_does_not_know_better_does_not_prolong_a_ghost() {
    let mut table = relayed();
    table.cut(0, 1);
    // The relay gives up, and what it says is lost.
    table.pass(seconds(29));
    assert_eq!(table.sees(0, "fields"), A);
    while table.sees(0, "fields") == A {
        table.ring();
    }
    table.lose(0, 3);
    table.pass(seconds(4));
    assert_eq!(table.sees(3, "fields"), SHOWN);
}

#[test]
fn a_relay_that_crashes_learns_everything_again() {
    let mut table = relayed();
    (1..=3).for_each(|client| table.cut(0, client));
    table.crash(0);
    assert_eq!(table.sees(0, "fields"), SHOWN);
    table.connect(0, 2);
    table.pass(Duration::ZERO);
    assert_eq!(table.sees(2, "fields"), A, "the relay knows nothing of client 1 and says nothing");
    [1, 3].iter().for_each(|client| table.connect(0, *client));
    table.act(1, &set("a", 2));
    table.pass(Duration::ZERO);
    assert_eq!([0, 2, 3].map(|node| table.sees(node, "fields")), ["{a:2,x:0,y:0}"; 3]);
}

#[test]
fn nobody_speaks_for_another_but_the_relay() {
    let mut table = relayed();
    table.act(1, &set("a", 2));
    let packet = table.wire(1, 0).pop_front().unwrap();
    assert!(table.hand(2, 0, &packet).is_err());
    assert!(table.hand(1, 2, &packet).is_err());
    assert_eq!([0, 2].map(|node| table.sees(node, "fields")), [A; 2]);
}
