//! Checked scenarios, as a list of cells.

use std::collections::BTreeSet;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use syncbench_strategies::document::Digest;
use syncbench_strategies::selector::{Selector, SelectorError};

use super::catalog::Catalog;
use super::check::{check, check_faults, check_names, check_topology};
use super::error::{ScenarioError, value};
use super::{MAX_CELLS, Scenario, choose};
use crate::faults;
use crate::network::{self, Transport};
use crate::pace::Pace;
use crate::results::{Cell, Facts, PlanMark, StrategyFacts};
use crate::run::{self, Planned, PlannedWorkload, Product};
use crate::settings::Settings;

/// Checked scenarios, as a list of cells.
pub struct Plan {
    /// The scenarios as they were written.
    pub scenarios: Vec<Scenario>,
    /// The cells, in order.
    pub cells: Vec<Planned>,
    /// What was met on the way and should be known, a line each.
    pub notes: Vec<String>,
}

impl Plan {
    /// Checks scenarios and lays out their cells.
    pub fn new(scenarios: Vec<Scenario>) -> Result<Self, ScenarioError> {
        Self::with(scenarios, &Catalog::default())
    }

    /// The same with a catalog that is not the built-in one.
    pub fn with(scenarios: Vec<Scenario>, catalog: &Catalog) -> Result<Self, ScenarioError> {
        catalog.check()?;
        let (mut cells, mut notes) = (Vec::<Planned>::new(), Vec::new());
        let product = Arc::new(catalog.product.clone());
        for scenario in &scenarios {
            lay_out(scenario, catalog, &product, &mut cells, &mut notes)?;
            if cells.len() > MAX_CELLS {
                let expected = format!("at most {MAX_CELLS} cells in one run");
                return Err(value("seeds", scenario.seeds.join(","), expected));
            }
        }
        cells.iter_mut().enumerate().for_each(|(index, cell)| cell.index = index);
        notes.dedup();
        Ok(Self { scenarios, cells, notes })
    }

    /// The same plan, to be run by a build with this digest: see [`Environment::build`].
    ///
    /// [`Environment::build`]: crate::results::Environment::build
    pub fn stamp(&mut self, build: Digest) {
        self.cells.iter_mut().for_each(|cell| cell.build = build);
    }

    /// Which plan it is, whatever the build. To be taken before the plan is reduced to a part.
    pub fn mark(&self) -> PlanMark {
        PlanMark::of(&self.cells.iter().map(|cell| cell.id(Digest(0))).collect::<Vec<_>>())
    }

    /// What its strategies and workloads say about themselves.
    pub fn facts(&self) -> Facts {
        let mut facts = Facts::default();
        for Planned { strategy, workload, .. } in &self.cells {
            if !facts.strategies.contains_key(&strategy.label) {
                facts.strategies.insert(strategy.label.clone(), StrategyFacts::of(strategy));
            }
            if !facts.workloads.contains_key(&workload.label) {
                facts.workloads.insert(workload.label.clone(), workload.spec.facts());
            }
        }
        facts
    }

    /// Keeps one of `of` parts, counted from 0, so that a run can be spread over machines.
    ///
    /// All strategies of one condition and seed go to one part, because processor time is compared between strategies. Which
    /// part that is depends on the condition and the seed alone: a plan with fewer strategies, workloads or seeds has them in
    /// the same part.
    pub fn partition(&mut self, part: usize, of: usize) {
        self.cells.retain(|cell| cell.deal().0 % of as u128 == part as u128);
    }
}

/// Runs scenarios with what is in `catalog`, two cells at a time, and gives all results in the order of the plan.
pub fn collect(scenarios: Vec<Scenario>, catalog: &Catalog) -> Result<Vec<Cell>, ScenarioError> {
    let plan = Plan::with(scenarios, catalog)?;
    let cells = Mutex::new(Vec::new());
    run::run(&plan.cells, 2, &AtomicBool::new(false), &|cell| {
        cells.lock().unwrap_or_else(PoisonError::into_inner).push(cell);
    });
    let mut cells = cells.into_inner().unwrap_or_else(PoisonError::into_inner);
    cells.sort_by_key(|cell| cell.index);
    Ok(cells)
}

