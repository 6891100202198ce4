use rand::{RngExt, SeedableRng};

use super::*;
use crate::path;
use crate::replica::Rng;
use crate::view::View;

fn own(doc: &mut Doc) -> Vec<Vec<u8>> {
    let mut updates = Vec::new();
    doc.own(&mut updates);
    updates
}

#[test]
fn splices_are_applied_all_or_none_and_other_edits_are_errors() {
    let genesis = Document::map([("note", Document::text("a🦀b"))]);
    let mut doc = Doc::load(&Doc::genesis(&genesis)).unwrap();
    doc.set_author(7);
    let splice =
        |pos, delete, insert: &str| Edit::TextSplice { path: path!["note"], pos, delete, insert: insert.into() };
    assert_eq!(doc.splice(&[splice(2, 0, "x"), splice(5, 0, "y")]).unwrap_err(), "/note is shorter than 5");
    let put = Edit::Put { path: path!["note"], value: Document::Null };
    assert_eq!(doc.splice(&[splice(2, 0, "x"), put]).unwrap_err(), "text only");
    assert_eq!(doc.document(), genesis);
    let span = doc.splice(&[splice(1, 1, ""), splice(1, 1, "💡c")]).unwrap().unwrap();
    assert_eq!((span.from, span.to), (0, 4));
    assert_eq!(doc.document(), Document::map([("note", Document::text("a💡c"))]));
    assert_eq!(doc.text_slice(&path!["note"], 1..3), Some("💡c".into()));
    assert_eq!(doc.splice(&[splice(1, 0, "")]), Ok(None));
}

/// Two clients edit and undo with patches on the way. Undone insertions are gone, undone deletions are back, and the other
/// client's edits stay.
#[test]
fn an_undo_keeps_the_edits_of_others() {
    let genesis = Doc::genesis(&Document::map([("text", Document::text("abcdefgh"))]));
    for seed in 0..300 {
        let mut rng = Rng::seed_from_u64(seed);
        let mut below = |n: usize| rng.random_range(0..n);
        let [mut one, mut other] = [7, 8].map(|author| {
            let mut doc = Doc::load(&genesis).unwrap();
            doc.set_author(author);
            doc
        });
        let splice = |doc: &Doc, pos: usize, delete: usize, insert: &str| {
            let delete = delete.min(doc.crdt.branch.len() - pos);
            Edit::TextSplice { path: path!["text"], pos, delete, insert: insert.into() }
        };
        let pos = below(9);
        let mine = splice(&one, pos, below(3), ["", "X", "XX🦀"][below(3)]);
        let Some(mine) = one.splice(&[mine]).unwrap() else { continue };
        other.merge(own(&mut one));
        let (mut theirs, mut erased) = (0, 0);
        for _ in 0..4 {
            let pos = below(other.crdt.branch.len() + 1);
            let insert = ["", "y", "yyy"][below(3)];
            let edit = splice(&other, pos, 0, insert);
            other.splice(&[edit]).unwrap();
            theirs += insert.len();
            let text = other.crdt.branch.content().to_string();
            if let Some(at) = text.chars().position(|char| "abcdefgh".contains(char)).filter(|_| below(2) == 0) {
                other.splice(&[splice(&other, at, 1, "")]).unwrap();
                erased += 1;
            }
        }
        one.merge(own(&mut other));
        one.invert(mine).unwrap();
        other.merge(own(&mut one));
        assert_eq!(one.document(), other.document(), "seed {seed}");
        let text = one.crdt.branch.content().to_string();
        assert!(!text.contains('X') && !text.contains('🦀'), "seed {seed}: {text}");
        assert_eq!(text.matches('y').count(), theirs, "seed {seed}: {text}");
        let there = text.chars().filter(|char| "abcdefgh".contains(*char)).count();
        assert_eq!(there, 8 - erased, "seed {seed}: {text}");
        let order: Vec<char> = text.chars().filter(|char| "abcdefgh".contains(*char)).collect();
        assert!(order.is_sorted(), "seed {seed}: {text}");
    }
}

