//! The small case: one object. Its list and its inner map come into being on the way.

use super::model::{INNER, JsonOp, TAGS, VALUES, place};
use super::users::intent;
use crate::workload::Letter;

pub(super) const LETTERS: &[Letter] = &[
    Letter::new("set", |seat, view| Some(intent(view, &JsonOp::Set { path: at(&[VALUES[0]]), value: seat.label() }))),
    Letter::new("set-inner", |seat, view| {
        Some(intent(view, &JsonOp::Set { path: at(&[INNER, VALUES[0]]), value: seat.label() }))
    }),
    Letter::new("tag", |seat, view| Some(intent(view, &JsonOp::Append { path: at(&[TAGS]), item: seat.label() }))),
    Letter::new("delete", |_, view| {
        // What was made last goes first: the list, the inner map, the value.
        let there = |path: &Vec<String>| view.kind(&place(path)).is_some();
        let path = [TAGS, INNER, VALUES[0]].map(|key| at(&[key])).into_iter().find(there)?;
        Some(intent(view, &JsonOp::Delete { path }))
    }),
];

fn at(keys: &[&str]) -> Vec<String> {
    std::iter::once("o0").chain(keys.iter().copied()).map(str::to_owned).collect()
}
