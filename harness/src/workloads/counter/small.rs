//! The small case: one counter and one post. Clients 1 and 2 are two devices of one user, so both can like it.

use super::model::{CounterOp, SHARED};
use crate::workload::{Intent, Letter};

pub(super) const LETTERS: &[Letter] = &[
    Letter::new("add", |_, _| Some(Intent::blind(&CounterOp::Add { counter: SHARED.into(), by: 1 }))),
    Letter::new("like", |seat, _| Some(Intent::blind(&CounterOp::Like { user: seat.client.0.div_ceil(2), post: 1 }))),
];
