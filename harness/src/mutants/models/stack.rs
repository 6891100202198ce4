//! Bugs in the model of `stack`: what pushes, pops and reverses mean.

use crate::workloads::stack::{
    ITEM_DELIVERED_TWICE, ITEM_DUPLICATED, ITEM_FROM_NOWHERE, ITEM_GONE, ITEM_LOST, ITEM_MISPLACED, ITEM_RESURRECTED,
    ITEMS_OUT_OF_ORDER, REVERSE_LOST, STACK_DUPLICATED, StackOp, WRONG_ITEM_TAKEN,
};
use syncbench_strategies::document::Edit;
use syncbench_strategies::model::Operation;
use syncbench_strategies::path;
use syncbench_strategies::view::View;

use super::{Answer, edited, meaning, nothing};
use crate::mutants::{Bug, Mutant};

pub(in crate::mutants) static MUTANTS: &[Mutant] = &[
    meaning(
        "pops-leave-the-item",
        "A pop delivers the top item and leaves it on the stack.",
        "stack",
        &[&ITEM_DELIVERED_TWICE, &ITEM_RESURRECTED],
        Bug::Means(pops_leave_the_item),
    ),
    meaning(
        "pushes-count-twice",
        "A push puts its item on the stack twice.",
        "stack",
        &[&ITEM_DUPLICATED],
        Bug::Means(pushes_count_twice),
    ),
    meaning(
        "pushes-are-forgotten",
        "A push is confirmed and changes nothing.",
        "stack",
        &[&ITEM_LOST],
        Bug::Means(pushes_are_forgotten),
    ),
    meaning(
        "pushes-put-another-item",
        "A push puts another item on the stack.",
        "stack",
        &[&ITEM_FROM_NOWHERE],
        Bug::Means(pushes_put_another_item),
    ),
    meaning(
        "reverses-add",
        "A reverse puts the items in again without removing them first.",
        "stack:reverse=0.1",
        &[&STACK_DUPLICATED],
        Bug::Means(reverses_add),
    ),
    meaning(
        "reverses-are-forgotten",
        "A reverse is confirmed and changes nothing.",
        "stack:reverse=0.1",
        &[&REVERSE_LOST],
        Bug::Means(reverses_are_forgotten),
    ),
    meaning(
        "pushes-go-below-the-top",
        "Every third push goes below the top item.",
        "stack:reverse=0.1",
        &[&ITEM_MISPLACED],
        Bug::Means(pushes_go_below_the_top),
    ),
    meaning(
        "pops-take-the-second",
        "A pop delivers and removes the second item.",
        "stack:reverse=0",
        &[&WRONG_ITEM_TAKEN],
        Bug::Sees(pops_take_the_second),
    ),
    meaning(
        "pops-remove-the-second",
        "A pop delivers the top item and removes the second.",
        "stack:pop=0.45",
        &[&ITEM_GONE],
        Bug::Means(pops_remove_the_second),
    ),
    meaning(
        "pushes-swap-the-last",
        "The first push of a client swaps the last two items.",
        "stack:pop=0,reverse=0",
        &[&ITEMS_OUT_OF_ORDER],
        Bug::Sees(pushes_swap_the_last),
    ),
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
