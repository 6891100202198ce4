//! Trials: a mutant seed by seed until its oracle objects, and the same conditions without the bug.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rayon::prelude::*;
use syncbench_strategies::document::Digest;
use syncbench_strategies::selector::SelectorError;

use super::checks::{Subject, alarms};
use super::{Bug, Mutant};
use crate::engines::panic_text;
use crate::finding::Kind;
use crate::oracle::{self, Oracle};
use crate::results::{self, Cell};
use crate::run::{self, Planned, PlannedWorkload, Product};
use crate::settings::{Engine, Settings};
use crate::task::Task;
use crate::workloads;

pub use super::checks::Alarm;

/// Most seeds of a mutant: one that is not caught in all of them counts as not caught.
pub const SEEDS: u64 = 20;

/// The result of trying a mutant.
#[derive(Debug)]
pub struct Trial {
    /// The mutant.
    pub mutant: &'static Mutant,
    /// What became of it.
    pub outcome: Outcome,
    /// What oracles said of the conditions without the bug, which must be nothing: the seed, and the alarm.
    pub false_alarms: Vec<(u64, Alarm)>,
    /// How many seeds were run without the bug.
    pub control_seeds: u64,
}

/// What became of a mutant.
#[derive(Debug)]
pub enum Outcome {
    /// Its oracle caught it.
    Caught {
        /// After this many seeds.
        seeds: u64,
        /// What the oracle said.
        said: String,
    },
    /// Its oracle did not catch it in all seeds.
    Missed {
        /// The oracles that objected instead, by name.
        others: Vec<&'static str>,
    },
    /// This build leaves out what it is planted in.
    LeftOut(String),
}

/// Runs a mutant on its workload under other conditions than its own.
pub fn cell(mutant: &'static Mutant, settings: &Settings) -> Result<Cell, SelectorError> {
    let mut group = Group::new(mutant, true)?;
    group.planned.settings = Settings { size: group.planned.settings.size, ..settings.clone() };
    let bug = mutant.bug;
    let mut task = group.planned.task(&group.planned.strategy)?;
    task.model = bug.plant_in(task.model.clone());
    if let Bug::Harness(plant) = bug {
        task.planted = Some(plant);
    }
    let ran = catch_unwind(AssertUnwindSafe(|| run::examine(&group.planned, &task).cell));
    Ok(ran.unwrap_or_else(|panic| Cell {
        outcome: results::Outcome::Failed,
        reason: Some(panic_text(&*panic).to_owned()),
        ..Cell::new(group.planned.settings.clone())
    }))
}

impl Trial {
    /// Whether the mutant was caught and its base was not, or this build leaves it out.
    pub fn passed(&self) -> bool {
        !matches!(self.outcome, Outcome::Missed { .. }) && self.false_alarms.is_empty()
    }
}

/// Tries mutants over up to `seeds` on at most `threads` threads, and passes each finished trial to `done`, in
/// any order. Once `stop` is set no further one begins.
pub fn run(mutants: &[&'static Mutant], seeds: u64, threads: usize, stop: &AtomicBool, done: &(dyn Fn(Trial) + Sync)) {
    let one = |mutant: &&'static Mutant| {
        if !stop.load(Ordering::Relaxed) {
            done(attempt(mutant, seeds, seeds));
        }
    };
    let work = || mutants.par_iter().with_max_len(1).for_each(one);
    match rayon::ThreadPoolBuilder::new().num_threads(threads.max(1)).build() {
        Ok(pool) => pool.install(work),
        // If no thread can be started, the caller's own does the work.
        Err(_) => work(),
    }
}

/// Tries one mutant over up to `seeds`, and the conditions without the bug over `controls`.
pub fn attempt(mutant: &'static Mutant, seeds: u64, controls: u64) -> Trial {
    let trial = |outcome| Trial { mutant, outcome, false_alarms: Vec::new(), control_seeds: 0 };
    match try_all(mutant, seeds, controls) {
        Ok(tried) => tried,
        Err(error) => trial(Outcome::LeftOut(error.to_string())),
    }
}

fn try_all(mutant: &'static Mutant, seeds: u64, controls: u64) -> Result<Trial, SelectorError> {
    let (with, without) = (Group::new(mutant, true)?, Group::new(mutant, false)?);
    let mut others: Vec<&'static str> = Vec::new();
    let mut outcome = None;
    // Kinds of findings that have not occurred yet.
    let mut missing: Vec<&str> = mutant.kinds.iter().map(|kind| kind.name).collect();
    for seed in 1..=seeds {
        let alarms = with.alarms(seed)?;
        let expected: Vec<&Alarm> = alarms.iter().filter(|alarm| mutant.expects(alarm)).collect();
        missing.retain(|kind| !expected.iter().any(|alarm| alarm.kind.as_deref() == Some(kind)));
        if let Some(alarm) = expected.first().filter(|_| missing.is_empty()) {
            outcome = Some(Outcome::Caught { seeds: seed, said: alarm.said.clone() });
            break;
        }
        others.extend(alarms.iter().map(|alarm| alarm.oracle.name));
    }
    others.sort_unstable();
    others.dedup();
    let outcome = outcome.unwrap_or(Outcome::Missed { others });
    let mut false_alarms = Vec::new();
    for seed in 1..=controls {
        let alarms = without.alarms(seed)?.into_iter().filter(|alarm| mutant.rules_out(alarm));
        false_alarms.extend(alarms.map(|alarm| (seed, alarm)));
    }
    Ok(Trial { mutant, outcome, false_alarms, control_seeds: controls })
}

