//! Planted bugs for the oracle of `stack`.

use syncbench_harness::oracles::undo::UNDO_WITHOUT_EFFECT;
use syncbench_harness::workloads::stack::{
    ITEM_DELIVERED_TWICE, ITEM_DUPLICATED, ITEM_FROM_NOWHERE, ITEM_GONE, ITEM_LOST, ITEM_MISPLACED, ITEM_RESURRECTED,
    ITEMS_OUT_OF_ORDER, REVERSE_LOST, STACK_DUPLICATED, StackOp, WRONG_ITEM_TAKEN,
};
use syncbench_strategies::document::Edit;
use syncbench_strategies::model::Operation;
use syncbench_strategies::path;
use syncbench_strategies::view::View;

use super::{Answer, Flaw, Planted, assert_caught, edited, nothing};
use crate::common::mutants::Bug;

pub(crate) const PLANTED: &[Planted] = &[
    Planted::new("stack", &[&ITEM_DELIVERED_TWICE, &ITEM_RESURRECTED], Flaw::Means(pops_leave_the_item)),
    Planted::new("stack", &[&ITEM_DUPLICATED], Flaw::Means(pushes_count_twice)),
    Planted::new("stack", &[&ITEM_LOST], Flaw::Means(pushes_are_forgotten)),
    Planted::new("stack", &[&ITEM_FROM_NOWHERE], Flaw::Means(pushes_put_another_item)),
    Planted::new("stack:reverse=0.1", &[&STACK_DUPLICATED], Flaw::Means(reverses_add)),
    Planted::new("stack:reverse=0.1", &[&REVERSE_LOST], Flaw::Means(reverses_are_forgotten)),
    Planted::new("stack:reverse=0.1", &[&ITEM_MISPLACED], Flaw::Means(pushes_go_below_the_top)),
    Planted::new("stack:reverse=0", &[&WRONG_ITEM_TAKEN], Flaw::Sees(pops_take_the_second)),
    Planted::new("stack:pop=0.45", &[&ITEM_GONE], Flaw::Means(pops_remove_the_second)),
    Planted::new("stack:pop=0,reverse=0", &[&ITEMS_OUT_OF_ORDER], Flaw::Sees(pushes_swap_the_last)),
    Planted { undo: 0.3, ..Planted::new("stack", &[&UNDO_WITHOUT_EFFECT], Flaw::Has(Bug::UndoesNothing)) },
    Planted { strategy: "lww-document", ..Planted::new("stack", &[&ITEM_DELIVERED_TWICE, &ITEM_LOST], Flaw::Weak) },
];

fn pops_leave_the_item(operation: &Operation, answer: Answer) -> Answer {
    if operation.decode() == Some(StackOp::Pop) { nothing(answer) } else { answer }
}

fn pushes_count_twice(operation: &Operation, answer: Answer) -> Answer {
    match operation.decode() {
        Some(StackOp::Push(_)) => edited(answer, |edits| edits.extend(edits.clone())),
        _ => answer,
    }
}

fn pushes_put_another_item(operation: &Operation, answer: Answer) -> Answer {
    let Some(StackOp::Push(item)) = operation.decode() else { return answer };
    edited(answer, |edits| {
        *edits = vec![Edit::ListInsert { path: path!["stack"], index: 0, values: vec![(-item).into()] }];
    })
}

fn reverses(operation: &Operation) -> bool {
    operation.decode() == Some(StackOp::Reverse)
}

fn reverses_add(operation: &Operation, answer: Answer) -> Answer {
    if !reverses(operation) {
        return answer;
    }
    edited(answer, |edits| edits.retain(|edit| matches!(edit, Edit::ListInsert { .. })))
}

fn reverses_are_forgotten(operation: &Operation, answer: Answer) -> Answer {
    if reverses(operation) { nothing(answer) } else { answer }
}

fn pushes_go_below_the_top(operation: &Operation, answer: Answer) -> Answer {
    match operation.decode() {
        Some(StackOp::Push(item)) if item % 3 == 0 => edited(answer, |edits| {
            if let Some(Edit::ListInsert { index, .. }) = edits.first_mut() {
                *index = 1;
            }
        }),
        _ => answer,
    }
}

fn pops_take_the_second(view: &dyn View, operation: &Operation, answer: Answer) -> Answer {
    match (operation.decode(), view.get(&path!["stack", 1])) {
        (Some(StackOp::Pop), Some(second)) => {
            pops_remove_the_second(operation, answer).map(|plan| plan.with_outcome(second))
        }
        _ => answer,
    }
}

fn pops_remove_the_second(operation: &Operation, answer: Answer) -> Answer {
    if operation.decode() != Some(StackOp::Pop) {
        return answer;
    }
    edited(answer, |edits| {
        if let Some(Edit::ListRemove { index, .. }) = edits.first_mut() {
            *index = 1;
        }
    })
}

fn pushes_swap_the_last(view: &dyn View, operation: &Operation, answer: Answer) -> Answer {
    match (operation.decode(), view.len(&path!["stack"])) {
        (Some(StackOp::Push(item)), Some(len)) if item % 1_000_000_000 == 1 => edited(answer, |edits| {
            // The item comes on top first.
            edits.push(Edit::ListMove { path: path!["stack"], from: len, to: len - 1 });
        }),
        _ => answer,
    }
}

fn pushes_are_forgotten(operation: &Operation, answer: Answer) -> Answer {
    if matches!(operation.decode(), Some(StackOp::Push(_))) { nothing(answer) } else { answer }
}

#[test]
fn bugs_on_the_stack_are_found() {
    assert_caught("stack");
}
