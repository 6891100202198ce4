//! The stack, and what operations mean on it.

use serde::{Deserialize, Serialize};
use syncbench_strategies::document::{Document, Edit, Path};
use syncbench_strategies::model::{Model, Plan, Rejected};
use syncbench_strategies::path;
use syncbench_strategies::view::View;

/// What users do. The head of the list is the top.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum StackOp {
    /// Put an item on top.
    Push(i64),
    /// Take the top item.
    Pop,
    /// Reverse the stack.
    Reverse,
}

/// Rejects a pop from an empty stack.
#[derive(Clone, Copy, Debug, Default)]
pub struct StackModel;

pub(super) fn stack() -> Path {
    path!["stack"]
}

impl Model for StackModel {
    type Op = StackOp;

    fn plan(&self, view: &dyn View, op: &StackOp) -> Result<Plan, Rejected> {
        let path = stack();
        let empty = || Rejected::new("empty", "the stack is empty");
        match op {
            StackOp::Push(item) => {
                Ok(Plan::new(vec![Edit::ListInsert { path, index: 0, values: vec![Document::Int(*item)] }]))
            }
            StackOp::Pop => {
                let top = view.get(&path.child(0)).ok_or_else(empty)?;
                Ok(Plan::new(vec![Edit::ListRemove { path, index: 0, count: 1 }]).with_outcome(top))
            }
            StackOp::Reverse => {
                let mut values = view.items(&path).ok_or_else(empty)?;
                values.reverse();
                let count = values.len();
                let remove = Edit::ListRemove { path: path.clone(), index: 0, count };
                Ok(Plan::new(vec![remove, Edit::ListInsert { path, index: 0, values }]))
            }
        }
    }
}

/// A stack of `size` items, the largest on top.
pub fn genesis(size: u64) -> Document {
    Document::map([("stack", Document::list((1..=size as i64).rev()))])
}
