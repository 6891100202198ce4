//! What the way through a strategy adds to a CRDT library: the same recorded keystrokes through a replica and through the
//! library alone, side by side, once with a transaction for each edit and once with one for a thousand.
//!
//! The keystrokes are those of a whole paper: automerge-paper of josephg/editing-traces, from the file that
//! `SYNCBENCH_TRACE` names, or from `../shared/data/editing-traces` beside the workspace. Without the file, made-up ones of
//! the same shape, fewer of them.
//!
//! Inside the timed region. Of both: the edits go into the document, and after every transaction the bytes are made that
//! the peers are sent. Of the library alone: nothing else. Of the replica: all that it does with an operation from
//! [`Replica::submit`] to the effects, with one peer connected; that is planning on its view, the edits that the plan
//! consists of and their end, checking that all of them fit, the message around the bytes, and telling what became of the
//! operation.
//! Outside, of both: reading the recording (an operation is the number of a stretch of it, so nobody parses), loading the
//! document, which is the same for both, and dropping it.
//!
//! What counts where. The library's is what it takes alone. The model's is its plan: a product decides what an operation
//! means on whatever it stands, so that no adapter adds it. Alone in a loop a plan finds all that it reads in the
//! processor's caches, which it does not beside a library; so it is timed in its place, as what the library alone takes
//! longer with a plan before each transaction, made on a view that costs nothing. Everything else is the adapter's: reading
//! the view for the plan, all that the replica does, and letting go of the effects, with the messages in them. Of what an
//! engine does there is nothing but the context of each call.
//!
//! Criterion compares the two on the first part of the trace. `cargo bench --bench adapter -- --paired` prints a table for
//! the whole of it, where they run in turns, a thousand edits each, in this thread's processor time: what else the machine
//! does meets all. Every thousand counts with the least of its repetitions. Names of libraries after `--paired` restrict it.
//! In the table `ratio` is the replica's time by the library's, and `without plan` the same with the model's part taken off.

use std::env;
use std::hint::black_box;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use cpu_time::ThreadTime;
use criterion::{BatchSize, Criterion, criterion_group};
use rand::SeedableRng;
use syncbench_strategies::document::{self, Document, Edit, Key, Kind, Step};
use syncbench_strategies::model::{ErasedModel, Model, Operation, Plan, Rejected, erase};
use syncbench_strategies::path;
use syncbench_strategies::registry;
use syncbench_strategies::replica::{Context, Effect, LinkState, NodeId, OpId, Replica, Rng, Setup, Strategy, Time};
use syncbench_strategies::view::View;

use crate::bare::Bare;
use crate::trace::Splice;

mod bare;
mod trace;

/// Edits that criterion repeats: the whole trace takes the slowest library half a minute.
const PART: usize = 20_000;

/// Edits between two looks at the clock, and in the larger of the transactions.
const LAP: usize = 1_000;

/// How often the whole trace is run for the table: each of the three goes first once.
const REPETITIONS: usize = 3;

/// How many edits a transaction has.
const GRANULARITIES: [(&str, usize); 2] = [("edit", 1), ("window", LAP)];

/// Operations are numbers of stretches of a recording.
struct Recording {
    path: document::Path,
    splices: Arc<[Splice]>,
    size: usize,
}

impl Model for Recording {
    type Op = usize;

