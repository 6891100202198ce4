use rand::seq::{IndexedRandom, SliceRandom};
use rand::{RngExt, SeedableRng};

use super::*;
use crate::document::{Kind, Path};
use crate::path;
use crate::replica::Rng;
use crate::view::View;

fn genesis() -> Vec<u8> {
    let row = Document::map([("x", Document::Int(0)), ("y", Document::Int(0))]);
    Doc::genesis(&Document::map([("rows", Document::map([("a", row.clone()), ("b", row)]))]), Counters::Entries)
}

/// Writes a row, or a field of one.
fn edit(rng: &mut Rng, n: i64) -> Edit {
    let row = ["a", "b"].choose(rng).copied().unwrap_or_default();
    let field = ["x", "y", "z"].choose(rng).copied().unwrap_or_default();
    match rng.random_range(0..4) {
        0 => Edit::Put { path: path!["rows", row], value: Document::map([("x", n)]) },
        _ => Edit::Put { path: path!["rows", row, field], value: Document::Int(n) },
    }
}

/// Updates of two clients that merge late, and the document in which both end.
fn updates(seed: u64) -> (Vec<Vec<u8>>, Document) {
    let mut rng = Rng::seed_from_u64(seed);
    let mut docs = [2, 3].map(|client| Doc::load(&genesis(), client, Counters::Entries).unwrap());
    let mut sent: [Vec<Vec<u8>>; 2] = Default::default();
    let mut merged = [0; 2];
    for n in 0..20 {
        let who = rng.random_range(0..2);
        let edit = edit(&mut rng, n);
        sent[who].extend(docs[who].commit(&[edit]).unwrap().map(|written| written.update));
        let (who, other) = if rng.random() { (0, 1) } else { (1, 0) };
        if rng.random_range(0..3) == 0 {
            sent[other][merged[who]..].iter().for_each(|update| docs[who].apply(update, 0).map(drop).unwrap());
            merged[who] = sent[other].len();
        }
    }
    sent[1][merged[0]..].iter().for_each(|update| docs[0].apply(update, 0).map(drop).unwrap());
    (sent.concat(), docs[0].document())
}

#[test]
fn in_any_order_of_updates_nothing_is_lost() {
    for seed in 0..300 {
        let (mut updates, end) = updates(seed);
        let mut rng = Rng::seed_from_u64(seed);
        updates.extend(updates.clone().into_iter().filter(|_| rng.random_range(0..5) == 0));
        updates.shuffle(&mut rng);
        let mut doc = Doc::load(&genesis(), 4, Counters::Entries).unwrap();
        for update in &updates {
            doc.apply(update, 0).map(drop).unwrap();
        }
        assert!(doc.whole(), "seed {seed}");
        assert_eq!(doc.document(), end, "seed {seed}");
    }
}

/// What two clients sent while they merged each other's updates, each in one update: each depends on a part of the other.
#[test]
fn updates_that_need_parts_of_each_other_are_merged() {
    let load = |client| Doc::load(&genesis(), client, Counters::Entries).unwrap();
    let (mut one, mut other) = (load(2), load(3));
    let write =
        |doc: &mut Doc, path, value: Document| doc.commit(&[Edit::Put { path, value }]).unwrap().unwrap().update;
    let row = write(&mut one, path!["rows", "c"], Document::map([("x", 1)]));
    other.apply(&row, 0).unwrap();
    let inner = write(&mut other, path!["rows", "c", "in"], Document::map([("y", 2)]));
    one.apply(&inner, 0).unwrap();
    let value = write(&mut one, path!["rows", "c", "in", "y"], Document::Int(3));
    let both = yrs::merge_updates_v1([row, value]).unwrap();
    for updates in [[&inner, &both], [&both, &inner]] {
        let mut late = load(4);
        updates.into_iter().for_each(|update| drop(late.apply(update, 0).unwrap()));
        assert!(late.whole());
        assert_eq!(late.document(), one.document());
    }
}

#[test]
fn a_duplicate_of_a_waiting_update_does_not_wait() {
    let mut one = Doc::load(&genesis(), 2, Counters::Entries).unwrap();
    let mut write = |n: i64| {
        let edit = Edit::Put { path: path!["rows", "a", "x"], value: Document::Int(n) };
        one.commit(&[edit]).unwrap().unwrap().update
    };
    let (first, second) = (write(1), write(2));
    let mut other = Doc::load(&genesis(), 3, Counters::Entries).unwrap();
    for _ in 0..3 {
        other.apply(&second, 0).unwrap();
    }
    assert_eq!((other.waiting.len(), other.whole()), (1, false));
    other.apply(&first, 0).unwrap();
    assert!(other.whole());
    assert_eq!(other.get(&path!["rows", "a", "x"]), Some(Document::Int(2)));
}

#[test]
fn a_counter_is_one_value_wherever_it_is() {
    let start = Document::map([
        ("n", Document::Counter(2)),
        ("list", Document::list([Document::Counter(-1), Document::Int(1)])),
        ("empty", Document::map::<&str, Document>([])),
    ]);
    for counters in [Counters::Entries, Counters::Sum] {
        let mut doc = Doc::load(&Doc::genesis(&start, counters), 7, counters).unwrap();
        assert_eq!(doc.document(), start, "{counters:?}");
        let add = |path: Path, by: i64| Edit::Increment { path, by };
        doc.commit(&[add(path!["n"], 5), add(path!["list", 0], 1)]).unwrap();
        assert_eq!(
            (doc.kind(&path!["n"]), doc.len(&path!["n"]), doc.keys(&path!["n"])),
            (Some(Kind::Counter), None, None)
        );
        assert_eq!((doc.get(&path!["n", ""]), doc.get(&path!["n", "7"])), (None, None));
        assert_eq!((doc.kind(&path!["empty"]), doc.len(&path!["empty"])), (Some(Kind::Map), Some(0)));
        let put = Edit::Put { path: path!["n", "7"], value: Document::Int(9) };
        let remove = Edit::Remove { path: path!["n", "7"] };
        for refused in [put, remove, add(path!["n", "7"], 1), add(path!["empty"], 1), add(path!["n"], i64::MAX)] {
            assert!(doc.commit(&[refused]).is_err(), "{counters:?}");
        }
        doc.commit(&[add(path!["n"], i64::MAX - 7)]).unwrap();
        doc.commit(&[Edit::ListMove { path: path!["list"], from: 0, to: 1 }]).unwrap();
        let end = Document::map([
            ("n", Document::Counter(i64::MAX)),
            ("list", Document::list([Document::Int(1), Document::Counter(0)])),
            ("empty", Document::map::<&str, Document>([])),
        ]);
        assert_eq!(doc.document(), end, "{counters:?}");
        assert_eq!(Doc::load(&doc.save(), 8, counters).unwrap().document(), end, "{counters:?}");
    }
}
