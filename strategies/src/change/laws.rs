//! The laws of transformation, on arbitrary documents and changes.
//!
//! `SYNCBENCH_OT_PAIRS` sets how many pairs are tried; a few thousand by default, a million where there is time.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};

use super::Change;
use crate::document::generate::{Dice, dice, document, small};
use crate::document::{Document, Edit};
use crate::wire;

/// How many pairs each law is tried on, from `SYNCBENCH_OT_PAIRS`.
fn pairs() -> u32 {
    match std::env::var("SYNCBENCH_OT_PAIRS") {
        Ok(written) => written.parse().unwrap_or_else(|_| panic!("SYNCBENCH_OT_PAIRS: `{written}` is no number")),
        Err(_) => 4_000,
    }
}

pub(super) fn hold<S: Strategy>(cases: S, law: impl Fn(S::Value) -> Result<(), TestCaseError>) {
    let config = Config { cases: pairs(), failure_persistence: None, ..Config::default() };
    TestRunner::new(config).run(&cases, law).unwrap_or_else(|error| panic!("{error}"));
}

/// A document, and random edits of two users on it.
fn two() -> impl Strategy<Value = (Document, Vec<Dice>, Vec<Dice>)> {
    let documents = prop_oneof![6 => small(), 1 => document(), 5 => shared()];
    (documents, vec(dice(), 1..4), vec(dice(), 1..4))
}

/// Documents on which users often conflict: short lists and texts, few keys.
fn shared() -> impl Strategy<Value = Document> {
    let leaf = prop_oneof![
        Just(Document::Counter(0)),
        Just(Document::text("abcd")),
        Just(Document::from("x")),
        vec(0..9i64, 0..5).prop_map(Document::list),
    ];
    let list = vec(leaf.clone(), 1..6).prop_map(Document::list);
    let map = proptest::collection::btree_map("[ab]", leaf, 1..3).prop_map(Document::map);
    prop_oneof![list.clone(), map.clone(), vec(prop_oneof![list, map], 1..4).prop_map(Document::list)]
}

/// Edits that follow each other, as one change, and the document after them.
fn change(document: &Document, dice: &[Dice]) -> Result<(Change, Document), TestCaseError> {
    let (mut after, mut change) = (document.clone(), Change::Keep);
    for dice in dice {
        let edit = dice.fitting(&after);
        // Two increments may not fit into one.
        let Some(next) = change.compose(&Change::from(&edit)) else {
            prop_assert!(matches!(edit, Edit::Increment { .. }), "{change:?} then {edit:?}");
            continue;
        };
        if after.apply(&edit).is_ok() {
            change = next;
        }
    }
    Ok((change, after))
}

fn apply(change: &Change, document: &Document) -> Result<Document, TestCaseError> {
    let mut after = document.clone();
    change.apply(&mut after).map_err(|error| TestCaseError::fail(format!("{error}: {change:?} on {document}")))?;
    Ok(after)
}

/// Whether a counter overflows: it may do so in one order and not in the other, and then the law says nothing.
fn overflows(changes: &[&Change], document: &Document) -> bool {
    let mut after = document.clone();
    changes.iter().any(|change| change.apply(&mut after).is_err_and(|error| error.to_string().contains("overflow")))
}

#[test]
fn edits_that_follow_each_other_are_one_change() {
    hold(two(), |(document, a, b)| {
        let (one, between) = change(&document, &a)?;
        prop_assert_eq!(&apply(&one, &document)?, &between);
        let (two, after) = change(&between, &b)?;
        if let Some(both) = one.compose(&two) {
            prop_assert_eq!(apply(&both, &document)?, after, "{:?} then {:?} is {:?}", one, two, both);
        }
        Ok(())
    });
}

#[test]
fn both_orders_end_in_the_same_document() {
    hold(two(), |(document, a, b)| {
        let ((a, after_a), (b, after_b)) = (change(&document, &a)?, change(&document, &b)?);
        for ahead in [true, false] {
            let (late_a, late_b) = (a.transform(&b, ahead), b.transform(&a, !ahead));
            if overflows(&[&a, &late_b], &document) || overflows(&[&b, &late_a], &document) {
                continue;
            }
            let (one, other) = (apply(&late_b, &after_a)?, apply(&late_a, &after_b)?);
            prop_assert_eq!(one, other, "{:?} and {:?}, the first ahead: {}", a, b, ahead);
        }
        Ok(())
    });
}

#[test]
fn an_inverse_undoes_a_change() {
    hold(two(), |(document, a, _)| {
        let (change, after) = change(&document, &a)?;
        let inverse = change.invert(&document).ok_or_else(|| TestCaseError::fail("no inverse"))?;
        prop_assert_eq!(apply(&inverse, &after)?, document, "{:?} by {:?}", change, inverse);
        Ok(())
    });
}

#[test]
fn a_change_reads_back_as_it_was_encoded() {
    hold(two(), |(document, a, b)| {
        let ((a, after), (b, _)) = (change(&document, &a)?, change(&document, &b)?);
        let back: Change = wire::decode(&wire::encode(&a)).map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(apply(&back, &document)?, after);
        prop_assert_eq!(wire::encode(&back), wire::encode(&a));
        prop_assert_eq!(back, a.clone());
        let late = b.transform(&a, false);
        let back: Change =
            wire::decode(&wire::encode(&late)).map_err(|error| TestCaseError::fail(error.to_string()))?;
        // Client and server compare a transformed change by its bytes, or by what they decoded.
        prop_assert_eq!(wire::encode(&back), wire::encode(&late));
        prop_assert_eq!(&back, &late);
        prop_assert_eq!(overflows(&[&a, &back], &document), overflows(&[&a, &late], &document));
        Ok(())
    });
}

#[test]
fn hostile_changes_are_errors() {
    let bytes = (two(), vec(any::<u8>(), 0..40), any::<proptest::sample::Index>());
    hold(bytes, |((document, a, b), noise, at)| {
        let (a, _) = change(&document, &a)?;
        let (b, _) = change(&document, &b)?;
        let mut bytes = wire::encode(&a);
        let at = at.index(bytes.len() + 1);
        bytes.splice(at..(at + noise.len() / 2).min(bytes.len()), noise);
        if let Ok(hostile) = wire::decode::<Change>(&bytes) {
            // Nothing panics, and a document that a change does not fit is unchanged.
            let mut after = document.clone();
            if hostile.apply(&mut after).is_err() {
                prop_assert_eq!(&after, &document);
            }
            let _ = (hostile.transform(&b, true), b.transform(&hostile, false), hostile.invert(&document));
            let _ = (hostile.compose(&b), b.compose(&hostile));
        }
        Ok(())
    });
}
