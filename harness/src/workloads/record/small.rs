//! The small case: one record, as few as users can meet on, and what they make beside it.

use syncbench_strategies::document::Document;
use syncbench_strategies::model::Operation;
use syncbench_strategies::path;
use syncbench_strategies::view::View;

use super::model::{Field, RECORDS, RecordOp, place};
use crate::workload::{Intent, Letter};

pub(super) const LETTERS: &[Letter] = &[
    Letter::new("set", |seat, view| {
        let record = first(view)?;
        let seen = shown(view, &record, "title");
        intent(&RecordOp::Set { record, field: Field::Title, value: seat.label() }, seen)
    }),
    Letter::new("save-pair", |seat, view| {
        let record = first(view)?;
        let seen = Document::list([shown(view, &record, "low"), shown(view, &record, "high")]);
        let low = 10 * seat.number();
        intent(&RecordOp::SavePair { record, low, high: low + 1 }, seen)
    }),
    Letter::new("delete", |_, view| {
        let record = first(view)?;
        let seen = view.get(&place(&record)).unwrap_or_default();
        intent(&RecordOp::Delete { record }, seen)
    }),
    Letter::new("create", |seat, _| {
        let op =
            RecordOp::Create { record: format!("s{}", seat.label()), title: seat.label(), low: 10 * seat.number() };
        Some(Intent::blind(&op))
    }),
];

/// The record on top of the screen.
fn first(view: &dyn View) -> Option<String> {
    view.keys(&path![RECORDS])?.first().map(|name| name.to_string())
}

fn shown(view: &dyn View, record: &str, field: &str) -> Document {
    view.get(&place(record).child(field)).unwrap_or_default()
}

fn intent(op: &RecordOp, seen: Document) -> Option<Intent> {
    Some(Intent { operation: Operation::encode(op), seen })
}