fn lay_out(
    scenario: &Scenario,
    catalog: &Catalog,
    product: &Arc<Product>,
    cells: &mut Vec<Planned>,
    notes: &mut Vec<String>,
) -> Result<(), ScenarioError> {
    check(scenario)?;
    let mut scenario = scenario.clone();
    let mut writers = None;
    let workloads = match &scenario.trace {
        Some(path) => {
            let recorded = choose::recorded(path, &scenario)?;
            notes.extend(recorded.notes);
            writers = Some(recorded.writers);
            scenario.clients = scenario.clients.max(recorded.writers);
            scenario.ops = recorded.ops;
            if let Some(recording) = &recorded.workload.recording {
                scenario.rate_per_s = recording.times.rate_per_s();
            }
            vec![recorded.workload]
        }
        None => {
            let timed = match (&scenario.times, scenario.pace) {
                (Some(path), Pace::Recorded(timing)) => Some(choose::timed(path, timing, &scenario)?),
                _ => None,
            };
            let recording = timed.map(|timed| {
                notes.extend(timed.notes);
                scenario.pace = Pace::Recorded(timed.timing);
                scenario.ops = timed.recording.times.ops();
                scenario.rate_per_s = timed.recording.times.rate_per_s();
                timed.recording
            });
            choose::workloads(&scenario, catalog, recording.as_ref())?
        }
    };
    let mut strategies = choose::strategies(&scenario, catalog, writers)?;
    let mut met = BTreeSet::new();
    // A parameter that is given as it is by default makes no other strategy.
    strategies.retain(|strategy| met.insert((strategy.spec.name, strategy.params.clone())));
    let known = &product.known;
    let networks =
        once_written(&choose::networks(&scenario, known)?, |network| network::canonical_from(&known.networks, network));
    check_names(&networks)?;
    let seeds = choose::seeds(&scenario)?;
    let transport = choose::transport(&scenario)?;
    let faults = check_faults(&scenario, known, transport, &seeds)?;
    check_topology(&faults, &strategies)?;
    scenario.faults = once_written(&scenario.faults, |fault| faults::canonical_from(&known.faults, fault));
    for network in &networks {
        for workload in &workloads {
            let usual = [workload.spec.default_size];
            let sizes = if scenario.sizes.is_empty() { &usual[..] } else { &scenario.sizes };
            for size in once(sizes) {
                for strategy in &strategies {
                    for seed in &seeds {
                        cells.push(Planned {
                            index: 0,
                            part: scenario.name.clone(),
                            strategy: strategy.clone(),
                            workload: workload.clone(),
                            settings: settings(&scenario, transport, network, workload, size, *seed),
                            script: None,
                            product: product.clone(),
                            build: Digest(0),
                        });
                    }
                }
            }
        }
    }
    Ok(())
}

/// Each value once: what an axis names twice is one condition.
fn once<T: Clone + PartialEq>(values: &[T]) -> Vec<T> {
    let mut once = Vec::new();
    for value in values {
        if !once.contains(value) {
            once.push(value.clone());
        }
    }
    once
}

/// The first of everything that has one canonical text.
fn once_written(written: &[String], canonical: impl Fn(&Selector) -> Result<String, SelectorError>) -> Vec<String> {
    let mut met = BTreeSet::new();
    let canonical = |text: &String| text.parse().and_then(|selector| canonical(&selector));
    // What cannot be read was refused before.
    let first = |text: &&String| met.insert(canonical(text).unwrap_or_else(|_| (*text).clone()));
    written.iter().filter(first).cloned().collect()
}

/// The conditions of one cell.
fn settings(
    scenario: &Scenario,
    transport: Transport,
    network: &str,
    workload: &Arc<PlannedWorkload>,
    size: u64,
    seed: u64,
) -> Settings {
    let mut settings = Settings {
        network: network.to_owned(),
        faults: scenario.faults.clone(),
        transport,
        engine: scenario.engine,
        clients: scenario.clients,
        ops: scenario.ops,
        rate_per_s: scenario.rate_per_s,
        pace: scenario.pace,
        undo: if workload.spec.undo { scenario.undo } else { 0.0 },
        size,
        seed,
        sample_every: None,
        budget: Duration::from_secs_f64(scenario.budget_s),
    };
    settings.sample_every = match scenario.sample_ms {
        Some(ms) => (ms > 0.0).then(|| Duration::from_secs_f64(ms / 1e3)),
        None => settings.usual_sampling(),
    };
    settings
}
