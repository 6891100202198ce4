//! What became of the values and items in the tree. Each is written once, so each can be followed.

use std::collections::{BTreeMap, BTreeSet};

use syncbench_strategies::document::Document;
use syncbench_strategies::path;

use super::model::{JsonOp, place, words_below};
use crate::finding::{Finding, Kind, kinds};
use crate::findings::Findings;
use crate::history::{History, Issued};
use crate::oracles::undo::{LOST_TO_UNDO, UNDO_WITHOUT_EFFECT};
use crate::oracles::writes::{EDIT_LOST, EDIT_LOST_TO_DELETE, Effect, Loss, OVERWRITTEN, Place, Writes, Writing};
use crate::workload::phrase;

kinds! {
    HIDDEN_SUBTREE = lost(
        "hidden subtree",
        "Two users created the same container at the same time, and what one of them wrote into it is gone."
    );
    LOST_ITEM = lost(
        "lost item",
        "A user added an item to a list, and it is gone although nobody who had seen it took or deleted it, and no \
         concurrent operation explains it."
    );
    DUPLICATED_ITEM = lost("duplicated item", "A user added an item or set a value, and it is in the tree more than once.");
    RESURRECTED = lost("resurrected", "A user deleted a value or took an item that it had seen, and that is there again.");
    DELETE_OVERWRITTEN = lost(
        "delete overwritten",
        "A user deleted something, and in its place is what another user wrote who had not seen the delete."
    );
    VALUE_FROM_NOWHERE = noted(
        "value from nowhere",
        "A value is in the tree that nobody wrote, whose write was rejected, or once more than any operation explains; \
         counted in copies."
    );
}

impl Place for Vec<String> {
    fn within(&self, outer: &Self) -> bool {
        self.starts_with(outer)
    }
}

impl Writing for JsonOp {
    type Place = Vec<String>;
    type Value = String;

    fn effect(&self) -> Effect<Vec<String>, String> {
        match self.clone() {
            JsonOp::Set { path, value } => Effect::Put(path, value),
            JsonOp::Append { path, item } => Effect::Add(path, item),
            JsonOp::Take { path, .. } => Effect::Take(path),
            JsonOp::Delete { path } => Effect::Remove(path),
        }
    }

    fn replaced(&self, seen: &Document) -> BTreeSet<String> {
        match self {
            JsonOp::Take { item, .. } => BTreeSet::from([item.clone()]),
            _ => seen.at(&path![0]).into_iter().flat_map(words_below).map(|(_, word)| word).collect(),
        }
    }
}

/// Whether an operation created this container, as its user saw it.
fn creates(issued: &Issued<'_, JsonOp>, container: &[String]) -> bool {
    let path = issued.op.path();
    let containers = match issued.op {
        JsonOp::Set { .. } => path.len().saturating_sub(1),
        JsonOp::Append { .. } => path.len(),
        JsonOp::Take { .. } | JsonOp::Delete { .. } => 0,
    };
    let existing = issued.entry.seen.at(&path![1]).and_then(Document::as_int);
    let existing = existing.and_then(|existing| usize::try_from(existing).ok()).unwrap_or(usize::MAX);
    path.starts_with(container) && existing < container.len() && container.len() <= containers
}

struct Tree<'a> {
    writes: Writes<'a, JsonOp>,
    /// Every value and item that is there at the end, with its places.
    last: BTreeMap<String, Vec<Vec<String>>>,
}

