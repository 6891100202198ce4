//! What became of the items. Each is unique, so each can be followed from its push to its pop.

use std::collections::BTreeMap;

use syncbench_strategies::document::Document;
use syncbench_strategies::view::View;

use super::model::{StackOp, stack};
use super::order::{Order, Survivor};
use crate::finding::{Finding, kinds};
use crate::findings::Findings;
use crate::history::{History, Issued};
use crate::ledger::Fate;
use crate::oracles::members::{Member, Wrong};
use crate::oracles::undo::UNDO_WITHOUT_EFFECT;

kinds! {
    ITEM_DELIVERED_TWICE = lost("item delivered twice", "A pop gave its user an item that another user had taken.");
    ITEM_RESURRECTED = lost("item resurrected", "A pop took an item, and it is on the stack again.");
    ITEM_DUPLICATED = lost("item duplicated", "A push put its item on the stack more than once, or the undo of a pop did.");
    STACK_DUPLICATED = lost(
        "stack duplicated",
        "A reverse put items on the stack once more, most of those that it found, instead of turning them round."
    );
    ITEM_LOST = lost("item lost", "A push was confirmed, nobody took its item, and it is gone.");
    ITEM_GONE = noted(
        "item gone",
        "An item of the initial stack is gone, and nobody took it; the operation that removed it cannot be named."
    );
    ITEM_FROM_NOWHERE = noted(
        "item from nowhere",
        "An item is on the stack that nobody pushed, or once more than any operation explains; counted in copies."
    );
}

type Operation<'a> = &'a Issued<'a, StackOp>;

/// An item, and what users did with it.
#[derive(Default)]
struct Item<'a> {
    member: Member<'a>,
    push: Option<Operation<'a>>,
    /// The pops that delivered it, the first one first.
    pops: Vec<Operation<'a>>,
    /// The pops that delivered it and were undone.
    restored: Vec<Operation<'a>>,
    /// How often it is on the stack or was delivered, beyond once, and no lost operation accounts for it so far.
    surplus: u64,
    /// How often it is there after the reverses that were counted: each may double what it finds.
    doubled: u64,
}

/// The item that a pop delivered, if the pop was confirmed.
fn delivered(issued: &Issued<'_, StackOp>) -> Option<i64> {
    match (&issued.op, &issued.entry.fate) {
        (StackOp::Pop, Fate::Confirmed(Document::Int(item))) if !issued.entry.open() => Some(*item),
        _ => None,
    }
}

/// Asks of each item whether it is where it must be, see `Member`, and then of those that stayed whether they are in an
/// order that pushes and reverses explain, see `Order`. A pop takes what is on top when it takes effect, so its outcome and
/// not what its user saw says which item it removes.
pub fn judge(history: &History<'_>) -> Vec<Finding> {
    let operations = history.operations::<StackOp>();
    let mut findings = Findings::of(history);
    let mut items = follow(history, &operations);
    judge_reverses(&operations, &mut items, &mut findings);
    judge_presence(&mut items, &mut findings);
    judge_absence(&operations, &items, &mut findings);
    judge_order(history, &operations, &items, &mut findings);
    findings.done()
}

/// Every item, with what users did with it.
fn follow<'a>(history: &History<'_>, operations: &'a [Issued<'a, StackOp>]) -> BTreeMap<i64, Item<'a>> {
    let (first, last) = (counts(history.genesis), counts(history.last));
    let mut items: BTreeMap<i64, Item<'_>> = BTreeMap::new();
    for (item, copies) in first.keys().map(|item| (*item, 0)).chain(last) {
        items.insert(item, Item { member: Member::new(first.contains_key(&item), copies), ..Item::default() });
    }
    for issued in operations {
        if let StackOp::Push(item) = issued.op {
            let item = items.entry(item).or_default();
            item.member.add(issued.entry);
            item.push = Some(issued).filter(|push| !push.rejected());
        }
        if let Some(item) = delivered(issued) {
            let item = items.entry(item).or_default();
            item.member.remove(issued.entry);
            if issued.undone() { &mut item.restored } else { &mut item.pops }.push(issued);
        }
    }
    for item in items.values_mut() {
        item.pops.sort_by_key(|pop| (pop.entry.resolved, pop.id()));
        item.doubled = 1;
        item.surplus = (item.pops.len() as u64 + item.member.copies()).saturating_sub(1);
    }
    items
}

/// Two users who reverse at the same time may leave every item twice: that is one lost reverse, however many items there
/// are, and users who take the copies later take what is there.
fn judge_reverses(operations: &[Issued<'_, StackOp>], items: &mut BTreeMap<i64, Item<'_>>, findings: &mut Findings) {
    let mut reverses: Vec<_> = operations.iter().filter(|issued| issued.op == StackOp::Reverse).collect();
    reverses.retain(|reverse| reverse.outcome().is_some());
    reverses.sort_by_key(|reverse| (reverse.entry.issued, reverse.id()));
    for reverse in reverses {
        let found = |item: &&mut Item<'_>| {
            let was_there = item.push.map_or(item.member.original(), |push| reverse.follows(push));
            was_there && item.pops.iter().all(|pop| pop.follows(reverse))
        };
        let mut found: Vec<_> = items.values_mut().filter(found).collect();
        let again = found.iter().filter(|item| item.surplus > 0).count();
        if again * 2 > found.len() {
            let items = if again == 1 { "item is" } else { "items are" };
            let example = format_args!("{}: {again} {items} there once more, of {}", reverse.id(), found.len());
            findings.lost(reverse.id(), &STACK_DUPLICATED, example);
            for item in found.iter_mut() {
                let more = item.surplus.min(item.doubled);
                (item.surplus, item.doubled) = (item.surplus - more, item.doubled + more);
            }
        }
    }
}

