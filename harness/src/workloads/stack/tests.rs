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
    assert_eq!(book.judge("stack", &genesis(3), &left(&[1])).kinds(), [("item lost", 1)]);
    let pop = book.issued(2, &StackOp::Pop, Document::Null);
    book.told(pop, Err(Rejected::new("empty", "")));
    assert_eq!(book.judge("stack", &genesis(3), &left(&[1])).kinds(), [("item lost", 1)]);
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
    let wrong = [("item delivered twice", 1), ("item duplicated", 1), ("item from nowhere", 1)];
    assert_eq!(found(&[9, 2, 2, 1]).kinds(), wrong);
}
