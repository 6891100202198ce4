//! That what users want does not depend on what they see, and follows the parameters.

use syncbench_strategies::document::Document;
use syncbench_strategies::model::Model;
use syncbench_strategies::replica::NodeId;

use super::super::model::genesis;
use super::super::{NotebookModel, NotebookOp};
use super::{book, delete, restore};
use crate::testing::{intent_stream, intents, workload};

fn wants(text: &str, view: &Document) -> Vec<NotebookOp> {
    intents(text, view, 1000).iter().map(|op| op.decode().unwrap()).collect()
}

#[test]
fn users_want_the_same_whatever_they_see() {
    let (first, second) = (wants("notebook", &genesis(8)), wants("notebook", &genesis(16)));
    assert_eq!(first, wants("notebook", &genesis(8)));
    assert!(first.iter().map(std::mem::discriminant).eq(second.iter().map(std::mem::discriminant)));
    assert!(first != second);
    let share = |text: &str, of: fn(&NotebookOp) -> bool, wanted: fn(&NotebookOp) -> bool| {
        let all: Vec<_> = wants(text, &genesis(8)).into_iter().filter(of).collect();
        all.iter().filter(|op| wanted(op)).count() as f64 / all.len() as f64
    };
    let near = |text: &str, of: fn(&NotebookOp) -> bool, wanted: fn(&NotebookOp) -> bool, expected: f64| {
        let found = share(text, of, wanted);
        assert!((found - expected).abs() < 0.05, "{text}: {found}, not {expected}");
    };
    let (any, evaluations) = (|_: &NotebookOp| true, |op: &NotebookOp| matches!(op, NotebookOp::Evaluate { .. }));
    let keys = |op: &NotebookOp| matches!(op, NotebookOp::Type { .. });
    let whole = |op: &NotebookOp| !matches!(op, NotebookOp::Type { .. } | NotebookOp::Evaluate { .. });
    near("notebook", any, keys, 0.87);
    near("notebook:cells=0.6", any, whole, 0.6);
    near("notebook:evaluate=0.4", any, evaluations, 0.4);
    near("notebook:evaluate=0.5", evaluations, |op| op.cell() == "c0", 0.39);
    near("notebook:evaluate=0.5,contention=one:1", evaluations, |op| op.cell() == "c0", 1.0);
    near("notebook:evaluate=0.9,contention=zipf", evaluations, |op| op.cell() == "c0", 0.365);
    near("notebook:evaluate=0.9,contention=hotspot", evaluations, |op| matches!(op.cell(), "c0" | "c1"), 0.8);
    near("notebook:cells=1", any, |op| matches!(op, NotebookOp::Move { .. }), 0.25);
    near("notebook:cells=1", any, |op| matches!(op, NotebookOp::Insert { .. }), 0.25);
    // Nobody goes elsewhere, or everybody does.
    near("notebook:elsewhere=0,contention=one:1", keys, |op| op.cell() == "c0", 1.0);
    let cells =
        |text| wants(text, &genesis(8)).iter().filter(|op| keys(op)).map(|op| op.cell().to_owned()).collect::<Vec<_>>();
    let changes = |text| cells(text).windows(2).filter(|pair| pair[0] != pair[1]).count();
    assert_eq!(changes("notebook:elsewhere=0"), 0);
    let (long, short) =
        (changes("notebook:elsewhere=1,contention=one:0"), changes("notebook:elsewhere=1,contention=one:0,run=3"));
    assert!(long > 50 && short > long * 3 / 2, "{long} {short}");
    // No cell is moved to where it is, and what is restored is in the bin.
    let some = book(&[delete("c1")]);
    let ops = wants("notebook:cells=1", &some);
    assert!(ops.iter().any(|op| *op == restore("c1", "c0")));
    assert!(ops.iter().all(|op| NotebookModel.plan(&some, op).is_ok_and(|plan| !plan.edits.is_empty())));
    // Between half and double of what there was.
    let mut user = workload("notebook:cells=1").user(NodeId(1), 1);
    let mut sees = |size: u64| -> Vec<NotebookOp> {
        let view = genesis(size);
        let next = |n| user.next(&view, &mut intent_stream(n));
        (1..100).filter_map(next).map(|intent| intent.operation.decode().unwrap()).collect()
    };
    let deletes = |op: &NotebookOp| matches!(op, NotebookOp::Delete { .. });
    assert!(sees(8).iter().any(deletes));
    assert!(!sees(4).iter().any(deletes));
    assert!(sees(16).iter().all(|op| !matches!(op, NotebookOp::Insert { .. })));
    assert!(matches!(sees(0)[0], NotebookOp::Insert { .. }));
}
