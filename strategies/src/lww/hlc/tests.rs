//! Cells, exchanges, clocks and undo, one message at a time.

use std::time::Duration;

use proptest::prelude::*;

use super::clock::{Hlc, Stamp};
use super::tree::{Draft, Maker, Tree};
use crate::document::generate::{dice, document};
use crate::replica::{NodeId, OpId};
use crate::testing::trials;
use crate::testing::{Table, Toy, set, swap, typed};
use crate::undo::UNDO_DEPTH;

fn ok(table: &Table, id: OpId) -> bool {
    matches!(table.told(id), Some(Ok(_)))
}

/// Two clients act concurrently; then everything arrives.
fn at_once(strategy: &str, one: &Toy, other: &Toy) -> Table {
    let mut table = Table::new(strategy, 2);
    table.act(1, one);
    table.now = table.now + Duration::from_millis(1);
    table.act(2, other);
    table.run();
    table.agree();
    table
}

const BOTH: [&str; 2] = ["lww-hlc", "lww-hlc:topology=mesh"];

#[test]
fn the_later_stamp_wins_a_cell_and_other_cells_stay() {
    for strategy in BOTH {
        assert_eq!(at_once(strategy, &set("x", 1), &set("x", 2)).sees(1, "fields"), "{x:2,y:0}");
        assert_eq!(at_once(strategy, &set("x", 1), &set("y", 2)).sees(1, "fields"), "{x:1,y:2}");
        // A sum is a value like any other.
        assert_eq!(at_once(strategy, &Toy::Add(5), &Toy::Add(7)).sees(1, "count"), "7");
        assert_eq!(at_once(strategy, &typed(0, "x"), &typed(3, "y")).sees(1, "text"), "\"abcy\"");
    }
}

#[test]
fn concurrent_pushes_both_stay_and_concurrent_pops_take_one_item() {
    for strategy in BOTH {
        let pushed = at_once(strategy, &Toy::Push(3), &Toy::Push(4)).sees(1, "list");
        assert!(pushed == "[3,4,2,1]" || pushed == "[4,3,2,1]", "{pushed}");
        assert_eq!(at_once(strategy, &Toy::Pop, &Toy::Pop).sees(1, "list"), "[1]");
    }
}

#[test]
fn a_write_into_a_removed_map_is_hidden() {
    let mut table = at_once("lww-hlc", &Toy::Clear, &set("x", 9));
    let gone = |table: &Table| table.told(OpId { client: NodeId(1), n: 1 }).is_some();
    assert!(gone(&table));
    let refused = table.act(1, &set("x", 1));
    assert_eq!(table.told(refused), Some(Err("edit_refused".into())));
}

#[test]
fn a_write_wins_over_what_its_user_had_seen_however_slow_the_clock() {
    let mut table = Table::new("lww-hlc:topology=mesh", 2);
    table.skew(2, -60_000);
    table.act(1, &set("x", 1));
    table.run();
    table.act(2, &swap("x", 1, 2));
    table.run();
    assert_eq!(table.sees(1, "fields"), "{x:2,y:0}");
    // A client that has not seen the other's write loses to it.
    table.cut(1, 2);
    table.act(1, &set("y", 1));
    table.now = table.now + Duration::from_secs(1);
    table.act(2, &set("y", 2));
    table.connect(1, 2);
    table.run();
    table.agree();
    assert_eq!(table.sees(2, "fields"), "{x:2,y:1}");
}

#[test]
fn a_stamp_too_far_ahead_waits_for_the_local_clock() {
    let mut table = Table::new("lww-hlc:topology=mesh,drift=2s", 2);
    table.skew(1, 5_000);
    let from = table.now;
    table.act(1, &set("x", 1));
    while !table.wire(1, 2).is_empty() {
        table.deliver(1, 2);
    }
    assert_eq!((table.sees(2, "fields"), table.counted("clock_ahead")), ("{x:0,y:0}".into(), 1));
    while table.sees(2, "fields") != "{x:1,y:0}" {
        table.ring();
    }
    assert_eq!(table.now, from + Duration::from_secs(3));
    let mut within = Table::new("lww-hlc:topology=mesh", 2);
    within.skew(1, 5_000);
    within.act(1, &set("x", 1));
    within.run();
    assert_eq!((within.sees(2, "fields"), within.counted("clock_ahead")), ("{x:1,y:0}".into(), 0));
}

#[test]
fn lost_messages_are_sent_again_and_duplicates_change_nothing() {
    for strategy in BOTH {
        let mut table = Table::new(strategy, 2);
        let to = if strategy == "lww-hlc" { 0 } else { 2 };
        table.act(1, &Toy::Push(3));
        let lost = table.wire(1, to).pop_back().unwrap();
        table.act(1, &Toy::Push(4));
        table.run();
        assert!(table.counted("sent_again") > 0);
        assert_eq!(table.sees(2, "list"), "[4,3,2,1]");
        table.hand(1, to, &lost).unwrap();
        table.run();
        assert_eq!(table.sees(2, "list"), "[4,3,2,1]");
        table.agree();
    }
}

