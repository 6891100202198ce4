use syncbench_strategies::model::Rejected;

use super::*;
use crate::testing::Book;

fn left(items: &[i64]) -> Document {
    Document::map([("stack", Document::list(items.iter().copied()))])
}

#[test]
fn an_undone_operation_is_as_if_it_had_never_been() {
    let mut book = Book::new(2);
    let push = book.acted(1, &StackOp::Push(7));
    let pop = book.acted(2, &StackOp::Pop);
    book.told(pop, Ok(Document::Int(3)));
    assert_eq!(book.judge("stack", &genesis(3), &left(&[7, 2, 1])).kinds(), []);
    book.undone(push);
    assert_eq!(book.judge("stack", &genesis(3), &left(&[2, 1])).kinds(), []);
    assert_eq!(book.judge("stack", &genesis(3), &left(&[7, 2, 1])).kinds(), [("undo without effect", 1)]);
    book.undone(pop);
    assert_eq!(book.judge("stack", &genesis(3), &left(&[3, 2, 1])).kinds(), []);
    assert_eq!(book.judge("stack", &genesis(3), &left(&[2, 1])).kinds(), [("undo without effect", 1)]);
}

#[test]
fn an_unanswered_pop_may_have_taken_what_is_missing() {
    let mut book = Book::new(2);
    book.issued(1, &StackOp::Pop, Document::Null);
    assert_eq!(book.judge("stack", &genesis(3), &left(&[2, 1])).kinds(), []);
    // One pop takes one item.
    assert_eq!(book.judge("stack", &genesis(3), &left(&[1])).kinds(), [("item gone", 1)]);
    let pop = book.issued(2, &StackOp::Pop, Document::Null);
    book.told(pop, Err(Rejected::new("empty", "")));
    assert_eq!(book.judge("stack", &genesis(3), &left(&[1])).kinds(), [("item gone", 1)]);
}

#[test]
fn an_item_that_two_users_took_or_nobody_pushed_is_found() {
    let mut book = Book::new(2);
    for client in [1, 2] {
        let pop = book.acted(client, &StackOp::Pop);
        book.told(pop, Ok(Document::Int(3)));
    }
    let found = |last: &[i64]| book.judge("stack", &genesis(3), &left(last));
    assert_eq!(found(&[2, 1]).kinds(), [("item delivered twice", 1)]);
    assert_eq!(found(&[3, 2, 1]).kinds(), [("item delivered twice", 1), ("item resurrected", 1)]);
    let wrong = [("item delivered twice", 1), ("item from nowhere", 2)];
    assert_eq!(found(&[9, 2, 2, 1]).kinds(), wrong);
}

#[test]
fn a_reverse_is_one_operation_however_many_items_there_are() {
    for size in [3, 30, 300] {
        let mut book = Book::new(2);
        for client in [1, 2] {
            book.acted(client, &StackOp::Reverse);
        }
        let (up, down): (Vec<i64>, Vec<i64>) = ((1..=size).collect(), (1..=size).rev().collect());
        let found = |last: &[i64]| book.judge("stack", &genesis(size as u64), &left(last)).kinds().len();
        let twice = book.judge("stack", &genesis(size as u64), &left(&[up.clone(), up.clone()].concat()));
        assert_eq!(twice.kinds(), [("stack duplicated", 1)], "{size}");
        // Two reverses cancel out; one of them is lost otherwise.
        assert_eq!(found(&down), 0);
        let once = book.judge("stack", &genesis(size as u64), &left(&up));
        assert_eq!(once.kinds(), [("reverse lost", 1)], "{size}");
    }
}

/// What three users did; each reflects all that came before, unless the step begins with `~`. `+7` pushes, `-7` pops, and
/// that is what it delivers, `r` reverses.
fn story(steps: &str) -> Book {
    let mut book = Book::new(3);
    let mut all = Vec::new();
    for (index, step) in steps.split_whitespace().enumerate() {
        let client = 1 + index as u32 % 3;
        let step = step.strip_prefix('~').unwrap_or_else(|| {
            all.iter().for_each(|id| book.reached(client, *id));
            step
        });
        book.at(index as u64);
        let item = step[1..].parse().unwrap_or(0);
        let id = match &step[..1] {
            "+" => book.acted(client, &StackOp::Push(item)),
            "-" => book.acted(client, &StackOp::Pop),
            _ => book.acted(client, &StackOp::Reverse),
        };
        if step.starts_with('-') {
            book.told(id, Ok(Document::Int(item)));
        }
        all.push(id);
    }
    book
}

#[test]
fn one_item_that_was_reversed_twice_is_one_item() {
    for (size, says) in [(1, "1 item is there once more, of 1"), (2, "2 items are there once more, of 2")] {
        let mut book = Book::new(2);
        for client in [1, 2] {
            book.acted(client, &StackOp::Reverse);
        }
        let up: Vec<i64> = (1..=size).collect();
        let twice = book.judge("stack", &genesis(size as u64), &left(&[up.clone(), up].concat()));
        let examples = format!("{twice:?}");
        assert!(examples.contains(says), "{examples}");
    }
}

#[test]
fn pushes_and_reverses_say_in_which_order_items_lie() {
    let found = |steps: &str, last: &[i64]| -> Vec<(String, u64)> {
        let found = story(steps).judge("stack", &genesis(2), &left(last));
        found.kinds().into_iter().map(|(kind, count)| (kind.to_owned(), count)).collect()
    };
    let one = |kind: &str| vec![(kind.to_owned(), 1)];
    assert_eq!(found("+7 +8", &[8, 7, 2, 1]), []);
    assert_eq!(found("+7 +8", &[7, 8, 2, 1]), one("misplaced item"));
    assert_eq!(found("+7 +8", &[8, 2, 1, 7]), one("misplaced item"));
    assert_eq!(found("+7 ~+8", &[7, 8, 2, 1]), []);
    assert_eq!(found("+7 r +8", &[8, 1, 2, 7]), []);
    assert_eq!(found("+7 r +8", &[8, 7, 2, 1]), one("reverse lost"));
    assert_eq!(found("+7 r +8", &[1, 2, 7, 8]), one("misplaced item"));
    // A concurrent reverse came before the push or after it, and not amid.
    assert_eq!(found("+7 r ~+8", &[8, 1, 2, 7]), []);
    assert_eq!(found("+7 r ~+8", &[1, 2, 7, 8]), []);
    assert_eq!(found("+7 r ~+8", &[1, 8, 2, 7]), one("misplaced item"));
    assert_eq!(found("+7 +8 -7", &[8, 2, 1]), one("wrong item taken"));
    assert_eq!(found("+7 +8 r -7", &[1, 2, 8]), one("wrong item taken"));
    assert_eq!(found("+7 +8 r -1", &[2, 7, 8]), []);
    assert_eq!(found("+7 +8 ~r -7", &[1, 2, 8]), []);
    assert_eq!(found("+7", &[7, 1, 2]), one("items out of order"));
}
