//! The table: replica and library in turns.

use std::env;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use cpu_time::ThreadTime;
use syncbench_strategies::model::{ErasedModel, Operation, erase};
use syncbench_strategies::replica::OpId;

use crate::bare::{self, Bare};
use crate::model::{Endless, recording};
use crate::through::{Through, assert_same, genesis, operations};
use crate::trace::{self, Splice};
use crate::{GRANULARITIES, LAP};

/// How often the whole trace runs for the table: each of the three goes first once.
const REPETITIONS: usize = 3;

fn timed(work: impl FnOnce()) -> Duration {
    let begun = ThreadTime::now();
    work();
    begun.elapsed()
}

fn alone(bare: &mut impl Bare, splices: &[Splice], size: usize) {
    splices.chunks(size).for_each(|splices| bare.transact(splices));
}

/// The library alone, with a plan before each transaction.
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

/// The shortest times of parts of a recording.
#[derive(Clone, Copy)]
struct Took {
    bare: Duration,
    /// The library with the model.
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
            // A later turn may find more or less in the processor's caches.
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
pub(crate) fn table() {
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
