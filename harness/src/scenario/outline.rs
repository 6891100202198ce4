//! A plan in numbers: what it will run, part by part.

use std::collections::BTreeSet;

use serde::Serialize;

use super::Plan;
use crate::run::Planned;

/// One part of a plan in numbers.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Outline {
    /// The part's name.
    pub part: String,
    /// Strategies with their parameters.
    pub strategies: Vec<String>,
    /// Workloads with their parameters.
    pub workloads: Vec<String>,
    /// Network profiles.
    pub networks: Vec<String>,
    /// Faults.
    pub faults: Vec<String>,
    /// How many sizes each workload has.
    pub sizes: usize,
    /// Seeds.
    pub seeds: BTreeSet<u64>,
    /// Clients.
    pub clients: u32,
    /// Operations of a cell.
    pub ops: u64,
    /// Operations per second.
    pub rate_per_s: f64,
    /// Cells.
    pub cells: usize,
}

impl Plan {
    /// What the plan will run, part by part.
    pub fn outline(&self) -> Vec<Outline> {
        let mut parts: Vec<(Outline, BTreeSet<(String, u64)>)> = Vec::new();
        for cell in &self.cells {
            if parts.last().is_none_or(|(last, _)| last.part != cell.part) {
                parts.push((Outline::of(cell), BTreeSet::new()));
            }
            if let Some((part, sizes)) = parts.last_mut() {
                part.add(cell);
                sizes.insert((cell.workload.label.clone(), cell.settings.size));
            }
        }
        let counted = parts.into_iter().map(|(part, sizes)| {
            let most = |workload: &String| sizes.iter().filter(|(label, _)| label == workload).count();
            let sizes = part.workloads.iter().map(most).max().unwrap_or(0);
            Outline { sizes, ..part }
        });
        counted.collect()
    }
}

impl Outline {
    fn of(cell: &Planned) -> Self {
        let settings = &cell.settings;
        Self {
            part: cell.part.clone(),
            faults: settings.faults.clone(),
            clients: settings.clients,
            ops: settings.ops,
            rate_per_s: settings.rate_per_s,
            ..Self::default()
        }
    }

    fn add(&mut self, cell: &Planned) {
        let once = |known: &mut Vec<String>, name: &String| {
            if !known.contains(name) {
                known.push(name.clone());
            }
        };
        once(&mut self.strategies, &cell.strategy.label);
        once(&mut self.workloads, &cell.workload.label);
        once(&mut self.networks, &cell.settings.network);
        self.seeds.insert(cell.settings.seed);
        self.cells += 1;
    }
}
