//! What a server that lost its history did to the document: duplicated content, and removed content that came back.
//!
//! Both are looked for only where the server was restored or rebuilt: otherwise a user may add what exists already, and
//! concurrent operations may double it, which the oracles of workloads find.

use std::collections::BTreeMap;

use syncbench_strategies::document::Document;

use crate::finding::{Finding, kinds};
use crate::run_result::GoneBack;

kinds! {
    DOUBLED = noted(
        "doubled content",
        "Content that the document had once when its server lost the history is there twice in the end; counted in items \
         and characters, where at least half of a list or a text is doubled."
    );
    RESURRECTED = noted(
        "resurrected content",
        "Content that was removed before the server lost its history is there again in the end; counted in entries and items."
    );
}

/// Characters that are compared together: texts repeat words, and seldom this much.
const RUN: usize = 12;

/// What the server's losses of history did to the final state.
pub(crate) fn judge(gone_back: &[GoneBack], last: &Document) -> Vec<Finding> {
    let most =
        |count: fn(&GoneBack, &Document) -> u64| gone_back.iter().map(|back| count(back, last)).max().unwrap_or(0);
    let doubled = most(|back, last| doubled(&back.before, last));
    let brought_back = most(|back, last| brought_back(&back.before, &back.after, last));
    let found = [
        (&DOUBLED, doubled, "items or characters are there twice"),
        (&RESURRECTED, brought_back, "entries or items are there again"),
    ];
    let found = found.into_iter().filter(|(_, count, _)| *count > 0);
    found.map(|(kind, count, what)| Finding::noted(kind, count, format_args!("{count} {what}"))).collect()
}

/// How much of what `then` had once `now` has twice.
fn doubled(then: &Document, now: &Document) -> u64 {
    match (then, now) {
        (Document::Map(then), Document::Map(now)) => {
            then.iter().filter_map(|(key, value)| Some(doubled(value, now.get(key)?))).sum()
        }
        (Document::List(then), Document::List(now)) => {
            let (then, now) = (copies(then.iter()), copies(now.iter()));
            let twice =
                then.iter().map(|(item, n)| (*n, now.get(item).map_or(0, |now| now.saturating_sub(*n)).min(*n)));
            most_of(twice)
        }
        (Document::Text(then), Document::Text(now)) => {
            let (then, now) = (then.to_string().chars().collect::<Vec<_>>(), now.to_string());
            let there = then.iter().collect::<String>();
            let once = then.chunks_exact(RUN).map(|run| run.iter().collect::<String>());
            let once = once.filter(|run| there.matches(run.as_str()).count() == 1);
            most_of(once.map(|run| (RUN as u64, if now.matches(&run).count() > 1 { RUN as u64 } else { 0 })))
        }
        _ => 0,
    }
}

/// The sum of the second numbers, if it is more than one and at least half of the sum of the first.
fn most_of(parts: impl Iterator<Item = (u64, u64)>) -> u64 {
    let (all, found) = parts.fold((0, 0), |(all, found), (n, twice)| (all + n, found + twice));
    if found > 1 && found * 2 >= all { found } else { 0 }
}

/// How much was missing in `before`, present again in `after`, and is present `now`.
fn brought_back(before: &Document, after: &Document, now: &Document) -> u64 {
    match (before, after, now) {
        (Document::Map(before), Document::Map(after), Document::Map(now)) => after
            .iter()
            .map(|(key, value)| match (before.get(key), now.get(key)) {
                (None, Some(_)) => 1,
                (Some(before), Some(now)) => brought_back(before, value, now),
                _ => 0,
            })
            .sum(),
        (Document::List(before), Document::List(after), Document::List(now)) => {
            let [before, after, now] = [before, after, now].map(|list| copies(list.iter()));
            let of = |counts: &BTreeMap<Vec<u8>, u64>, item: &Vec<u8>| counts.get(item).copied().unwrap_or(0);
            after.iter().map(|(item, n)| (*n).min(of(&now, item)).saturating_sub(of(&before, item))).sum()
        }
        _ => 0,
    }
}

/// How often each item is there.
fn copies<'a>(items: impl Iterator<Item = &'a Document>) -> BTreeMap<Vec<u8>, u64> {
    let mut copies = BTreeMap::new();
    items.for_each(|item| *copies.entry(item.encode()).or_default() += 1);
    copies
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(items: impl IntoIterator<Item = i64>) -> Document {
        Document::map([("items", Document::list(items.into_iter().map(Document::Int)))])
    }

    fn text(text: &str) -> Document {
        Document::map([("note", Document::text(text))])
    }

    fn found(before: &Document, after: &Document, last: &Document) -> Vec<(String, u64)> {
        let gone_back = [GoneBack { before: before.clone(), after: after.clone() }];
        judge(&gone_back, last).into_iter().map(|finding| (finding.kind, finding.count)).collect()
    }

    #[test]
    fn a_list_or_a_text_that_is_there_twice_is_doubled() {
        let three = list(1..=3);
        assert_eq!(found(&three, &three, &list([1, 2, 3, 1, 2, 3])), [("doubled content".into(), 3)]);
        assert_eq!(found(&three, &three, &list([1, 2, 4, 1, 2])), [("doubled content".into(), 2)]);
        // One repeated item is no doubled document, and neither is what was there twice before.
        assert_eq!(found(&three, &three, &list([1, 2, 3, 1])), []);
        assert_eq!(found(&list([1, 1]), &list([1, 1]), &list([1, 1])), []);
        let poem = "Whose woods these are I think I know. His house is in the village though;";
        assert_eq!(found(&text(poem), &text(poem), &text(&format!("{poem} {poem}"))), [("doubled content".into(), 72)]);
        assert_eq!(found(&text(poem), &text(poem), &text(&format!("{poem} Whose woods these"))), []);
        assert_eq!(found(&text(poem), &text(poem), &text(poem)), []);
    }

    #[test]
    fn what_was_removed_and_is_there_again_was_brought_back() {
        assert_eq!(found(&list([1, 3]), &list(1..=3), &list(1..=3)), [("resurrected content".into(), 1)]);
        assert_eq!(found(&list([1, 3]), &list(1..=3), &list([1, 3])), []);
        let rows = |keys: &[&str]| Document::map(keys.iter().map(|key| (*key, Document::Int(1))));
        assert_eq!(
            found(&rows(&["a"]), &rows(&["a", "b", "c"]), &rows(&["a", "c"])),
            [("resurrected content".into(), 1)]
        );
        assert_eq!(found(&rows(&["a", "b"]), &rows(&["a"]), &rows(&["a", "b"])), []);
    }
}
