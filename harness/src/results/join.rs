//! Several folders as one set of results: parts of one plan, or runs of several plans.

use std::collections::{BTreeMap, BTreeSet};

use syncbench_strategies::document::Digest;

use super::{Cell, Results};

/// Joins results. A cell that two of them hold is taken once, from the first. `None` without any.
pub fn join(parts: Vec<Results>) -> Option<Results> {
    let missing = missing(&parts);
    let mut parts = parts.into_iter();
    let mut joined = parts.next()?;
    let mut ids: BTreeSet<Digest> = joined.cells.iter().map(|cell| cell.id).collect();
    for part in parts {
        let same_plan = part.plan == joined.plan;
        let next = joined.cells.iter().map(|cell| cell.index + 1).max().unwrap_or(0);
        let machines = joined.machines().count();
        joined.other_machines.push(part.environment);
        joined.other_machines.extend(part.other_machines);
        joined.facts.extend(part.facts);
        joined.files.extend(part.files);
        joined.cells.extend(part.cells.into_iter().filter(|cell| ids.insert(cell.id)).map(|mut cell| {
            cell.index += if same_plan { 0 } else { next };
            cell.machine += machines;
            cell
        }));
    }
    joined.cells.sort_by_key(|cell| cell.index);
    joined.cells_planned = joined.cells.len() + missing;
    tell_traces_apart(&mut joined.cells);
    Some(joined)
}

/// How many planned cells no part has. Two folders of one part of one plan are one.
fn missing(parts: &[Results]) -> usize {
    let mut runs: BTreeMap<_, (usize, BTreeSet<Digest>)> = BTreeMap::new();
    for part in parts {
        let run = (part.plan.digest, part.environment.build(), part.partition.clone());
        let (planned, ids) = runs.entry(run).or_default();
        *planned = part.cells_planned.max(*planned);
        ids.extend(part.cells.iter().map(|cell| cell.id));
    }
    runs.values().map(|(planned, ids)| planned.saturating_sub(ids.len())).sum()
}

/// Two traces of one name are two workloads: their labels say which is which.
fn tell_traces_apart(cells: &mut [Cell]) {
    let mut digests: BTreeMap<String, BTreeSet<Digest>> = BTreeMap::new();
    for cell in cells.iter() {
        let Some(trace) = &cell.trace else { continue };
        digests.entry(cell.workload.clone()).or_default().insert(trace.digest);
    }
    for cell in cells {
        let Some(trace) = &cell.trace else { continue };
        if digests.get(&cell.workload).is_some_and(|digests| digests.len() > 1) {
            let digest = trace.digest.to_string();
            cell.workload = format!("{} ({})", cell.workload, &digest[..8]);
        }
    }
}
