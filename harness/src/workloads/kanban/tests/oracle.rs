//! The oracle, on stories and on runs.

#[cfg(feature = "automerge")]
use syncbench_strategies::crdt;
use syncbench_strategies::model::{Model, Plan, Rejected};
use syncbench_strategies::replica::OpId;
use syncbench_strategies::view::View;
use syncbench_strategies::{lww, serial};

use super::super::model::{TITLE, card_path};
use super::*;
use crate::ledger::Fate;
use crate::pace::Pace;
use crate::testing::{Book, Found, Trial};

/// What users did to the five cards. Each sees the initial board, and no operation is reflected at another replica.
struct Story(Book);

impl Story {
    fn new(ops: &[(u32, KanbanOp)]) -> Self {
        let mut story = Story(Book::new(3));
        for (client, op) in ops {
            story.act(*client, op, &after(&[]));
        }
        story
    }

    fn act(&mut self, client: u32, op: &KanbanOp, view: &Document) -> OpId {
        self.0.acted_on(client, op, intent(view, op).seen)
    }

    #[track_caller]
    fn ends(&self, last: &Document, expected: &[(&str, u64)]) {
        let found = self.0.judge("kanban:limit=2", &genesis(5, 2), last);
        assert!(found.0.iter().all(|finding| !finding.example.is_empty()));
        assert_eq!(found.kinds(), expected, "{found:?}");
    }
}

#[test]
fn each_kind_is_found_and_nothing_else() {
    let (left, right) = (drag("k0", "doing", None), drag("k0", "done", None));
    let both = Story::new(&[(1, left.clone()), (2, right.clone())]);
    both.ends(&after(&[left.clone(), right.clone()]), &[("move overwritten", 1)]);
    both.ends(&listed(&after(std::slice::from_ref(&right)), "doing", "k0"), &[("duplicate on move", 1)]);
    both.ends(&after(&[]), &[("move lost", 2)]);
    Story::new(&[(1, add("n", "done"))])
        .ends(&listed(&after(&[add("n", "done")]), "doing", "n"), &[("duplicated card", 1)]);
    Story::new(&[]).ends(&listed(&after(&[]), "doing", "k0"), &[("card from nowhere", 1)]);
    Story::new(&[]).ends(&after(&[delete("k0")]), &[("card gone", 1)]);
    Story::new(&[]).ends(&listed(&after(&[]), "doing", "n"), &[]);
    Story::new(&[]).ends(&after(&[add("n", "done")]), &[("card from nowhere", 1)]);
    Story::new(&[(1, add("n", "done"))]).ends(&after(&[]), &[("lost card", 1)]);

    let dragged = Story::new(&[(1, left.clone()), (2, delete("k0"))]);
    dragged.ends(&after(&[delete("k0")]), &[("edit lost to delete", 1)]);
    dragged.ends(&listed(&after(&[delete("k0")]), "doing", "k0"), &[("edit lost to delete", 1), ("ghost card", 1)]);
    dragged.ends(&after(std::slice::from_ref(&left)), &[("resurrected card", 1)]);
    let titled = Story::new(&[(1, retitle("k0", "a")), (2, retitle("k0", "b"))]);
    titled.ends(&after(&[retitle("k0", "b")]), &[("overwritten", 1)]);
    titled.ends(&after(&[]), &[("edit lost", 2)]);
    Story::new(&[(1, retitle("k0", "a")), (2, delete("k0"))])
        .ends(&after(&[delete("k0")]), &[("edit lost to delete", 1)]);

    let full = [(1, drag("k0", "doing", None)), (2, drag("k4", "doing", None))];
    let over = listed(&after(&[drag("k0", "doing", None), drag("k4", "done", None)]), "doing", "k4");
    Story::new(&full).ends(&over, &[("duplicate on move", 1), ("limit breach", 1)]);
    let away = Edit::ListRemove { path: path![COLUMNS, "done"], index: 0, count: 1 };
    let over = with(&over, away);
    Story::new(&full).ends(&over, &[("limit breach", 1)]);
    let within = Story::new(&[(1, drag("k0", "backlog", Some("k4")))]);
    within.ends(&after(&[drag("k0", "backlog", Some("k4"))]), &[]);
    within.ends(&after(&[]), &[("misplaced card", 1)]);
    // Somebody else has touched the other card at the same time.
    Story::new(&[(1, drag("k0", "backlog", Some("k4"))), (2, drag("k4", "backlog", None))]).ends(&after(&[]), &[]);
}

