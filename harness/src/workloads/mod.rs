//! The workloads. Each is a folder with its spec, model, users and oracle, and one line in [`WORKLOADS`].

pub mod booking;
pub mod counter;
pub(crate) mod habits;
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

/// The same among the given workloads.
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
    use crate::finding::Kind;
    use crate::oracles;

    #[test]
    fn every_folder_is_registered() {
        crate::testing::assert_registered("src/workloads", &["habits", "mod"], WORKLOADS.len());
    }

    #[test]
    fn a_name_of_a_finding_has_one_meaning_in_all_workloads() {
        let mut kinds: Vec<&Kind> =
            WORKLOADS.iter().flat_map(|spec| spec.kinds).chain(oracles::KINDS).copied().collect();
        kinds.sort_by_key(|kind| kind.name);
        for pair in kinds.windows(2).filter(|pair| pair[0].name == pair[1].name) {
            assert_eq!(pair[0], pair[1]);
        }
        for kind in kinds {
            assert!(kind.meaning.starts_with(char::is_uppercase) && kind.meaning.ends_with('.'), "{kind:?}");
        }
    }
}
