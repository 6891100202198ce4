//! Changes of texts in this crate and in `operational-transform`: a group for each operation, an id for each crate.
//!
//! Both hold the same changes in the same form, made from the same random edits, and both give the same texts; that is
//! asserted before anything is timed.

#![allow(missing_docs, reason = "criterion's macros make undocumented functions")]

use std::hint::black_box;
use std::time::Duration;

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use operational_transform::OperationSeq;
use rand::{RngExt, SeedableRng};
use syncbench_strategies::change::Change;
use syncbench_strategies::change::text::Steps;
use syncbench_strategies::document::Document;
use syncbench_strategies::replica::Rng;

/// A text of ten pages.
const TEXT: usize = 20_000;

/// Edits in a composed change: a keystroke, a word typed while another change was inflight, a session offline.
const SIZES: [usize; 3] = [1, 8, 500];

/// Enough pairs of changes that the branch predictor does not learn one.
const PAIRS: usize = 64;

type Both = (Steps, OperationSeq);

/// A random change of `edits` edits on a text of `len` code points, and the length of the text after it.
fn change(rng: &mut Rng, edits: usize, mut len: usize) -> (Both, usize) {
    let mut ours = Steps::default();
    let mut theirs = OperationSeq::default();
    theirs.retain(len as u64);
    for _ in 0..edits {
        let pos = rng.random_range(0..=len);
        let (delete, insert) = match rng.random_bool(0.2) {
            true => (rng.random_range(0..=3).min(len - pos), ""),
            false => (0, ["a", "the ", "né", "漢字"][rng.random_range(0..4)]),
        };
        ours = ours.compose(&Steps::splice(pos, delete, insert));
        let mut next = OperationSeq::default();
        next.retain(pos as u64);
        next.insert(insert);
        next.delete(delete as u64);
        next.retain((len - pos - delete) as u64);
        theirs = theirs.compose(&next).expect("it fits");
        len = len - delete + insert.chars().count();
    }
    ((ours, theirs), len)
}

fn applied(text: &Document, steps: &Steps) -> Document {
    let mut text = text.clone();
    Change::Text(steps.clone()).apply(&mut text).expect("it fits");
    text
}

fn compose(c: &mut Criterion) {
    let mut group = c.benchmark_group("ot/compose");
    let text = "x".repeat(TEXT);
    for size in SIZES {
        let mut rng = Rng::seed_from_u64(size as u64);
        let pairs: Vec<(Both, Both)> = (0..PAIRS)
            .map(|_| {
                let (first, len) = change(&mut rng, size, TEXT);
                (first, change(&mut rng, size, len).0)
            })
            .collect();
        for ((a, their_a), (b, their_b)) in &pairs {
            let theirs = their_a.compose(their_b).expect("it fits").apply(&text).expect("it fits");
            assert_eq!(applied(&Document::text(&text), &a.compose(b)), Document::text(&theirs));
        }
        group.throughput(Throughput::Elements(PAIRS as u64));
        group.bench_function(BenchmarkId::new("ot", size), |bench| {
            bench.iter(|| pairs.iter().for_each(|((a, _), (b, _))| drop(black_box(a.compose(b)))));
        });
        group.bench_function(BenchmarkId::new("operational-transform", size), |bench| {
            bench.iter(|| pairs.iter().for_each(|((_, a), (_, b))| drop(black_box(a.compose(b)))));
        });
    }
    group.finish();
}

fn transform(c: &mut Criterion) {
    let mut group = c.benchmark_group("ot/transform");
    let text = "x".repeat(TEXT);
    for size in SIZES {
        let mut rng = Rng::seed_from_u64(size as u64);
        let pairs: Vec<(Both, Both)> =
            (0..PAIRS).map(|_| (change(&mut rng, size, TEXT).0, change(&mut rng, size, TEXT).0)).collect();
        for ((a, their_a), (b, their_b)) in &pairs {
            let (mine, _) = their_a.transform(their_b).expect("the same text");
            let together = mine.apply(&their_b.apply(&text).expect("it fits")).expect("it fits");
            let ours = applied(&applied(&Document::text(&text), b), &a.transform(b, true));
            assert_eq!(ours, Document::text(&together));
            assert_eq!(applied(&applied(&Document::text(&text), a), &b.transform(a, false)), ours);
        }
        group.throughput(Throughput::Elements(PAIRS as u64));
        group.bench_function(BenchmarkId::new("ot", size), |bench| {
            // Both directions, since that crate computes both.
            let both = |a: &Steps, b: &Steps| (a.transform(b, true), b.transform(a, false));
            bench.iter(|| pairs.iter().for_each(|((a, _), (b, _))| drop(black_box(both(a, b)))));
        });
        group.bench_function(BenchmarkId::new("operational-transform", size), |bench| {
            bench.iter(|| pairs.iter().for_each(|((_, a), (_, b))| drop(black_box(a.transform(b)))));
        });
    }
    group.finish();
}

fn apply(c: &mut Criterion) {
    let mut group = c.benchmark_group("ot/apply");
    let text = "x".repeat(TEXT);
    let document = Document::text(&text);
    for size in SIZES {
        let (ours, theirs) = change(&mut Rng::seed_from_u64(size as u64), size, TEXT).0;
        assert_eq!(applied(&document, &ours), Document::text(&theirs.apply(&text).expect("it fits")));
        let change = Change::Text(ours);
        group.bench_function(BenchmarkId::new("ot", size), |bench| {
            bench.iter_batched_ref(
                || document.clone(),
                |text| change.apply(text).expect("it fits"),
                BatchSize::SmallInput,
            );
        });
        group.bench_function(BenchmarkId::new("operational-transform", size), |bench| {
            bench.iter(|| theirs.apply(black_box(&text)).expect("it fits"));
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(700));
    targets = compose, transform, apply
}
criterion_main!(benches);
