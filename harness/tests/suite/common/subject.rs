//! A strategy on a workload, to be held to its claims; and the cells, groups and numbers that the checks need.

use std::env;
use std::sync::Arc;

use rayon::prelude::*;
use syncbench_harness::results::{Cell, ClaimsKept, Outcome};
use syncbench_harness::run::{self, Planned, PlannedWorkload};
use syncbench_harness::scenario::{Plan, Scenario};
use syncbench_harness::workloads::{self, WORKLOADS};
use syncbench_strategies::document::EditKind;
use syncbench_strategies::registry::{self, STRATEGIES};
use syncbench_strategies::spec::{Configured, Guarantees, ParamKind, Spec, Support};

use super::Case;
use super::seeds::Seeds;
use super::workloads::Shared;

/// What a check says: nothing, or what was broken and where.
pub type Checked = Result<(), String>;

/// A strategy on a workload.
#[derive(Clone)]
pub struct Subject {
    pub strategy: Arc<Configured>,
    pub workload: Arc<PlannedWorkload>,
}

impl Subject {
    pub fn new(strategy: &str, workload: &str) -> Self {
        let strategy = registry::configure(&strategy.parse().unwrap()).unwrap();
        Self { strategy: Arc::new(strategy), workload: planned_workload(workload) }
    }

    /// On this workload, or on the first that the strategy carries, where it cannot carry this one.
    pub fn at_home(strategy: &str, workload: &str) -> Self {
        let others = WORKLOADS.iter().map(|spec| spec.name);
        let mut subjects = [workload].into_iter().chain(others).map(|workload| Self::new(strategy, workload));
        subjects.find(Self::supported).unwrap_or_else(|| panic!("{strategy} carries nothing"))
    }

    pub fn claims(&self) -> Guarantees {
        self.strategy.guarantees()
    }

    /// Whether the strategy carries every kind of edit that the workload makes.
    pub fn supported(&self) -> bool {
        let carried = |kind: &EditKind| !matches!(self.strategy.support(*kind), Support::Unsupported(_));
        let content = (self.strategy.spec.content)(self.workload.spec.content);
        !matches!(content, Support::Unsupported(_)) && self.workload.spec.edits.iter().all(carried)
    }

    /// Runs one cell of `scenario`, whose strategies, workloads and seeds do not matter.
    pub fn cell(&self, scenario: &Scenario, seed: u64) -> Cell {
        run::run_cell(&self.planned(scenario, seed))
    }

    pub fn planned(&self, scenario: &Scenario, seed: u64) -> Planned {
        let undo = scenario.undo;
        let scenario = Scenario {
            strategies: vec!["serial".into()],
            workloads: vec!["stack".into()],
            seeds: vec![seed.to_string()],
            ..scenario.clone()
        };
        let mut planned = Plan::new(vec![scenario]).unwrap().cells.remove(0);
        planned.strategy = self.strategy.clone();
        planned.workload = self.workload.clone();
        planned.settings.size = self.workload.spec.default_size;
        planned.settings.undo = if self.workload.spec.undo { undo } else { 0.0 };
        planned
    }
}

impl std::fmt::Display for Subject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} on {}", self.strategy.label, self.workload.label)
    }
}

pub fn planned_workload(workload: &str) -> Arc<PlannedWorkload> {
    let (spec, built) = workloads::configure(&workload.parse().unwrap()).unwrap();
    Arc::new(PlannedWorkload::new(workload, spec, built))
}

/// A short scenario of three clients.
pub fn scenario() -> Scenario {
    Scenario { name: "contract".into(), clients: 3, ops: 36, rate_per_s: 30.0, budget_s: 30.0, ..Scenario::default() }
}

/// Every strategy, with its defaults and with one other value for each of its parameters.
pub fn variants() -> Vec<String> {
    let mut labels = Vec::new();
    for spec in STRATEGIES {
        labels.push(spec.name.to_owned());
        for param in spec.params {
            let others: Vec<&str> = match param.kind {
                // Claims hold for clients that are away for less time than tombstones are kept.
                ParamKind::Span if param.name == "horizon" => vec!["10s"],
                // With less than a network's hiccups, everybody would expire now and then.
                ParamKind::Span if spec.guarantees.ephemeral => vec!["3s"],
                ParamKind::Span => vec!["30ms"],
                ParamKind::SpanRange => vec!["10ms..30ms"],
                ParamKind::Bandwidth => vec!["1Mbps"],
                ParamKind::Count => vec!["0", "3"],
                ParamKind::Node => vec!["server"],
                ParamKind::Share => vec!["0", "1"],
                ParamKind::Contention => vec!["uniform", "zipf"],
                ParamKind::Choice(words) => words.to_vec(),
                ParamKind::Name => vec!["other"],
                ParamKind::Paths => vec!["text"],
            };
            let others = others.into_iter().filter(|other| *other != param.default);
            labels.extend(others.map(|other| format!("{}:{}={other}", spec.name, param.name)));
        }
    }
    labels
}