    fn plan(&self, view: &dyn View, stretch: &usize) -> Result<Plan, Rejected> {
        let path = &self.path;
        let mut len = view.len(path).ok_or_else(|| Rejected::new("no_text", "there is no text"))?;
        let splices = self.splices.chunks(self.size).nth(*stretch).unwrap_or_default();
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

fn recording(splices: &Arc<[Splice]>, size: usize) -> Recording {
    Recording { path: path!["text"], splices: splices.clone(), size }
}

/// What the model is planned on alone: a text without end.
struct Endless;

impl View for Endless {
    fn kind(&self, _: &[Step]) -> Option<Kind> {
        Some(Kind::Text)
    }

    fn get(&self, _: &[Step]) -> Option<Document> {
        None
    }

    fn len(&self, _: &[Step]) -> Option<usize> {
        Some(usize::MAX / 2)
    }

    fn keys(&self, _: &[Step]) -> Option<Vec<Key>> {
        None
    }

    fn items(&self, _: &[Step]) -> Option<Vec<Document>> {
        None
    }

    fn text_slice(&self, _: &[Step], _: Range<usize>) -> Option<String> {
        None
    }

    fn document(&self) -> Document {
        Document::Null
    }
}

/// A replica with a peer.
struct Through {
    replica: Box<dyn Replica>,
    rng: Rng,
    effects: Vec<Effect>,
}

fn strategy(library: &str) -> Box<dyn Strategy> {
    registry::configure(&format!("crdt-{library}").parse().expect("a name")).expect("compiled in").strategy
}

/// An empty text, as it is in the library.
fn genesis(library: &str) -> Vec<u8> {
    strategy(library).genesis(&Document::map([("text", Document::text(""))]))
}

impl Through {
    fn new(library: &str, splices: &Arc<[Splice]>, size: usize) -> Self {
        let (strategy, genesis) = (strategy(library), genesis(library).into());
        let model = erase(recording(splices, size));
        let replica = strategy.replica(&Setup { node: NodeId(1), peers: vec![NodeId(2)], model, genesis, seed: 1 });
        let mut through = Self { replica, rng: Rng::seed_from_u64(1), effects: Vec::new() };
        through.call(|replica, cx| replica.link(NodeId(2), LinkState::Up, cx));
        through
    }

    fn call(&mut self, handler: impl FnOnce(&mut dyn Replica, &mut Context<'_>)) {
        let mut cx = Context::new(NodeId(1), Time::ZERO, Time::ZERO, &mut self.rng, &mut self.effects);
        handler(&mut *self.replica, &mut cx);
        black_box(&mut self.effects).clear();
    }

    fn submit(&mut self, operations: &[(OpId, Operation)]) {
        for (id, operation) in operations {
            self.call(|replica, cx| replica.submit(*id, operation, cx));
        }
    }

    fn text(&self) -> Option<Document> {
        self.replica.view().get(&path!["text"])
    }
}

/// So many operations, each the next stretch of the recording.
fn operations(count: usize) -> Vec<(OpId, Operation)> {
    (0..count).map(|n| (OpId { client: NodeId(1), n: n as u64 + 1 }, Operation::encode(&n))).collect()
}

fn assert_same(library: &str, through: &Through, bare: &impl Bare) {
    assert_eq!(through.text(), Some(Document::text(&bare.text())), "{library}: both have to end in the same text");
}

/// Both ways, for one library.
fn compare<B: Bare>(criterion: &mut Criterion, library: &str, splices: &Arc<[Splice]>) {
    let genesis = genesis(library);
    for (granularity, size) in GRANULARITIES {
        let windows: Vec<&[Splice]> = splices.chunks(size).collect();
        let operations = operations(windows.len());
        let begin = || B::load(&genesis);
        let fresh = || Through::new(library, splices, size);
        let through = |mut through: Through| {
            through.submit(&operations);
            through
        };
        let alone = |mut bare: B| {
            windows.iter().for_each(|splices| bare.transact(splices));
            bare
        };
        assert_same(library, &through(fresh()), &alone(begin()));
        let mut group = criterion.benchmark_group(format!("{library}-{granularity}"));
        group.warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(2)).sample_size(10);
        group.bench_function("bare", |bencher| bencher.iter_batched(begin, alone, BatchSize::PerIteration));
        group.bench_function("adapter", |bencher| bencher.iter_batched(fresh, through, BatchSize::PerIteration));
        group.finish();
    }
}

fn timed(work: impl FnOnce()) -> Duration {
    let begun = ThreadTime::now();
    work();
    begun.elapsed()
}

fn alone(bare: &mut impl Bare, splices: &[Splice], size: usize) {
    splices.chunks(size).for_each(|splices| bare.transact(splices));
}

/// The library alone again, but what its edits mean is planned right before them.
fn after_plans(
    bare: &mut impl Bare,
    splices: &[Splice],
    size: usize,
    model: &dyn ErasedModel,
    operations: &[(OpId, Operation)],
) {
    for (splices, (_, operation)) in splices.chunks(size).zip(operations) {
        let plan = black_box(model.plan(&Endless, operation));
        bare.transact(splices);
        drop(plan);
    }
}

/// The least that stretches of a recording took.
#[derive(Clone, Copy)]
struct Took {
    bare: Duration,
    /// The library's and the model's.
    planned: Duration,
    adapter: Duration,
}

impl Took {
    fn each(self, other: Took, what: fn(Duration, Duration) -> Duration) -> Took {
        Took {
            bare: what(self.bare, other.bare),
            planned: what(self.planned, other.planned),
            adapter: what(self.adapter, other.adapter),
        }
    }
}

/// In turns: the library, the library with a plan before each transaction, and the replica, for the whole recording.
fn in_turns<B: Bare>(library: &str, splices: &Arc<[Splice]>, size: usize) -> Took {
    let model = erase(recording(splices, size));
    let operations = operations(splices.len().div_ceil(size));
    let laps: Vec<_> = splices.chunks(LAP).zip(operations.chunks(LAP / size)).collect();
    let most = Took { bare: Duration::MAX, planned: Duration::MAX, adapter: Duration::MAX };
    let mut least = vec![most; laps.len()];
    for repetition in 0..REPETITIONS {
        let [mut bare, mut planned] = [(); 2].map(|()| B::load(&genesis(library)));
        let mut through = Through::new(library, splices, size);
        for (lap, ((splices, operations), least)) in laps.iter().zip(&mut least).enumerate() {
            // Who goes later may find more or less in the processor's caches.
            for turn in 0..3 {
                let took = match (lap + repetition + turn) % 3 {
                    0 => Took { bare: timed(|| alone(&mut bare, splices, size)), ..most },
                    1 => Took {
                        planned: timed(|| after_plans(&mut planned, splices, size, &*model, operations)),
                        ..most
                    },
                    _ => Took { adapter: timed(|| through.submit(operations)), ..most },
                };
                *least = least.each(took, Duration::min);
            }
        }
        assert_same(library, &through, &bare);
    }
    let none = Took { bare: Duration::ZERO, planned: Duration::ZERO, adapter: Duration::ZERO };
    least.into_iter().fold(none, |sum, least| sum.each(least, Duration::saturating_add))
}

#[expect(clippy::print_stdout, reason = "a table is what was asked for")]
fn pair<B: Bare>(library: &str, splices: &Arc<[Splice]>) {
    let wanted: Vec<_> = env::args().skip_while(|arg| arg != "--paired").skip(1).collect();
    if !wanted.iter().all(|arg| arg.starts_with('-')) && !wanted.iter().any(|arg| arg == library) {
        return;
    }
    for (granularity, size) in GRANULARITIES {
        let took = in_turns::<B>(library, splices, size);
        let [bare, planned, adapter] = [took.bare, took.planned, took.adapter].map(|took| took.as_secs_f64() * 1e3);
        let plan = planned - bare;
        let (ratio, beyond) = (adapter / bare, (adapter - plan) / bare);
        println!(
            "{library:<10} {granularity:<12} {bare:>10.1} {plan:>10.1} {adapter:>10.1} {ratio:>6.3} {beyond:>12.3}"
        );
    }
}

#[expect(clippy::print_stdout, reason = "a table is what was asked for")]
fn paired() {
    let splices: Arc<[Splice]> = trace::splices().into();
    println!("{} edits, {REPETITIONS} repetitions, ms of processor time", splices.len());
    println!("library    granularity     bare_ms    plan_ms adapter_ms  ratio without plan");
    #[cfg(feature = "automerge")]
    pair::<bare::Automerge>("automerge", &splices);
    #[cfg(feature = "yrs")]
    pair::<bare::Yrs>("yrs", &splices);
    #[cfg(feature = "loro")]
    pair::<bare::Loro>("loro", &splices);
    #[cfg(feature = "diamond")]
    pair::<bare::Diamond>("diamond", &splices);
}

fn adapters(criterion: &mut Criterion) {
    let mut splices = trace::splices();
    splices.truncate(PART);
    let splices: Arc<[Splice]> = splices.into();
    #[cfg(feature = "automerge")]
    compare::<bare::Automerge>(criterion, "automerge", &splices);
    #[cfg(feature = "yrs")]
    compare::<bare::Yrs>(criterion, "yrs", &splices);
    #[cfg(feature = "loro")]
    compare::<bare::Loro>(criterion, "loro", &splices);
    #[cfg(feature = "diamond")]
    compare::<bare::Diamond>(criterion, "diamond", &splices);
    // Without any library there is nothing to compare.
    black_box((criterion, splices));
}

criterion_group!(benches, adapters);

fn main() {
    if env::args().any(|arg| arg == "--paired") {
        return paired();
    }
    benches();
    Criterion::default().configure_from_args().final_summary();
}