impl Mutant {
    /// Whether an oracle must say this of the mutant.
    fn expects(&self, alarm: &Alarm) -> bool {
        let kind = |kind: &&Kind| alarm.kind.as_deref() == Some(kind.name);
        self.oracle == alarm.oracle && (self.kinds.is_empty() || self.kinds.iter().any(kind))
    }

    /// Whether this must not be said without the bug. A base may be too weak for its workload and have findings; the finding
    /// that reveals the bug must not be among them.
    fn rules_out(&self, alarm: &Alarm) -> bool {
        *alarm.oracle != oracle::FINDINGS || self.expects(alarm)
    }
}

/// A mutant, or its base, ready to run.
struct Group {
    mutant: &'static Mutant,
    buggy: bool,
    planned: Planned,
}

impl Group {
    fn new(mutant: &'static Mutant, buggy: bool) -> Result<Self, SelectorError> {
        let strategy = if buggy { mutant.configure()? } else { mutant.base.configure()? };
        let (spec, workload) = workloads::configure(&mutant.workload.parse()?)?;
        let conditions = mutant.conditions;
        let settings = Settings {
            network: conditions.network.into(),
            faults: conditions.faults.iter().map(|fault| (*fault).to_owned()).collect(),
            transport: conditions.transport,
            engine: Engine::Sim,
            clients: conditions.clients,
            ops: conditions.ops,
            rate_per_s: conditions.rate_per_s,
            pace: conditions.pace,
            undo: conditions.undo,
            size: spec.default_size,
            seed: 0,
            sample_every: conditions.sample_every,
            budget: conditions.budget,
        };
        let planned = Planned {
            index: 0,
            part: "mutants".into(),
            strategy: Arc::new(strategy),
            workload: Arc::new(PlannedWorkload::new(mutant.workload, spec, workload)),
            settings,
            script: None,
            product: Arc::new(Product::default()),
            build: Digest(0),
        };
        Ok(Self { mutant, buggy, planned })
    }

    fn alarms(&self, seed: u64) -> Result<Vec<Alarm>, SelectorError> {
        let mut planned = self.planned.clone();
        planned.settings.seed = seed;
        let bug = self.mutant.bug;
        let plant_in = |task: &mut Task<'_>| {
            if self.buggy {
                task.model = bug.plant_in(task.model.clone());
            }
        };
        let planted = match bug {
            Bug::Harness(plant) if self.buggy => Some(plant),
            _ => None,
        };
        let subject = Subject { planned: &planned, model: &plant_in, planted };
        let asked: &[&Oracle] = &[self.mutant.oracle];
        let panicked = |panic: Box<dyn Any + Send>| {
            let said = panic_text(&*panic).to_owned();
            Ok(vec![Alarm { oracle: &oracle::PANICS, kind: None, said }])
        };
        catch_unwind(AssertUnwindSafe(|| alarms(&subject, asked))).unwrap_or_else(panicked)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{FAMILIES, Family, all};
    use super::*;
    use crate::sessions::Guarantee;

    #[test]
    fn names_are_words_and_every_oracle_has_a_mutant() {
        let mut names: Vec<_> = all().map(|mutant| mutant.name).collect();
        names.sort_unstable();
        let count = names.len();
        names.dedup();
        assert_eq!(names.len(), count);
        for Mutant { name, plants, .. } in all() {
            let word = name.chars().all(|letter| letter.is_ascii_lowercase() || letter == '-');
            assert!(word && name.len() <= 32, "{name}");
            assert!(plants.starts_with(char::is_uppercase) && plants.ends_with('.'), "{name}: {plants}");
        }
        // The strategies of those mutants claim no session guarantees, so that these are findings and not objections.
        let sessions = Guarantee::ALL.map(Guarantee::oracle);
        for oracle in oracle::ORACLES.iter().filter(|oracle| !sessions.contains(oracle)) {
            assert!(all().any(|mutant| mutant.oracle == *oracle), "{}", oracle.name);
        }
        for kind in crate::sessions::KINDS {
            assert!(all().any(|mutant| mutant.kinds.contains(&kind)), "{}", kind.name);
        }
    }

    /// Asserts of all mutants of these families that their oracles catch them, and that none objects to their bases.
    fn assert_caught(chosen: fn(&Family) -> bool) {
        let mutants: Vec<&Mutant> = FAMILIES.iter().filter(|family| chosen(family)).flat_map(|f| f.mutants).collect();
        let trials = mutants.par_iter().with_max_len(1).map(|mutant| attempt(mutant, SEEDS, 2));
        let complaints: Vec<String> = trials
            .filter(|trial| !trial.passed())
            .map(|Trial { mutant, outcome, false_alarms, .. }| {
                format!("{}: {outcome:?}\n    without it: {:?}", mutant.name, false_alarms.first())
            })
            .collect();
        assert!(!mutants.is_empty() && complaints.is_empty(), "{}", complaints.join("\n"));
    }

    fn is_model(family: &Family) -> bool {
        family.name.starts_with("model of ")
    }

    #[test]
    fn every_bug_in_a_model_is_caught_by_its_oracle() {
        assert_caught(is_model);
    }

    #[test]
    fn every_bug_in_a_strategy_is_caught_by_its_oracle() {
        assert_caught(|family| !is_model(family) && family.name != "engine");
    }

    #[test]
    fn every_bug_in_the_harness_is_caught_by_its_oracle() {
        assert_caught(|family| family.name == "engine");
    }
}
