//! A small case: a strategy, a workload's alphabet, and the bounds within which every schedule is run.

use std::time::Duration;

use syncbench_strategies::document::Document;
use syncbench_strategies::model::ModelRef;
use syncbench_strategies::replica::NodeId;
use syncbench_strategies::selector::SelectorError;
use syncbench_strategies::spec::Configured;

use crate::finding::Finding;
use crate::network::Transport;
use crate::pace::Pace;
use crate::run::lacks;
use crate::settings::{Engine, Settings};
use crate::task::Task;
use crate::workload::{History, Letter, Small, User, Workload, WorkloadSpec};

/// A disturbance that happens once in each schedule, tried at every point of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disturbance {
    /// A client loses its connections and connects again.
    Break,
    /// A client crashes and recovers from what it had saved.
    Crash,
    /// A client joins late.
    Late,
}

impl Disturbance {
    /// Its flag on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Break => "break",
            Self::Crash => "crash",
            Self::Late => "late",
        }
    }
}

/// The bounds within which schedules are run.
#[derive(Clone, Debug)]
pub struct Bounds {
    /// How many clients.
    pub clients: u32,
    /// Most operations of all clients together.
    pub ops: u32,
    /// The disturbance of each schedule, tried on each client in turn.
    pub disturbance: Option<Disturbance>,
    /// Whether schedules that differ only in the order of independent steps are run once.
    pub reduced: bool,
    /// How long the search may take.
    pub budget: Duration,
}

/// Why a case cannot be explored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// The strategy does not carry the workload.
    Unsupported(String),
    /// The workload has no small case.
    NoAlphabet,
}

/// A strategy on the small case of a workload.
pub struct Case<'a> {
    pub(super) strategy: &'a Configured,
    pub(super) small: Small,
    pub(super) workload: Narrowed<'a>,
    pub(super) clients: u32,
}

impl<'a> Case<'a> {
    /// The small case of a workload under a strategy, or why there is none.
    pub fn new(
        strategy: &'a Configured,
        spec: &WorkloadSpec,
        workload: &'a dyn Workload,
        clients: u32,
    ) -> Result<Self, Refused> {
        if let Some(reason) = lacks(strategy, spec) {
            return Err(Refused::Unsupported(reason));
        }
        let small = workload.small().ok_or(Refused::NoAlphabet)?;
        Ok(Self::of(strategy, workload, small, clients))
    }

    /// The workload with other operations, or from another document, than its own small case.
    pub fn of(strategy: &'a Configured, workload: &'a dyn Workload, small: Small, clients: u32) -> Self {
        let workload = Narrowed { inner: workload, genesis: small.genesis.clone() };
        Self { strategy, small, workload, clients }
    }

    /// The operations that differ in kind.
    pub fn letters(&self) -> &'static [Letter] {
        self.small.letters
    }

    /// The document that all replicas start from.
    pub fn genesis(&self) -> &Document {
        &self.small.genesis
    }

    /// The task behind it. Its network and rate have no effect: the explorer decides what happens when.
    pub(super) fn task(&self, strategy: &'a Configured) -> Result<Task<'_>, SelectorError> {
        let settings = Settings {
            network: "instant".into(),
            faults: Vec::new(),
            transport: Transport::Stream,
            engine: Engine::Sim,
            clients: self.clients,
            ops: 0,
            rate_per_s: 1.0,
            pace: Pace::Periodic,
            undo: 0.0,
            size: 0,
            seed: 1,
            sample_every: None,
            budget: Duration::ZERO,
        };
        Task::new(strategy, &self.workload, settings)
    }
}

/// A workload that starts from the document of its small case.
pub(super) struct Narrowed<'a> {
    inner: &'a dyn Workload,
    genesis: Document,
}

impl Workload for Narrowed<'_> {
    fn model(&self) -> ModelRef {
        self.inner.model()
    }

    fn genesis(&self, _: u64) -> Document {
        self.genesis.clone()
    }

    fn user(&self, client: NodeId, clients: u32) -> Box<dyn User> {
        self.inner.user(client, clients)
    }

    fn judge(&self, history: &History<'_>) -> Vec<Finding> {
        self.inner.judge(history)
    }

    fn invariant(&self, document: &Document) -> Result<(), String> {
        self.inner.invariant(document)
    }
}
