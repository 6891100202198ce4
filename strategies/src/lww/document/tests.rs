use std::time::Duration;

use crate::model::Outcome;
use crate::replica::OpId;
use crate::testing::{Table, Toy, set, trials, typed};
use crate::undo::UNDO_DEPTH;

fn done() -> Option<Result<Outcome, String>> {
    Some(Ok(Outcome::Null))
}

fn depended() -> Option<Result<Outcome, String>> {
    Some(Err("depended_upon".into()))
}

/// Time passes between two operations, so that the later one has the later stamp.
fn act(table: &mut Table, client: u32, toy: &Toy) -> OpId {
    table.now = table.now + Duration::from_millis(1);
    let id = table.act(client, toy);
    table.run();
    id
}

fn undo(table: &mut Table, target: OpId) -> Option<Result<Outcome, String>> {
    table.now = table.now + Duration::from_millis(1);
    let id = table.undo(target);
    table.run();
    table.agree();
    table.told(id)
}

#[test]
fn operations_saved_before_a_crash_are_reflected_later() {
    trials::operations_saved_before_a_crash_are_reflected_later("lww-document:topology=mesh");
}

#[test]
fn undo_keeps_later_changes_of_others() {
    let mut table = Table::new("lww-document", 2);
    let mine = [set("x", 5), Toy::Push(7), typed(0, "mine")].map(|toy| act(&mut table, 1, &toy));
    for toy in [set("y", 6), Toy::Push(8), typed(7, "theirs"), typed(0, "first")] {
        act(&mut table, 2, &toy);
    }
    let later = act(&mut table, 1, &typed(0, "and "));
    assert!(mine.iter().all(|op| undo(&mut table, *op) == done()));
    let parts = ["fields", "list", "text"].map(|part| table.sees(2, part));
    assert_eq!(parts, ["{x:0,y:6}", "[8,2,1]", "\"and firstabctheirs\""].map(str::to_owned));
    assert_eq!(undo(&mut table, later), done());
    assert_eq!(table.sees(2, "text"), "\"firstabctheirs\"");
}

#[test]
fn undo_of_what_others_may_have_overwritten_is_rejected() {
    let mut table = Table::new("lww-document", 2);
    let mine = [set("x", 5), Toy::Add(1), Toy::Pop].map(|toy| act(&mut table, 1, &toy));
    // Two documents do not tell whether this is `more` in front of the `m` or `orem` behind it.
    let letter = act(&mut table, 1, &typed(0, "m"));
    for toy in [set("x", 6), Toy::Add(10), Toy::Push(8), typed(0, "more")] {
        act(&mut table, 2, &toy);
    }
    assert_eq!(mine.map(|op| undo(&mut table, op)), [done(), depended(), depended()]);
    assert_eq!(undo(&mut table, letter), depended());
    let parts = ["fields", "count", "list", "text"].map(|part| table.sees(2, part));
    assert_eq!(parts, ["{x:6,y:0}", "11", "[8,1]", "\"moremabc\""].map(str::to_owned));
}

#[test]
fn an_overwritten_operation_is_not_undone_again() {
    let mut table = Table::new("lww-document", 2);
    let text = table.act(1, &typed(0, "mine"));
    let field = table.act(1, &set("x", 5));
    // Concurrent, and with the larger stamp.
    table.now = table.now + Duration::from_millis(1);
    table.act(2, &typed(0, "theirs"));
    table.run();
    assert_eq!(table.sees(1, "text"), "\"theirsabc\"");
    assert_eq!((undo(&mut table, text), undo(&mut table, field)), (depended(), done()));
    let parts = ["fields", "text"].map(|part| table.sees(2, part));
    assert_eq!(parts, ["{x:0,y:0}", "\"theirsabc\""].map(str::to_owned));
}

#[test]
fn an_undo_can_be_undone_and_a_hundred_operations_are_remembered() {
    let mut table = Table::new("lww-document", 1);
    let first = act(&mut table, 1, &set("x", 1));
    let second = act(&mut table, 1, &set("x", 2));
    for value in 2..UNDO_DEPTH as i64 {
        act(&mut table, 1, &set("y", value));
    }
    let back = table.undo(second);
    assert_eq!((table.told(back), table.sees(1, "fields")), (done(), "{x:1,y:99}".into()));
    assert_eq!(undo(&mut table, first), Some(Err("too_old".into())));
    assert_eq!((undo(&mut table, back), table.sees(1, "fields")), (done(), "{x:2,y:99}".into()));
}
