//! Undo reverts the user's own operation and keeps what others did.

use syncbench_harness::ledger::Fate;
use syncbench_harness::scenario::Scenario;
use syncbench_strategies::change::Change;
use syncbench_strategies::document::{Document, Edit, EditKind, Path};
use syncbench_strategies::model::{Operation, Rejected, reduce};
use syncbench_strategies::replica::NodeId;
use syncbench_strategies::spec::Support;
use syncbench_strategies::view::View;

use crate::common::group::{Disorder, Group};
use crate::common::seeds::Seeds;
use crate::common::subject::{Checked, Subject, passed, scenario};

/// Pairs of operations that are tried in a seed, one after another.
const ROUNDS: u64 = 12;

/// Where a strategy supports undo: a run with undos and a broken connection keeps its claims, and undoing an operation leaves
/// exactly what another user did since, if the two are independent.
pub fn undo(subject: &Subject, seeds: Seeds) -> Checked {
    if matches!(subject.strategy.spec.undo, Support::Unsupported(_)) || !subject.workload.spec.undo {
        return Ok(());
    }
    let mut tried = Tried::default();
    for seed in seeds.iter() {
        let faults = vec!["partition:halves@200ms..700ms".into()];
        passed(&subject.cell(&Scenario { undo: 0.25, faults, networks: vec!["4g".into()], ..scenario() }, seed))?;
        // Few enough for a search for a serial order.
        let small = Scenario { ops: 10, undo: 0.4, rate_per_s: 100.0, networks: vec!["4g".into()], ..scenario() };
        passed(&subject.cell(&small, seed))?;
        let Tried { held, excused } = keeps_theirs(subject, seed)?;
        tried = Tried { held: tried.held + held, excused: tried.excused + excused };
    }
    // On a stack everything depends on what was done before.
    let dependent = subject.workload.spec.name == "stack";
    if tried.held == 0 && tried.excused == 0 && !dependent {
        Err("no two operations of two users were independent".into())
    } else {
        Ok(())
    }
}

/// Pairs of independent operations of two users, of which the first was undone.
#[derive(Default)]
struct Tried {
    /// Compared with the state that the second operation alone gives.
    held: u64,
    /// Rejected for a reason that excuses it.
    excused: u64,
}

/// One user acts, another acts, the first undoes its operation, each when the group is quiescent.
fn keeps_theirs(subject: &Subject, seed: u64) -> Result<Tried, String> {
    let mut group = Group::new(subject, 2, Disorder::default(), seed);
    let (one, other) = (NodeId(1), NodeId(2));
    let mut tried = Tried::default();
    for _ in 0..ROUNDS {
        group.quiesce()?;
        let before = group.view(one);
        let Some(mine) = group.act(one) else { continue };
        group.quiesce()?;
        let Some(theirs) = group.act(other) else { continue };
        group.quiesce()?;
        let done = |id| matches!(group.fate(id), Fate::Confirmed(_));
        let alone = independent(subject, &before, group.operation(mine), group.operation(theirs));
        if !done(mine) || !done(theirs) {
            continue;
        }
        let undo = group.undo(mine);
        group.quiesce()?;
        let Some(alone) = alone else { continue };
        if matches!(group.fate(undo), Fate::Rejected(reason) if excused(subject, reason)) {
            tried.excused += 1;
            continue;
        }
        if !matches!(group.fate(undo), Fate::Confirmed(_)) {
            return Err(format!("seed {seed}: {undo} undoes {mine}, which harms nobody: {:?}", group.fate(undo)));
        }
        for node in [one, other] {
            let shown = group.view(node);
            let place = place_of_a_move(subject, &before, group.operation(mine), group.operation(theirs));
            let same = place.is_some_and(|place| place(&shown) == place(&alone));
            if shown != alone && !same {
                let (mine, theirs) = (group.describe(mine), group.describe(theirs));
                return Err(format!(
                    "seed {seed}: {mine}, then {theirs} by somebody else, then the first undone: {node} shows \
                     {shown}, and not {alone}"
                ));
            }
        }
        tried.held += 1;
    }
    Ok(tried)
}

