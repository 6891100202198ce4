//! Helpers for tests: files compared with registries, short runs in virtual time, and ledgers written by hand.

use std::path::Path;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use syncbench_strategies::document::Document;
use syncbench_strategies::model::{ModelRef, Operation, Outcome, Rejected};
use syncbench_strategies::replica::{NodeId, OpId, Report, Rng, Time};
use syncbench_strategies::selector::Selector;
use syncbench_strategies::spec::{Configured, Params, Spec};

use crate::engines;
use crate::event::{Event, What};
use crate::finding::{Finding, Kind};
use crate::findings::Findings;
use crate::ledger::{Action, Ledger};
use crate::network::Transport;
use crate::oracles::undeclared;
use crate::pace::Pace;
use crate::rng::stream;
use crate::run_result::RunResult;
use crate::settings::{Engine, Settings};
use crate::task::Task;
use crate::workload::{History, Issued, Workload};
use crate::workloads::configure;

/// Asserts that a folder of this crate has one file or folder per line of its registry, besides those that are `shared`.
pub(crate) fn assert_registered(folder: &str, shared: &[&str], lines: usize) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut files: Vec<String> = std::fs::read_dir(&folder)
        .expect("the folder of this registry")
        .filter_map(|entry| entry.ok()?.path().file_stem()?.to_str().map(str::to_owned))
        .filter(|stem| !shared.contains(&stem.as_str()))
        .collect();
    files.sort();
    files.dedup();
    assert_eq!(files.len(), lines, "{}: files {files:?} and registry lines differ", folder.display());
}

/// What an oracle found.
#[derive(Debug)]
pub(crate) struct Found(pub(crate) Vec<Finding>);

impl Found {
    /// What the oracle of this workload found, all of it of kinds that its spec declares.
    fn of(text: &str, findings: Vec<Finding>) -> Self {
        let (spec, _) = configure(&selector(text)).expect("a workload");
        assert_eq!(undeclared(spec, &findings), None, "{text}");
        Self(findings)
    }

    /// How often this kind was found.
    pub(crate) fn count(&self, kind: &Kind) -> u64 {
        self.0.iter().filter(|finding| finding.kind == kind.name).map(|finding| finding.count).sum()
    }

    /// Every kind with its count, by name.
    pub(crate) fn kinds(&self) -> Vec<(&str, u64)> {
        let mut kinds: Vec<_> = self.0.iter().map(|finding| (finding.kind.as_str(), finding.count)).collect();
        kinds.sort();
        kinds
    }
}

/// A short run of a workload in virtual time.
#[derive(Clone)]
pub(crate) struct Trial {
    pub(crate) strategy: &'static Spec,
    pub(crate) workload: &'static str,
    /// A planted bug: operations mean one thing to the strategy and another to the oracle.
    pub(crate) model: Option<ModelRef>,
    pub(crate) size: u64,
    pub(crate) clients: u32,
    pub(crate) ops: u64,
    pub(crate) rate_per_s: f64,
    pub(crate) pace: Pace,
    pub(crate) undo: f64,
    pub(crate) delay_ms: u64,
    pub(crate) seed: u64,
}

impl Trial {
    /// Four busy clients, 40 ms apart.
    pub(crate) fn new(strategy: &'static Spec, workload: &'static str) -> Self {
        Self {
            strategy,
            workload,
            model: None,
            size: spec_and_workload(workload).1,
            clients: 4,
            ops: 400,
            rate_per_s: 100.0,
            pace: Pace::Poisson,
            undo: 0.0,
            delay_ms: 40,
            seed: 1,
        }
    }

    /// Runs it and asks the workload's oracle.
    pub(crate) fn run(&self) -> (RunResult, Found) {
        let workload = workload(self.workload);
        let params = Params::check(&selector(self.strategy.name), self.strategy.params).expect("no parameters given");
        let strategy = Configured {
            label: self.strategy.name.into(),
            spec: self.strategy,
            params: params.shown(),
            strategy: (self.strategy.build)(&params),
        };
        let settings = Settings {
            network: format!("constant:{}ms", self.delay_ms),
            faults: Vec::new(),
            transport: Transport::Stream,
            engine: Engine::Sim,
            clients: self.clients,
            ops: self.ops,
            rate_per_s: self.rate_per_s,
            pace: self.pace,
            undo: self.undo,
            size: self.size,
            seed: self.seed,
            sample_every: None,
            budget: Duration::from_secs(60),
        };
        let mut task = Task::new(&strategy, &*workload, settings).expect("a constant delay");
        task.model = self.model.clone().unwrap_or(task.model);
        let ran = engines::run(&task, &mut []);
        assert!(ran.ledger.issued() > 0 && ran.ledger.all_resolved(), "the run must be complete");
        let history = History { genesis: &task.genesis, last: ran.last(), ledger: &ran.ledger };
        let found = Found::of(self.workload, workload.judge(&history));
        (ran, found)
    }
}

