//! The model, the invariant and the users.

use std::collections::BTreeSet;

use syncbench_strategies::model::{Model, Operation, reduce};

use super::model::LONG;
use super::*;
use crate::testing::{intents, workload};

mod oracle;

fn at(path: &str) -> Vec<String> {
    path.split('/').map(str::to_owned).collect()
}

fn set(path: &str, value: &str) -> JsonOp {
    JsonOp::Set { path: at(path), value: value.into() }
}

fn append(path: &str, item: &str) -> JsonOp {
    JsonOp::Append { path: at(path), item: item.into() }
}

fn take(path: &str, item: &str) -> JsonOp {
    JsonOp::Take { path: at(path), item: item.into() }
}

fn delete(path: &str) -> JsonOp {
    JsonOp::Delete { path: at(path) }
}

/// One object after these operations.
fn after(ops: &[JsonOp]) -> Document {
    let mut document = genesis(1);
    for op in ops {
        reduce(&*erase(JsonModel), &mut document, &Operation::encode(op)).unwrap();
    }
    document
}

fn shown(document: &Document) -> String {
    document.to_string().replace('"', "")
}

#[test]
fn plans_create_what_is_missing_on_the_way() {
    assert_eq!(shown(&after(&[])), "{o0:{a:o0.a,b:o0.b}}");
    let ops = [set("o0/in/in/a", "x"), append("o0/tags", "t"), append("o0/tags", "u"), take("o0/tags", "t")];
    let document = after(&ops);
    assert_eq!(shown(&document), "{o0:{a:o0.a,b:o0.b,in:{in:{a:x}},tags:[u]}}");
    assert_eq!(shown(&after(&[&ops[..], &[delete("o0/in"), set("o0/a", "y")]].concat())), "{o0:{a:y,b:o0.b,tags:[u]}}");
    let refused = |op: &JsonOp| JsonModel.plan(&document, op).unwrap_err().code;
    for op in [delete("o0/c"), delete("o1"), take("o0/tags", "t"), take("o0/in/tags", "t")] {
        assert_eq!(refused(&op), "gone", "{op:?}");
    }
    assert_eq!(refused(&set("o0/a/b", "x")), "not_a_map");
    assert_eq!(refused(&set("o0/tags/b", "x")), "not_a_map");
    assert_eq!(
        (refused(&append("o0/a", "x")), refused(&take("o0/in", "x"))),
        ("not_a_list".into(), "not_a_list".into())
    );
    assert_eq!(refused(&JsonOp::Delete { path: Vec::new() }), "no_path");
    let plans = [set("o0/in/c", "x"), append("o0/tags", "v"), take("o0/tags", "u"), delete("o0/a")];
    let edits = plans.iter().flat_map(|op| JsonModel.plan(&document, op).unwrap().edits);
    let kinds: BTreeSet<EditKind> = edits.map(|edit| edit.kind()).collect();
    assert_eq!(kinds.into_iter().collect::<Vec<_>>(), SPEC.edits);
    // As deep as anybody may ask for.
    let deep: Vec<JsonOp> = intents("json:depth=99", &genesis(1), 200).iter().map(|op| op.decode().unwrap()).collect();
    assert!(deep.iter().any(|op| op.path().len() > 30));
    assert!(deep.iter().all(|op| reduce(&*erase(JsonModel), &mut genesis(1), &Operation::encode(op)).is_ok()));
}

#[test]
fn a_tree_with_a_duplicate_is_not_allowed() {
    let allowed = |document: &Document| workload("json").invariant(document);
    assert_eq!(allowed(&after(&[append("o0/tags", "t"), append("o0/in/tags", "u")])), Ok(()));
    assert!(allowed(&after(&[append("o0/tags", "t"), append("o0/tags", "t")])).unwrap_err().contains("t is in"));
}

fn wants(text: &str, view: &Document) -> Vec<JsonOp> {
    intents(text, view, 400).iter().map(|op| op.decode().unwrap()).collect()
}

#[test]
fn intents_do_not_depend_on_what_is_shown() {
    let (first, second) = (wants("json", &genesis(8)), wants("json", &genesis(16)));
    assert_eq!(first, wants("json", &genesis(8)));
    let blank = |op: &JsonOp| match op.clone() {
        JsonOp::Set { path, value } => (path[1..].to_vec(), value),
        JsonOp::Append { path, item } | JsonOp::Take { path, item } => (path[1..].to_vec(), item),
        JsonOp::Delete { path } => (path[1..].to_vec(), String::new()),
    };
    assert!(first.iter().map(blank).eq(second.iter().map(blank)) && first != second);
    let near = |text: &str, view: &Document, wanted: fn(&JsonOp) -> bool, expected: f64| {
        let found = wants(text, view).iter().filter(|op| wanted(op)).count() as f64 / 400.0;
        assert!((found - expected).abs() < 0.06, "{text}: {found}, not {expected}");
    };
    let lists = |op: &JsonOp| matches!(op, JsonOp::Append { .. } | JsonOp::Take { .. });
    near("json:delete=0", &genesis(8), lists, 0.3);
    near("json:delete=0,list=0.8", &genesis(8), lists, 0.8);
    near("json:depth=0", &genesis(8), |op| matches!(op, JsonOp::Delete { .. }), 0.1);
    near("json:depth=0,delete=0.5", &genesis(8), |op| matches!(op, JsonOp::Delete { .. }), 0.5);
    near("json:depth=4,delete=0", &genesis(8), |op| op.path().len() == 6, 0.2);
    near("json:contention=one:0.9", &genesis(8), |op| op.path()[0] == "o0", 0.91);
    near("json:contention=one:0", &genesis(8), |op| op.path()[0] == "o0", 0.125);
    near("json:contention=zipf", &genesis(8), |op| op.path()[0] == "o0", 0.365);
    near("json:contention=hotspot", &genesis(8), |op| matches!(&*op.path()[0], "o0" | "o1"), 0.8);
    let full = after(&(0..LONG).map(|item| append("o0/tags", &item.to_string())).collect::<Vec<_>>());
    let takes = |op: &JsonOp| matches!(op, JsonOp::Take { .. });
    near("json:depth=0,list=1,delete=0", &full, takes, 1.0);
    near("json:depth=0,list=1,delete=0", &after(&[append("o0/tags", "t")]), takes, 0.33);
    // In an empty object there is nothing to delete.
    let empty = Document::map([("o0", Document::Map(Default::default()))]);
    near("json:delete=1,list=0", &empty, |op| matches!(op, JsonOp::Set { .. }), 1.0);
}