/// Workloads that every variant of a strategy is held to: a list, a table and a text.
const BASIC: [&str; 3] = ["stack", "record", "text"];

/// All pairs of the registries that go together; with other parameters than the defaults, on the basic workloads only, if
/// the strategy can carry any of these.
pub fn subjects() -> Vec<Subject> {
    let of = |strategy: &String| {
        let subjects: Vec<Subject> = carried(strategy).collect();
        let basic = |subject: &Subject| BASIC.contains(&subject.workload.spec.name);
        let all = registry::find(strategy).is_some() || !subjects.iter().any(basic);
        subjects.into_iter().filter(move |subject| all || basic(subject))
    };
    variants().iter().flat_map(of).collect()
}

/// The strategy on each workload that it can carry.
fn carried(strategy: &str) -> impl Iterator<Item = Subject> {
    WORKLOADS.iter().map(move |spec| Subject::new(strategy, spec.name)).filter(Subject::supported)
}

/// Every strategy with its defaults on the stack, or on a text, bookings or presence if these are what it can carry.
pub fn at_home() -> Vec<Subject> {
    let home = |spec: &&Spec| {
        let homes = ["stack", "text", "booking", "presence"].map(|workload| Subject::new(spec.name, workload));
        homes.into_iter().find(Subject::supported)
    };
    STRATEGIES.iter().filter_map(home).collect()
}

impl Subject {
    /// Whether it has other parameters than the defaults.
    fn is_variant(&self) -> bool {
        self.strategy.label.contains(':')
    }

    /// The seeds that a check runs over.
    pub fn seeds(&self) -> Seeds {
        Seeds::from_env().of(self.strategy.spec, self.is_variant())
    }

    /// The index of its workload among those that this variant of a strategy is tried on, and how many these are. With
    /// the defaults, each workload counts by itself.
    pub fn share(&self) -> (u64, u64) {
        let carries = |workload: &&&str| Self { workload: planned_workload(workload), ..self.clone() }.supported();
        let tried: Vec<_> = BASIC.iter().filter(|_| self.is_variant()).filter(carries).collect();
        let place = tried.iter().position(|workload| **workload == self.workload.spec.name);
        place.map_or((0, 1), |place| (place as u64, tried.len() as u64))
    }
}

/// Holds all `subjects` to a check and shows every complaint. `SYNCBENCH_ONLY` leaves out those without these
/// words in their names.
pub fn hold(subjects: &[Subject], check: impl Fn(&Subject) -> Checked + Sync) {
    let only = env::var("SYNCBENCH_ONLY").unwrap_or_default();
    let subjects: Vec<&Subject> = subjects.iter().filter(|subject| subject.to_string().contains(&only)).collect();
    let complain = |subject: &&Subject| check(subject).err().map(|error| format!("{subject}: {error}"));
    let complaints: Vec<String> = subjects.into_par_iter().filter_map(|subject| complain(&subject)).collect();
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

/// The same strategy with other claims.
pub fn claiming(subject: &Subject, change: impl FnOnce(&mut Guarantees)) -> Subject {
    let spec = subject.strategy.spec;
    let mut guarantees = spec.guarantees;
    change(&mut guarantees);
    let strategy = registry::configure(&subject.strategy.label.parse().unwrap()).unwrap().strategy;
    // A spec lives as long as the program; a handful of them in a test may leak.
    let spec: &'static Spec = Box::leak(Box::new(Spec { guarantees, ..*spec }));
    let strategy = Configured { label: subject.strategy.label.clone(), spec, params: Default::default(), strategy };
    Subject { strategy: Arc::new(strategy), ..subject.clone() }
}

/// The subject's run where the whole ledger is of interest: three clients, a little over two seconds.
pub fn case(subject: &Subject) -> Case {
    Case {
        workload: Box::new(Shared(subject.workload.clone())),
        size: subject.workload.spec.default_size,
        ops: 66,
        ..Case::new(subject.strategy.spec.name, "stack")
    }
}

/// Complains unless the cell was measured and kept its claims.
pub fn passed(cell: &Cell) -> Checked {
    if cell.outcome == Outcome::Measured && cell.claims_kept == Some(ClaimsKept::Yes) && cell.converged == Some(true) {
        return Ok(());
    }
    let reasons = cell.reason.iter().chain(&cell.claims_reasons).cloned().collect::<Vec<_>>().join("; ");
    Err(format!("{:?} {:?}: {reasons}\n    {}", cell.outcome, cell.claims_kept, cell.replay))
}
