//! What became of the items. Each is unique, so each can be followed from its push to its pop.

use std::collections::BTreeMap;

use syncbench_strategies::document::Document;
use syncbench_strategies::view::View;

use super::model::{StackOp, stack};
use crate::finding::{Finding, Findings, kinds};
use crate::history::{History, Issued};
use crate::ledger::Fate;
use crate::oracles::members::{Member, Wrong};
use crate::oracles::undo::UNDO_WITHOUT_EFFECT;

kinds! {
    ITEM_DELIVERED_TWICE = lost("item delivered twice", "Two users took the same item.");
    ITEM_RESURRECTED = lost("item resurrected", "An item was taken, and it is on the stack again.");
    ITEM_DUPLICATED = lost("item duplicated", "An item that nobody took is on the stack more than once; counted in copies.");
    ITEM_LOST = lost("item lost", "An item was pushed, nobody took it, and it is gone.");
    ITEM_FROM_NOWHERE = noted("item from nowhere", "An item is on the stack that nobody pushed.");
}

/// An item, and how many users it was delivered to.
#[derive(Default)]
struct Item<'a> {
    member: Member<'a>,
    taken: u64,
}

/// The item that a pop delivered, if the pop was confirmed.
fn delivered(issued: &Issued<'_, StackOp>) -> Option<i64> {
    match (&issued.op, &issued.entry.fate) {
        (StackOp::Pop, Fate::Confirmed(Document::Int(item))) => Some(*item),
        _ => None,
    }
}

/// Asks of each item whether it is where it must be: see `Member`. A pop takes what is on top when it takes effect, so its
/// outcome and not what its user saw says which item it removes.
pub fn judge(history: &History<'_>) -> Vec<Finding> {
    let operations = history.operations::<StackOp>();
    let (first, last) = (counts(history.genesis), counts(history.last));
    let mut items: BTreeMap<i64, Item<'_>> = BTreeMap::new();
    for (item, copies) in first.keys().map(|item| (*item, 0)).chain(last) {
        items.insert(item, Item { member: Member::new(first.contains_key(&item), copies), taken: 0 });
    }
    for issued in &operations {
        if let StackOp::Push(item) = issued.op {
            items.entry(item).or_default().member.add(issued.entry);
        }
        if let Some(item) = delivered(issued) {
            let item = items.entry(item).or_default();
            item.member.remove(issued.entry);
            item.taken += u64::from(!issued.undone());
        }
    }
    // A pop that was neither confirmed nor rejected may have taken one of the items that are missing.
    let unanswered = operations.iter().filter(|issued| issued.op == StackOp::Pop && issued.entry.fate == Fate::Unknown);
    let mut unanswered = unanswered.count();
    let mut findings = Findings::default();
    for (item, Item { member, taken }) in &items {
        let (copies, times) = (member.copies(), taken.saturating_sub(1));
        findings.count(&ITEM_DELIVERED_TWICE, times, format_args!("item {item} was given to {taken} users"));
        if *taken > 0 && copies > 0 {
            findings.add(&ITEM_RESURRECTED, format_args!("item {item} was taken and is on the stack again"));
            continue;
        }
        let example = format_args!("item {item} is on the stack {copies} times");
        findings.count(&ITEM_DUPLICATED, member.duplicates(), example);
        match member.wrong() {
            Some(Wrong::Lost) if unanswered > 0 => unanswered -= 1,
            Some(Wrong::Lost) => {
                findings.add(&ITEM_LOST, format_args!("item {item} was pushed, never taken, and is gone"));
            }
            Some(Wrong::NotBack) => {
                findings.add(&UNDO_WITHOUT_EFFECT, format_args!("the pop of item {item} was undone, and it is gone"));
            }
            Some(Wrong::NotWithdrawn) => {
                let example = format_args!("the push of item {item} was undone, and it is on the stack");
                findings.add(&UNDO_WITHOUT_EFFECT, example);
            }
            Some(Wrong::FromNowhere) => findings.add(&ITEM_FROM_NOWHERE, format_args!("item {item}")),
            Some(Wrong::Resurrected) | None => {}
        }
    }
    findings.done()
}

/// How often each item is on the stack.
fn counts(document: &Document) -> BTreeMap<i64, u64> {
    let mut counts = BTreeMap::new();
    for item in View::items(document, &stack()).unwrap_or_default().iter().filter_map(Document::as_int) {
        *counts.entry(item).or_insert(0) += 1;
    }
    counts
}
