//! What the way through a strategy adds to a CRDT library: the same recorded keystrokes through a replica and through the
//! library alone, side by side, once with a transaction for each edit and once with one for a thousand.
//!
//! Both make what their peers would be sent. The keystrokes are those of a whole paper: automerge-paper of
//! josephg/editing-traces, from the file that `SYNCBENCH_TRACE` names, or from `../shared/data/editing-traces` beside the
//! workspace. Without the file, made-up ones of the same shape, fewer of them.

use std::fs::File;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::{env, iter};

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use flate2::read::GzDecoder;
use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt, SeedableRng};
use serde::{Deserialize, Serialize};
use syncbench_strategies::document::{Document, Edit};
use syncbench_strategies::model::{Model, Operation, Plan, Rejected, erase};
use syncbench_strategies::path;
use syncbench_strategies::registry;
use syncbench_strategies::replica::{Context, NodeId, OpId, Replica, Rng, Setup, Time};
use syncbench_strategies::view::View;

/// Position, characters that go, characters that come.
type Splice = (usize, usize, String);

#[derive(Deserialize)]
struct Txn {
    patches: Vec<Splice>,
}

#[derive(Deserialize)]
struct Trace {
    txns: Vec<Txn>,
}

/// The edits of the trace, each alone.
fn splices() -> Vec<Splice> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/editing-traces/automerge-paper.json.gz");
    let path = env::var_os("SYNCBENCH_TRACE").map_or(beside, PathBuf::from);
    match File::open(&path) {
        Ok(file) => {
            let trace: Trace = serde_json::from_reader(GzDecoder::new(file)).expect("an editing trace of one author");
            trace.txns.into_iter().flat_map(|txn| txn.patches).collect()
        }
        Err(_) => typed(20_000),
    }
}

/// Somebody types and erases in runs, three keys to one, as in the paper.
fn typed(keys: usize) -> Vec<Splice> {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(1);
    let (mut len, mut cursor, mut left, mut erase) = (0_usize, 0_usize, 0, false);
    iter::repeat_with(|| {
        if left == 0 || (erase && cursor == 0) {
            (left, erase) = (rng.random_range(1..30), rng.random_range(0..4) == 0);
            if rng.random_range(0..5) == 0 {
                cursor = rng.random_range(0..=len);
            }
            erase &= cursor > 0;
        }
        left -= 1;
        if erase {
            (len, cursor) = (len - 1, cursor - 1);
            return (cursor, 1, String::new());
        }
        (len, cursor) = (len + 1, cursor + 1);
        (cursor - 1, 0, char::from(rng.random_range(b'a'..=b'z')).to_string())
    })
    .take(keys)
    .collect()
}

#[derive(Serialize, Deserialize, Debug)]
struct Edits(Vec<Splice>);

struct Text;

impl Model for Text {
    type Op = Edits;

    fn plan(&self, view: &dyn View, Edits(splices): &Edits) -> Result<Plan, Rejected> {
        let path = path!["text"];
        let mut len = view.len(&path).ok_or_else(|| Rejected::new("no_text", "there is no text"))?;
        let mut edits = Vec::with_capacity(splices.len());
        for (pos, delete, insert) in splices {
            if pos.checked_add(*delete).is_none_or(|end| end > len) {
                return Err(Rejected::new("out_of_range", format!("{delete} at {pos} of {len}")));
            }
            len = len - delete + insert.chars().count();
            edits.push(Edit::TextSplice { path: path.clone(), pos: *pos, delete: *delete, insert: insert.clone() });
        }
        Ok(Plan::new(edits))
    }
}

fn replica(strategy: &str) -> Box<dyn Replica> {
    let strategy = registry::configure(&strategy.parse().expect("a name")).expect("compiled in").strategy;
    let genesis = strategy.genesis(&Document::map([("text", Document::text(""))])).into();
    strategy.replica(&Setup { node: NodeId(1), peers: vec![NodeId(2)], model: erase(Text), genesis, seed: 1 })
}

/// Every operation through the replica, which has nobody to talk to.
fn submit(replica: &mut dyn Replica, operations: &[Operation]) {
    let (mut rng, mut effects) = (Rng::seed_from_u64(1), Vec::new());
    for (operation, n) in operations.iter().zip(1..) {
        let mut cx = Context::new(NodeId(1), Time::ZERO, Time::ZERO, &mut rng, &mut effects);
        replica.submit(OpId { client: NodeId(1), n }, operation, &mut cx);
        black_box(effects.drain(..).count());
    }
}

/// A library alone: a fresh document with an empty text, and a transaction.
trait Bare {
    fn new() -> Self;

    fn transact(&mut self, splices: &[Splice]);

    fn text(&self) -> String;
}

#[cfg(feature = "automerge")]
struct Automerge(automerge::AutoCommit, automerge::ObjId);

#[cfg(feature = "automerge")]
impl Bare for Automerge {
    fn new() -> Self {
        use automerge::transaction::Transactable;
        let mut doc = automerge::AutoCommit::new_with_encoding(automerge::TextEncoding::UnicodeCodePoint);
        let text = doc.put_object(automerge::ROOT, "text", automerge::ObjType::Text).expect("a fresh document");
        doc.commit();
        Self(doc, text)
    }

