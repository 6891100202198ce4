//! The table, and what operations mean on it.

use serde::{Deserialize, Serialize};
use syncbench_strategies::document::{Document, Edit, Path};
use syncbench_strategies::model::{Model, Plan, Rejected};
use syncbench_strategies::path;
use syncbench_strategies::view::View;

/// A field that is set by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Field {
    /// `title`
    Title,
    /// `status`
    Status,
}

impl Field {
    pub(super) fn key(self) -> &'static str {
        match self {
            Field::Title => "title",
            Field::Status => "status",
        }
    }
}

/// What users do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RecordOp {
    /// Set one field.
    Set {
        /// Which record.
        record: String,
        /// Which field.
        field: Field,
        /// Its new value.
        value: String,
    },
    /// Save two fields that belong together: `high` is always `low` + 1.
    SavePair {
        /// Which record.
        record: String,
        /// The lower one.
        low: i64,
        /// The higher one.
        high: i64,
    },
    /// Delete a record.
    Delete {
        /// Which.
        record: String,
    },
    /// Create a record, under an id that the client makes.
    Create {
        /// Its id.
        record: String,
        /// Its title.
        title: String,
        /// The lower one of its pair.
        low: i64,
    },
}

impl RecordOp {
    pub(super) fn record(&self) -> &str {
        match self {
            RecordOp::Set { record, .. }
            | RecordOp::SavePair { record, .. }
            | RecordOp::Delete { record }
            | RecordOp::Create { record, .. } => record,
        }
    }
}

/// Rejects edits of records that do not exist.
#[derive(Clone, Copy, Debug, Default)]
pub struct RecordModel;

pub(super) const RECORDS: &str = "records";
/// The status of a record until a user sets it.
const NEW: &str = "new";

/// Where a record lies.
pub(super) fn place(record: &str) -> Path {
    path![RECORDS, record]
}

impl Model for RecordModel {
    type Op = RecordOp;

    fn plan(&self, view: &dyn View, op: &RecordOp) -> Result<Plan, Rejected> {
        let path = place(op.record());
        let exists = view.kind(&path).is_some();
        match op {
            RecordOp::Create { record, .. } if exists => {
                return Err(Rejected::new("exists", format!("there is a record {record} already")));
            }
            RecordOp::Create { .. } => {}
            _ if exists => {}
            _ => return Err(Rejected::new("gone", format!("there is no record {}", op.record()))),
        }
        let put = |key: &str, value: Document| Edit::Put { path: path.child(key), value };
        Ok(Plan::new(match op {
            RecordOp::Set { field, value, .. } => vec![put(field.key(), value.as_str().into())],
            RecordOp::SavePair { low, high, .. } => vec![put("low", (*low).into()), put("high", (*high).into())],
            RecordOp::Delete { .. } => vec![Edit::Remove { path }],
            RecordOp::Create { title, low, .. } => vec![Edit::Put { path, value: row(title, *low) }],
        }))
    }
}

fn row(title: &str, low: i64) -> Document {
    let fields: [(&str, Document); 4] =
        [("title", title.into()), ("status", NEW.into()), ("low", low.into()), ("high", low.saturating_add(1).into())];
    Document::map(fields)
}

/// `size` records, none of whose values is ever written again.
pub fn genesis(size: u64) -> Document {
    let records = (0..size).map(|i| (format!("r{i}"), row(&format!("record {i}"), 2 * i as i64)));
    Document::map([(RECORDS, Document::map(records))])
}

/// The two fields of a record that belong together.
pub(super) fn pair(record: &Document) -> (Option<i64>, Option<i64>) {
    let number = |key: &str| record.at(&path![key]).and_then(Document::as_int);
    (number("low"), number("high"))
}
