//! Planted bugs for the oracle of `stack`.

use syncbench_harness::oracles::undo::UNDO_WITHOUT_EFFECT;
use syncbench_harness::workloads::stack::{
    ITEM_DELIVERED_TWICE, ITEM_DUPLICATED, ITEM_FROM_NOWHERE, ITEM_LOST, ITEM_RESURRECTED, StackOp,
};
use syncbench_strategies::document::Edit;
use syncbench_strategies::model::Operation;
use syncbench_strategies::path;

use super::{Answer, Flaw, Planted, assert_caught, edited, nothing};
use crate::common::mutants::Bug;

pub(crate) const PLANTED: &[Planted] = &[
    Planted::new("stack", &[&ITEM_DELIVERED_TWICE, &ITEM_RESURRECTED], Flaw::Means(pops_leave_the_item)),
    Planted::new("stack", &[&ITEM_DUPLICATED], Flaw::Means(pushes_count_twice)),
    Planted::new("stack", &[&ITEM_LOST], Flaw::Means(pushes_are_forgotten)),
    Planted::new("stack", &[&ITEM_FROM_NOWHERE], Flaw::Means(pushes_put_another_item)),
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

fn pushes_are_forgotten(operation: &Operation, answer: Answer) -> Answer {
    if matches!(operation.decode(), Some(StackOp::Push(_))) { nothing(answer) } else { answer }
}

#[test]
fn bugs_on_the_stack_are_found() {
    assert_caught("stack");
}
