//! What a strategy adds to the cost of a CRDT library: the same recorded keystrokes through a replica and through the library
//! alone, side by side, once with a transaction for each edit and once with one for a thousand.
//!
//! The keystrokes are those of a whole paper: automerge-paper of josephg/editing-traces, from the file that
//! `SYNCBENCH_TRACE` names, or from `../shared/data/editing-traces` beside the workspace. Without the file, generated ones of
//! the same shape are used, fewer of them.
//!
//! Timed for both: putting the edits into the document, and making the bytes for the peers after every transaction. For
//! the library alone: nothing else. For the replica: everything that it does with an operation from
//! [`Replica::submit`](syncbench_strategies::replica::Replica::submit) to the effects, with one peer connected:
//! planning on its view, making and dropping the plan's edits, checking that all of them fit, the message around the
//! bytes, and the reports about the operation.
//! Not timed for either: reading the recording (an operation is the number of a part of it, so nothing is parsed),
//! loading the document, which is the same for both, and dropping it.
//!
//! How the time is divided: the library's share is what it takes alone. The model's share is its plan: a product
//! decides what an operation means with any library, so no adapter adds it. A plan in a separate loop finds everything
//! that it reads in the processor's caches; beside a library it does not. So it is timed in its place, as the
//! additional time that the library takes with a plan before each transaction, made on a view that costs nothing. The
//! rest is the adapter's share: reading the view for the plan, all that the replica does, and dropping the effects,
//! with the messages in them. Of an engine's work, only the context of each call is included.
//!
//! Criterion compares the two on the first part of the trace. `cargo bench --bench adapter -- --paired` prints a table for
//! the whole of it. There they run in turns, a thousand edits each, in this thread's processor time, so that other load on
//! the machine affects all of them. Each thousand counts with the least of its repetitions. Names of libraries after
//! `--paired` restrict the table. `ratio` is the replica's time divided by the library's, and `without plan` the same without
//! the model's part.

use std::env;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use criterion::{BatchSize, Criterion, criterion_group};

use crate::bare::Bare;
use crate::through::{Through, assert_same, genesis, operations};
use crate::trace::Splice;

mod bare;
mod model;
mod paired;
mod through;
mod trace;

/// Edits that criterion repeats: the whole trace takes the slowest library half a minute.
const PART: usize = 20_000;

/// Edits between two readings of the clock, and in the larger transactions.
const LAP: usize = 1_000;

/// How many edits a transaction has.
const GRANULARITIES: [(&str, usize); 2] = [("edit", 1), ("window", LAP)];

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
        return paired::table();
    }
    benches();
    Criterion::default().configure_from_args().final_summary();
}
