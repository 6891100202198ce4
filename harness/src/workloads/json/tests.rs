#[cfg(feature = "automerge")]
use syncbench_strategies::crdt;
use syncbench_strategies::model::reduce;
use syncbench_strategies::replica::OpId;
use syncbench_strategies::{lww, serial};

use super::*;
use crate::pace::Pace;
use crate::testing::{Book, Found, Trial, intents, workload};

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
fn plans_mean_what_they_say() {
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
fn nothing_is_there_twice() {
    let allowed = |document: &Document| workload("json").invariant(document);
    assert_eq!(allowed(&after(&[append("o0/tags", "t"), append("o0/in/tags", "u")])), Ok(()));
    assert!(allowed(&after(&[append("o0/tags", "t"), append("o0/tags", "t")])).unwrap_err().contains("t is in"));
}

fn wants(text: &str, view: &Document) -> Vec<JsonOp> {
    intents(text, view, 400).iter().map(|op| op.decode().unwrap()).collect()
}

#[test]
fn users_want_the_same_whatever_they_see() {
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
    near("json:hot=0.9", &genesis(8), |op| op.path()[0] == "o0", 0.91);
    near("json:hot=0", &genesis(8), |op| op.path()[0] == "o0", 0.125);
    let full = after(&(0..LONG).map(|item| append("o0/tags", &item.to_string())).collect::<Vec<_>>());
    let takes = |op: &JsonOp| matches!(op, JsonOp::Take { .. });
    near("json:depth=0,list=1,delete=0", &full, takes, 1.0);
    near("json:depth=0,list=1,delete=0", &after(&[append("o0/tags", "t")]), takes, 0.33);
    // In an empty object there is nothing to delete.
    let empty = Document::map([("o0", Document::Map(Default::default()))]);
    near("json:delete=1,list=0", &empty, |op| matches!(op, JsonOp::Set { .. }), 1.0);
}

/// What happened to one object; each author sees what it is said to see, and hears of nobody.
struct Tale(Book);

impl Tale {
    fn new(ops: &[(u32, JsonOp)]) -> Self {
        let mut tale = Tale(Book::new(3));
        for (client, op) in ops {
            tale.act(*client, op, &after(&[]));
        }
        tale
    }

    fn act(&mut self, client: u32, op: &JsonOp, view: &Document) -> OpId {
        self.0.acted_on(client, op, intent(view, op).seen)
    }

    /// The client has heard of the first operation of the other.
    fn heard(&mut self, client: u32, other: u32) {
        self.0.reached(client, OpId { client: NodeId(other), n: 1 });
    }

    #[track_caller]
    fn ends(&self, last: &[JsonOp], expected: &[(&str, u64)]) {
        let found = self.0.judge("json", &genesis(1), &after(last));
        assert!(found.0.iter().all(|finding| !finding.example.is_empty()));
        assert_eq!(found.kinds(), expected, "{found:?}");
    }
}

#[test]
fn each_kind_is_found_and_nothing_else() {
    let tags = [append("o0/tags", "t"), append("o0/tags", "u")];
    let both = Tale::new(&[(1, tags[0].clone()), (2, tags[1].clone())]);
    both.ends(&tags, &[]);
    both.ends(&tags[..1], &[("hidden subtree", 1)]);
    both.ends(&[], &[("hidden subtree", 2)]);
    both.ends(&[&tags[..], &[append("o0/tags", "t")]].concat(), &[("duplicated item", 1)]);
    let nested = [set("o0/in/a", "x"), set("o0/in/b", "y")];
    Tale::new(&[(1, nested[0].clone()), (2, nested[1].clone())]).ends(&nested[1..], &[("hidden subtree", 1)]);
    // Only one of them has made the list: nothing is hidden by anything.
    let mut later = Tale::new(&[(1, tags[0].clone())]);
    later.act(2, &tags[1], &after(&tags[..1]));
    later.ends(&tags[..1], &[("lost item", 1)]);

    let sets = Tale::new(&[(1, set("o0/a", "x")), (2, set("o0/a", "y"))]);
    sets.ends(&[set("o0/a", "y")], &[("overwritten", 1)]);
    sets.ends(&[], &[("edit lost", 2)]);
    let deleted = Tale::new(&[(1, set("o0/a", "x")), (2, delete("o0/a"))]);
    deleted.ends(&[delete("o0/a")], &[("lost to delete", 1)]);
    deleted.ends(&[set("o0/a", "x")], &[("delete overwritten", 1)]);
    deleted.ends(&[], &[("lost to delete", 1), ("resurrected", 1)]);
    Tale::new(&[(1, set("o0/in/a", "x")), (2, delete("o0"))]).ends(&[delete("o0")], &[("lost to delete", 1)]);
    let mut taken = Tale::new(&[(1, tags[0].clone())]);
    taken.heard(2, 1);
    taken.act(2, &take("o0/tags", "t"), &after(&tags[..1]));
    taken.ends(&[tags[0].clone(), take("o0/tags", "t")], &[]);
    taken.ends(&tags[..1], &[("resurrected", 1)]);
    Tale::new(&[]).ends(&tags[..1], &[("value from nowhere", 1)]);
}

#[test]
fn whoever_saw_a_value_may_replace_it() {
    let chain = [set("o0/a", "x"), set("o0/a", "y"), delete("o0")];
    let mut tale = Tale::new(&[]);
    for (index, op) in chain.iter().enumerate() {
        let id = tale.act(index as u32 + 1, op, &after(&chain[..index]));
        (1..=3).for_each(|client| tale.0.reached(client, id));
    }
    tale.ends(&chain, &[]);
    // Of two at once the second won; the third had heard of both and saw that one.
    let mut tale = Tale::new(&[(1, chain[0].clone()), (2, chain[1].clone())]);
    tale.heard(3, 1);
    tale.heard(3, 2);
    tale.act(3, &set("o0/a", "z"), &after(&chain[1..2]));
    tale.ends(&[set("o0/a", "z")], &[("overwritten", 1)]);
    // Its own author goes on before it is there, or after.
    for (reached, expected) in [(false, &[][..]), (true, &[("edit lost", 1)])] {
        let mut tale = Tale::new(&[]);
        let first = tale.0.issued(1, &chain[0], Document::Null);
        if reached {
            tale.0.reached(1, first);
        }
        tale.0.told(first, Ok(Document::Null));
        tale.act(1, &chain[1], &after(&[]));
        tale.ends(&chain[1..2], expected);
    }
}

#[test]
fn what_was_refused_or_never_answered_is_not_expected() {
    let mut tale = Tale::new(&[]);
    let refused = tale.0.issued(1, &append("o0/tags", "t"), Document::Null);
    tale.0.told(refused, Err(Rejected::new("not_a_list", "")));
    tale.0.issued(2, &set("o0/a", "x"), Document::Null);
    tale.0.issued(2, &delete("o0/b"), Document::Null);
    tale.ends(&[], &[]);
    tale.ends(&[set("o0/a", "x"), delete("o0/b")], &[]);
    tale.ends(&[append("o0/tags", "t")], &[("value from nowhere", 1)]);
    // A delete without an answer may have been.
    let mut tale = Tale::new(&[(1, set("o0/b", "x"))]);
    tale.0.issued(2, &delete("o0/b"), Document::Null);
    tale.ends(&[delete("o0/b")], &[]);
}

#[test]
fn what_was_taken_back_must_be_gone_and_what_others_did_must_stay() {
    let first = [append("o0/tags", "t")];
    for op in [set("o0/a", "x"), append("o0/tags", "u"), take("o0/tags", "t"), delete("o0/tags")] {
        let undone = || {
            let mut tale = Tale::new(&[]);
            let id = tale.act(1, &first[0], &after(&[]));
            (1..=3).for_each(|client| tale.0.reached(client, id));
            let id = tale.act(2, &op, &after(&first));
            tale.0.undone(id);
            tale
        };
        undone().ends(&first, &[]);
        undone().ends(&[&first[..], std::slice::from_ref(&op)].concat(), &[("undo without effect", 1)]);
        // Somebody else has done the same.
        if op.word().is_none() {
            let mut tale = undone();
            tale.act(3, &op, &after(&first));
            tale.ends(&[&first[..], std::slice::from_ref(&op)].concat(), &[]);
            tale.ends(&first, &[("lost to undo", 1)]);
        }
    }
    // A container is taken back, and with it what somebody else has put into it.
    let mut tale = Tale::new(&[]);
    let id = tale.act(1, &first[0], &after(&[]));
    tale.act(2, &append("o0/tags", "u"), &after(&first));
    tale.0.undone(id);
    tale.ends(&[append("o0/tags", "u")], &[]);
    tale.ends(&[], &[("lost to undo", 1)]);
}

fn kinds(found: &Found) -> Vec<&str> {
    found.kinds().into_iter().map(|(kind, _)| kind).collect()
}

#[test]
fn taking_turns_loses_nothing() {
    let trial = Trial { pace: Pace::Turns, ops: 200, ..Trial::new(&serial::reducer::SPEC, "json") };
    for seed in 1..=3 {
        assert_eq!(Trial { seed, ..trial.clone() }.run().1.kinds(), []);
        assert_eq!(Trial { strategy: &lww::document::SPEC, seed, ..trial.clone() }.run().1.kinds(), []);
    }
}

#[test]
fn one_order_overwrites_and_deletes_and_hides_nothing() {
    for seed in 1..=3 {
        let (ran, found) = Trial { seed, ..Trial::new(&serial::reducer::SPEC, "json") }.run();
        let expected = ["delete overwritten", "lost to delete", "overwritten"];
        assert!(kinds(&found).iter().all(|kind| expected.contains(kind)), "{found:?}");
        assert!(found.count(&OVERWRITTEN) > 0 && found.count(&LOST_TO_DELETE) > 0, "{found:?}");
        assert_eq!(ran.ledger.broken_states().0, 0);
    }
}

#[test]
fn the_last_document_loses_items() {
    let (_, found) = Trial::new(&lww::document::SPEC, "json").run();
    assert!(found.count(&LOST_ITEM) > 0 && found.count(&EDIT_LOST) > 0, "{found:?}");
    assert_eq!(found.count(&DUPLICATED_ITEM), 0, "{found:?}");
}

#[cfg(feature = "automerge")]
#[test]
fn merged_containers_hide_one_another() {
    let mut all = BTreeMap::new();
    for seed in 1..=3 {
        let found = Trial { seed, ..Trial::new(&crdt::automerge::SPEC, "json") }.run().1;
        found.kinds().into_iter().for_each(|(kind, count)| *all.entry(kind.to_owned()).or_insert(0) += count);
    }
    assert!(all.contains_key("hidden subtree"), "{all:?}");
    let unexplained = ["edit lost", "lost item", "duplicated item", "value from nowhere"];
    assert!(unexplained.iter().all(|kind| !all.contains_key(*kind)), "{all:?}");
}

/// Forgets some of what it should do, by the last digit of what is written.
struct Careless;

impl Model for Careless {
    type Op = JsonOp;

    fn plan(&self, view: &dyn View, op: &JsonOp) -> Result<Plan, Rejected> {
        let digit = |word: &str| word.bytes().last().map(|byte| byte % 8);
        match op {
            JsonOp::Set { value, .. } if digit(value) == Some(1) => Ok(Plan::new(Vec::new())),
            JsonOp::Set { path, value } if digit(value) == Some(2) => {
                let value = format!("other {value}");
                JsonModel.plan(view, &JsonOp::Set { path: path.clone(), value })
            }
            JsonOp::Append { item, .. } if digit(item) == Some(3) => Ok(Plan::new(Vec::new())),
            JsonOp::Append { item, .. } if digit(item) == Some(4) => {
                let mut edits = JsonModel.plan(view, op)?.edits;
                edits.extend(edits.last().cloned());
                Ok(Plan::new(edits))
            }
            JsonOp::Take { item, .. } if digit(item) == Some(5) => Ok(Plan::new(Vec::new())),
            _ => JsonModel.plan(view, op),
        }
    }
}

#[test]
fn planted_bugs_are_found() {
    let trial = Trial { ops: 1000, pace: Pace::Turns, ..Trial::new(&serial::reducer::SPEC, "json:list=0.6") };
    let found = Trial { model: Some(erase(Careless)), ..trial }.run().1;
    let expected = ["duplicated item", "edit lost", "lost item", "resurrected", "value from nowhere"];
    assert_eq!(kinds(&found), expected, "{found:?}");
}
