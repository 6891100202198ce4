use std::collections::BTreeSet;

use syncbench_strategies::document::{Document, Edit, EditKind};
use syncbench_strategies::model::{Model, Operation, erase, reduce};
use syncbench_strategies::path;

use super::model::{ORDER, OUTPUT, cell_path, digest, genesis, mark_path, order, source_path};
use super::{NotebookModel, NotebookOp, SPEC};
use crate::testing::workload;
use crate::typing::{self, Splice};

mod oracle;
mod runs;
mod users;

fn after(cell: &str) -> Option<String> {
    (!cell.is_empty()).then(|| cell.to_owned())
}

fn insert(cell: &str, above: &str) -> NotebookOp {
    NotebookOp::Insert { cell: cell.into(), after: after(above) }
}

fn shift(cell: &str, above: &str) -> NotebookOp {
    NotebookOp::Move { cell: cell.into(), after: after(above) }
}

fn delete(cell: &str) -> NotebookOp {
    NotebookOp::Delete { cell: cell.into() }
}

fn restore(cell: &str, above: &str) -> NotebookOp {
    NotebookOp::Restore { cell: cell.into(), after: after(above) }
}

/// Types at the beginning of a cell.
fn write(cell: &str, text: &str) -> NotebookOp {
    NotebookOp::Type { cell: cell.into(), splice: Splice { pos: 0, delete: 0, insert: text.into() } }
}

fn evaluate(cell: &str, run: &str) -> NotebookOp {
    NotebookOp::Evaluate { cell: cell.into(), run: run.into() }
}

/// Three cells after these operations.
fn book(ops: &[NotebookOp]) -> Document {
    let mut document = genesis(3);
    for op in ops {
        reduce(&*erase(NotebookModel), &mut document, &Operation::encode(op)).unwrap();
    }
    document
}

fn with(document: &Document, edit: Edit) -> Document {
    document.produce(&[edit]).unwrap().0
}

/// The same with one more listing at the top.
fn listed(document: &Document, cell: &str) -> Document {
    with(document, Edit::ListInsert { path: path![ORDER], index: 0, values: vec![cell.into()] })
}

#[test]
fn plans_mean_what_they_say() {
    let ordered = |ops: &[NotebookOp]| order(&book(ops)).join(" ");
    assert_eq!(ordered(&[insert("n", "c0"), insert("m", ""), insert("o", "gone")]), "m c0 n c1 c2 o");
    assert_eq!(ordered(&[shift("c0", "c1")]), "c1 c0 c2");
    assert_eq!(ordered(&[shift("c2", ""), shift("c2", "gone")]), "c0 c1 c2");
    assert_eq!(ordered(&[delete("c1"), restore("c1", "c2")]), "c0 c2 c1");
    let document = book(&[write("c1", "xy"), delete("c1"), evaluate("c0", "r")]);
    assert_eq!(order(&document).join(" "), "c0 c2");
    assert!(typing::characters(&document, &source_path("c1")).starts_with(&['x', 'y']));
    let output = document.at(&cell_path("c0").child(OUTPUT)).unwrap();
    assert_eq!(*output, Document::map([("of", digest(&document, "c0").unwrap()), ("run", "r".into())]));
    let rejection = |op: &NotebookOp| NotebookModel.plan(&document, op).unwrap_err().code;
    for op in [write("c1", "z"), evaluate("c1", "r"), shift("c1", ""), delete("c1"), delete("c9"), restore("c9", "")] {
        assert_eq!(rejection(&op), "gone", "{op:?}");
    }
    assert_eq!((rejection(&insert("c1", "")), rejection(&restore("c0", ""))), ("exists".into(), "not_deleted".into()));
    let far = NotebookOp::Type { cell: "c0".into(), splice: Splice { pos: 41, delete: 0, insert: "z".into() } };
    assert_eq!(rejection(&far), "out_of_range");
    // A cell that is marked as deleted and listed all the same can be typed in.
    let mark = Edit::Put { path: mark_path("c0"), value: Document::Bool(true) };
    assert!(NotebookModel.plan(&with(&document, mark), &write("c0", "z")).is_ok());
    // Of a cell that is listed twice, both listings go.
    let mut twice = listed(&book(&[]), "c2");
    reduce(&*erase(NotebookModel), &mut twice, &Operation::encode(&delete("c2"))).unwrap();
    assert_eq!(order(&twice).join(" "), "c0 c1");
    let plans = [insert("n", ""), shift("c0", "c2"), delete("c2"), restore("c1", ""), write("c0", "x")];
    let edits = plans.iter().flat_map(|op| NotebookModel.plan(&document, op).unwrap().edits);
    let kinds: BTreeSet<EditKind> = edits.map(|edit| edit.kind()).collect();
    assert_eq!(kinds.into_iter().collect::<Vec<_>>(), SPEC.edits);
}

#[test]
fn a_cell_listed_twice_or_without_a_source_breaks_the_invariant() {
    let allowed = |document: &Document| workload("notebook").invariant(document);
    assert_eq!(allowed(&book(&[insert("n", ""), delete("c0")])), Ok(()));
    assert!(allowed(&listed(&book(&[]), "c2")).unwrap_err().contains("duplicated cell"));
    assert!(allowed(&listed(&book(&[]), "c9")).unwrap_err().contains("no source"));
}