#[test]
fn a_client_that_reconnects_gets_what_it_missed_and_brings_what_it_wrote() {
    for strategy in BOTH {
        let mut table = Table::new(strategy, 3);
        let (a, b) = if strategy == "lww-hlc" { (0, 3) } else { (2, 3) };
        table.cut(a, b);
        if strategy != "lww-hlc" {
            table.cut(1, 3);
        }
        table.act(1, &Toy::Push(3));
        table.act(2, &set("x", 1));
        table.act(3, &Toy::Pop);
        table.act(3, &set("y", 1));
        table.run();
        // A mesh needs only one of the two connections: it also brings what the third client wrote.
        table.connect(a, b);
        table.run();
        assert_eq!(table.sees(3, "list"), "[3,1]");
        assert_eq!(table.sees(2, "fields"), "{x:1,y:1}");
    }
}

#[test]
fn catching_up_costs_what_differs() {
    let bytes = |items: i64| {
        let mut table = Table::new("lww-hlc:topology=mesh", 2);
        for item in 0..items {
            table.act(1, &Toy::Push(item));
        }
        table.run();
        table.cut(1, 2);
        table.act(1, &set("x", 1));
        table.act(2, &set("y", 1));
        table.connect(1, 2);
        let mut bytes = 0;
        while table.sees(1, "fields") != "{x:1,y:1}" || table.sees(2, "fields") != "{x:1,y:1}" {
            for (from, to) in [(1, 2), (2, 1)] {
                if !table.wire(from, to).is_empty() {
                    bytes += table.deliver(from, to).bytes.len();
                }
            }
        }
        bytes
    };
    let (few, many) = (bytes(10), bytes(1000));
    assert!(many < 3_000, "{few} {many}");
}

#[test]
fn beyond_the_horizon_a_tombstone_is_gone_and_an_absent_client_brings_the_item_back() {
    let back = |strategy: &str| {
        let mut table = Table::new(strategy, 2);
        table.cut(1, 2);
        table.act(1, &Toy::Pop);
        table.now = table.now + Duration::from_secs(10);
        table.act(1, &set("x", 1));
        table.connect(1, 2);
        table.run();
        table.agree();
        (table.sees(1, "list"), table.counted("tombstones_collected"))
    };
    assert_eq!(back("lww-hlc:topology=mesh,horizon=30s"), ("[1]".into(), 0));
    assert_eq!(back("lww-hlc:topology=mesh,horizon=5s"), ("[2,1]".into(), 1));
}

#[test]
fn a_crash_keeps_cells_clock_and_ids() {
    let mut table = Table::new("lww-hlc:topology=mesh", 2);
    table.skew(1, 60_000);
    table.act(1, &Toy::Push(3));
    table.act(1, &Toy::Pop);
    table.act(1, &set("x", 1));
    table.run();
    let before = table.sees(2, "fields");
    table.cut(1, 2);
    table.crash(2);
    assert_eq!((table.sees(2, "list"), table.sees(2, "fields")), ("[2,1]".into(), before));
    table.act(2, &swap("x", 1, 2));
    table.act(2, &Toy::Push(5));
    table.connect(1, 2);
    table.run();
    table.agree();
    assert_eq!((table.sees(1, "list"), table.sees(1, "fields")), ("[5,2,1]".into(), "{x:2,y:0}".into()));
}

#[test]
fn a_client_that_crashed_before_its_first_message_catches_up() {
    for lost in [1, 2] {
        let mut table = Table::new("lww-hlc:topology=mesh", 2);
        table.cut(1, 2);
        table.act(3 - lost, &set("x", 1));
        table.crash(lost);
        table.connect(1, 2);
        table.run();
        assert_eq!(table.sees(lost, "fields"), "{x:1,y:0}");
    }
}

#[test]
fn undo_restores_values_that_nobody_has_written_since() {
    let mut table = Table::new("lww-hlc", 2);
    let (mine, other) = (table.act(1, &set("x", 1)), table.act(1, &set("y", 1)));
    table.run();
    table.act(2, &set("y", 2));
    table.run();
    for target in [mine, other] {
        let undo = table.undo(target);
        assert!(ok(&table, undo));
    }
    table.run();
    table.agree();
    assert_eq!(table.sees(2, "fields"), "{x:0,y:2}");
}

#[test]
fn undo_restores_a_map_with_everything_in_it() {
    let mut table = Table::new("lww-hlc", 2);
    let clear = table.act(1, &Toy::Clear);
    table.run();
    let undo = table.undo(clear);
    table.run();
    table.agree();
    assert_eq!(table.sees(2, "fields"), "{x:0,y:0}");
    let redo = table.undo(undo);
    table.run();
    table.agree();
    assert!(ok(&table, redo));
    let gone = table.act(2, &set("x", 1));
    assert_eq!(table.told(gone), Some(Err("edit_refused".into())));
}

