//! Reading capsules, which may come from anywhere.

use std::sync::Arc;

use serde::Deserialize;
use syncbench_strategies::names::short;
use syncbench_strategies::replica::Time;

use super::{Capsule, CapsuleError, MAX_BYTES, SCHEMA};
use crate::actions::{MAX_ACTIONS, ScriptedAction};
use crate::run::Planned;
use crate::scenario::{Catalog, Plan};
use crate::settings::Engine;

/// Latest moment of an action: ten years, the longest span that a scenario can name.
const LATEST: Time = Time(3_650 * 86_400 * 1_000_000_000);
/// Most bytes of a name or a text in a scenario.
const MAX_TEXT: usize = 4_096;
/// Most faults of a run.
const MAX_FAULTS: usize = 1_000;

impl Capsule {
    /// Reads and checks a capsule. The error says which field is wrong and what was expected.
    pub fn read(bytes: &[u8]) -> Result<Self, CapsuleError> {
        if bytes.len() > MAX_BYTES {
            return Err(wrong(format!("expected at most {} MiB", MAX_BYTES >> 20)));
        }
        #[derive(Deserialize)]
        struct Head {
            schema: u32,
        }
        let head: Head = serde_json::from_slice(bytes).map_err(|error| unread(&error))?;
        if head.schema != SCHEMA {
            return Err(wrong(format!(
                "schema {}: expected {SCHEMA}; another version wrote this capsule",
                head.schema
            )));
        }
        let capsule: Self = serde_json::from_slice(bytes).map_err(|error| unread(&error))?;
        capsule.check()?;
        Ok(capsule)
    }

    fn check(&self) -> Result<(), CapsuleError> {
        let scenario = &self.scenario;
        let single = [
            ("strategies", &scenario.strategies, 1..=1),
            ("workloads", &scenario.workloads, 0..=1),
            ("networks", &scenario.networks, 1..=1),
            ("seeds", &scenario.seeds, 1..=1),
        ];
        for (name, list, count) in single {
            if !count.contains(&list.len()) {
                return Err(wrong(format!("scenario.{name}: {} entries: a capsule holds one run", list.len())));
            }
        }
        if scenario.sizes.len() > 1 {
            return Err(wrong(format!("scenario.sizes: {} entries: a capsule holds one run", scenario.sizes.len())));
        }
        if scenario.faults.len() > MAX_FAULTS {
            return Err(wrong(format!("scenario.faults: expected at most {MAX_FAULTS}")));
        }
        if let Some(seed) = scenario.seeds.iter().find(|seed| seed.parse::<u64>().is_err()) {
            return Err(wrong(format!("scenario.seeds: `{}`: expected one number", cut(seed))));
        }
        let lists = [&scenario.strategies, &scenario.workloads, &scenario.networks, &scenario.faults];
        let texts = lists.into_iter().flatten().chain([&scenario.transport, &scenario.name, &self.kind]);
        if let Some(long) = texts.into_iter().find(|text| text.len() > MAX_TEXT) {
            return Err(wrong(format!("`{}`: expected at most {MAX_TEXT} bytes", cut(long))));
        }
        match &self.script {
            Some(script) => self.check_script(script),
            None => Ok(()),
        }
    }

    fn check_script(&self, script: &[ScriptedAction]) -> Result<(), CapsuleError> {
        if self.scenario.trace.is_some() || self.scenario.engine != Engine::Sim {
            return Err(wrong("script: a replayed trace and a run in real time have no script"));
        }
        if script.len() > MAX_ACTIONS {
            return Err(wrong(format!("script: expected at most {MAX_ACTIONS} actions")));
        }
        let mut before = Time::ZERO;
        for (index, action) in script.iter().enumerate() {
            let at = |expected: String| Err(wrong(format!("script: action {}: {expected}", index + 1)));
            if action.at < before || action.at > LATEST {
                return at("at_ns: expected ascending times of at most ten years".into());
            }
            before = action.at;
            if !(1..=self.scenario.clients).contains(&action.client.0) {
                return at(format!("client {}: expected 1 to {}", action.client.0, self.scenario.clients));
            }
            if action.intent.client.0 == 0 || action.intent.n == 0 {
                return at("intent: clients and intents are counted from 1".into());
            }
        }
        Ok(())
    }

    /// The run of the capsule, made from `catalog`. The error says what the catalog lacks.
    pub fn planned(&self, catalog: &Catalog) -> Result<Planned, CapsuleError> {
        let plan =
            Plan::with(vec![self.scenario.clone()], catalog).map_err(|error| wrong(format!("scenario: {error}")))?;
        let count = plan.cells.len();
        let Ok([mut planned]) = <[Planned; 1]>::try_from(plan.cells) else {
            return Err(wrong(format!("scenario: {count} runs: a capsule holds one run")));
        };
        let replayed = planned.workload.trace.as_ref().map(|trace| trace.digest);
        if replayed != self.trace {
            return Err(wrong("scenario.trace: the content of the file differs from the trace of this capsule"));
        }
        if let Some(script) = &self.script {
            planned.settings.ops = script.len() as u64;
            planned.script = Some(Arc::from(script.as_slice()));
        }
        Ok(planned)
    }
}

pub(super) fn wrong(reason: impl Into<String>) -> CapsuleError {
    CapsuleError(reason.into())
}

fn unread(error: &serde_json::Error) -> CapsuleError {
    let error = short(&error.to_string(), 600);
    wrong(format!("{error}; expected a capsule, as `run` and `shrink` write it"))
}

/// The beginning of a text that may be long.
fn cut(text: &str) -> String {
    const MOST: usize = 40;
    let mut short: String = text.chars().take(MOST).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}
