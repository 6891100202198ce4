//! Advice about a plan before it runs: what its user probably did not mean, and what to do about it. Nothing here is an error.
//!
//! A check is one file here and one line in [`CHECKS`].

mod absence;
mod alone;
mod bandwidth;
mod carried;
mod closed_loop;
mod few_samples;
mod growth;
mod idle_clients;
mod late_fault;
mod one_seed;
mod small_size;
mod undo;
mod unending_fault;

use std::collections::BTreeSet;

use syncbench_strategies::replica::Time;

use super::{Plan, Scenario};
use crate::faults::{Armed, Faults};
use crate::run::Planned;
use crate::workload::WorkloadSpec;

/// A check: what it has to say about one scenario of a plan.
pub type Check = fn(&Planning<'_>) -> Option<String>;

/// One line per check: its file's name, and the check. The most important come first.
pub static CHECKS: &[(&str, Check)] = &[
    ("late_fault", late_fault::check),
    ("unending_fault", unending_fault::check),
    ("absence", absence::check),
    ("bandwidth", bandwidth::check),
    ("carried", carried::check),
    ("small_size", small_size::check),
    ("idle_clients", idle_clients::check),
    ("alone", alone::check),
    ("undo", undo::check),
    ("closed_loop", closed_loop::check),
    ("few_samples", few_samples::check),
    ("one_seed", one_seed::check),
    ("growth", growth::check),
];

/// A scenario with the cells that it became.
pub struct Planning<'p> {
    /// The whole plan.
    pub plan: &'p Plan,
    /// As it was written.
    pub scenario: &'p Scenario,
    /// Its cells; at least one.
    pub cells: Vec<&'p Planned>,
}

impl Plan {
    /// What its user should know before it runs, a line each, every line once.
    pub fn advice(&self) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        for (_, check) in CHECKS {
            for scenario in &self.scenarios {
                let cells: Vec<_> = self.cells.iter().filter(|cell| cell.part == scenario.name).collect();
                if cells.is_empty() {
                    continue;
                }
                lines.extend(check(&Planning { plan: self, scenario, cells }).filter(|line| !lines.contains(line)));
            }
        }
        lines
    }
}

impl<'p> Planning<'p> {
    /// One cell of each workload and size.
    fn workloads(&self) -> Vec<&'p Planned> {
        let mut met = BTreeSet::new();
        let first = |cell: &&&Planned| met.insert((cell.workload.label.clone(), cell.settings.size));
        self.cells.iter().filter(first).copied().collect()
    }

    /// How long users act, in seconds, where their pace says: in an open loop, and in a replayed trace at its most.
    fn acting_s(&self) -> Option<f64> {
        let settings = &self.cells[0].settings;
        settings.pace.is_open().then(|| settings.ops as f64 / settings.rate_per_s)
    }

    /// The faults with their windows.
    fn faults(&self) -> Faults {
        // They were checked when the plan was laid out.
        self.cells[0].settings.armed(&self.cells[0].product.known).unwrap_or_default()
    }
}

/// A moment of a run, in seconds since its start.
fn seconds(at: Time) -> f64 {
    at.since(Time::ZERO).as_secs_f64()
}

/// How a fault may be written: an end that is none is left out.
fn written(fault: &Armed) -> &str {
    fault.label.trim_end_matches("..")
}

/// How a fault is written without its window.
fn unwindowed(fault: &Armed) -> &str {
    fault.label.split('@').next().unwrap_or_default()
}

/// The unit of a workload's size for so many: `1 record`, `8 records`.
fn units(spec: &WorkloadSpec, n: u64) -> String {
    match spec.size_unit.strip_suffix('s') {
        Some(one) if n == 1 => format!("1 {one}"),
        _ => format!("{n} {}", spec.size_unit),
    }
}

#[cfg(test)]
mod tests;
