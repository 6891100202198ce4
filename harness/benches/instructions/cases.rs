//! What is counted: one line for each case.

use std::hint::black_box;
use std::time::Duration;

use rand::{RngExt, SeedableRng};
use syncbench_harness::network::Transport;
use syncbench_harness::pace::Pace;
use syncbench_harness::settings::{Engine, Settings};
use syncbench_harness::task::Task;
use syncbench_harness::workloads::stack::{StackModel, StackOp};
use syncbench_harness::{engines, probes, workloads};
use syncbench_strategies::change::text::Steps;
use syncbench_strategies::document::{Document, Edit};
use syncbench_strategies::model::{Operation, erase, reduce};
use syncbench_strategies::replica::Rng;
use syncbench_strategies::{path, registry};

/// A case.
pub(crate) struct Case {
    /// Its name: what, and with what.
    pub(crate) name: &'static str,
    /// Repetitions: enough that one more or less does not show.
    pub(crate) times: u64,
    /// Prepares, and repeats so often.
    pub(crate) run: fn(u64),
}

/// A run of the simulator with four clients, per operation of theirs.
macro_rules! simulated {
    ($strategy:literal on $workload:literal) => {
        Case {
            name: concat!("run/", $workload, "/", $strategy),
            times: 400,
            run: |ops| run($strategy, $workload, ops, false),
        }
    };
}

/// All cases.
pub(crate) static CASES: &[Case] = &[
    Case { name: "document/put/small", times: 20_000, run: |n| puts(10, n) },
    Case { name: "document/put/large", times: 20_000, run: |n| puts(1_000, n) },
    Case { name: "document/insert/small", times: 20_000, run: |n| inserts(10, n) },
    Case { name: "document/insert/large", times: 20_000, run: |n| inserts(1_000, n) },
    Case { name: "document/splice", times: 20_000, run: splices },
    Case { name: "document/encode", times: 2_000, run: encodes },
    Case { name: "document/decode", times: 500, run: decodes },
    Case { name: "document/fingerprint", times: 20_000, run: fingerprints },
    Case { name: "model/push", times: 20_000, run: pushes },
    Case { name: "ot/transform", times: 5_000, run: transforms },
    simulated!("serial" on "record"),
    simulated!("serial-optimistic" on "record"),
    simulated!("serial-patches" on "record"),
    simulated!("serial-cas" on "record"),
    simulated!("ot" on "text"),
    simulated!("hybrid" on "notebook"),
    simulated!("text-ids" on "text"),
    simulated!("lww-document" on "record"),
    simulated!("lww-property" on "record"),
    simulated!("lww-hlc" on "record"),
    simulated!("escrow" on "booking"),
    simulated!("presence" on "presence"),
    Case { name: "run/counter/serial/probes", times: 400, run: |ops| run("serial", "counter", ops, true) },
];

/// A map of so many entries.
fn map(size: u64) -> Document {
    Document::map((0..size).map(|n| (format!("key-{n:04}"), n as i64)))
}

/// A list within a map.
fn list(size: u64) -> Document {
    Document::map([("items", Document::list(0..size as i64))])
}

fn puts(size: u64, times: u64) {
    let mut document = map(size);
    let edits: Vec<Edit> = (0..size)
        .map(|n| Edit::Put { path: path![format!("key-{n:04}").as_str()], value: Document::Int(-1) })
        .collect();
    for n in 0..times {
        black_box(document.apply(&edits[(n * 7 % size) as usize]).expect("it fits"));
    }
}

/// Inserts in the middle, and takes out what was inserted.
fn inserts(size: u64, times: u64) {
    let mut document = list(size);
    let insert = Edit::ListInsert { path: path!["items"], index: size as usize / 2, values: vec![Document::Int(-1)] };
    for _ in 0..times {
        let back = document.apply(&insert).expect("it fits");
        black_box(document.apply(&back).expect("it fits"));
    }
}

fn splices(times: u64) {
    let mut document = Document::text(&"the quick brown fox\n".repeat(1_000));
    for n in 0..times {
        let pos = (n * 7_919 % 19_000) as usize;
        let edit = Edit::TextSplice { path: path![], pos, delete: 1, insert: "x".into() };
        black_box(document.apply(&edit).expect("it fits"));
    }
}

fn encodes(times: u64) {
    let document = map(1_000);
    let mut bytes = Vec::new();
    for _ in 0..times {
        bytes.clear();
        black_box(&document).encode_into(&mut bytes);
        black_box(&bytes);
    }
}

fn decodes(times: u64) {
    let bytes = map(1_000).encode();
    for _ in 0..times {
        black_box(Document::decode(black_box(&bytes)).expect("its own bytes"));
    }
}

/// Of a state after each edit.
fn fingerprints(times: u64) {
    let mut document = map(1_000);
    for n in 0..times {
        document.apply(&Edit::Put { path: path!["key-0500"], value: Document::Int(n as i64) }).expect("it fits");
        black_box(document.fingerprint());
    }
}

fn pushes(times: u64) {
    let model = erase(StackModel);
    let mut document = list(0);
    let operations = [Operation::encode(&StackOp::Push(1)), Operation::encode(&StackOp::Pop)];
    document.apply(&Edit::Put { path: path!["stack"], value: Document::list(0..10) }).expect("it fits");
    for n in 0..times {
        black_box(reduce(&*model, &mut document, &operations[(n % 2) as usize]).expect("a stack of ten"));
    }
}

/// A change of eight edits past another.
fn transforms(times: u64) {
    let mut rng = Rng::seed_from_u64(1);
    let mut change =
        || (0..8).fold(Steps::default(), |steps, _| steps.compose(&Steps::splice(rng.random_range(0..1_000), 1, "ab")));
    let pairs: Vec<(Steps, Steps)> = (0..64).map(|_| (change(), change())).collect();
    for n in 0..times {
        let (one, other) = &pairs[(n % 64) as usize];
        black_box(one.transform(other, true));
    }
}

fn run(strategy: &str, workload: &str, ops: u64, probed: bool) {
    let (spec, workload) = workloads::configure(&workload.parse().expect("a name")).expect("a workload");
    let strategy = registry::configure(&strategy.parse().expect("a name")).expect("a strategy");
    let settings = Settings {
        network: "wifi".into(),
        faults: Vec::new(),
        transport: Transport::Stream,
        engine: Engine::Sim,
        clients: 4,
        ops,
        rate_per_s: 20.0,
        pace: Pace::Poisson,
        undo: 0.0,
        size: spec.default_size,
        seed: 1,
        sample_every: (!probed).then_some(Duration::from_secs(1)),
        budget: Duration::from_secs(60),
    };
    let task = Task::new(&strategy, &*workload, settings).expect("a built-in profile");
    let mut all = if probed { probes::all() } else { Vec::new() };
    let ran = black_box(engines::run(&task, &mut all));
    assert!(ran.quiescent(), "it ends within its budget");
}
