//! A small model that uses every kind of edit but moves.

use serde::{Deserialize, Serialize};

use crate::document::{Document, Edit, Kind};
use crate::model::{Model, Plan, Rejected};
use crate::path;
use crate::view::View;

/// Operations on a document with a list, a counter, a text and fields.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Toy {
    Push(i64),
    Pop,
    Add(i64),
    Set(String, i64),
    /// Only if the field has the first value.
    Swap(String, i64, i64),
    Type(usize, String),
    Unset(String),
    /// Makes a text with this name, or replaces it.
    Begin(String, String),
    /// Types at the front of the text with this name.
    TypeIn(String, String),
    /// Removes what has this name.
    Drop(String),
    /// Removes all fields.
    Clear,
    /// Removes a field, and adds one for it.
    Return(String),
    /// Puts the length of the text with this name into a field.
    Measure(String, String),
}

pub(crate) fn set(field: &str, value: i64) -> Toy {
    Toy::Set(field.into(), value)
}

pub(crate) fn swap(field: &str, from: i64, to: i64) -> Toy {
    Toy::Swap(field.into(), from, to)
}

pub(crate) fn typed(pos: usize, text: &str) -> Toy {
    Toy::Type(pos, text.into())
}

pub(super) struct ToyModel;

impl Model for ToyModel {
    type Op = Toy;

    fn plan(&self, view: &dyn View, op: &Toy) -> Result<Plan, Rejected> {
        let put = |field: &String, value: i64| {
            Plan::new(vec![Edit::Put { path: path!["fields", field], value: value.into() }])
        };
        Ok(match op {
            Toy::Push(item) => {
                Plan::new(vec![Edit::ListInsert { path: path!["list"], index: 0, values: vec![(*item).into()] }])
            }
            Toy::Pop => {
                let top = view.get(&path!["list", 0]).ok_or_else(|| Rejected::new("empty", "nothing to pop"))?;
                Plan::new(vec![Edit::ListRemove { path: path!["list"], index: 0, count: 1 }]).with_outcome(top)
            }
            Toy::Add(by) => Plan::new(vec![Edit::Increment { path: path!["count"], by: *by }]),
            Toy::Set(field, value) => put(field, *value),
            Toy::Swap(field, from, to) => match view.get(&path!["fields", field]) {
                Some(found) if found == Document::Int(*from) => put(field, *to),
                _ => return Err(Rejected::new("changed", format!("{field} is not {from}"))),
            },
            Toy::Unset(field) => Plan::new(vec![Edit::Remove { path: path!["fields", field] }]),
            Toy::Begin(name, text) => Plan::new(vec![Edit::Put { path: path![name], value: Document::text(text) }]),
            Toy::TypeIn(name, text) => match view.kind(&path![name]) {
                Some(Kind::Text) => {
                    Plan::new(vec![Edit::TextSplice { path: path![name], pos: 0, delete: 0, insert: text.clone() }])
                }
                _ => return Err(Rejected::new("gone", format!("there is no {name}"))),
            },
            Toy::Drop(name) => Plan::new(vec![Edit::Remove { path: path![name] }]),
            Toy::Return(field) => match view.get(&path!["fields", field]) {
                Some(_) => Plan::new(vec![
                    Edit::Remove { path: path!["fields", field] },
                    Edit::Increment { path: path!["count"], by: 1 },
                ]),
                None => return Err(Rejected::new("gone", format!("there is no {field}"))),
            },
            Toy::Measure(name, field) => match view.len(&path![name]) {
                Some(length) => put(field, length as i64),
                None => return Err(Rejected::new("gone", format!("there is no {name}"))),
            },
            Toy::Clear => Plan::new(vec![Edit::Remove { path: path!["fields"] }]),
            Toy::Type(pos, text) => {
                Plan::new(vec![Edit::TextSplice { path: path!["text"], pos: *pos, delete: 0, insert: text.clone() }])
            }
        })
    }
}

/// The document that a table starts with.
pub(super) fn genesis() -> Document {
    Document::map([
        ("list", Document::list([2, 1])),
        ("count", Document::Counter(0)),
        ("text", Document::text("abc")),
        ("fields", Document::map([("x", 0), ("y", 0)])),
    ])
}
