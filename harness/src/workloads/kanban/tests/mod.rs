//! The model, the invariant and the users.

use std::collections::BTreeSet;

use syncbench_strategies::document::Edit;
use syncbench_strategies::model::{Model, Operation, reduce};
use syncbench_strategies::path;

use super::model::COLUMNS;
use super::*;
use crate::testing::{intent_stream, intents, workload};

mod oracle;

fn add(card: &str, column: &str) -> KanbanOp {
    KanbanOp::Add { card: card.into(), title: format!("about {card}"), column: column.into() }
}

fn retitle(card: &str, title: &str) -> KanbanOp {
    KanbanOp::Retitle { card: card.into(), title: title.into() }
}

fn drag(card: &str, column: &str, after: Option<&str>) -> KanbanOp {
    KanbanOp::Move { card: card.into(), column: column.into(), after: after.map(str::to_owned) }
}

fn delete(card: &str) -> KanbanOp {
    KanbanOp::Delete { card: card.into() }
}

/// Five cards, one in each column and two in the backlog, after these operations.
fn after(ops: &[KanbanOp]) -> Document {
    let mut document = genesis(5, 2);
    for op in ops {
        reduce(&*erase(KanbanModel), &mut document, &Operation::encode(op)).unwrap();
    }
    document
}

fn with(document: &Document, edit: Edit) -> Document {
    document.produce(&[edit]).unwrap().0
}

/// The same with one more listing.
fn listed(document: &Document, column: &str, card: &str) -> Document {
    with(document, Edit::ListInsert { path: path![COLUMNS, column], index: 0, values: vec![card.into()] })
}

fn lists(document: &Document) -> String {
    document.at(&path![COLUMNS]).unwrap().to_string().replace('"', "")
}

#[test]
fn plans_follow_the_rules_of_the_board() {
    assert_eq!(lists(&after(&[])), "{backlog:[k0,k4],doing:[k1],done:[k2],review:[k3]}");
    let moves = [drag("k0", "backlog", Some("k4")), drag("k1", "done", Some("k2")), drag("k3", "done", None)];
    assert_eq!(lists(&after(&moves)), "{backlog:[k4,k0],doing:[],done:[k3,k2,k1],review:[]}");
    assert_eq!(lists(&after(&[drag("k0", "done", Some("k4"))])), "{backlog:[k4],doing:[k1],done:[k2,k0],review:[k3]}");
    assert_eq!(
        lists(&after(&[drag("k0", "backlog", Some("k3"))])),
        "{backlog:[k4,k0],doing:[k1],done:[k2],review:[k3]}"
    );
    let ops = [add("n", "doing"), retitle("n", "x"), delete("k0")];
    let document = after(&ops);
    assert_eq!(lists(&document), "{backlog:[k4],doing:[k1,n],done:[k2],review:[k3]}");
    assert_eq!(title(&document, "n").as_deref(), Some("x"));
    assert_eq!(title(&document, "k0"), None);
    let refused = |op: &KanbanOp| KanbanModel.plan(&document, op).unwrap_err().code;
    for op in [retitle("k0", "y"), drag("k0", "done", None), delete("k0"), delete("")] {
        assert_eq!(refused(&op), "gone", "{op:?}");
    }
    assert_eq!(refused(&add("n", "done")), "exists");
    assert_eq!(refused(&add("m", "doing")), "full");
    assert_eq!(refused(&drag("k4", "doing", None)), "full");
    assert_eq!(refused(&drag("k4", "attic", None)), "no_column");
    assert!(KanbanModel.plan(&document, &drag("k1", "doing", Some("n"))).is_ok());
    // Of a card in two places, both go.
    let mut twice = listed(&after(&[]), "done", "k0");
    reduce(&*erase(KanbanModel), &mut twice, &Operation::encode(&delete("k0"))).unwrap();
    assert_eq!(lists(&twice), "{backlog:[k4],doing:[k1],done:[k2],review:[k3]}");
    let plans = [&moves[..], &[add("n", "doing"), retitle("k0", "x"), delete("k0")]].concat();
    let edits = plans.iter().flat_map(|op| KanbanModel.plan(&after(&[]), op).unwrap().edits);
    let kinds: BTreeSet<EditKind> = edits.map(|edit| edit.kind()).collect();
    assert_eq!(kinds.into_iter().collect::<Vec<_>>(), SPEC.edits);
}

