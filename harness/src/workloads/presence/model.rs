//! What operations on presence mean.

use serde::{Deserialize, Serialize};
use syncbench_strategies::document::{Document, Edit, Path};
use syncbench_strategies::model::{Model, Plan, Rejected};
use syncbench_strategies::path;
use syncbench_strategies::view::View;

/// What users do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PresenceOp {
    /// Be there, from now on or still.
    Join {
        /// Whose entry.
        who: String,
        /// The name that others see.
        name: String,
        /// Where the cursor stands.
        cursor: u32,
    },
    /// Move the cursor.
    Move {
        /// Whose entry.
        who: String,
        /// Where the cursor stands now.
        cursor: u32,
    },
    /// Leave.
    Leave {
        /// Whose entry.
        who: String,
    },
}

impl PresenceOp {
    /// Where it leaves its user's cursor.
    pub(super) fn cursor(&self) -> Option<u32> {
        match self {
            PresenceOp::Join { cursor, .. } | PresenceOp::Move { cursor, .. } => Some(*cursor),
            PresenceOp::Leave { .. } => None,
        }
    }
}

/// Rejects moves and leaves of users who are not there.
#[derive(Clone, Copy, Debug, Default)]
pub struct PresenceModel;

pub(super) const PRESENCE: &str = "presence";
pub(super) const LENGTH: &str = "length";
pub(super) const CURSOR: &str = "cursor";
pub(super) const NAME: &str = "name";

pub(super) fn entry_path(who: &str) -> Path {
    path![PRESENCE, who]
}

impl Model for PresenceModel {
    type Op = PresenceOp;

    fn plan(&self, view: &dyn View, op: &PresenceOp) -> Result<Plan, Rejected> {
        let there = |who: &String| match view.kind(&entry_path(who)) {
            Some(_) => Ok(entry_path(who)),
            None => Err(Rejected::new("gone", format!("{who} is not here"))),
        };
        let edit = match op {
            PresenceOp::Join { who, name, cursor } => Edit::Put { path: entry_path(who), value: entry(name, *cursor) },
            PresenceOp::Move { who, cursor } => {
                Edit::Put { path: there(who)?.child(CURSOR), value: i64::from(*cursor).into() }
            }
            PresenceOp::Leave { who } => Edit::Remove { path: there(who)? },
        };
        Ok(Plan::new(vec![edit]))
    }
}

fn entry(name: &str, cursor: u32) -> Document {
    let fields: [(&str, Document); 2] = [(CURSOR, i64::from(cursor).into()), (NAME, name.into())];
    Document::map(fields)
}

/// Nobody is there, beside a text of `size` characters.
pub fn genesis(size: u64) -> Document {
    let length = i64::try_from(size).unwrap_or(i64::MAX);
    Document::map([(LENGTH, Document::Int(length)), (PRESENCE, Document::map::<&str, Document>([]))])
}
