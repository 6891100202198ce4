#[cfg(feature = "automerge")]
use syncbench_strategies::crdt;
use syncbench_strategies::model::reduce;
use syncbench_strategies::replica::OpId;
use syncbench_strategies::{lww, serial};

use super::*;
use crate::pace::Pace;
use crate::testing::{Book, Found, Trial, intents, workload};
use crate::typing::Seen;

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
    let refused = |op: &NotebookOp| NotebookModel.plan(&document, op).unwrap_err().code;
    for op in [write("c1", "z"), evaluate("c1", "r"), shift("c1", ""), delete("c1"), delete("c9"), restore("c9", "")] {
        assert_eq!(refused(&op), "gone", "{op:?}");
    }
    assert_eq!((refused(&insert("c1", "")), refused(&restore("c0", ""))), ("exists".into(), "not_deleted".into()));
    let far = NotebookOp::Type { cell: "c0".into(), splice: Splice { pos: 41, delete: 0, insert: "z".into() } };
    assert_eq!(refused(&far), "out_of_range");
    // Marked as deleted, and there all the same: it can be typed in.
    let mark = Edit::Put { path: mark_path("c0"), value: Document::Bool(true) };
    assert!(NotebookModel.plan(&with(&document, mark), &write("c0", "z")).is_ok());
    // Of a cell that is there twice, both go.
    let mut twice = listed(&book(&[]), "c2");
    reduce(&*erase(NotebookModel), &mut twice, &Operation::encode(&delete("c2"))).unwrap();
    assert_eq!(order(&twice).join(" "), "c0 c1");
    let plans = [insert("n", ""), shift("c0", "c2"), delete("c2"), restore("c1", ""), write("c0", "x")];
    let edits = plans.iter().flat_map(|op| NotebookModel.plan(&document, op).unwrap().edits);
    let kinds: BTreeSet<EditKind> = edits.map(|edit| edit.kind()).collect();
    assert_eq!(kinds.into_iter().collect::<Vec<_>>(), SPEC.edits);
}

#[test]
fn notebooks_are_whole_or_not_allowed() {
    let allowed = |document: &Document| workload("notebook").invariant(document);
    assert_eq!(allowed(&book(&[insert("n", ""), delete("c0")])), Ok(()));
    assert!(allowed(&listed(&book(&[]), "c2")).unwrap_err().contains("duplicated cell"));
    assert!(allowed(&listed(&book(&[]), "c9")).unwrap_err().contains("no source"));
}

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
    near("notebook:evaluate=0.5,hot=1", evaluations, |op| op.cell() == "c0", 1.0);
    near("notebook:cells=1", any, |op| matches!(op, NotebookOp::Move { .. }), 0.25);
    near("notebook:cells=1", any, |op| matches!(op, NotebookOp::Insert { .. }), 0.25);
    // Nobody goes elsewhere, or everybody does.
    near("notebook:elsewhere=0,hot=1", keys, |op| op.cell() == "c0", 1.0);
    let cells =
        |text| wants(text, &genesis(8)).iter().filter(|op| keys(op)).map(|op| op.cell().to_owned()).collect::<Vec<_>>();
    let changes = |text| cells(text).windows(2).filter(|pair| pair[0] != pair[1]).count();
    assert_eq!(changes("notebook:elsewhere=0"), 0);
    let (long, short) = (changes("notebook:elsewhere=1,hot=0"), changes("notebook:elsewhere=1,hot=0,run=3"));
    assert!(long > 50 && short > long * 3 / 2, "{long} {short}");
    // No cell is moved to where it is, and what is restored is in the bin.
    let some = book(&[delete("c1")]);
    let ops = wants("notebook:cells=1", &some);
    assert!(ops.iter().any(|op| *op == restore("c1", "c0")));
    assert!(ops.iter().all(|op| NotebookModel.plan(&some, op).is_ok_and(|plan| !plan.edits.is_empty())));
    // Between half and double of what there was.
    let mut author = workload("notebook:cells=1").user(NodeId(1), 1);
    let mut sees = |size: u64| -> Vec<NotebookOp> {
        let view = genesis(size);
        let next = |n| author.next(&view, &mut crate::testing::intent_stream(n));
        (1..100).filter_map(next).map(|intent| intent.operation.decode().unwrap()).collect()
    };
    let deletes = |op: &NotebookOp| matches!(op, NotebookOp::Delete { .. });
    assert!(sees(8).iter().any(deletes));
    assert!(!sees(4).iter().any(deletes));
    assert!(sees(16).iter().all(|op| !matches!(op, NotebookOp::Insert { .. })));
    assert!(matches!(sees(0)[0], NotebookOp::Insert { .. }));
}