#[test]
fn a_board_with_a_duplicate_a_ghost_or_a_full_column_is_not_allowed() {
    let allowed = |document: &Document| workload("kanban").invariant(document);
    assert_eq!(allowed(&workload("kanban").genesis(50)), Ok(()));
    assert_eq!(allowed(&workload("kanban:limit=0").genesis(12)), Ok(()));
    assert!(allowed(&listed(&after(&[]), "done", "k0")).unwrap_err().contains("duplicated card"));
    assert!(allowed(&listed(&after(&[]), "done", "n")).unwrap_err().contains("ghost card"));
    let full = after(&[add("n", "doing")]);
    let more = listed(&after(&[add("n", "doing"), drag("k2", "review", None)]), "doing", "k9");
    assert_eq!(allowed(&full), Ok(()));
    assert!(allowed(&more).unwrap_err().contains("limit breach: doing holds 3"));
}

fn wants(text: &str, view: &Document) -> Vec<KanbanOp> {
    intents(text, view, 400).iter().map(|op| op.decode().unwrap()).collect()
}

#[test]
fn intents_do_not_depend_on_what_is_shown() {
    let (first, second) = (wants("kanban", &genesis(12, 5)), wants("kanban", &genesis(16, 5)));
    assert_eq!(first, wants("kanban", &genesis(12, 5)));
    let blank = |op: &KanbanOp| match op.clone() {
        KanbanOp::Retitle { title, .. } => retitle("", &title),
        KanbanOp::Move { .. } => drag("", "", None),
        KanbanOp::Delete { .. } => delete(""),
        add => add,
    };
    assert!(first.iter().map(blank).eq(second.iter().map(blank)) && first != second);
    let share = |text: &str, wanted: fn(&KanbanOp) -> bool| {
        wants(text, &genesis(12, 5)).iter().filter(|op| wanted(op)).count() as f64 / 400.0
    };
    let near = |text: &str, wanted: fn(&KanbanOp) -> bool, expected: f64| {
        let found = share(text, wanted);
        assert!((found - expected).abs() < 0.06, "{text}: {found}, not {expected}");
    };
    let moves = |op: &KanbanOp| matches!(op, KanbanOp::Move { .. });
    let stays = |op: &KanbanOp| {
        let home = |card: &str| ["backlog", "doing", "done", "review"][card[1..].parse::<usize>().unwrap() % 4];
        matches!(op, KanbanOp::Move { card, column, .. } if home(card) == column)
    };
    near("kanban", moves, 0.44);
    near("kanban", stays, 0.13);
    near("kanban:move=1,add=0,delete=0", moves, 1.0);
    near("kanban:move=1,add=0,delete=0,within=0.8", stays, 0.8);
    near("kanban:add=0.3", |op| matches!(op, KanbanOp::Add { .. }), 0.3);
    near("kanban:delete=0.3", |op| matches!(op, KanbanOp::Delete { .. }), 0.3);
    near("kanban:contention=one:0.9", |op| op.card() == "k0", 0.85);
    near("kanban:contention=one:0", |op| op.card() == "k0", 0.08);
    near("kanban:contention=zipf,add=0", |op| op.card() == "k0", 0.32);
    near("kanban:contention=hotspot,add=0", |op| matches!(op.card(), "k0" | "k1"), 0.8);
    // No card is dropped where it is, or where there is no room.
    let board = genesis(12, 3);
    for op in wants("kanban:move=1", &board).iter().filter(|op| moves(op)) {
        assert!(!KanbanModel.plan(&board, op).unwrap().edits.is_empty(), "{op:?}");
    }
    assert!(workload("kanban:limit=7").genesis(4) == genesis(4, 7));
}

#[test]
fn boards_stay_between_half_and_double() {
    let mut user = workload("kanban:delete=1").user(NodeId(1), 1);
    let mut next = |view: &Document| user.next(view, &mut intent_stream(1)).unwrap().operation.decode();
    assert!(matches!(next(&genesis(8, 5)), Some(KanbanOp::Delete { .. })));
    assert!(matches!(next(&genesis(4, 5)), Some(KanbanOp::Add { .. })));
    assert!(matches!(next(&genesis(0, 5)), Some(KanbanOp::Add { .. })));
    let mut user = workload("kanban:add=1,delete=0").user(NodeId(1), 1);
    let mut next = |view: &Document| user.next(view, &mut intent_stream(1)).unwrap().operation.decode();
    assert!(matches!(next(&genesis(4, 5)), Some(KanbanOp::Add { .. })));
    assert!(matches!(next(&genesis(8, 5)), Some(KanbanOp::Delete { .. })));
}
