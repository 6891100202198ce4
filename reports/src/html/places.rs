//! Where on the page things are: anchors that no name can break.

use std::collections::BTreeMap;

use crate::aggregate::Group;
use crate::overview::Overview;

/// The anchors of workloads, conditions and rows.
pub(super) struct Places<'a> {
    /// Workloads in the order of the plan.
    pub(super) workloads: Vec<&'a str>,
    groups: BTreeMap<String, usize>,
}

impl<'a> Places<'a> {
    /// Those of an overview.
    pub(super) fn of(overview: &Overview<'_, 'a>) -> Self {
        let groups = overview.summary.all_groups().enumerate();
        let groups = groups.map(|(index, group)| (group.title.clone(), index)).collect();
        Self { workloads: overview.workloads.clone(), groups }
    }

    /// The section of a workload.
    pub(super) fn workload(&self, workload: &str) -> String {
        format!("w{}", self.workloads.iter().position(|known| *known == workload).unwrap_or_default())
    }

    /// The table of a condition.
    pub(super) fn group(&self, group: &Group<'_>) -> String {
        format!("g{}", self.groups.get(&group.title).copied().unwrap_or_default())
    }

    /// What was found in a row.
    pub(super) fn findings(&self, group: &Group<'_>, strategy: &str) -> String {
        let row = group.rows.iter().position(|row| row.strategy == strategy).unwrap_or_default();
        format!("{}-{row}", self.group(group))
    }
}
