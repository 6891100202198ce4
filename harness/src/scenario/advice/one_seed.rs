//! A number that was meant as a count of seeds.

use super::Planning;

/// `--seeds 5` is one seed, number 5.
pub(super) fn check(plan: &Planning<'_>) -> Option<String> {
    let [written] = plan.scenario.seeds.as_slice() else { return None };
    let number: u64 = written.trim().parse().ok()?;
    // A single cell is a measured one that is run again.
    (number > 1 && plan.cells.len() > 1)
        .then(|| format!("--seeds {number} is one seed, number {number}; --seeds 1..{number} for {number} of them"))
}
