//! Strategies that carry none of the workloads.

use super::Planning;
use crate::run::lacks;

/// They become rows of dashes. Among all strategies that is no surprise.
pub(super) fn check(planning: &Planning<'_>) -> Option<String> {
    let written = |label: &str| planning.scenario.strategies.iter().any(|written| written == label);
    let mut idle: Vec<(&str, String)> = Vec::new();
    for cell in &planning.cells {
        let label = cell.strategy.label.as_str();
        if !written(label) || idle.iter().any(|(known, _)| *known == label) {
            continue;
        }
        let same = planning.plan.cells.iter().filter(|other| other.strategy.label == label);
        let lacking: Option<Vec<String>> = same.map(|one| lacks(&one.strategy, one.workload.spec)).collect();
        idle.extend(lacking.and_then(|reasons| Some((label, reasons.into_iter().next()?))));
    }
    let (_, reason) = idle.first()?;
    let names: Vec<&str> = idle.iter().map(|(label, _)| *label).collect();
    Some(format!(
        "{}: none of these workloads is carried ({reason}); `list strategies` shows what is",
        names.join(", ")
    ))
}
