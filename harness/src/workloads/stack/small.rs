//! The small case: three items, as few as a reverse shows on.

use super::model::StackOp;
use crate::workload::{Intent, Letter};

pub(super) const LETTERS: &[Letter] = &[
    Letter::new("push", |seat, _| Some(Intent::blind(&StackOp::Push(seat.number())))),
    Letter::new("pop", |_, _| Some(Intent::blind(&StackOp::Pop))),
    Letter::new("reverse", |_, _| Some(Intent::blind(&StackOp::Reverse))),
];
