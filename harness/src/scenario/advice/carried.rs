//! Strategies that carry none of the workloads.

use super::Planning;
use crate::run::lacks;

/// They become rows of dashes.
pub(super) fn check(plan: &Planning<'_>) -> Option<String> {
    let workloads = plan.workloads();
    let mut idle: Vec<&str> = Vec::new();
    let mut reason = None;
    for cell in &plan.cells {
        let label = cell.strategy.label.as_str();
        if idle.contains(&label) {
            continue;
        }
        let lacking: Vec<_> = workloads.iter().filter_map(|one| lacks(&cell.strategy, one.workload.spec)).collect();
        if lacking.len() == workloads.len() {
            idle.push(label);
            reason = reason.or_else(|| lacking.into_iter().next());
        }
    }
    // Among many strategies a row of dashes is no surprise.
    let surprising =
        !idle.is_empty() && plan.scenario.strategies.iter().any(|written| idle.contains(&written.as_str()));
    let reason = reason.filter(|_| surprising)?;
    Some(format!("{}: none of these workloads is carried ({reason}); `list strategies` shows what is", idle.join(", ")))
}
