//! What an engine is given to run: one strategy, one workload, and the settings made real.

use std::ops::Deref;
use std::sync::Arc;

use syncbench_strategies::document::Document;
use syncbench_strategies::model::ModelRef;
use syncbench_strategies::replica::Topology;
use syncbench_strategies::selector::SelectorError;
use syncbench_strategies::spec::Configured;

use crate::actions::{Recorder, ScriptedAction};
use crate::faults::Faults;
use crate::network::Profile;
use crate::sabotage::Plant;
use crate::settings::{Settings, Vocabulary};
use crate::times::Times;
use crate::workload::Workload;

/// Everything that one run of one strategy needs. Reads as its [`Settings`].
pub struct Task<'a> {
    /// The strategy.
    pub strategy: &'a Configured,
    /// What its users do.
    pub workload: &'a dyn Workload,
    /// What operations mean to the strategy; the workload's own model, except where a test plants a bug.
    pub model: ModelRef,
    /// The initial document.
    pub genesis: Document,
    /// The same in the strategy's own bytes.
    pub genesis_bytes: Arc<[u8]>,
    /// The conditions.
    pub settings: Settings,
    /// The network of the settings.
    pub profile: Profile,
    /// The faults of the settings.
    pub faults: Faults,
    /// What users do and when, in the order of time; `None` where they come to act by their pace. Virtual time only.
    pub script: Option<Arc<[ScriptedAction]>>,
    /// When users act, where their pace is a recorded one.
    pub times: Option<Arc<Times>>,
    /// Writes down what users do; virtual time only.
    pub recorder: Option<Recorder>,
    /// Empties every sidecar on its way: for the test that no strategy reads one.
    pub blind: bool,
    /// Whether the result has what replicas save at the end.
    pub keeps_saved: bool,
    /// A bug in the simulator: for the test that what checks the harness finds it.
    pub planted: Option<Plant>,
}

impl<'a> Task<'a> {
    /// A run of `strategy` on `workload`. The error names a network or a fault that is not built in.
    pub fn new(
        strategy: &'a Configured,
        workload: &'a dyn Workload,
        settings: Settings,
    ) -> Result<Self, SelectorError> {
        Self::with(strategy, workload, settings, &Vocabulary::default())
    }

    /// The same with settings that may name what is in `known`.
    pub fn with(
        strategy: &'a Configured,
        workload: &'a dyn Workload,
        settings: Settings,
        known: &Vocabulary,
    ) -> Result<Self, SelectorError> {
        let (profile, faults) = (settings.profile(known)?, settings.armed(known)?);
        let genesis = workload.genesis(settings.size);
        Ok(Self {
            strategy,
            workload,
            model: workload.model(),
            genesis_bytes: strategy.strategy.genesis(&genesis).into(),
            genesis,
            settings,
            profile,
            faults,
            script: None,
            times: None,
            recorder: None,
            blind: false,
            keeps_saved: false,
            planted: None,
        })
    }

    /// The same strategy on the same workload and network under other settings, without faults.
    #[must_use]
    pub fn undisturbed(&self, settings: Settings) -> Self {
        Self {
            model: self.model.clone(),
            genesis: self.genesis.clone(),
            genesis_bytes: self.genesis_bytes.clone(),
            settings: Settings { faults: Vec::new(), ..settings },
            faults: Faults::default(),
            script: None,
            times: None,
            recorder: None,
            ..*self
        }
    }

    /// Who talks to whom.
    pub fn topology(&self) -> Topology {
        self.strategy.topology()
    }
}

impl Deref for Task<'_> {
    type Target = Settings;

    fn deref(&self) -> &Settings {
        &self.settings
    }
}
