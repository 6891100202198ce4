//! The cost of one edit of a document, and whether it depends on the document's size.
//!
//! Every iteration starts from the same document, which stays alive, so the path to the change is copied each time: as in a
//! strategy that still shows the state before the edit.

use std::hint::black_box;
use std::time::Duration;

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use syncbench_strategies::document::{Document, Edit};
use syncbench_strategies::path;

/// How many entries the map and the list have, and how many letters the text.
const SIZES: [usize; 2] = [1_000, 100_000];

/// A document with a map, a list and a text of `size`, and a counter.
fn sample(size: usize) -> Document {
    let numbers = 0..i64::try_from(size).expect("a small size");
    let letters: String = ["the quick brown fox ", "größer, 漢字, 🦀\n"].concat().chars().cycle().take(size).collect();
    Document::map([
        ("map", Document::map(numbers.clone().map(|n| (key(n), n)))),
        ("list", Document::list(numbers)),
        ("text", Document::text(&letters)),
        ("counter", Document::Counter(0)),
    ])
}

fn key(n: impl std::fmt::Display) -> String {
    format!("key-{n:06}")
}

/// The edits, by their names in the results.
fn edits(size: usize) -> [(&'static str, Edit); 5] {
    let middle = size / 2;
    let insert = |index| Edit::ListInsert { path: path!["list"], index, values: vec![Document::from(-1)] };
    [
        ("put", Edit::Put { path: path!["map", key(middle).as_str()], value: Document::from(-1) }),
        ("list_insert_head", insert(0)),
        ("list_insert_middle", insert(middle)),
        ("text_splice_middle", Edit::TextSplice { path: path!["text"], pos: middle, delete: 1, insert: "é".into() }),
        ("increment", Edit::Increment { path: path!["counter"], by: 1 }),
    ]
}

/// Asserts that the edit changes the document and that its inverse restores it.
fn check(name: &str, before: &Document, edit: &Edit, after: &Document, size: usize) {
    let middle = size / 2;
    let at = |path: syncbench_strategies::document::Path| after.at(&path).and_then(Document::as_int);
    let len = |field: &str| after.at(&path![field]).and_then(Document::size);
    match name {
        "put" => assert_eq!((at(path!["map", key(middle).as_str()]), len("map")), (Some(-1), Some(size))),
        "list_insert_head" => assert_eq!((at(path!["list", 0]), len("list")), (Some(-1), Some(size + 1))),
        "list_insert_middle" => assert_eq!((at(path!["list", middle]), len("list")), (Some(-1), Some(size + 1))),
        "text_splice_middle" => {
            let Some(Document::Text(rope)) = after.at(&path!["text"]) else { panic!("the document has no text") };
            assert_eq!((rope.char(middle), rope.len_chars()), ('é', size));
        }
        _ => assert_eq!(at(path!["counter"]), Some(1)),
    }
    let (again, inverse) = before.produce(std::slice::from_ref(edit)).expect("the edit fits");
    assert_eq!(&again, after);
    assert_eq!(&after.produce(&inverse).expect("the inverse fits").0, before);
}

fn applied(mut document: Document, edit: &Edit) -> Document {
    document.apply(edit).expect("the edit fits");
    document
}

/// The edit alone; cloning before it and dropping after it are not timed.
fn edit(c: &mut Criterion) {
    let mut group = c.benchmark_group("document/edit");
    for size in SIZES {
        let before = sample(size);
        let digest = before.digest();
        for (name, edit) in edits(size) {
            check(name, &before, &edit, &applied(before.clone(), &edit), size);
            group.bench_function(BenchmarkId::new(name, size), |b| {
                b.iter_batched(
                    || before.clone(),
                    |document| applied(document, black_box(&edit)),
                    BatchSize::SmallInput,
                );
            });
        }
        assert_eq!(before.digest(), digest, "an edit reached the original");
    }
    group.finish();
}

/// The whole life of a state: clone, edit, drop.
///
/// Structural sharing keeps the cost the same from one size to the next. An insertion within a list is the exception: it
/// splits the tree and joins it again, which costs more with every level of the tree (64 items, 4096, 262144).
fn clone_then_edit(c: &mut Criterion) {
    let mut group = c.benchmark_group("document/clone_then_edit");
    for size in SIZES {
        let before = sample(size);
        let digest = before.digest();
        for (name, edit) in edits(size) {
            check(name, &before, &edit, &applied(before.clone(), &edit), size);
            group.bench_function(BenchmarkId::new(name, size), |b| {
                b.iter(|| drop(black_box(applied(black_box(&before).clone(), black_box(&edit)))));
            });
        }
        assert_eq!(before.digest(), digest, "an edit reached the original");
    }
    group.finish();
}

/// The digest reads all of a document.
fn digest(c: &mut Criterion) {
    let mut group = c.benchmark_group("document/digest");
    for size in SIZES {
        let document = sample(size);
        let bytes = document.encode();
        let expected = Document::decode(&bytes).expect("its own encoding").digest();
        assert_eq!(document.digest(), expected);
        group.throughput(Throughput::Bytes(bytes.len() as u64));
        group.bench_function(BenchmarkId::from_parameter(size), |b| b.iter(|| black_box(&document).digest()));
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1));
    targets = edit, digest, clone_then_edit
}
criterion_main!(benches);
