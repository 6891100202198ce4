//! `stack`: push, pop and reverse, with validation. The seed of everything: what two people popping one item are told.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use syncbench_strategies::document::{Document, Edit, EditKind, Path};
use syncbench_strategies::model::{Model, ModelRef, Plan, Rejected, erase};
use syncbench_strategies::path;
use syncbench_strategies::replica::{NodeId, Rng};
use syncbench_strategies::spec::{Content, Param, ParamKind};
use syncbench_strategies::view::View;

use crate::finding::{Finding, Findings, kinds};
use crate::ledger::Fate;
use crate::oracles::undo::UNDO_WITHOUT_EFFECT;
use crate::rng::unit;
use crate::workload::{History, Intent, User, Workload, WorkloadSpec};

kinds! {
    ITEM_DELIVERED_TWICE = lost("item delivered twice", "Two users took the same item.");
    ITEM_RESURRECTED = lost("item resurrected", "An item was taken, and it is on the stack again.");
    ITEM_DUPLICATED = lost("item duplicated", "An item that nobody took is on the stack more than once.");
    ITEM_LOST = lost("item lost", "An item was pushed, nobody took it, and it is gone.");
}

/// The workload's card.
pub static SPEC: WorkloadSpec = WorkloadSpec {
    name: "stack",
    summary: "push an item, take the top item, now and then turn the stack around",
    product: "a shared queue of work: support tickets, a playlist, jobs to hand out",
    params: &[
        Param {
            name: "pop",
            kind: ParamKind::Share,
            default: "0.4",
            help: "share of pops; below half, so the stack lives",
        },
        Param {
            name: "reverse",
            kind: ParamKind::Share,
            default: "0.02",
            help: "share of reversals: rare, as any operation that rewrites a whole list",
        },
    ],
    edits: &[EditKind::ListInsert, EditKind::ListRemove],
    kinds: &[&ITEM_DELIVERED_TWICE, &ITEM_RESURRECTED, &ITEM_DUPLICATED, &ITEM_LOST, &UNDO_WITHOUT_EFFECT],
    content: Content::Data,
    undo: true,
    size_unit: "items",
    default_size: 3,
    build: |params| Box::new(Stack { pop: params.share("pop"), reverse: params.share("reverse") }),
};

/// What users do. The head of the list is the top.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum StackOp {
    /// Put an item on top.
    Push(i64),
    /// Take the top item.
    Pop,
    /// Turn the stack around.
    Reverse,
}

/// The notebook's reducer with validation.
#[derive(Clone, Copy, Debug, Default)]
pub struct StackModel;

fn stack() -> Path {
    path!["stack"]
}

impl Model for StackModel {
    type Op = StackOp;

    fn plan(&self, view: &dyn View, op: &StackOp) -> Result<Plan, Rejected> {
        let path = stack();
        let empty = || Rejected::new("empty", "the stack is empty");
        match op {
            StackOp::Push(item) => {
                Ok(Plan::new(vec![Edit::ListInsert { path, index: 0, values: vec![Document::Int(*item)] }]))
            }
            StackOp::Pop => {
                let top = view.get(&path.child(0)).ok_or_else(empty)?;
                Ok(Plan::new(vec![Edit::ListRemove { path, index: 0, count: 1 }]).with_outcome(top))
            }
            StackOp::Reverse => {
                let mut values = view.items(&path).ok_or_else(empty)?;
                values.reverse();
                let count = values.len();
                let remove = Edit::ListRemove { path: path.clone(), index: 0, count };
                Ok(Plan::new(vec![remove, Edit::ListInsert { path, index: 0, values }]))
            }
        }
    }
}

struct Stack {
    pop: f64,
    reverse: f64,
}

/// The stack of the notebook with `size` items, the largest on top.
pub fn genesis(size: u64) -> Document {
    Document::map([("stack", Document::list((1..=size as i64).rev()))])
}

impl Workload for Stack {
    fn model(&self) -> ModelRef {
        erase(StackModel)
    }

    fn genesis(&self, size: u64) -> Document {
        genesis(size)
    }

    fn user(&self, client: NodeId, _: u32) -> Box<dyn User> {
        // Items of different clients never collide, nor with those of the genesis.
        Box::new(StackUser { pop: self.pop, reverse: self.reverse, next: i64::from(client.0) * 1_000_000_000 })
    }

    fn judge(&self, history: &History<'_>) -> Vec<Finding> {
        judge(history)
    }
}

