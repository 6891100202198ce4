//! What an operation costs as a plan and its edits, beside a reducer that a product would write by hand.

use std::hint::black_box;
use std::time::Duration;

use syncbench_strategies::document::Document;
use syncbench_strategies::model::{Operation, erase, reduce};

use super::side_by_side::ratio;
use super::{Clock, Measurement, Repeat, Target};
use crate::stopwatch::processor_ns;
use crate::workloads::stack::{StackModel, StackOp, genesis};

pub(super) static PUSH: Measurement = Measurement {
    name: "reduce-push",
    what: "decode, plan, edit and apply a Push on a stack, beside a reducer by hand on a plain vector",
    unit: "times",
    target: Target::AtMost(3.0),
    source: "what a plan that every strategy can carry may cost",
    clock: Clock::Processor,
    share: Duration::from_secs(3),
    apart: None,
    once: false,
    begin: push,
};

/// Operations of one round.
const OPS: i64 = 10_000;

/// The reducer by hand: the top of the stack is the vector's end.
fn by_hand(stack: &mut Vec<i64>, operation: &Operation) -> Result<Option<i64>, &'static str> {
    match operation.decode::<StackOp>().ok_or("malformed")? {
        StackOp::Push(item) => {
            stack.push(item);
            Ok(None)
        }
        StackOp::Pop => stack.pop().map(Some).ok_or("empty"),
        StackOp::Reverse => {
            stack.reverse();
            Ok(None)
        }
    }
}

fn push() -> Result<Repeat, String> {
    let model = erase(StackModel);
    let operations: Vec<Operation> = (0..OPS).map(|item| Operation::encode(&StackOp::Push(item))).collect();
    let mut reduced = genesis(0);
    operations.iter().for_each(|operation| _ = reduce(&*model, &mut reduced, operation));
    let mut stack = Vec::new();
    operations.iter().for_each(|operation| _ = by_hand(&mut stack, operation));
    if reduced != Document::map([("stack", Document::list(stack.into_iter().rev()))]) {
        return Err("both reducers do not end with the same stack".into());
    }
    Ok(Box::new(move || {
        let mut planned = || {
            let mut document = genesis(0);
            processor_ns(|| {
                operations.iter().for_each(|operation| _ = black_box(reduce(&*model, &mut document, operation)));
            })
        };
        let mut hand = || {
            let mut stack = Vec::new();
            processor_ns(|| {
                operations.iter().for_each(|operation| _ = black_box(by_hand(black_box(&mut stack), operation)));
            })
        };
        Ok(ratio(&mut planned, &mut hand))
    }))
}