/// The log merges splices of one operation, and an empty log has nothing before the first of them.
#[test]
fn splices_of_one_operation_are_undone_together() {
    for seed in 0..300 {
        let mut rng = Rng::seed_from_u64(seed);
        let mut below = |n: usize| rng.random_range(0..n);
        let beginning = ["", "abcdefgh🦀"][below(2)];
        let genesis = Doc::genesis(&Document::map([("text", Document::text(beginning))]));
        let [mut one, mut other] = [7, 8].map(|author| {
            let mut doc = Doc::load(&genesis).unwrap();
            doc.set_author(author);
            doc
        });
        let mut len = beginning.chars().count();
        let splices: Vec<Edit> = (0..=below(6))
            .map(|_| {
                let pos = below(len + 1);
                let delete = below((len - pos).min(3) + 1);
                let insert = ["", "X", "XX💡"][below(3)];
                len = len - delete + insert.chars().count();
                Edit::TextSplice { path: path!["text"], pos, delete, insert: insert.into() }
            })
            .collect();
        let y = Edit::TextSplice {
            path: path!["text"],
            pos: below(2) * beginning.len().min(3),
            delete: 0,
            insert: "y".into(),
        };
        let made = one.splice(&splices).unwrap();
        let Some(made) = made else { continue };
        let first = own(&mut one);
        other.splice(&[y]).unwrap();
        let concurrent = below(2) == 0;
        if concurrent {
            one.merge(own(&mut other));
        }
        one.invert(made).unwrap();
        let text = one.crdt.branch.content().to_string();
        assert_eq!(text.matches('y').count(), usize::from(concurrent), "seed {seed}: {text}");
        assert_eq!(text.replace('y', ""), beginning, "seed {seed}");
        other.merge(own(&mut one));
        other.merge(first);
        one.merge(own(&mut other));
        assert_eq!(one.document(), other.document(), "seed {seed}");
    }
    let mut doc = Doc::load(&Doc::genesis(&Document::map([("text", Document::text(""))]))).unwrap();
    doc.set_author(7);
    assert!(doc.invert(Span { author: doc.author.0, from: 0, to: 1 }).is_err());
}

/// In any order of arrival, and with duplicates, all replicas end in the same text and no patch is left waiting.
#[test]
fn patches_converge_in_any_order_and_with_duplicates() {
    let genesis = Doc::genesis(&Document::map([("text", Document::text("abcdef"))]));
    for seed in 0..200 {
        let mut rng = Rng::seed_from_u64(seed);
        let mut below = |n: usize| rng.random_range(0..n);
        let mut docs: Vec<Doc> = (0..3).map(|_| Doc::load(&genesis).unwrap()).collect();
        docs.iter_mut().zip(7..).for_each(|(doc, author)| doc.set_author(author * 1_000_003));
        let mut sent: Vec<Vec<u8>> = Vec::new();
        for _ in 0..40 {
            let doc = &mut docs[below(3)];
            if below(2) == 0 {
                let len = doc.crdt.branch.len();
                let pos = below(len + 1);
                let delete = below((len - pos).min(2) + 1);
                let insert: String = (0..below(3)).map(|n| char::from(b'a' + n as u8)).collect();
                doc.splice(&[Edit::TextSplice { path: path!["text"], pos, delete, insert }]).unwrap();
                sent.extend(own(doc));
            } else if !sent.is_empty() {
                let some: Vec<_> = (0..=below(3)).map(|_| sent[below(sent.len())].clone()).collect();
                assert_eq!(doc.merge(some).refused, 0, "seed {seed}");
                sent.extend(own(doc));
            }
        }
        for doc in &mut docs {
            assert_eq!(doc.merge(sent.clone()).refused, 0, "seed {seed}");
            assert!(doc.waiting.is_empty(), "seed {seed}");
        }
        assert_eq!(docs[0].document(), docs[1].document(), "seed {seed}");
        assert_eq!(docs[0].document(), docs[2].document(), "seed {seed}");
    }
}