#[test]
fn a_move_may_be_replaced_by_users_who_saw_it() {
    let moves = [drag("k0", "doing", None), drag("k0", "done", None), drag("k0", "review", None)];
    // A chain, in which each saw the one before.
    let mut story = Story::new(&[]);
    for (index, op) in moves.iter().enumerate() {
        let id = story.act(index as u32 + 1, op, &after(&moves[..index]));
        (1..=3).for_each(|client| story.0.reached(client, id));
    }
    story.ends(&after(&moves), &[]);
    // Of two concurrent moves the second won; the third user follows both, and saw that one.
    let mut story = Story::new(&[(1, moves[0].clone()), (2, moves[1].clone())]);
    for client in [1, 2] {
        story.0.reached(3, OpId { client: NodeId(client), n: 1 });
    }
    story.act(3, &moves[2], &after(&moves[..2]));
    story.ends(&after(&moves), &[("move overwritten", 1)]);
    // Its own user moves it on before the first move is reflected there, or after.
    for (reached, expected) in [(false, &[][..]), (true, &[("move lost", 1)])] {
        let mut story = Story::new(&[]);
        let first = story.0.issued(1, &moves[0], Document::Null);
        if reached {
            story.0.reached(1, first);
        }
        story.0.told(first, Ok(Document::Null));
        story.act(1, &moves[1], &after(&[]));
        story.ends(&after(&moves[1..2]), expected);
    }
}

#[test]
fn rejected_and_unanswered_operations_are_not_expected() {
    let mut story = Story::new(&[]);
    let refused = story.0.issued(1, &add("n", "done"), Document::Null);
    story.0.told(refused, Err(Rejected::new("full", "")));
    story.0.issued(2, &retitle("k0", "a"), Document::Null);
    story.0.issued(2, &delete("k1"), Document::Null);
    story.ends(&after(&[]), &[]);
    story.ends(&after(&[delete("k1"), retitle("k0", "a")]), &[]);
    story.ends(&after(&[add("n", "done")]), &[("card from nowhere", 1)]);
}

#[test]
fn undone_operations_must_be_gone_and_those_of_others_must_stay() {
    let undone = |op: &KanbanOp| {
        let mut story = Story::new(&[]);
        let id = story.act(1, op, &after(&[]));
        story.0.undone(id);
        story
    };
    for op in [add("n", "done"), retitle("k0", "a"), drag("k0", "done", None), delete("k0")] {
        undone(&op).ends(&after(&[]), &[]);
        undone(&op).ends(&after(std::slice::from_ref(&op)), &[("undo without effect", 1)]);
    }
    // Somebody else has done the same.
    for op in [drag("k0", "done", None), delete("k0")] {
        let mut story = undone(&op);
        story.act(2, &op, &after(&[]));
        story.ends(&after(&[op]), &[]);
        story.ends(&after(&[]), &[("lost to undo", 1)]);
    }
    let mut story = undone(&retitle("k0", "a"));
    story.act(2, &retitle("k0", "b"), &after(&[]));
    story.ends(&after(&[retitle("k0", "b")]), &[]);
    story.ends(&after(&[]), &[("lost to undo", 1)]);
}

#[test]
fn taking_turns_loses_nothing() {
    let trial = Trial { pace: Pace::Turns, ops: 200, ..Trial::new(&serial::reducer::SPEC, "kanban") };
    for seed in 1..=3 {
        assert_eq!(Trial { seed, ..trial.clone() }.run().1.kinds(), []);
        assert_eq!(Trial { strategy: &lww::document::SPEC, seed, ..trial.clone() }.run().1.kinds(), []);
    }
}

fn kinds(found: &Found) -> Vec<&str> {
    found.kinds().into_iter().map(|(kind, _)| kind).collect()
}