/// For a first operation that takes an item out of its place in a list, and a second that moves an item of the same
/// list: a way to compare states without the place of the first one's item. Undo puts that item back between two
/// neighbours, one of which has moved; it may follow that neighbour or stay where it was.
fn place_of_a_move(
    subject: &Subject,
    before: &Document,
    mine: &Operation,
    theirs: &Operation,
) -> Option<impl Fn(&Document) -> (Document, Vec<usize>)> {
    let model = subject.workload.workload.model();
    let theirs = model.plan(before, theirs).ok()?.edits;
    let moved = |list: &Path| theirs.iter().any(|edit| matches!(edit, Edit::ListMove { path, .. } if path == list));
    let (mut taken, mut state) = (Vec::new(), before.clone());
    for edit in model.plan(before, mine).ok()?.edits {
        if let Edit::ListMove { path, from: index, .. } | Edit::ListRemove { path, index, count: 1 } = &edit
            && moved(path)
        {
            taken.push((path.clone(), state.items(path)?.get(*index)?.clone()));
        }
        state.apply_all(&[edit]).ok()?;
    }
    (!taken.is_empty()).then_some(move |state: &Document| {
        let (mut state, mut copies) = (state.clone(), Vec::new());
        for (path, item) in &taken {
            let items = state.items(path).unwrap_or_default();
            let others: Vec<_> = items.iter().filter(|other| *other != item).cloned().collect();
            copies.push(items.len() - others.len());
            let put = Edit::Put { path: path.clone(), value: Document::list(others) };
            state.apply_all(&[put]).expect("the list is there");
        }
        (state, copies)
    })
}

/// Whether a strategy may reject an undo although the two users' operations are independent. With parameters that make
/// it remember less, it may have forgotten the operation; where an edit is emulated, both operations may have written
/// the same place.
fn excused(subject: &Subject, reason: &Rejected) -> bool {
    let spec = subject.strategy.spec;
    let emulated = |kind: &EditKind| matches!(subject.strategy.support(*kind), Support::Emulated(_));
    match &*reason.code {
        "too_old" => subject.strategy.label != spec.name,
        "depended_upon" => subject.workload.spec.edits.iter().any(emulated),
        _ => false,
    }
}

/// The state with the second operation alone, if the two are independent: in either order, both give the same state and
/// the same outcomes. Positions in a text shift; there, the second must not touch what the first did.
fn independent(subject: &Subject, before: &Document, mine: &Operation, theirs: &Operation) -> Option<Document> {
    let model = subject.workload.workload.model();
    let after = |operations: &[&Operation]| {
        let mut document = before.clone();
        let run = operations.iter().map(|operation| reduce(&*model, &mut document, operation));
        let mut outcomes = run.collect::<Result<Vec<_>, _>>().ok()?;
        outcomes.sort_by_key(Document::encode);
        Some((document, outcomes))
    };
    let (both, outcomes) = after(&[mine, theirs])?;
    let (first, second) = (model.plan(before, mine).ok()?.edits, model.plan(&after(&[mine])?.0, theirs).ok()?.edits);
    let text = first.iter().chain(&second).all(|edit| edit.kind() == EditKind::TextSplice);
    // A write into what another user made may be lost when that is undone; the workloads' oracles count it.
    if !text && before.produce(&second).is_err() {
        return None;
    }
    // Two operations that each reverse a whole list look independent, because together they change nothing.
    if takes_out(before, &first, &second) {
        return None;
    }
    let (mine_undone, second) = (Change::of(&first)?.invert(before)?, Change::of(&second)?);
    let taken_back = |ahead| {
        let mut document = both.clone();
        mine_undone.transform(&second, ahead).apply(&mut document).ok()?;
        Some(document)
    };
    // What undo restores in a list or a text may be on either side of what was inserted at its place meanwhile.
    let either_way = taken_back(true).filter(|document| Some(document) == taken_back(false).as_ref())?;
    if text {
        return Some(either_way);
    }
    let (alone, outcome) = after(&[theirs])?;
    let told = after(&[mine])?.1.into_iter().chain(outcome);
    let mut told: Vec<_> = told.collect();
    told.sort_by_key(Document::encode);
    (after(&[theirs, mine])? == (both, outcomes.clone()) && told == outcomes).then_some(alone)
}

/// Whether the second takes items out of a list that the first put into it.
fn takes_out(before: &Document, first: &[Edit], second: &[Edit]) -> bool {
    let mark = "put in by the first";
    let marked = |edit: &Edit| match edit.clone() {
        Edit::ListInsert { path, index, values } => {
            Edit::ListInsert { path, index, values: vec![Document::from(mark); values.len()] }
        }
        other => other,
    };
    let marks = |document: &Document| document.to_string().matches(mark).count();
    let mut document = before.clone();
    let there = document.apply_all(&first.iter().map(marked).collect::<Vec<_>>()).map(|_| marks(&document));
    let left = document.apply_all(second).map(|_| marks(&document));
    matches!((there, left), (Ok(there), Ok(left)) if left < there)
}