fn selector(text: &str) -> Selector {
    text.parse().expect("a selector")
}

fn spec_and_workload(text: &str) -> (Box<dyn Workload>, u64) {
    let (spec, workload) = configure(&selector(text)).expect("a workload");
    (workload, spec.default_size)
}

/// The workload that `text` names.
pub(crate) fn workload(text: &str) -> Box<dyn Workload> {
    spec_and_workload(text).0
}

/// The first operations of client 1 of 2, which sees `view` all the time.
pub(crate) fn intents(text: &str, view: &Document, count: u64) -> Vec<Operation> {
    let mut author = workload(text).user(NodeId(1), 2);
    let mut draw = |n| author.next(view, &mut intent_stream(n)).map(|intent| intent.operation);
    (1..=count).filter_map(&mut draw).collect()
}

/// The stream of a client's `n`-th intent.
pub(crate) fn intent_stream(n: u64) -> Rng {
    stream(1, "intent", 1, n)
}

/// A ledger that is written by hand.
pub(crate) struct Book {
    ledger: Ledger,
    now: Time,
}

impl Book {
    /// An empty ledger of clients that take part from the start.
    pub(crate) fn new(clients: u32) -> Self {
        let mut book = Self { ledger: Ledger::new(clients), now: Time::ZERO };
        (1..=clients).for_each(|client| book.enter(NodeId(client), What::Live));
        book
    }

    fn enter(&mut self, node: NodeId, what: What) {
        self.ledger.enter(&Event { at: self.now, node, what });
    }

    /// What comes now happens at this time, in milliseconds.
    pub(crate) fn at(&mut self, ms: u64) {
        self.now = Time::from_ms(ms);
    }

    /// A client crashes, after everything that was issued so far.
    pub(crate) fn crashed(&mut self, client: u32, for_good: bool) {
        self.ledger.enter(&Event { at: Time::from_ms(1), node: NodeId(client), what: What::Crashed { for_good } });
    }

    /// A client's device is wiped: its replica reflects nothing any more.
    pub(crate) fn wiped(&mut self, client: u32) {
        self.enter(NodeId(client), What::Restored { reflected: Box::default(), rebuilt: false });
    }

    /// A client issues an operation, whose fate is unknown.
    pub(crate) fn issued<O: Serialize>(&mut self, client: u32, op: &O, seen: Document) -> OpId {
        let id = self.ledger.next_op(NodeId(client));
        let action = Action::Operate { operation: Operation::encode(op), seen };
        self.ledger.open(id, action, self.now, self.now);
        id
    }

    /// A client issues an operation that is reflected there and confirmed at once.
    pub(crate) fn acted<O: Serialize>(&mut self, client: u32, op: &O) -> OpId {
        self.acted_on(client, op, Document::Null)
    }

    /// The same with what its user saw.
    pub(crate) fn acted_on<O: Serialize>(&mut self, client: u32, op: &O, seen: Document) -> OpId {
        let id = self.issued(client, op, seen);
        self.reached(client, id);
        self.told(id, Ok(Document::Null));
        id
    }

    /// A client undoes one of its operations, and the undo is confirmed.
    pub(crate) fn undone(&mut self, target: OpId) {
        let id = self.ledger.next_op(target.client);
        self.ledger.open(id, Action::Undo { target }, self.now, self.now);
        self.reached(target.client.0, id);
        self.told(id, Ok(Document::Null));
    }

    /// An operation is confirmed or rejected.
    pub(crate) fn told(&mut self, id: OpId, fate: Result<Outcome, Rejected>) {
        self.enter(
            id.client,
            match fate {
                Ok(outcome) => What::Report(Report::Confirmed(id, outcome)),
                Err(reason) => What::Report(Report::Rejected(id, reason)),
            },
        );
    }

    /// A client reflects an operation.
    pub(crate) fn reached(&mut self, client: u32, id: OpId) {
        self.enter(NodeId(client), What::Report(Report::Reflected(id)));
    }

    /// Every operation, as an oracle reads it.
    pub(crate) fn operations<O: DeserializeOwned>(&self) -> Vec<Issued<'_, O>> {
        History { genesis: &Document::Null, last: &Document::Null, ledger: &self.ledger }.operations()
    }

    /// Nothing found yet in this run.
    pub(crate) fn findings(&self) -> Findings {
        Findings::of(&History { genesis: &Document::Null, last: &Document::Null, ledger: &self.ledger })
    }

    /// What the oracle finds when the run ends in `last`.
    pub(crate) fn judge(&self, text: &str, genesis: &Document, last: &Document) -> Found {
        Found::of(text, workload(text).judge(&History { genesis, last, ledger: &self.ledger }))
    }
}