/// What happened to three cells; nobody hears of anybody, unless it is said.
struct Story(Book);

impl Story {
    fn new(ops: &[(u32, NotebookOp)]) -> Self {
        let mut story = Story(Book::new(3));
        for (client, op) in ops {
            story.act(*client, op);
        }
        story
    }

    fn act(&mut self, client: u32, op: &NotebookOp) -> OpId {
        let first = typing::characters(&genesis(3), &source_path(op.cell())).first().copied();
        let seen = match op {
            NotebookOp::Type { .. } => Seen { right: first, run: 1, ..Seen::default() }.document(),
            _ => Document::Null,
        };
        self.0.acted_on(client, op, seen)
    }

    /// The same, and all hear of it.
    fn heard(&mut self, client: u32, op: &NotebookOp) -> OpId {
        let id = self.act(client, op);
        (1..=3).for_each(|client| self.0.reached(client, id));
        id
    }

    #[track_caller]
    fn ends(&self, last: &Document, expected: &[(&str, u64)]) {
        let found = self.0.judge("notebook", &genesis(3), last);
        assert!(found.0.iter().all(|finding| !finding.example.is_empty()));
        assert_eq!(found.kinds(), expected, "{found:?}");
    }
}

#[test]
fn each_kind_is_found_and_nothing_else() {
    let nobody = Story::new(&[]);
    nobody.ends(&book(&[]), &[]);
    nobody.ends(&book(&[delete("c0")]), &[("lost cell", 1)]);
    nobody.ends(&listed(&book(&[]), "c0"), &[("duplicated cell", 1)]);
    nobody.ends(&book(&[insert("n", "")]), &[("cell from nowhere", 1)]);
    Story::new(&[(1, insert("n", ""))]).ends(&book(&[]), &[("lost cell", 1)]);
    let deleted = Story::new(&[(1, delete("c0")), (2, delete("c0"))]);
    deleted.ends(&book(&[delete("c0")]), &[]);
    deleted.ends(&book(&[]), &[("resurrected cell", 1)]);
    let typed = Story::new(&[(1, write("c0", "漢")), (2, delete("c0"))]);
    typed.ends(&book(&[write("c0", "漢"), delete("c0")]), &[("orphaned edit", 1)]);
    typed.ends(&book(&[write("c0", "漢")]), &[("resurrected cell", 1)]);
    let mut known = Story::new(&[]);
    known.heard(1, &write("c0", "漢"));
    known.act(2, &delete("c0"));
    known.ends(&book(&[write("c0", "漢"), delete("c0")]), &[]);

    let keys = Story::new(&[(1, write("c0", "漢")), (2, write("c1", "字"))]);
    keys.ends(&book(&[write("c0", "漢"), write("c1", "字")]), &[]);
    keys.ends(&book(&[write("c0", "漢")]), &[("lost character", 1)]);
    keys.ends(&book(&[write("c0", "漢"), write("c0", "字")]), &[("character from nowhere", 1), ("lost character", 1)]);

    let moved = Story::new(&[(1, shift("c0", "c2"))]);
    moved.ends(&book(&[shift("c0", "c2")]), &[]);
    moved.ends(&book(&[]), &[("misplaced cell", 1)]);
    Story::new(&[(1, shift("c0", "c2")), (2, shift("c2", ""))]).ends(&book(&[]), &[]);
    Story::new(&[(1, insert("n", "c0"))]).ends(&book(&[insert("n", "")]), &[("misplaced cell", 1)]);
}

