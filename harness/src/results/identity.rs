//! What tells cells apart: everything that a condition consists of, and the build.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use syncbench_strategies::document::Digest;

use crate::settings::Settings;

/// A recorded trace that a cell replays.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TraceFile {
    /// The file, as it was written.
    pub path: PathBuf,
    /// Of its content, as it is replayed: two traces of one name are two workloads.
    pub digest: Digest,
}

/// What a cell consists of, but for its strategy and the build.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Condition<'a> {
    /// The name of the scenario.
    pub(crate) part: &'a str,
    /// The workload with its parameters.
    pub(crate) workload: &'a str,
    /// What it replays.
    pub(crate) trace: Option<&'a TraceFile>,
    /// Everything else.
    pub(crate) settings: &'a Settings,
}

impl Condition<'_> {
    /// With the build and without the seed.
    pub(crate) fn key(&self, build: Digest) -> Digest {
        let settings = Settings { seed: 0, ..self.settings.canonical() };
        digest(&("key", self.part, self.workload, self.trace(), settings, build))
    }

    /// With seed, build and strategy.
    pub(crate) fn id<S: Serialize>(&self, build: Digest, strategy: S) -> Digest {
        digest(&("cell", self.part, self.workload, self.trace(), self.settings.canonical(), build, strategy))
    }

    /// Without build and strategy, and without the scenario's name: what cells are dealt to machines by, so that those which
    /// are compared with one another run on one machine.
    pub(crate) fn deal(&self) -> Digest {
        digest(&("deal", self.workload, self.trace(), self.settings.canonical()))
    }

    fn trace(&self) -> Option<Digest> {
        self.trace.map(|trace| trace.digest)
    }
}

/// Of the JSON text of a value: JSON has one text for each of these values.
pub(super) fn digest(value: &impl Serialize) -> Digest {
    // Numbers, texts and lists only; a value that JSON does not have would be a mistake in this file.
    Digest::of(&serde_json::to_vec(value).expect("plain data"))
}
