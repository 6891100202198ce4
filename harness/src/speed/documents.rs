//! Edits of a document of a million items beside the same edits of the collections that it is made of.
//!
//! A reading is the time of a thousand edits, one after the other, of a copy of a document that stays alive. The document
//! makes the inverse of each edit, as strategies need it; the collections alone do not.

use std::hint::black_box;
use std::time::Duration;

use imbl::{OrdMap, Vector};
use ropey::Rope;
use syncbench_strategies::document::{Document, Edit, Key};
use syncbench_strategies::path;

use super::side_by_side::ratio;
use super::{Clock, Measurement, Repeat, Target};
use crate::rng::{below, stream};
use crate::stopwatch::processor_ns;

/// Items of a list, entries of a map, letters of a text.
const SIZE: usize = 1_000_000;
/// Edits of one round.
const EDITS: usize = 1_000;

const EDIT: Measurement = Measurement {
    name: "",
    what: "",
    unit: "times",
    target: Target::AtMost(2.0),
    source: "the path to the collection and the inverse may take as long as the edit itself",
    clock: Clock::Processor,
    share: Duration::from_secs(5),
    apart: None,
    once: false,
    begin: || Err(String::new()),
};

pub(super) static LIST_PREPEND: Measurement = Measurement {
    name: "list-prepend",
    what: "a document's edit that puts an item before a million others, beside imbl's",
    begin: || list(|_| 0, |list, _, item| list.push_front(item)),
    ..EDIT
};

pub(super) static LIST_INSERT: Measurement = Measurement {
    name: "list-insert",
    what: "a document's edit that inserts an item anywhere among a million, beside imbl's",
    begin: || list(|anywhere| anywhere, |list, index, item| list.insert(index, item)),
    ..EDIT
};

pub(super) static MAP_PUT: Measurement = Measurement {
    name: "map-put",
    what: "a document's edit that puts one of a million entries of a map, beside imbl's",
    begin: map,
    ..EDIT
};

pub(super) static TEXT_SPLICE: Measurement = Measurement {
    name: "text-splice",
    what: "a document's edit that replaces one of a million letters, beside ropey's",
    begin: text,
    ..EDIT
};

pub(super) static CLONE: Measurement = Measurement {
    name: "document-clone",
    what: "cloning and dropping a document of a million items, beside one of a thousand",
    source: "a clone takes the same time at any size; the rest is noise",
    begin: clone,
    ..EDIT
};

/// Places all over a collection, always the same.
fn places() -> Vec<usize> {
    let mut rng = stream(1, "speed", 0, 0);
    (0..EDITS).map(|_| below(&mut rng, SIZE)).collect()
}

fn item(n: usize) -> Document {
    Document::Int(n as i64)
}

/// A document with this collection.
fn document(collection: Document) -> Document {
    Document::map([("items", collection)])
}

/// A document's edits and the same work on its collection alone.
struct Pair<C, F> {
    original: Document,
    before: C,
    edits: Vec<Edit>,
    alone: F,
}

impl<C: Clone, F: Fn(&mut C)> Pair<C, F> {
    /// Nanoseconds of the edits, and what they make.
    fn edited(&self) -> (u64, Document) {
        let mut copy = self.original.clone();
        let apply = |edit| _ = black_box(copy.apply(edit).expect("the edit fits"));
        (processor_ns(|| self.edits.iter().for_each(apply)), copy)
    }

    /// The same without a document.
    fn alone(&self) -> (u64, C) {
        let mut copy = self.before.clone();
        (processor_ns(|| (self.alone)(black_box(&mut copy))), copy)
    }
}

/// The ratio of a document's edits to the same work on the collection. Both must end with the same.
fn compare<C: Clone + 'static>(
    before: C,
    wrap: fn(C) -> Document,
    edits: Vec<Edit>,
    alone: impl Fn(&mut C) + 'static,
) -> Result<Repeat, String> {
    let pair = Pair { original: document(wrap(before.clone())), before, edits, alone };
    if pair.edited().1 != document(wrap(pair.alone().1)) {
        return Err("the edits do not have the effect of the peer's".into());
    }
    Ok(Box::new(move || Ok(ratio(&mut || pair.edited().0, &mut || pair.alone().0))))
}

fn list(index: fn(usize) -> usize, insert: fn(&mut Vector<Document>, usize, Document)) -> Result<Repeat, String> {
    let path = path!["items"];
    let places: Vec<usize> = places().into_iter().map(index).collect();
    let inserted =
        |(n, index): (usize, &usize)| Edit::ListInsert { path: path.clone(), index: *index, values: vec![item(n)] };
    let edits = places.iter().enumerate().map(inserted).collect();
    let alone = move |list: &mut Vector<Document>| {
        places.iter().enumerate().for_each(|(n, index)| insert(list, *index, item(n)));
    };
    compare((0..SIZE).map(item).collect(), |list: Vector<_>| Document::List(list.into()), edits, alone)
}

fn map() -> Result<Repeat, String> {
    let key = |n: usize| -> Key { format!("key-{n:06}").into() };
    let keys: Vec<Key> = places().into_iter().map(key).collect();
    let put = |(n, key): (usize, &Key)| Edit::Put { path: path!["items", &**key], value: item(SIZE + n) };
    let edits = keys.iter().enumerate().map(put).collect();
    let alone = move |map: &mut OrdMap<Key, Document>| {
        keys.iter().enumerate().for_each(|(n, key)| _ = black_box(map.insert(key.clone(), item(SIZE + n))));
    };
    compare((0..SIZE).map(|n| (key(n), item(n))).collect(), |map: OrdMap<_, _>| Document::Map(map.into()), edits, alone)
}

fn text() -> Result<Repeat, String> {
    const LETTER: &str = "é";
    let places = places();
    let splice = |pos: &usize| Edit::TextSplice { path: path!["items"], pos: *pos, delete: 1, insert: LETTER.into() };
    let edits = places.iter().map(splice).collect();
    let alone = move |rope: &mut Rope| {
        for pos in &places {
            rope.remove(*pos..*pos + 1);
            rope.insert(*pos, LETTER);
        }
    };
    let letters: String = "the quick brown fox größer\n".chars().cycle().take(SIZE).collect();
    compare(Rope::from_str(&letters), Document::Text, edits, alone)
}

fn clone() -> Result<Repeat, String> {
    const CLONES: usize = 20_000;
    let of = |size: usize| document(Document::list((0..size).map(|n| n as i64)));
    let (large, small) = (of(SIZE), of(1_000));
    let cloned =
        |document: &Document| processor_ns(|| (0..CLONES).for_each(|_| drop(black_box(black_box(document).clone()))));
    Ok(Box::new(move || Ok(ratio(&mut || cloned(&large), &mut || cloned(&small)))))
}