struct StackUser {
    pop: f64,
    reverse: f64,
    next: i64,
}

impl User for StackUser {
    fn next(&mut self, _: &dyn View, rng: &mut Rng) -> Option<Intent> {
        let draw = unit(rng);
        Some(Intent::blind(&if draw < self.pop {
            StackOp::Pop
        } else if draw < self.pop + self.reverse {
            StackOp::Reverse
        } else {
            self.next += 1;
            StackOp::Push(self.next)
        }))
    }
}

/// The oracle: every item is unique, so every item can be followed from its push to its pop. `undo without effect`: a
/// push was taken back, and its item is there; or a pop was, and its item is gone.
pub fn judge(history: &History<'_>) -> Vec<Finding> {
    let mut delivered: BTreeMap<i64, u64> = BTreeMap::new();
    // Pushed or popped, and taken back.
    let (mut withdrawn, mut returned) = (BTreeSet::new(), BTreeSet::new());
    let mut known: BTreeMap<i64, u64> = BTreeMap::new();
    for item in items(history.genesis) {
        *known.entry(item).or_default() += 1;
    }
    for act in history.operations::<StackOp>() {
        match (&act.op, &act.entry.fate) {
            (StackOp::Push(item), Fate::Acknowledged(_)) if act.undone() => drop(withdrawn.insert(*item)),
            (StackOp::Pop, Fate::Acknowledged(Document::Int(item))) if act.undone() => drop(returned.insert(*item)),
            _ => {}
        }
        match (&act.op, act.outcome()) {
            (_, None) => {}
            (StackOp::Push(item), _) => *known.entry(*item).or_default() += 1,
            (StackOp::Pop, Some(Document::Int(item))) => *delivered.entry(*item).or_default() += 1,
            _ => {}
        }
    }
    let mut left: BTreeMap<i64, u64> = BTreeMap::new();
    for item in items(history.last) {
        *left.entry(item).or_default() += 1;
    }
    let mut findings = Findings::default();
    for item in known.keys() {
        let (taken, there) = (delivered.get(item).copied().unwrap_or(0), left.get(item).copied().unwrap_or(0));
        let times = taken.saturating_sub(1);
        findings.count(&ITEM_DELIVERED_TWICE, times, format_args!("item {item} was given to {taken} users"));
        if taken > 0 && there > 0 {
            findings.add(&ITEM_RESURRECTED, format_args!("item {item} was taken and is on the stack again"));
        } else {
            let copies = there.saturating_sub(1);
            findings.count(&ITEM_DUPLICATED, copies, format_args!("item {item} is on the stack {there} times"));
        }
        if taken == 0 && there == 0 && returned.contains(item) {
            findings.add(&UNDO_WITHOUT_EFFECT, format_args!("item {item} was taken, given back, and is gone"));
        } else if taken == 0 && there == 0 {
            findings.add(&ITEM_LOST, format_args!("item {item} was pushed, never taken, and is gone"));
        }
    }
    for item in withdrawn.iter().filter(|item| left.contains_key(item) && !returned.contains(item)) {
        findings.add(&UNDO_WITHOUT_EFFECT, format_args!("the push of item {item} was taken back, and it is there"));
    }
    findings.done()
}

fn items(document: &Document) -> Vec<i64> {
    let items = View::items(document, &stack()).unwrap_or_default();
    items.iter().filter_map(Document::as_int).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Book;

    fn left(items: &[i64]) -> Document {
        Document::map([("stack", Document::list(items.iter().copied()))])
    }

    #[test]
    fn what_was_taken_back_is_as_if_it_had_never_been() {
        let mut book = Book::new(2);
        let push = book.acted(1, &StackOp::Push(7));
        let pop = book.acted(2, &StackOp::Pop);
        book.told(pop, Ok(Document::Int(3)));
        assert_eq!(book.judge("stack", &genesis(3), &left(&[7, 2, 1])).kinds(), []);
        book.undone(push);
        assert_eq!(book.judge("stack", &genesis(3), &left(&[2, 1])).kinds(), []);
        assert_eq!(book.judge("stack", &genesis(3), &left(&[7, 2, 1])).kinds(), [("undo without effect", 1)]);
        book.undone(pop);
        assert_eq!(book.judge("stack", &genesis(3), &left(&[3, 2, 1])).kinds(), []);
        assert_eq!(book.judge("stack", &genesis(3), &left(&[2, 1])).kinds(), [("undo without effect", 1)]);
    }
}
