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

use crate::workload::WorkloadSpec;

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_registered() {
        crate::testing::assert_registered("src/workloads", &["mod"], WORKLOADS.len());
    }
}
