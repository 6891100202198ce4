//! The models that the two strategies hold.

use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use super::overlaid::{Base, Overlaid};
use super::route::{Route, name};
use crate::document::{Document, Edit, Key, Kind};
use crate::model::{ErasedModel, Model, ModelRef, Operation, Outcome, Plan, Rejected};
use crate::path;
use crate::view::View;

/// What the other strategy's plans see of texts; shared between the router and the model that it gave to that strategy.
#[derive(Clone, Default)]
pub(super) struct Reading(Arc<Mutex<Base>>);

impl Reading {
    pub(super) fn set(&self, base: Base) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = base;
    }

    fn get(&self) -> Base {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The product's model for the other strategy: it plans on the whole document, and rejects plans that type.
pub(super) struct RestModel {
    pub(super) model: ModelRef,
    pub(super) route: Arc<Route>,
    pub(super) reading: Reading,
}

impl ErasedModel for RestModel {
    fn plan(&self, view: &dyn View, operation: &Operation) -> Result<Plan, Rejected> {
        let base = self.reading.get();
        let plan = self.model.plan(&Overlaid { rest: view, base: &base, route: &self.route }, operation)?;
        let typed = plan.edits.iter().find_map(|edit| match edit {
            Edit::TextSplice { path, .. } if self.route.takes(path) => Some(path),
            _ => None,
        });
        match typed.map(|path| view.kind(path)) {
            None => Ok(plan),
            Some(Some(Kind::Text)) => Err(Rejected::new("mixed", "an operation cannot type and do anything else")),
            Some(_) => Err(Rejected::new("gone", "the text is not there")),
        }
    }

    fn describe(&self, operation: &Operation) -> String {
        self.model.describe(operation)
    }
}

/// A splice of a text with a name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Typing {
    pub(super) text: Key,
    pos: usize,
    delete: usize,
    insert: String,
}

/// The text strategy's operations.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum TextOp {
    /// Makes a text with this name.
    Begin(Key, Document),
    /// Types, with this outcome for the user.
    Type(Vec<Typing>, Outcome),
}

/// What a plan types, if it does nothing but type in the text strategy's texts.
pub(super) fn typing(route: &Route, plan: &Plan) -> Option<Vec<Typing>> {
    let splice = |edit: &Edit| match edit {
        Edit::TextSplice { path, pos, delete, insert } if route.takes(path) => {
            Some(Typing { text: name(path), pos: *pos, delete: *delete, insert: insert.clone() })
        }
        _ => None,
    };
    plan.edits.iter().map(splice).collect::<Option<Vec<_>>>().filter(|typed| !typed.is_empty())
}

/// The model of the text strategy: texts by name.
pub(super) struct TextModel;

impl Model for TextModel {
    type Op = TextOp;

    fn plan(&self, view: &dyn View, op: &TextOp) -> Result<Plan, Rejected> {
        match op {
            TextOp::Begin(name, text) => {
                Ok(Plan::new(vec![Edit::Put { path: path![name.clone()], value: text.clone() }]))
            }
            TextOp::Type(typed, outcome) => {
                let edit = |typing: &Typing| {
                    let Typing { text, pos, delete, insert } = typing.clone();
                    let path = path![text];
                    match view.kind(&path) {
                        Some(Kind::Text) => Ok(Edit::TextSplice { path, pos, delete, insert }),
                        _ => Err(Rejected::new("gone", "the text is not there")),
                    }
                };
                let edits = typed.iter().map(edit).collect::<Result<_, _>>()?;
                Ok(Plan { edits, outcome: outcome.clone() })
            }
        }
    }
}