impl<'a> Tree<'a> {
    fn of(operations: &'a [Issued<'a, JsonOp>], last: &Document) -> Self {
        let mut places: BTreeMap<String, Vec<Vec<String>>> = BTreeMap::new();
        for (path, word) in words_below(last) {
            places.entry(word).or_default().push(path);
        }
        Self { writes: Writes::new(operations, places.keys().cloned().collect()), last: places }
    }

    /// Whether a container that an operation needed was created by two users at the same time.
    fn created_twice(&self, path: &[String]) -> bool {
        (1..=path.len()).any(|len| {
            let steps = self.writes.steps().iter().map(|step| step.issued);
            let creators: Vec<_> = steps.filter(|issued| !issued.undone() && creates(issued, &path[..len])).collect();
            creators.iter().any(|one| creators.iter().any(|other| one.concurrent_with(other)))
        })
    }

    /// How a value or an item was lost, if it was.
    fn loss(&self, index: usize) -> Option<&'static Kind> {
        let op = &self.writes.steps()[index].issued.op;
        Some(match self.writes.loss(index)? {
            Loss::Overwritten => &OVERWRITTEN,
            Loss::Removed => &EDIT_LOST_TO_DELETE,
            Loss::Undone | Loss::Unexplained if self.created_twice(op.path()) => &HIDDEN_SUBTREE,
            Loss::Undone => &LOST_TO_UNDO,
            Loss::Unexplained if matches!(op, JsonOp::Append { .. }) => &LOST_ITEM,
            Loss::Unexplained => &EDIT_LOST,
        })
    }

    /// How a delete was lost, if it was.
    fn revival(&self, index: usize) -> Option<&'static Kind> {
        let step = &self.writes.steps()[index];
        let path = step.issued.op.path();
        let mut below = self.last.iter().filter(|(_, places)| places.iter().any(|place| place.starts_with(path)));
        if below.clone().any(|(word, _)| step.replaced.contains(word)) {
            return Some(&RESURRECTED);
        }
        let concurrent: BTreeSet<&String> = self.writes.written_concurrently(index).collect();
        below.any(|(word, _)| concurrent.contains(word)).then_some(&DELETE_OVERWRITTEN)
    }
}

/// Asks of each value and item whether it was lost, see [`Writes`], and of each delete whether what it removed is gone.
pub(super) fn judge(history: &History<'_>) -> Vec<Finding> {
    let operations = history.operations::<JsonOp>();
    let tree = Tree::of(&operations, history.last);
    let original: BTreeSet<String> = words_below(history.genesis).into_iter().map(|(_, word)| word).collect();
    let mut findings = Findings::of(history);
    for (word, places) in &tree.last {
        let shown = || places.iter().map(|path| format!("{word} at {}", place(path))).collect::<Vec<_>>().join(", ");
        let surplus = places.len() as u64 - 1;
        let by = tree.writes.writers(word).find(|step| step.issued.outcome().is_some());
        if surplus > 0 && !by.is_some_and(|by| findings.lost(by.issued.id(), &DUPLICATED_ITEM, shown())) {
            findings.note(&VALUE_FROM_NOWHERE, surplus, shown());
        }
        if !original.contains(word) && tree.writes.writers(word).next().is_none() {
            findings.note(&VALUE_FROM_NOWHERE, 1, shown());
        }
    }
    for (index, step) in tree.writes.steps().iter().enumerate() {
        let issued = step.issued;
        let kind = match &issued.op {
            _ if issued.undone() => tree.writes.undo_failed(index).then_some(&UNDO_WITHOUT_EFFECT),
            _ if issued.outcome().is_none() => None,
            JsonOp::Set { .. } | JsonOp::Append { .. } => tree.loss(index),
            JsonOp::Take { item, .. } => tree.last.contains_key(item).then_some(&RESURRECTED),
            JsonOp::Delete { .. } => tree.revival(index),
        };
        let path = issued.op.path();
        let kind = match kind {
            Some(kind) if *kind == RESURRECTED && tree.writes.disturbed(&path.to_vec()) => Some(&LOST_TO_UNDO),
            kind => kind,
        };
        if let Some(kind) = kind {
            let near = history.last.at(&place(&path[..1])).cloned().unwrap_or_default();
            findings.lost(issued.id(), kind, format_args!("{}, {}: there is {near}", issued.id(), phrase(&issued.op)));
        }
    }
    findings.done()
}