#[test]
fn who_restores_a_cell_wants_it_there() {
    let mut story = Story::new(&[]);
    story.heard(1, &delete("c0"));
    story.heard(2, &restore("c0", ""));
    story.ends(&book(&[]), &[]);
    story.ends(&book(&[delete("c0")]), &[("lost cell", 1)]);
    story.heard(3, &delete("c0"));
    story.ends(&book(&[delete("c0")]), &[]);
    story.ends(&book(&[]), &[("resurrected cell", 1)]);
    // Deleted again by somebody who has not heard of the restoring: either may win.
    let mut story = Story::new(&[]);
    story.heard(1, &delete("c0"));
    story.act(2, &restore("c0", ""));
    story.act(3, &delete("c0"));
    story.ends(&book(&[]), &[]);
    story.ends(&book(&[delete("c0")]), &[]);
}

#[test]
fn outputs_belong_to_their_sources() {
    let (run, key) = (evaluate("c0", "r1"), write("c0", "漢"));
    let both = Story::new(&[(1, run.clone()), (2, key.clone())]);
    both.ends(&book(&[key.clone(), run.clone()]), &[]);
    both.ends(&book(&[run.clone(), key.clone()]), &[("stale evaluation", 1)]);
    both.ends(&book(std::slice::from_ref(&key)), &[("lost output", 1)]);
    // Who types with an output on the screen sees that it is stale.
    let mut later = Story::new(&[]);
    later.heard(1, &run);
    later.act(2, &key);
    later.ends(&book(&[run.clone(), key]), &[]);
    let runs = Story::new(&[(1, run.clone()), (2, evaluate("c0", "r2"))]);
    runs.ends(&book(&[run.clone(), evaluate("c0", "r2")]), &[]);
    runs.ends(&book(&[evaluate("c0", "r2"), run]), &[]);
}

#[test]
fn what_was_refused_or_never_answered_is_not_expected() {
    let mut story = Story::new(&[]);
    let refused = story.0.issued(1, &insert("n", ""), Document::Null);
    story.0.told(refused, Err(Rejected::new("exists", "")));
    story.0.issued(2, &delete("c1"), Document::Null);
    story.0.issued(2, &evaluate("c0", "r"), Document::Null);
    story.ends(&book(&[]), &[]);
    story.ends(&book(&[delete("c1"), evaluate("c0", "r")]), &[]);
    story.ends(&book(&[insert("n", "")]), &[("cell from nowhere", 1)]);
}

#[test]
fn what_was_taken_back_must_be_gone_and_what_others_did_must_stay() {
    let undone = |op: &NotebookOp| {
        let mut story = Story::new(&[]);
        let id = story.heard(1, op);
        story.0.undone(id);
        story
    };
    for op in [insert("n", ""), delete("c0"), write("c0", "漢"), evaluate("c0", "r")] {
        undone(&op).ends(&book(&[]), &[]);
        undone(&op).ends(&book(std::slice::from_ref(&op)), &[("undo without effect", 1)]);
    }
    let mut story = Story::new(&[]);
    story.heard(1, &delete("c0"));
    let id = story.heard(2, &restore("c0", ""));
    story.0.undone(id);
    story.ends(&book(&[delete("c0")]), &[]);
    story.ends(&book(&[]), &[("undo without effect", 1)]);
    // Somebody else has deleted it too, or typed in it.
    let mut story = undone(&delete("c0"));
    story.act(2, &delete("c0"));
    story.ends(&book(&[delete("c0")]), &[]);
    story.ends(&book(&[]), &[("lost to undo", 1)]);
    let mut story = undone(&insert("n", ""));
    story.act(2, &write("n", "漢"));
    story.ends(&book(&[insert("n", ""), write("n", "漢")]), &[]);
    story.ends(&book(&[]), &[("lost to undo", 1)]);
}

/// What is found over a few seeds: not every kind stays to the end of every run.
fn all(trial: &Trial) -> Found {
    Found((1..=4).flat_map(|seed| Trial { seed, ..trial.clone() }.run().1.0).collect())
}

#[test]
fn taking_turns_loses_nothing() {
    let trial = Trial { pace: Pace::Turns, ops: 300, ..Trial::new(&serial::reducer::SPEC, "notebook:cells=0.3") };
    for seed in 1..=3 {
        assert_eq!(Trial { seed, ..trial.clone() }.run().1.kinds(), []);
        assert_eq!(Trial { strategy: &lww::document::SPEC, seed, ..trial.clone() }.run().1.kinds(), []);
    }
}