#[test]
fn one_order_overwrites_and_never_breaks_the_board() {
    for seed in 1..=3 {
        let (ran, found) = Trial { seed, ..Trial::new(&serial::reducer::SPEC, "kanban") }.run();
        assert_eq!(kinds(&found), ["edit lost to delete", "move overwritten", "overwritten"], "{found:?}");
        assert_eq!(ran.ledger.broken_states().0, 0);
        let refused = |code: &str| {
            ran.ledger.entries().any(|entry| matches!(&entry.fate, Fate::Rejected(why) if why.code == code))
        };
        assert!(refused("gone"));
    }
}

#[test]
fn the_last_document_loses_cards_and_duplicates_none() {
    let (ran, found) = Trial::new(&lww::document::SPEC, "kanban").run();
    assert!(found.count(&LOST_CARD) > 0 && found.count(&MOVE_OVERWRITTEN) > 0, "{found:?}");
    assert_eq!(found.count(&DUPLICATE_ON_MOVE) + found.count(&GHOST_CARD), 0, "{found:?}");
    assert_eq!(ran.ledger.broken_states().0, 0);
}

#[cfg(feature = "automerge")]
#[test]
fn merged_lists_duplicate_cards_and_breach_limits() {
    let (ran, found) = Trial::new(&crdt::automerge::SPEC, "kanban").run();
    assert!(found.count(&DUPLICATE_ON_MOVE) > 0 && found.count(&GHOST_CARD) > 0, "{found:?}");
    assert_eq!(found.count(&LOST_CARD) + found.count(&MOVE_LOST), 0, "{found:?}");
    assert!(ran.ledger.broken_states().0 > 0);
    // A column that is too full is soon put right, so that few are at the end.
    let breaches = (1..=8).map(|seed| {
        let trial = Trial::new(&crdt::automerge::SPEC, "kanban:delete=0,within=0,contention=one:0,limit=2");
        Trial { seed, ..trial }.run().1.count(&LIMIT_BREACH)
    });
    assert!(breaches.sum::<u64>() > 0);
}

/// Forgets some of what it should do with a card, by the last digit of its title or id.
struct Careless;

impl Model for Careless {
    type Op = KanbanOp;

    fn plan(&self, view: &dyn View, op: &KanbanOp) -> Result<Plan, Rejected> {
        let title = title(view, op.card()).unwrap_or_default();
        let mut edits = KanbanModel.plan(view, op)?.edits;
        match op {
            KanbanOp::Add { card, .. } if card.ends_with('1') => drop(edits.pop()),
            KanbanOp::Add { card, column, .. } if card.ends_with('2') => {
                edits[0] = Edit::Put { path: card_path("other"), value: Document::map([(TITLE, "other")]) };
                edits[1] = Edit::ListInsert { path: path![COLUMNS, column], index: 0, values: vec!["other".into()] };
            }
            KanbanOp::Add { card, .. } if card.ends_with('3') => edits.extend(edits.last().cloned()),
            KanbanOp::Move { .. } if title.ends_with('4') => edits.clear(),
            KanbanOp::Move { .. } if title.ends_with('5') && edits.len() > 1 => drop(edits.remove(0)),
            KanbanOp::Move { column, after: Some(_), .. } => {
                for edit in &mut edits {
                    match edit {
                        Edit::ListMove { to, .. } => *to = 0,
                        Edit::ListInsert { index, path, .. } if *path == path![COLUMNS, column] => *index = 0,
                        _ => {}
                    }
                }
            }
            KanbanOp::Retitle { title, .. } if title.ends_with('6') => edits.clear(),
            KanbanOp::Delete { .. } if title.ends_with('7') => edits.clear(),
            KanbanOp::Delete { .. } if title.ends_with('8') => drop(edits.remove(0)),
            _ => {}
        }
        Ok(Plan::new(edits))
    }
}

#[test]
fn planted_bugs_are_found() {
    let trial = Trial {
        ops: 1000,
        ..Trial::new(&serial::reducer::SPEC, "kanban:contention=one:0,move=0.3,add=0.2,delete=0.1")
    };
    let found = Trial { model: Some(erase(Careless)), pace: Pace::Turns, ..trial }.run().1;
    let expected = [
        "card from nowhere",
        "duplicate on move",
        "duplicated card",
        "edit lost",
        "ghost card",
        "lost card",
        "misplaced card",
        "move lost",
        "resurrected card",
    ];
    assert_eq!(kinds(&found), expected, "{found:?}");
}