    fn transact(&mut self, splices: &[Splice]) {
        use automerge::transaction::Transactable;
        for (pos, delete, insert) in splices {
            self.0.splice_text(&self.1, *pos, *delete as isize, insert).expect("inside the text");
        }
        self.0.commit();
        black_box(self.0.get_last_local_change().map(|change| change.raw_bytes().to_vec()));
    }

    fn text(&self) -> String {
        automerge::ReadDoc::text(&self.0, &self.1).expect("a text")
    }
}

#[cfg(feature = "yrs")]
struct Yrs(yrs::Doc, yrs::TextRef);

#[cfg(feature = "yrs")]
impl Bare for Yrs {
    fn new() -> Self {
        let options = yrs::Options { offset_kind: yrs::OffsetKind::Utf16, ..yrs::Options::default() };
        let doc = yrs::Doc::with_options(options);
        let text = doc.get_or_insert_text("text");
        Self(doc, text)
    }

    fn transact(&mut self, splices: &[Splice]) {
        use yrs::{Text, Transact};
        let mut txn = self.0.transact_mut();
        for (pos, delete, insert) in splices {
            if *delete > 0 {
                self.1.remove_range(&mut txn, *pos as u32, *delete as u32);
            }
            if !insert.is_empty() {
                self.1.insert(&mut txn, *pos as u32, insert);
            }
        }
        black_box(txn.encode_update_v1());
    }

    fn text(&self) -> String {
        use yrs::{GetString, Transact};
        self.1.get_string(&self.0.transact())
    }
}

#[cfg(feature = "loro")]
struct Loro(loro::LoroDoc, loro::LoroText, #[expect(dead_code, reason = "ends with it")] loro::Subscription);

#[cfg(feature = "loro")]
impl Bare for Loro {
    fn new() -> Self {
        let doc = loro::LoroDoc::new();
        let text = doc.get_text("text");
        let subscription = doc.subscribe_local_update(Box::new(|update| {
            black_box(update.clone());
            true
        }));
        Self(doc, text, subscription)
    }

    fn transact(&mut self, splices: &[Splice]) {
        for (pos, delete, insert) in splices {
            if *delete > 0 {
                self.1.delete(*pos, *delete).expect("inside the text");
            }
            if !insert.is_empty() {
                self.1.insert(*pos, insert).expect("inside the text");
            }
        }
        self.0.commit();
    }

    fn text(&self) -> String {
        self.1.to_string()
    }
}

#[cfg(feature = "diamond")]
struct Diamond(diamond_types::list::ListCRDT, diamond_types::AgentId);

#[cfg(feature = "diamond")]
impl Bare for Diamond {
    fn new() -> Self {
        let mut crdt = diamond_types::list::ListCRDT::new();
        let agent = crdt.get_or_create_agent_id("somebody");
        Self(crdt, agent)
    }

    fn transact(&mut self, splices: &[Splice]) {
        let before = self.0.oplog.local_version();
        for (pos, delete, insert) in splices {
            if *delete > 0 {
                self.0.delete_without_content(self.1, *pos..pos + delete);
            }
            if !insert.is_empty() {
                self.0.insert(self.1, *pos, insert);
            }
        }
        black_box(self.0.oplog.encode_from(diamond_types::list::encoding::ENCODE_PATCH, &before));
    }

    fn text(&self) -> String {
        self.0.branch.content().to_string()
    }
}

/// Both ways, for one library and one size of transactions.
fn pair<B: Bare>(criterion: &mut Criterion, library: &str, splices: &[Splice]) {
    let strategy = format!("crdt-{library}");
    for (granularity, size) in [("edit", 1), ("window", 1_000)] {
        let windows: Vec<&[Splice]> = splices.chunks(size).collect();
        let operations: Vec<Operation> = windows.iter().map(|splices| Operation::encode(&splices.to_vec())).collect();
        let through = |mut replica: Box<dyn Replica>| {
            submit(&mut *replica, &operations);
            replica
        };
        let alone = |mut bare: B| {
            windows.iter().for_each(|splices| bare.transact(splices));
            bare
        };
        let ends = through(replica(&strategy)).view().get(&path!["text"]);
        assert_eq!(ends, Some(Document::text(&alone(B::new()).text())), "{library}: both have to end in the same text");
        let mut group = criterion.benchmark_group(format!("{library}-{granularity}"));
        // Up to some seconds for one whole trace.
        group.sample_size(10);
        group.bench_function("bare", |bencher| bencher.iter_batched(B::new, alone, BatchSize::PerIteration));
        group.bench_function("adapter", |bencher| {
            bencher.iter_batched(|| replica(&strategy), through, BatchSize::PerIteration);
        });
        group.finish();
    }
}

fn adapters(criterion: &mut Criterion) {
    let splices = splices();
    #[cfg(feature = "automerge")]
    pair::<Automerge>(criterion, "automerge", &splices);
    #[cfg(feature = "yrs")]
    pair::<Yrs>(criterion, "yrs", &splices);
    #[cfg(feature = "loro")]
    pair::<Loro>(criterion, "loro", &splices);
    #[cfg(feature = "diamond")]
    pair::<Diamond>(criterion, "diamond", &splices);
    // Without any library there is nothing to compare.
    black_box((criterion, splices));
}

criterion_group!(benches, adapters);
criterion_main!(benches);
