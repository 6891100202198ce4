//! Checked scenarios, as a list of cells.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::catalog::Catalog;
use super::check::{check, check_faults};
use super::error::{ScenarioError, value};
use super::{MAX_CELLS, Scenario, choose};
use crate::network::Transport;
use crate::results::Cell;
use crate::run::{self, Planned, PlannedWorkload};
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
        let (mut cells, mut notes) = (Vec::new(), Vec::new());
        for scenario in &scenarios {
            lay_out(scenario, catalog, &mut cells, &mut notes)?;
            if cells.len() > MAX_CELLS {
                let expected = format!("at most {MAX_CELLS} cells in one run");
                return Err(value("seeds", scenario.seeds.join(","), expected));
            }
        }
        cells.iter_mut().enumerate().for_each(|(index, cell)| cell.index = index);
        notes.dedup();
        Ok(Self { scenarios, cells, notes })
    }

    /// Keeps the i-th of n parts, so that a run can be spread over machines.
    pub fn partition(&mut self, part: usize, of: usize) {
        self.cells.retain(|cell| cell.index % of == part);
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
            vec![recorded.workload]
        }
        None => choose::workloads(&scenario, catalog)?,
    };
    let strategies = choose::strategies(&scenario, catalog, writers)?;
    let networks = choose::networks(&scenario)?;
    check_faults(&scenario)?;
    let seeds = choose::seeds(&scenario)?;
    let transport = choose::transport(&scenario)?;
    for network in &networks {
        for workload in &workloads {
            let usual = [workload.spec.default_size];
            let sizes = if scenario.sizes.is_empty() { &usual[..] } else { &scenario.sizes };
            for size in sizes {
                for strategy in &strategies {
                    for seed in &seeds {
                        cells.push(Planned {
                            index: 0,
                            part: scenario.name.clone(),
                            strategy: strategy.clone(),
                            workload: workload.clone(),
                            settings: settings(&scenario, transport, network, workload, *size, *seed),
                        });
                    }
                }
            }
        }
    }
    Ok(())
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