#[test]
fn undo_returns_an_item_to_its_place_and_removes_what_was_inserted() {
    let mut table = Table::new("lww-hlc", 2);
    let pop = table.act(1, &Toy::Pop);
    let push = table.act(1, &Toy::Push(7));
    table.run();
    table.act(2, &Toy::Push(8));
    table.run();
    table.undo(pop);
    table.undo(push);
    table.run();
    table.agree();
    // Its place is where it was, whatever was inserted around it.
    assert_eq!(table.sees(2, "list"), "[8,2,1]");
}

#[test]
fn undoing_a_later_write_does_not_bring_an_undone_one_back() {
    let mut table = Table::new("lww-hlc", 2);
    let (one, two) = (table.act(1, &set("x", 1)), table.act(1, &set("x", 2)));
    table.undo(one);
    assert_eq!(table.sees(1, "fields"), "{x:2,y:0}");
    table.undo(two);
    table.run();
    assert_eq!(table.sees(2, "fields"), "{x:0,y:0}");
}

#[test]
fn undo_is_rejected_for_a_shared_sum_and_for_forgotten_operations() {
    let mut table = Table::new("lww-hlc", 2);
    let add = table.act(1, &Toy::Add(1));
    table.run();
    table.act(2, &Toy::Add(1));
    table.run();
    let undo = table.undo(add);
    assert_eq!(table.told(undo), Some(Err("depended_upon".into())));
    let first = table.act(1, &set("x", 1));
    for value in 0..UNDO_DEPTH as i64 {
        table.act(1, &set("y", value));
    }
    let undo = table.undo(first);
    assert_eq!(table.told(undo), Some(Err("too_old".into())));
}

proptest! {
    /// The document that is kept up to date is the one that the cells make, here and where writes arrive in another order.
    #[test]
    fn cells_and_document_agree_after_any_edits(first in document(), rolls in prop::collection::vec(dice(), 0..16)) {
        let (mut clock, mut items) = (Hlc::default(), 0);
        let (mut tree, mut other) = (Tree::genesis(&first), Tree::genesis(&first));
        prop_assert_eq!(tree.document(), &first);
        let (mut expected, mut writes) = (first, Vec::new());
        // Some operations make one edit, some several.
        for (ms, rolls) in (1..).zip(rolls.chunks(1 + rolls.len() % 3)) {
            let mut draft = Draft::new(Stamp { ms, count: 0, node: 1 }, false);
            for roll in rolls {
                let edit = roll.fitting(&expected);
                let fits = expected.apply(&edit).is_ok();
                let made = tree.edit(&[edit], &mut Maker { node: 1, items: &mut items }, &mut draft);
                prop_assert_eq!(made.is_ok(), fits);
                prop_assert_eq!(tree.document(), &expected);
            }
            writes.push(tree.finish(&draft));
        }
        for write in writes.iter().rev() {
            prop_assert!(write.is_sound());
            other.merge(std::slice::from_ref(write), &mut clock);
            let anew = Tree::of(other.table.clone());
            prop_assert_eq!(other.document(), anew.document());
        }
        prop_assert_eq!(other.document(), &expected);
    }

    /// Two clients that act concurrently hold the same cells and show the same once each has the other's writes.
    #[test]
    fn two_that_exchange_their_writes_agree(
        first in document(),
        rolls in prop::collection::vec((dice(), any::<bool>(), any::<bool>()), 0..16),
    ) {
        let mut clock = Hlc::default();
        let (mut trees, mut items) = ([Tree::genesis(&first), Tree::genesis(&first)], [0, 0]);
        let (mut writes, mut heard) = ([vec![], vec![]], [0, 0]);
        for (ms, (roll, second, hears)) in (1..).zip(rolls) {
            let (me, other) = (usize::from(second), usize::from(!second));
            if hears {
                trees[me].merge(&writes[other][heard[me]..], &mut clock);
                heard[me] = writes[other].len();
            }
            let node = me as u32 + 1;
            let mut draft = Draft::new(Stamp { ms, count: 0, node }, false);
            let edit = roll.fitting(trees[me].document());
            if trees[me].edit(&[edit], &mut Maker { node, items: &mut items[me] }, &mut draft).is_ok() {
                writes[me].push(trees[me].finish(&draft));
            }
        }
        for me in [0, 1] {
            for write in writes[1 - me][heard[me]..].iter().rev() {
                trees[me].merge(std::slice::from_ref(write), &mut clock);
            }
            let anew = Tree::of(trees[me].table.clone());
            prop_assert_eq!(trees[me].document(), anew.document());
        }
        let cells = |tree: &Tree| tree.table.writes(tree.table.elements().keys());
        prop_assert_eq!(trees[0].document(), trees[1].document());
        prop_assert_eq!(cells(&trees[0]), cells(&trees[1]));
    }
}

#[test]
fn operations_saved_before_a_crash_are_reflected_later() {
    trials::operations_saved_before_a_crash_are_reflected_later("lww-hlc:topology=mesh");
}