#[test]
fn one_order_keeps_the_cells_and_not_the_places_of_characters() {
    for seed in 1..=3 {
        let trial = Trial { ops: 1000, seed, ..Trial::new(&serial::reducer::SPEC, "notebook:cells=0.2") };
        let (ran, found) = trial.run();
        for kind in [&LOST_CELL, &DUPLICATED_CELL, &RESURRECTED_CELL, &MISPLACED_CELL, &LOST_OUTPUT] {
            assert_eq!(found.count(kind), 0, "{found:?}");
        }
        assert!(found.count(&ORPHANED_EDIT) > 0 && found.count(&MISPLACED_CHARACTER) > 0, "{found:?}");
        assert_eq!(ran.ledger.broken_states().0, 0);
    }
}

#[test]
fn the_last_document_loses_cells_and_characters() {
    let found = Trial { ops: 1000, ..Trial::new(&lww::document::SPEC, "notebook:cells=0.2") }.run().1;
    assert!(found.count(&LOST_CELL) > 0 && found.count(&LOST_CHARACTER) > 0, "{found:?}");
    assert_eq!(found.count(&DUPLICATED_CELL) + found.count(&MISPLACED_CHARACTER), 0, "{found:?}");
}

#[cfg(feature = "automerge")]
#[test]
fn merged_orders_duplicate_cells_and_merged_text_is_whole() {
    let trial = Trial::new(&crdt::automerge::SPEC, "notebook:cells=0.2,evaluate=0.1,elsewhere=0.5");
    let found = all(&Trial { delay_ms: 300, ..trial });
    for kind in [&DUPLICATED_CELL, &ORPHANED_EDIT, &STALE_EVALUATION] {
        assert!(found.count(kind) > 0, "{kind:?}: {found:?}");
    }
    for kind in [&LOST_CELL, &LOST_CHARACTER, &MISPLACED_CHARACTER, &MISPLACED_CELL, &LOST_OUTPUT] {
        assert_eq!(found.count(kind), 0, "{kind:?}: {found:?}");
    }
}

/// Forgets some of what it should do, by the last digit of a cell's or a run's id.
struct Careless;

impl Model for Careless {
    type Op = NotebookOp;

    fn plan(&self, view: &dyn View, op: &NotebookOp) -> Result<Plan, Rejected> {
        let mut edits = NotebookModel.plan(view, op)?.edits;
        let ends = |digits: &[char]| op.cell().ends_with(digits);
        match op {
            NotebookOp::Insert { .. } if ends(&['1']) => drop(edits.pop()),
            NotebookOp::Insert { .. } if ends(&['2', '3']) => edits.extend(edits.last().cloned()),
            NotebookOp::Insert { after, .. } if ends(&['4']) => {
                let cell = format!("other {}", op.cell());
                return NotebookModel.plan(view, &NotebookOp::Insert { cell, after: after.clone() });
            }
            NotebookOp::Delete { .. } if ends(&['5', '6']) => edits.clear(),
            NotebookOp::Move { .. } if ends(&['7', '0']) => edits.clear(),
            NotebookOp::Type { .. } if ends(&['1']) => edits.clear(),
            NotebookOp::Evaluate { run, .. } if run.ends_with(['1', '2']) => edits.clear(),
            NotebookOp::Evaluate { run, .. } if run.ends_with(['3', '4', '5', '6']) => {
                let output = Document::map([("of", "something else"), ("run", run)]);
                edits = vec![Edit::Put { path: cell_path(op.cell()).child(OUTPUT), value: output }];
            }
            _ => {}
        }
        Ok(Plan::new(edits))
    }
}

#[test]
fn planted_bugs_are_found() {
    let trial = Trial::new(&serial::reducer::SPEC, "notebook:cells=0.3,evaluate=0.2,elsewhere=0.5");
    let found = all(&Trial { pace: Pace::Turns, model: Some(erase(Careless)), ..trial });
    for kind in [
        &CELL_FROM_NOWHERE,
        &DUPLICATED_CELL,
        &LOST_CELL,
        &LOST_CHARACTER,
        &LOST_OUTPUT,
        &MISPLACED_CELL,
        &RESURRECTED_CELL,
        &STALE_EVALUATION,
    ] {
        assert!(found.count(kind) > 0, "{kind:?}: {found:?}");
    }
}
