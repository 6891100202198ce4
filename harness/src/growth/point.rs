//! One point of a curve: runs of one strategy at one place of an axis.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use syncbench_strategies::replica::{NodeId, Time, Topology};
use syncbench_strategies::selector::SelectorError;
use syncbench_strategies::spec::Configured;

use super::newcomer::{first_sync_bytes, load_ms};
use super::spending::{Spending, Spent, sums};
use super::{Axis, Held, Point};
use crate::by_name::ByName;
use crate::clock::Moment;
use crate::engines::{self, panic_text};
use crate::network::Transport;
use crate::pace::{Pace, Timing};
use crate::run::lacks;
use crate::run_result::RunResult;
use crate::settings::{Engine, Settings, Vocabulary};
use crate::task::Task;
use crate::times::Times;
use crate::workload::{Workload, WorkloadSpec};
use crate::workloads;

/// A strategy and what its users do.
pub struct Subject {
    /// The strategy.
    pub strategy: Configured,
    /// The workload, as it was written.
    pub workload_label: String,
    /// What it says about itself.
    pub spec: &'static WorkloadSpec,
    /// The workload.
    pub workload: Box<dyn Workload>,
}

/// Workloads whose document neither grows nor shrinks, in the order of preference: a strategy is measured on the first that it
/// carries. Most carry fields of records; those that are made for one content have that.
pub const USUAL_WORKLOADS: [&str; 4] =
    ["record:create=0,delete=0", "text:delete=0.5", "booking:cancel=0.5", "presence"];

