//! The scenario of one cell.

use super::{MAX_OPS, Scenario};
use crate::pace::Pace;
use crate::run::Planned;
use crate::settings::Settings;

impl Scenario {
    /// The scenario that has this cell and no other. The cell's script is no part of it.
    pub fn of_cell(planned: &Planned) -> Self {
        let Settings {
            network,
            faults,
            transport,
            engine,
            clients,
            ops,
            rate_per_s,
            pace,
            undo,
            size,
            seed,
            sample_every,
            budget,
        } = &planned.settings;
        let workload = &planned.workload;
        let traced = workload.trace.is_some();
        Self {
            name: planned.part.clone(),
            strategies: vec![planned.strategy.label.clone()],
            workloads: if traced { Vec::new() } else { vec![workload.label.clone()] },
            trace: workload.trace.as_ref().map(|trace| trace.path.clone()),
            times: workload
                .recording
                .as_ref()
                .and_then(|recording| recording.file.clone())
                .filter(|_| matches!(pace, Pace::Recorded(_))),
            units: workload.reading.units,
            trace_clients: workload.reading.clients,
            networks: vec![network.clone()],
            faults: faults.clone(),
            transport: transport.to_string(),
            clients: *clients,
            // A script may have none.
            ops: (*ops).clamp(1, MAX_OPS),
            rate_per_s: *rate_per_s,
            pace: if traced && !matches!(pace, Pace::Recorded(_)) { Pace::Causal } else { *pace },
            undo: *undo,
            sizes: if traced { Vec::new() } else { vec![*size] },
            seeds: vec![seed.to_string()],
            engine: *engine,
            sample_ms: Some(sample_every.map_or(0.0, |every| every.as_secs_f64() * 1e3)),
            budget_s: budget.as_secs_f64(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{Plan, default_comparison};
    use crate::settings::Engine;

    #[test]
    fn every_cell_is_planned_again_by_its_own_scenario() {
        let odd = Scenario {
            undo: 0.25,
            engine: Engine::Threads,
            transport: "datagram:loss=0.01,duplicate=0.25".into(),
            faults: vec!["partition:isolate@2s..5s".into(), "late:3@1s".into()],
            pace: Pace::Closed,
            sample_ms: Some(1.5),
            budget_s: 7.5,
            sizes: vec![3],
            ..Scenario::default()
        };
        let scenarios = default_comparison().into_iter().chain([odd]);
        let plan = Plan::new(scenarios.collect()).unwrap();
        let mut met = std::collections::BTreeSet::new();
        for cell in plan.cells.iter().filter(|cell| met.insert((&cell.part, &cell.workload.label))) {
            let again = Plan::new(vec![Scenario::of_cell(cell)]).unwrap();
            assert_eq!(again.cells.len(), 1);
            assert_eq!((&again.cells[0].settings, again.cells[0].replay()), (&cell.settings, cell.replay()));
        }
    }
}
