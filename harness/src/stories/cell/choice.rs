//! What a story of a cell is about: which operation, which others, which place of the document, which steps.

use std::collections::{BTreeMap, BTreeSet};

use syncbench_strategies::document::{Document, Edit, Path};
use syncbench_strategies::model::ErasedModel;
use syncbench_strategies::replica::{NodeId, OpId};

use crate::finding::named;
use crate::ledger::{Entry, Fate, Ledger};
use crate::results::Finding;
use crate::stories::Step;

/// Most operations beside the one that was lost: with three, a story of twelve steps has room for what became of each.
const OTHERS: usize = 2;

/// The operation that is told.
#[derive(Debug)]
pub(super) struct Subject {
    pub(super) op: OpId,
    /// The heading of its story.
    pub(super) title: String,
    /// What the oracle says of it.
    pub(super) findings: Vec<Finding>,
}

/// The first operation that was lost, of this kind if one is asked for; else the first that was rejected or rolled back.
///
/// A run that is told `whole` need not be about a single operation.
pub(super) fn subject(
    findings: &[Finding],
    ledger: &Ledger,
    kind: Option<&str>,
    whole: bool,
) -> Result<Option<Subject>, String> {
    let lost = |finding: &&Finding| !finding.ops.is_empty();
    let issued = |op: &OpId| ledger.entry(*op).map(|entry| (entry.issued, entry.id));
    let found = match kind {
        Some(kind) => {
            let found = findings.iter().find(|finding| finding.kind == kind);
            Some(found.ok_or_else(|| not_found(kind, findings))?)
        }
        None => findings.iter().filter(lost).min_by_key(|finding| issued(&finding.ops[0])),
    };
    if let Some(finding) = found {
        // A note names no lost operation; its example mostly names one that it is about.
        let op =
            finding.ops.first().copied().or_else(|| named(&finding.example).find(|op| ledger.entry(*op).is_some()));
        if op.is_none() && whole {
            return Ok(self::whole(ledger, Finding { ops: Vec::new(), ..finding.clone() }));
        }
        let Some(op) = op else {
            return Err(format!("`{}` is about no single operation: {}", finding.kind, finding.example));
        };
        let title = if finding.lost { "The first operation that was lost" } else { "An operation that was noted" };
        let findings = vec![Finding { ops: Vec::new(), ..finding.clone() }];
        return Ok(Some(Subject { op, title: format!("{title}: {}", finding.kind), findings }));
    }
    let first =
        |wanted: fn(&&Entry) -> bool| ledger.entries().filter(wanted).min_by_key(|entry| (entry.issued, entry.id));
    let rejected = first(|entry| matches!(entry.fate, Fate::Rejected(_)))
        .map(|entry| (entry.id, "Nothing was lost. The first operation that was rejected"));
    let rolled_back = || {
        first(|entry| entry.rolled_back > 0)
            .map(|entry| (entry.id, "Nothing was lost. The first operation that was rolled back"))
    };
    let subject = |(op, title): (OpId, &str)| Subject { op, title: title.to_owned(), findings: Vec::new() };
    Ok(rejected.or_else(rolled_back).map(subject))
}

/// A run that is told from its first operation on, for something that is about no single one.
pub(super) fn whole(ledger: &Ledger, finding: Finding) -> Option<Subject> {
    let first = ledger.entries().min_by_key(|entry| (entry.issued, entry.id))?;
    Some(Subject { op: first.id, title: format!("What happened: {}", finding.kind), findings: vec![finding] })
}

fn not_found(kind: &str, findings: &[Finding]) -> String {
    let kinds: Vec<&str> = findings.iter().map(|finding| finding.kind.as_str()).collect();
    let there = if kinds.is_empty() { "nothing".to_owned() } else { kinds.join(", ") };
    format!("this run has no finding `{kind}`; it has: {there}")
}

/// The operation, what it undoes, and those that it met: they edit the same place, and neither user had seen the other's.
/// What the oracle names comes first, then what names the same things, then what was issued at about the same time.
pub(super) fn involved(
    subject: &Subject,
    edits: &BTreeMap<OpId, Vec<Edit>>,
    ledger: &Ledger,
    model: &dyn ErasedModel,
) -> Vec<OpId> {
    let Some(lost) = ledger.entry(subject.op) else { return vec![subject.op] };
    let mut ops: Vec<OpId> = std::iter::once(subject.op).chain(lost.undoes).collect();
    let origin = lost.undoes.unwrap_or(subject.op);
    let example = subject.findings.first().map_or("", |finding| finding.example.as_str());
    let named: BTreeSet<OpId> = named(example).collect();
    let things = |entry: &Entry| things(entry, model);
    let of_lost: BTreeSet<String> = things(lost).into_iter().chain(words(example)).collect();
    let none = Vec::new();
    let here = edits.get(&origin).unwrap_or(&none);
    let met = |entry: &&Entry| {
        let there = edits.get(&entry.id).unwrap_or(&none);
        let same = here.iter().any(|a| there.iter().any(|b| overlap(a.path(), b.path())));
        !ops.contains(&entry.id) && (named.contains(&entry.id) || (same && entry.concurrent_with(lost)))
    };
    let mut others: Vec<_> = ledger
        .entries()
        .filter(met)
        .map(|entry| {
            let shared = things(entry).intersection(&of_lost).count();
            let apart = entry.issued.0.abs_diff(lost.issued.0);
            ((!named.contains(&entry.id), std::cmp::Reverse(shared), apart), entry.id)
        })
        .collect();
    others.sort();
    // Where some name the same things, those that do not only share a list with it.
    let best = others.first().map(|((_, shared, _), _)| *shared);
    others.retain(|((unnamed, shared, _), _)| !unnamed || Some(*shared) == best);
    ops.extend(others.into_iter().map(|(_, op)| op).take(OTHERS));
    ops
}

