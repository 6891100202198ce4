//! Changes of texts against the crate `operational-transform`: the same changes lead to the same texts.

use operational_transform::OperationSeq;
use proptest::collection::vec;
use proptest::prelude::*;

use super::Change;
use super::laws::hold;
use super::text::{Step, Steps};
use crate::document::Document;

/// How much is kept, how much is deleted, what is inserted.
type Hop = (usize, usize, String);

fn hops() -> impl Strategy<Value = Vec<Hop>> {
    vec((0..5usize, 0..4usize, "[abé漢🎈]{0,3}"), 0..6)
}

/// The same change in both forms, on a text of `len` code points.
fn both(hops: &[Hop], len: usize) -> (Steps, OperationSeq) {
    let (mut ours, mut theirs) = (Steps::default(), OperationSeq::default());
    let (mut old, mut new) = (0, 0);
    for (skip, delete, insert) in hops {
        let skip = (*skip).min(len - old);
        let delete = (*delete).min(len - old - skip);
        (old, new) = (old + skip, new + skip);
        ours = ours.compose(&Steps::splice(new, delete, insert));
        theirs.retain(skip as u64);
        theirs.insert(insert);
        theirs.delete(delete as u64);
        (old, new) = (old + delete, new + insert.chars().count());
    }
    theirs.retain((len - old) as u64);
    (ours, theirs)
}

fn applied(text: &str, steps: &Steps) -> String {
    let mut document = Document::text(text);
    Change::Text(steps.clone()).apply(&mut document).expect("it fits");
    match document {
        Document::Text(rope) => rope.to_string(),
        other => panic!("{other}"),
    }
}

fn len(text: &str) -> usize {
    text.chars().count()
}

#[test]
fn the_same_change_gives_the_same_text() {
    hold(("[a-z漢🎈]{0,12}", hops()), |(text, hops)| {
        let (ours, theirs) = both(&hops, len(&text));
        prop_assert_eq!(applied(&text, &ours), theirs.apply(&text).unwrap());
        Ok(())
    });
}

#[test]
fn compositions_agree() {
    hold(("[a-z漢🎈]{0,12}", hops(), hops()), |(text, first, second)| {
        let (a, their_a) = both(&first, len(&text));
        let between = applied(&text, &a);
        let (b, their_b) = both(&second, len(&between));
        let theirs = their_a.compose(&their_b).unwrap();
        prop_assert_eq!(applied(&text, &a.compose(&b)), theirs.apply(&text).unwrap());
        Ok(())
    });
}

#[test]
fn transformations_agree() {
    hold(("[a-z漢🎈]{0,12}", hops(), hops()), |(text, one, other)| {
        let ((a, their_a), (b, their_b)) = (both(&one, len(&text)), both(&other, len(&text)));
        let (mine, yours) = (a.transform(&b, true), b.transform(&a, false));
        let (their_mine, their_yours) = their_a.transform(&their_b).unwrap();
        let together = their_mine.apply(&their_b.apply(&text).unwrap()).unwrap();
        prop_assert_eq!(&applied(&applied(&text, &b), &mine), &together);
        prop_assert_eq!(&applied(&applied(&text, &a), &yours), &together);
        prop_assert_eq!(their_yours.apply(&their_a.apply(&text).unwrap()).unwrap(), together);
        Ok(())
    });
}

#[test]
fn inverses_agree() {
    hold(("[a-z漢🎈]{0,12}", hops()), |(text, hops)| {
        let (ours, theirs) = both(&hops, len(&text));
        let old: Vec<char> = text.chars().collect();
        let back = ours.invert(|from, to| Some(old.get(from..to)?.iter().collect())).unwrap();
        prop_assert_eq!(&applied(&applied(&text, &ours), &back), &text);
        prop_assert_eq!(theirs.invert(&text).apply(&theirs.apply(&text).unwrap()).unwrap(), text);
        prop_assert!(back.steps().iter().all(|step| *step != Step::Keep(0)));
        Ok(())
    });
}
