//! The workloads. Each is one file with its operations, plan, generator and oracle, and one line in [`WORKLOADS`].

pub mod booking;
pub mod counter;
pub mod json;
pub mod kanban;
pub mod notebook;
pub mod presence;
pub mod record;
pub mod stack;
pub mod text;

use syncbench_strategies::selector::{Selector, SelectorError};
use syncbench_strategies::spec::Params;

use crate::workload::{Workload, WorkloadSpec};

/// One line per workload.
pub static WORKLOADS: &[&WorkloadSpec] = &[
    &stack::SPEC,
    &counter::SPEC,
    &record::SPEC,
    &text::SPEC,
    &booking::SPEC,
    &kanban::SPEC,
    &json::SPEC,
    &notebook::SPEC,
    &presence::SPEC,
];

/// Makes the workload that `selector` names.
pub fn configure(selector: &Selector) -> Result<(&'static WorkloadSpec, Box<dyn Workload>), SelectorError> {
    configure_from(WORKLOADS, selector)
}

/// The same among workloads of one's own choice.
pub fn configure_from(
    specs: &[&'static WorkloadSpec],
    selector: &Selector,
) -> Result<(&'static WorkloadSpec, Box<dyn Workload>), SelectorError> {
    let spec = specs.iter().copied().find(|spec| spec.name == selector.name).ok_or_else(|| {
        let names: Vec<_> = specs.iter().map(|spec| spec.name).collect();
        SelectorError::new(
            selector.to_string(),
            format!("no such workload: expected all or one of {}", names.join(", ")),
        )
    })?;
    if selector.window.is_some() {
        return Err(SelectorError::new(selector.to_string(), "a workload has no time window"));
    }
    Ok((spec, (spec.build)(&Params::check(selector, spec.params)?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_registered() {
        crate::testing::assert_registered("src/workloads", &["mod"], WORKLOADS.len());
    }
}