/// Items that are there, or were delivered, more often than once.
fn judge_presence(items: &mut BTreeMap<i64, Item<'_>>, findings: &mut Findings) {
    for (name, item) in items {
        let (copies, taken) = (item.member.copies(), item.pops.len());
        let mut blame = |op: Operation<'_>, kind, example: std::fmt::Arguments<'_>| {
            if item.surplus > 0 && findings.lost(op.id(), kind, example) {
                item.surplus -= 1;
            }
        };
        for pop in item.pops.iter().skip(1) {
            let example = format_args!("{}: item {name} was given to {taken} users", pop.id());
            blame(pop, &ITEM_DELIVERED_TWICE, example);
        }
        for pop in item.pops.iter().take(1).filter(|_| copies > 0) {
            let example = format_args!("{}: item {name} was taken and is on the stack again", pop.id());
            blame(pop, &ITEM_RESURRECTED, example);
        }
        for op in item.push.iter().chain(&item.restored) {
            blame(op, &ITEM_DUPLICATED, format_args!("{}: item {name} is on the stack {copies} times", op.id()));
        }
        findings.note(&ITEM_FROM_NOWHERE, item.surplus, format_args!("item {name} is on the stack {copies} times"));
        match (item.member.wrong(), item.push) {
            (Some(Wrong::NotWithdrawn), Some(push)) => {
                let example = format_args!("the push of item {name} was undone, and it is on the stack");
                findings.lost(push.id(), &UNDO_WITHOUT_EFFECT, example);
            }
            (Some(Wrong::FromNowhere), _) => findings.note(&ITEM_FROM_NOWHERE, 1, format_args!("item {name}")),
            _ => {}
        }
    }
}

/// Items that must be there and are not.
fn judge_absence(operations: &[Issued<'_, StackOp>], items: &BTreeMap<i64, Item<'_>>, findings: &mut Findings) {
    // A pop that was neither confirmed nor rejected may have taken one of the items that are missing.
    let unanswered = operations.iter().filter(|issued| issued.op == StackOp::Pop && issued.entry.open());
    let mut unanswered = unanswered.count();
    for (name, item) in items {
        match (item.member.wrong(), item.push, item.restored.last()) {
            (Some(Wrong::Lost), ..) if unanswered > 0 => unanswered -= 1,
            (Some(Wrong::Lost), Some(push), _) => {
                let example = format_args!("{}: item {name} was pushed, never taken, and is gone", push.id());
                findings.lost(push.id(), &ITEM_LOST, example);
            }
            (Some(Wrong::Lost), None, _) => findings.note(&ITEM_GONE, 1, format_args!("item {name}")),
            (Some(Wrong::NotBack), _, Some(pop)) => {
                let example = format_args!("the pop of item {name} was undone, and it is gone");
                findings.lost(pop.id(), &UNDO_WITHOUT_EFFECT, example);
            }
            _ => {}
        }
    }
}

/// The order of the items that are there once and that nobody took, and whether pops took what was on top.
fn judge_order(
    history: &History<'_>,
    operations: &[Issued<'_, StackOp>],
    items: &BTreeMap<i64, Item<'_>>,
    findings: &mut Findings,
) {
    let first: BTreeMap<i64, usize> = listed(history.genesis).enumerate().map(|(at, item)| (item, at)).collect();
    let mut survivors = Vec::new();
    for (at, name) in listed(history.last).enumerate() {
        let Some(item) = items.get(&name) else { continue };
        if item.member.copies() == 1 && item.pops.is_empty() && item.restored.is_empty() {
            let push = item.push.map(|push| push.entry);
            let original = first.get(&name).copied();
            survivors.extend((push.is_some() != original.is_some()).then_some(Survivor { name, at, push, original }));
        }
    }
    let reverses = operations.iter().filter(|issued| issued.op == StackOp::Reverse && !issued.rejected());
    let reverses = reverses.map(|reverse| (reverse.entry, findings.is_lost(reverse.id()))).collect();
    let order = Order::new(survivors, reverses);
    order.judge(findings);
    for (name, item) in items {
        let (Some(pop), push) = (item.pops.first(), item.push.map(|push| push.entry)) else { continue };
        // The undo of an earlier pop may have put it on top.
        if !item.restored.is_empty() {
            continue;
        }
        if (push.is_some() || first.contains_key(name)) && !findings.is_lost(pop.id()) {
            order.judge_pop(*name, pop.entry, push, first.get(name).copied(), findings);
        }
    }
}

fn listed(document: &Document) -> impl Iterator<Item = i64> {
    View::items(document, &stack()).unwrap_or_default().into_iter().filter_map(|item| item.as_int())
}

/// How often each item is on the stack.
fn counts(document: &Document) -> BTreeMap<i64, u64> {
    let mut counts = BTreeMap::new();
    for item in listed(document) {
        *counts.entry(item).or_insert(0) += 1;
    }
    counts
}
