//! The part `growth` with workloads that it was not made for.

use super::Planning;
use crate::scenario::default_comparison;

/// `-w` alone changes every part of the default comparison.
pub(super) fn check(plan: &Planning<'_>) -> Option<String> {
    let part =
        default_comparison().into_iter().find(|part| part.name == "growth" && part.name == plan.scenario.name)?;
    let (sizes, workloads) = (&plan.scenario.sizes, &plan.scenario.workloads);
    (part.sizes == *sizes && part.workloads != *workloads).then(|| {
        format!(
            "all parts of the default comparison run, growth too (sizes to {}); for one of them write `run calm -w {}`",
            sizes.last().copied().unwrap_or_default(),
            workloads.join(",")
        )
    })
}