/// The calls of the operation's client from its issue on, at most `most`.
pub(super) fn after(op: OpId, steps: &[(Step, Option<usize>)], most: usize) -> BTreeSet<usize> {
    let issued = steps.iter().position(|(step, _)| step.issued == Some(op)).unwrap_or(steps.len());
    let own = steps.iter().enumerate().skip(issued).filter(|(_, (step, _))| step.node == op.client);
    own.map(|(index, _)| index).take(most).collect()
}

/// The operations of others with which the place changed first after the operation was issued; of many, the last two.
pub(super) fn turn(op: OpId, calls: &BTreeSet<usize>, steps: &[(Step, Option<usize>)]) -> Vec<OpId> {
    let states: Vec<&Step> = calls.iter().map(|call| &steps[*call].0).collect();
    let turns = states.windows(2).filter(|pair| pair[0].state != pair[1].state);
    let foreign = |step: &Step| step.took.iter().copied().filter(|took| took.client != op.client).collect::<Vec<_>>();
    let mut ops = turns.map(|pair| foreign(pair[1])).find(|ops| !ops.is_empty()).unwrap_or_default();
    ops.drain(..ops.len().saturating_sub(OTHERS));
    ops
}

/// What an operation is about: the words and numbers of its arguments and of its outcome.
fn things(entry: &Entry, model: &dyn ErasedModel) -> BTreeSet<String> {
    let described = model.describe(&entry.operation);
    let outcome = match &entry.fate {
        Fate::Confirmed(outcome) if *outcome != Document::Null => outcome.to_string(),
        _ => String::new(),
    };
    // The first word is the kind of operation.
    words(&described).skip(1).chain(words(&outcome)).collect()
}

fn words(text: &str) -> impl Iterator<Item = String> + '_ {
    let split = text.split(|c: char| !(c.is_alphanumeric() || c == '-'));
    split.filter(|word| !word.is_empty()).map(str::to_lowercase)
}

fn overlap(a: &Path, b: &Path) -> bool {
    a.starts_with(b) || b.starts_with(a)
}

/// The place of the document that the operation edits; what its edits have in common.
pub(super) fn place(ops: &[OpId], edits: &BTreeMap<OpId, Vec<Edit>>) -> Path {
    let Some(edits) = ops.iter().find_map(|op| edits.get(op).filter(|edits| !edits.is_empty())) else {
        return Path::root();
    };
    let common = common(edits);
    // Edits all over the document have nothing but it in common: the last one is where the effect ends up.
    if common.is_empty() { edits.last().map(|edit| edit.path().clone()).unwrap_or_default() } else { common }
}

/// What the paths of edits have in common.
pub(super) fn common<'e>(edits: impl IntoIterator<Item = &'e Edit>) -> Path {
    let mut edits = edits.into_iter();
    let Some(first) = edits.next() else { return Path::root() };
    let mut common = first.path().to_vec();
    for edit in edits {
        let same = common.iter().zip(edit.path().iter()).take_while(|(a, b)| a == b).count();
        common.truncate(same);
    }
    Path::from(common)
}

/// Where in a text the operation edits; 0 where it does not.
pub(super) fn text_place(op: OpId, edits: &BTreeMap<OpId, Vec<Edit>>) -> usize {
    let edits = edits.get(&op).map_or(&[][..], Vec::as_slice);
    let pos = |edit: &Edit| match edit {
        Edit::TextSplice { pos, .. } => Some(*pos),
        _ => None,
    };
    edits.iter().find_map(pos).unwrap_or(0)
}

/// The steps that matter to these operations, at most `most`: the least telling are left out.
pub(super) fn steps(ops: &[OpId], steps: &[(Step, Option<usize>)], most: usize) -> BTreeSet<usize> {
    let users: BTreeSet<NodeId> = ops.iter().map(|op| op.client).collect();
    let any = |list: &[OpId]| list.iter().any(|op| ops.contains(op));
    let rank = |step: &Step| {
        let own = step.node == ops[0].client;
        if step.issued.is_some_and(|op| ops.contains(&op)) {
            Some(0)
        } else if any(&step.refused) || any(&step.rolled_back) || (own && any(&step.confirmed)) {
            Some(1)
        } else if step.node == NodeId::SERVER && any(&step.took) {
            Some(2)
        } else if users.contains(&step.node) && any(&step.took) {
            Some(3)
        } else {
            any(&step.confirmed).then_some(4)
        }
    };
    let ranked = steps.iter().enumerate().filter_map(|(index, (step, _))| Some((rank(step)?, index)));
    let mut ranked: Vec<(u8, usize)> = ranked.collect();
    ranked.sort_unstable();
    ranked.into_iter().take(most).map(|(_, index)| index).collect()
}

#[cfg(test)]
mod tests {
    use syncbench_strategies::path;

    use super::*;

    #[test]
    fn the_place_is_what_all_edits_have_in_common() {
        let op = OpId { client: NodeId(1), n: 1 };
        let edits = |paths: &[Path]| {
            let removed = paths.iter().map(|path| Edit::Remove { path: path.clone() });
            place(&[op], &BTreeMap::from([(op, removed.collect())])).to_string()
        };
        assert_eq!(edits(&[path!["r", 1, "low"], path!["r", 1, "high"]]), "/r/1");
        assert_eq!(edits(&[path!["a", 1], path!["b"]]), "/b");
        assert_eq!(edits(&[]), "/");
    }
}
