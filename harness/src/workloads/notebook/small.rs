//! The small case: two cells, since a move needs somewhere to go.

use std::collections::BTreeMap;

use syncbench_strategies::document::Document;
use syncbench_strategies::model::Operation;
use syncbench_strategies::path;

use super::model::{CELLS, NotebookOp, ORDER, OUTPUT, order, output, source_path};
use crate::typing::{Press, press};
use crate::workload::{Intent, Letter};

/// The notebook at first.
pub(super) fn genesis() -> Document {
    let cell = |source: &str| Document::map([("source", Document::text(source)), (OUTPUT, Document::Null)]);
    let cells = BTreeMap::from([("c0", cell("X")), ("c1", cell("Y"))]);
    Document::map([(CELLS, Document::map(cells)), (ORDER, Document::list(["c0", "c1"]))])
}

pub(super) const LETTERS: &[Letter] = &[
    Letter::new("insert", |seat, _| blind(NotebookOp::Insert { cell: format!("n{}", seat.label()), after: None })),
    Letter::new("move", |_, view| {
        let cells = order(view);
        let (cell, after) = (cells.first()?.clone(), cells.last().filter(|_| cells.len() > 1)?.clone());
        blind(NotebookOp::Move { cell, after: Some(after) })
    }),
    Letter::new("delete", |_, view| blind(NotebookOp::Delete { cell: order(view).first()?.clone() })),
    Letter::new("restore", |_, view| {
        let here = order(view);
        let cells = view.keys(&path![CELLS])?;
        let cell = cells.iter().map(|cell| cell.to_string()).find(|cell| !here.contains(cell))?;
        blind(NotebookOp::Restore { cell, after: None })
    }),
    Letter::new("type", |seat, view| {
        let cell = order(view).first()?.clone();
        let pending = seat.pending.iter().filter_map(Operation::decode);
        let pending = pending.filter_map(|op| match op {
            NotebookOp::Type { cell: other, splice } if other == cell => Some(splice),
            _ => None,
        });
        let (splice, seen) = press(Press::Before, seat, view, &source_path(&cell), pending)?;
        Some(Intent { operation: Operation::encode(&NotebookOp::Type { cell, splice }), seen: seen.document() })
    }),
    Letter::new("evaluate", |seat, view| {
        let cell = order(view).first()?.clone();
        let seen = output(view, &cell).map_or(Document::Null, |(run, _)| run.into());
        Some(Intent { operation: Operation::encode(&NotebookOp::Evaluate { cell, run: seat.label() }), seen })
    }),
];

fn blind(op: NotebookOp) -> Option<Intent> {
    Some(Intent::blind(&op))
}
