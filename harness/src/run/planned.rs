//! One cell of a plan, ready to run, and the command that runs it alone.

use std::path::PathBuf;
use std::sync::Arc;

use syncbench_strategies::document::Digest;
use syncbench_strategies::selector::SelectorError;
use syncbench_strategies::spec::Configured;

use crate::actions::ScriptedAction;
use crate::network::Transport;
use crate::pace::{Inflight, Pace};
use crate::results::{Condition, TraceFile};
use crate::settings::{Engine, Settings, Vocabulary};
use crate::task::Task;
use crate::times::Times;
use crate::trace::Units;
use crate::workload::{Workload, WorkloadSpec};

/// How a recorded trace is read.
#[derive(Clone, Copy, Debug, Default)]
pub struct Reading {
    /// What its positions count.
    pub units: Units,
    /// On how many clients its authors are replayed, unless each has its own.
    pub clients: Option<u32>,
}

impl Reading {
    /// The flags that ask for this, each after a space.
    fn flags(self) -> String {
        let units = if self.units == Units::Utf16 { " --units utf16" } else { "" };
        let clients = self.clients.map_or(String::new(), |clients| format!(" --trace-clients {clients}"));
        format!("{units}{clients}")
    }
}

/// When the users of a workload act, as it was recorded.
#[derive(Clone, Debug)]
pub struct Recording {
    /// The file; `None` for a replayed trace, which has times of its own.
    pub file: Option<PathBuf>,
    /// When each user acts.
    pub times: Arc<Times>,
}

/// A workload of a plan.
pub struct PlannedWorkload {
    /// As it was written.
    pub label: String,
    /// What it replays, if it is a recorded trace.
    pub trace: Option<TraceFile>,
    /// How the trace is read.
    pub reading: Reading,
    /// When its users act, where their pace is a recorded one.
    pub recording: Option<Recording>,
    /// What it says about itself.
    pub spec: &'static WorkloadSpec,
    /// The workload.
    pub workload: Box<dyn Workload>,
}

impl PlannedWorkload {
    /// A workload that is no recorded trace.
    pub fn new(label: impl Into<String>, spec: &'static WorkloadSpec, workload: Box<dyn Workload>) -> Self {
        Self { label: label.into(), trace: None, reading: Reading::default(), recording: None, spec, workload }
    }

    /// The same reading of a part of the trace.
    #[must_use]
    pub fn with(&self, workload: Box<dyn Workload>) -> Self {
        let Self { label, trace, reading, recording, spec, .. } = self;
        let recording = recording.clone();
        Self { label: label.clone(), trace: trace.clone(), reading: *reading, recording, spec, workload }
    }
}

/// What a product brings besides strategies and workloads, the same for all cells of a plan.
#[derive(Clone)]
pub struct Product {
    /// The program that replays its cells.
    pub program: String,
    /// The networks and faults that its settings may name.
    pub known: Vocabulary,
}

impl Default for Product {
    /// syncbench itself.
    fn default() -> Self {
        Self { program: "syncbench".into(), known: Vocabulary::default() }
    }
}

/// One cell to run.
#[derive(Clone)]
pub struct Planned {
    /// Its place in the plan.
    pub index: usize,
    /// The name of its scenario.
    pub part: String,
    /// Its strategy.
    pub strategy: Arc<Configured>,
    /// Its workload.
    pub workload: Arc<PlannedWorkload>,
    /// Its conditions.
    pub settings: Settings,
    /// The script of its users; `None` where they act by their pace, as in every cell of a scenario.
    pub script: Option<Arc<[ScriptedAction]>>,
    /// What runs it.
    pub product: Arc<Product>,
    /// The digest of the build that runs it: part of the cell's identity.
    pub build: Digest,
}

impl Planned {
    /// The run of this cell with `strategy`: its own, or the same under watch.
    pub fn task<'a>(&'a self, strategy: &'a Configured) -> Result<Task<'a>, SelectorError> {
        let task = Task::with(strategy, &*self.workload.workload, self.settings.clone(), &self.product.known)?;
        let times = self.workload.recording.as_ref().map(|recording| recording.times.clone());
        Ok(Task { script: self.script.clone(), times, ..task })
    }

    /// The id of its cell in results of this build.
    pub fn id(&self, build: Digest) -> Digest {
        let Self { part, strategy, workload, settings, .. } = self;
        let library = strategy.spec.library;
        let condition = Condition { part, workload: &workload.label, trace: workload.trace.as_ref(), settings };
        condition.id(build, (strategy.spec.name, &strategy.params, library))
    }

    /// What it is dealt to machines by: all strategies of one condition and seed have the same.
    pub fn deal(&self) -> Digest {
        let Self { part, workload, settings, .. } = self;
        Condition { part, workload: &workload.label, trace: workload.trace.as_ref(), settings }.deal()
    }

    /// When its users act, where that is as recorded.
    fn recording(&self) -> Option<&Recording> {
        self.workload.recording.as_ref().filter(|_| matches!(self.settings.pace, Pace::Recorded(_)))
    }

    /// The pace that need not be written.
    fn usual_pace(&self) -> Pace {
        if self.workload.trace.is_some() { Pace::Causal } else { Pace::Poisson }
    }

    /// The command that runs this cell alone.
    pub fn replay(&self) -> String {
        let settings = &self.settings;
        let mut command = self.product.program.clone();
        command += &format!(" run --strategy {} --network {}", self.strategy.label, settings.network);
        match &self.workload.trace {
            Some(trace) => command += &format!(" --trace {}{}", trace.path.display(), self.workload.reading.flags()),
            None => command += &format!(" --workload {} --size {}", self.workload.label, settings.size),
        }
        // A cell that cannot be made was refused when the plan was made.
        for fault in settings.drawn(&self.product.known).unwrap_or_else(|_| settings.faults.clone()) {
            command += &format!(" --fault {fault}");
        }
        if settings.transport != Transport::Stream {
            command += &format!(" --transport {}", settings.transport);
        }
        if let Some(Recording { file: Some(file), .. }) = self.recording() {
            command += &format!(" --times {}", file.display());
        }
        if settings.pace != self.usual_pace() && settings.pace != Pace::Eager(Inflight::USUAL) {
            command += &format!(" --pace {}", settings.pace);
        }
        if settings.undo > 0.0 {
            command += &format!(" --undo {}", settings.undo);
        }
        if settings.sample_every != settings.usual_sampling() {
            let sample_ms = settings.sample_every.map_or(0.0, |every| every.as_secs_f64() * 1e3);
            command += &format!(" --sample {sample_ms}");
        }
        if settings.engine != Engine::Sim {
            command += &format!(" --engine {}", settings.engine.name());
        }
        // Written so, and not with a plus, because smartstring adds to what a plus may mean.
        command += &format!(
            " --clients {} --ops {}{} --budget {} --seeds {}",
            settings.clients,
            settings.ops,
            // Recorded times have a rate of their own, and users as fast as they can have none.
            if self.recording().is_some() || settings.engine == Engine::Throughput {
                String::new()
            } else {
                format!(" --rate {}", settings.rate_per_s)
            },
            settings.budget.as_secs_f64(),
            settings.seed
        );
        command
    }
}