impl Subject {
    /// A strategy on a workload, written as on the command line, of those in `known`. The error says what is wrong with it.
    pub fn new(strategy: Configured, workload: &str, known: &[&'static WorkloadSpec]) -> Result<Self, String> {
        let selector = workload.parse().map_err(|error: SelectorError| error.to_string())?;
        let (spec, built) = workloads::configure_from(known, &selector).map_err(|error| error.to_string())?;
        match lacks(&strategy, spec) {
            Some(reason) => Err(format!("{} does not carry {workload}: {reason}", strategy.label)),
            None => Ok(Self { strategy, workload_label: workload.to_owned(), spec, workload: built }),
        }
    }

    /// The first of [`USUAL_WORKLOADS`] that a strategy carries, of those in `known`.
    pub fn usual_workload(strategy: &Configured, known: &[&'static WorkloadSpec]) -> Option<&'static str> {
        USUAL_WORKLOADS.into_iter().find(|written| {
            let name = written.split(':').next().unwrap_or(written);
            known.iter().find(|spec| spec.name == name).is_some_and(|spec| lacks(strategy, spec).is_none())
        })
    }
}

/// Operations of a document where the axis is another: enough that a sum of processor times is not one call's, and few enough
/// that ten thousand clients receive all of them within a budget of minutes.
const OPERATIONS: u64 = 100;
/// Clients where the axis is another: the fewest that have somebody to send to.
const CLIENTS: u64 = 2;
/// Items where the axis is another: a screen of them.
const ITEMS: u64 = 20;
/// Operations a second of all clients together, whatever their number: that of the default comparison.
const RATE_PER_S: f64 = 20.0;
/// Machines in one building: what a link loses or delays is not what a strategy costs.
const NETWORK: &str = "lan";
/// When the first user acts: by then everybody has joined.
const JOINED: Duration = Duration::from_secs(60);
/// The share of the operations at whose cost the axis of operations looks: the last fifth, since an operation costs what the
/// ones before it have left behind.
const LAST: u64 = 5;
/// Operations whose processor time is summed up before a median means something, unless they take too long.
const COUNTED: u64 = 2_000;
/// Repetitions of a point that takes long.
const LEAST_REPETITIONS: usize = 3;
/// A point that takes longer is not repeated: its sums are long enough.
const LONG: Duration = Duration::from_millis(700);

/// Where a point lies.
#[derive(Clone, Copy)]
pub(super) struct Place {
    operations: u64,
    clients: u64,
    items: u64,
    /// Operations whose cost counts: the last ones.
    counted: u64,
}

impl Place {
    pub(super) fn new(axis: Axis, at: u64) -> Self {
        let place = Self { operations: OPERATIONS, clients: CLIENTS, items: ITEMS, counted: OPERATIONS };
        match axis {
            Axis::Operations => Self { operations: at, counted: (at / LAST).max(1), ..place },
            Axis::Clients => Self { clients: at, ..place },
            Axis::Items => Self { items: at, ..place },
        }
    }
}

/// What all points of an axis have in common.
pub(super) fn held(axis: Axis) -> Held {
    let other = |own: Axis, value: u64| (axis != own).then_some(value);
    Held {
        operations: other(Axis::Operations, OPERATIONS),
        clients: other(Axis::Clients, CLIENTS),
        items: other(Axis::Items, ITEMS),
        rate_per_s: RATE_PER_S,
        network: NETWORK.to_owned(),
    }
}

/// A measured point.
pub(super) struct Measured {
    pub(super) point: Point,
    /// How long one of its runs took.
    pub(super) run: Duration,
    /// Memory of all replicas together.
    pub(super) resident_bytes: f64,
}

/// Measures a point. The error says why there is none.
pub(super) fn measure(subject: &Subject, axis: Axis, at: u64, known: &Vocabulary) -> Result<Measured, String> {
    catch_unwind(AssertUnwindSafe(|| runs(subject, axis, at, known)))
        .unwrap_or_else(|panic| Err(format!("a panic: {}", panic_text(&*panic))))
}

fn runs(subject: &Subject, axis: Axis, at: u64, known: &Vocabulary) -> Result<Measured, String> {
    let place = Place::new(axis, at);
    let task = task(subject, &place, known).map_err(|error| error.to_string())?;
    let begun = Moment::now();
    let mut figures: ByName<Vec<f64>> = ByName::new();
    let mut add = |name: &str, value: Option<f64>| {
        let Some(value) = value else { return };
        let mut values = figures.remove(name).unwrap_or_default();
        values.push(value);
        figures.insert(name, values);
    };
    let (mut repetitions, mut first_run, mut resident_bytes) = (0, Duration::ZERO, 0.0);
    while repetitions == 0
        || (begun.elapsed() < LONG && (repetitions < LEAST_REPETITIONS || repetitions as u64 * place.counted < COUNTED))
    {
        let (ran, spent) = run(&task, &place)?;
        let spent = sums(&spent);
        processor(&spent, &task, &mut add);
        add("load_ms", load_ms(&task, &ran));
        if repetitions == 0 {
            first_run = begun.elapsed();
            events(&spent, &task, &ran, &mut add);
            // Everybody has the initial document, so it is no part of a first sync.
            add("first_sync_bytes", first_sync_bytes(&task, &ran).filter(|_| axis != Axis::Items));
            resident_bytes = spent.client_bytes() * f64::from(task.clients) + spent.server_bytes().unwrap_or(0.0);
        }
        repetitions += 1;
    }
    Ok(Measured { point: Point { at, figures }, run: first_run, resident_bytes })
}

fn task<'s>(subject: &'s Subject, place: &Place, known: &Vocabulary) -> Result<Task<'s>, SelectorError> {
    let settings = Settings {
        network: NETWORK.to_owned(),
        faults: Vec::new(),
        transport: Transport::Stream,
        engine: Engine::Sim,
        clients: u32::try_from(place.clients).unwrap_or(u32::MAX),
        ops: place.operations,
        rate_per_s: RATE_PER_S,
        pace: Pace::Recorded(Timing::AS_RECORDED),
        undo: 0.0,
        size: place.items,
        seed: 1,
        // A look at the document costs what the document is large, and no figure needs one.
        sample_every: Some(Duration::from_secs(1_000_000_000)),
        budget: Duration::from_secs(1_000_000),
    };
    let due = |n: u64| Time::ZERO + JOINED + settings.gap().mul_f64(n as f64);
    let moments: Vec<Time> = (0..place.operations).map(due).collect();
    let times = Times::dealt(&moments, None, settings.clients, settings.ops);
    let task = Task::with(&subject.strategy, &*subject.workload, settings, known)?;
    Ok(Task { times: Some(Arc::new(times)), keeps_saved: true, ..task })
}

/// A run, and what it spent. The error says in what it is no measurement.
fn run(task: &Task<'_>, place: &Place) -> Result<(RunResult, Arc<Mutex<Spent>>), String> {
    let before = place.operations - place.counted;
    // Half a gap before the first operation that counts.
    let from = Time::ZERO + (JOINED + task.gap().mul_f64(before as f64)).saturating_sub(task.gap() / 2);
    let (probe, spent) = Spending::new(from);
    let ran = engines::run(task, &mut [Box::new(probe)]);
    let silent = task.strategy.strategy.settling().is_zero();
    if silent && !ran.quiescent() {
        return Err(format!("the run did not end: {}", ran.pending()));
    }
    if !task.strategy.guarantees().ephemeral && !ran.converged() {
        return Err("the replicas did not end with the same document".into());
    }
    if sums(&spent).operations == 0 {
        return Err("nobody had anything to do".into());
    }
    Ok((ran, spent))
}

/// Figures that differ from run to run.
fn processor(spent: &Spent, task: &Task<'_>, add: &mut impl FnMut(&str, Option<f64>)) {
    let per_op = |ns: u64| ns as f64 / 1e3 / spent.operations as f64;
    let star = task.topology() == Topology::Star;
    add("cpu_us_local", Some(per_op(spent.local_ns)));
    add("cpu_us_remote", Some(per_op(spent.remote_ns) / f64::from(task.clients)));
    add("cpu_us_server", star.then(|| per_op(spent.server_ns)));
}

/// Figures that are the same in every run.
fn events(spent: &Spent, task: &Task<'_>, ran: &RunResult, add: &mut impl FnMut(&str, Option<f64>)) {
    let per_op = |sum: u64| sum as f64 / spent.operations as f64;
    let star = task.topology() == Topology::Star;
    add("wire_bytes_up_per_op", star.then(|| per_op(spent.up_bytes)));
    add("wire_bytes_down_per_op", star.then(|| per_op(spent.down_bytes)));
    add("wire_bytes_per_op", Some(per_op(spent.up_bytes + spent.down_bytes)));
    add("payload_bytes_per_op", Some(per_op(spent.payload_bytes)));
    add("messages_per_op", Some(per_op(spent.messages)));
    add("resident_bytes", Some(spent.client_bytes()));
    add("server_resident_bytes", spent.server_bytes());
    add("stored_bytes", Some(ran.stored_bytes as f64));
    let server = ran.saved.iter().find(|(node, _)| *node == NodeId::SERVER);
    add("server_stored_bytes", server.map(|(_, bytes)| bytes.len() as f64));
}
