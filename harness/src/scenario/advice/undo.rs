//! Undo where users have none.

use super::Planning;

/// `--undo` changes nothing in workloads without undo.
pub(super) fn check(plan: &Planning<'_>) -> Option<String> {
    let cells = plan.workloads();
    let without: Vec<&str> =
        cells.iter().filter(|cell| !cell.workload.spec.undo).map(|cell| cell.workload.label.as_str()).collect();
    let asked = plan.scenario.undo > 0.0 && !without.is_empty();
    asked.then(|| {
        format!("--undo {} changes nothing in {}, whose users do not undo", plan.scenario.undo, without.join(", "))
    })
}
