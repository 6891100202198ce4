//! What the suites share: running one strategy on one workload, with everything overridable.
#![allow(dead_code, unused_imports, unreachable_pub, reason = "each suite uses its part")]

pub mod claims;
pub mod data;
pub mod decoders;
pub mod group;
pub mod mutants;
pub mod seeds;
pub mod subject;
pub mod workloads;

use std::time::Duration;

use syncbench_harness::network::Transport;
use syncbench_harness::pace::Pace;
use syncbench_harness::probe::{Figures, Probe};
use syncbench_harness::results::Metric;
use syncbench_harness::run_result::RunResult;
use syncbench_harness::settings::{Engine, Settings};
use syncbench_harness::task::Task;
use syncbench_harness::workload::Workload;
use syncbench_harness::{probes, run};
use syncbench_strategies::document::Document;
use syncbench_strategies::model::ModelRef;
use syncbench_strategies::registry;
use syncbench_strategies::spec::Configured;

/// The description of a run; `run` carries it out.
pub struct Case {
    pub strategy: String,
    pub workload: Box<dyn Workload>,
    pub model: Option<ModelRef>,
    pub network: String,
    pub faults: Vec<String>,
    pub transport: Transport,
    pub clients: u32,
    pub ops: u64,
    pub rate_per_s: f64,
    pub pace: Pace,
    pub undo: f64,
    pub size: u64,
    pub seed: u64,
    pub budget: Duration,
    pub blind: bool,
    pub engine: Engine,
    pub sample_every: Option<Duration>,
}

/// A finished run with its figures.
pub struct Done {
    pub ran: RunResult,
    pub figures: Figures,
    pub genesis: Document,
}

impl Case {
    pub fn new(strategy: &str, workload: &str) -> Self {
        let (spec, workload) = syncbench_harness::workloads::configure(&workload.parse().unwrap()).unwrap();
        Self {
            size: spec.default_size,
            workload,
            strategy: strategy.into(),
            model: None,
            network: "wifi".into(),
            faults: Vec::new(),
            transport: Transport::Stream,
            clients: 3,
            ops: 60,
            rate_per_s: 30.0,
            pace: Pace::Poisson,
            undo: 0.0,
            seed: 1,
            budget: Duration::from_secs(60),
            blind: false,
            engine: Engine::Sim,
            sample_every: None,
        }
    }

    /// The same, on the first workload that the strategy carries if it cannot carry this one. A strategy that never
    /// falls silent gets as long to quiesce as a test can wait.
    pub fn at_home(strategy: &str, workload: &str) -> Self {
        let home = subject::Subject::at_home(strategy, workload);
        let never_silent = !home.strategy.strategy.settling().is_zero();
        let label = if never_silent { format!("{strategy}:timeout=300ms") } else { strategy.to_owned() };
        Self::new(&label, &home.workload.label)
    }

    pub fn configured(&self) -> Configured {
        registry::configure(&self.strategy.parse().unwrap()).unwrap()
    }

    pub fn run(&self) -> Done {
        self.run_with(&self.configured())
    }

    pub fn run_with(&self, strategy: &Configured) -> Done {
        self.run_probed(strategy, Vec::new())
    }

    /// Runs with further probes beside all the usual ones.
    pub fn run_probed(&self, strategy: &Configured, more: Vec<Box<dyn Probe>>) -> Done {
        let mut probes = probes::all();
        probes.extend(more);
        self.run_looking(strategy, self.sample_every, probes)
    }

    /// Runs for the ledger, the final states and what these probes note. Views are hardly sampled, which is most of a
    /// simulation's work.
    pub fn run_unwatched(&self, strategy: &Configured, probes: Vec<Box<dyn Probe>>) -> Done {
        self.run_looking(strategy, self.sample_every.or(Some(Duration::from_secs(3_600))), probes)
    }

    fn run_looking(&self, strategy: &Configured, sample_every: Option<Duration>, probes: Vec<Box<dyn Probe>>) -> Done {
        let settings = Settings {
            network: self.network.clone(),
            faults: self.faults.clone(),
            transport: self.transport,
            engine: self.engine,
            clients: self.clients,
            ops: self.ops,
            rate_per_s: self.rate_per_s,
            pace: self.pace,
            undo: self.undo,
            size: self.size,
            seed: self.seed,
            sample_every,
            budget: self.budget,
        };
        let mut task = Task::new(strategy, &*self.workload, settings).unwrap();
        task.model = self.model.clone().unwrap_or(task.model);
        task.blind = self.blind;
        let (ran, figures) = run::observe(&task, probes);
        Done { ran, figures, genesis: task.genesis }
    }
}

impl Done {
    pub fn number(&self, name: &str) -> f64 {
        match &self.figures.metrics[name] {
            Metric::Number(value) => *value,
            other => panic!("{name} is {other:?}"),
        }
    }

    pub fn numbers(&self, name: &str, key: &str) -> f64 {
        match &self.figures.metrics[name] {
            Metric::Numbers(values) => values[key],
            Metric::Counts(counts) => counts.get(key).copied().unwrap_or(0) as f64,
            other => panic!("{name} is {other:?}"),
        }
    }
}

/// Where the sources of libraries under test are, and of what they keep their data in.
const LIBRARIES: [&str; 8] = [
    "/automerge-",
    "/hexane-",
    "/yrs-",
    "/loro-",
    "/generic-btree-",
    "/serde_columnar-",
    "/diamond-types-",
    "/jumprope-",
];

/// Makes panics inside a library under test one line each: strategies catch them.
#[allow(clippy::print_stderr, reason = "shown with a test that fails")]
pub fn silence_libraries() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| match info.location() {
            Some(at) if LIBRARIES.iter().any(|library| at.file().contains(library)) => {
                eprintln!("the library panicked at {at}")
            }
            _ => usual(info),
        }));
    });
}

/// Names of all strategies that are compiled in.
pub fn strategies() -> impl Iterator<Item = &'static str> {
    registry::STRATEGIES.iter().map(|spec| spec.name)
}
