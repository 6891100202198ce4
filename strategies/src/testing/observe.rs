//! What a test reads from a table.

use std::collections::BTreeSet;

use super::Table;
use crate::model::Outcome;
use crate::node::{NodeId, OpId};
use crate::path;
use crate::replica::{Effect, Report};
use crate::view::View;

impl Table {
    /// A part of what a user sees.
    pub(crate) fn sees(&self, node: u32, part: &str) -> String {
        View::get(&self.members[&NodeId(node)].replica.view().document(), &path![part]).unwrap().to_string()
    }

    /// The same of its base view.
    pub(crate) fn base(&self, node: u32, part: &str) -> String {
        let confirmed = self.members[&NodeId(node)].replica.confirmed().unwrap();
        confirmed.get(&path![part]).unwrap().to_string()
    }

    /// Asserts that all replicas show the same.
    pub(crate) fn agree(&self) {
        let shown: BTreeSet<_> =
            self.members.values().map(|member| member.replica.view().document().encode()).collect();
        assert_eq!(shown.len(), 1, "replicas differ");
    }

    /// What the user got: the outcome, or the code of the rejection.
    pub(crate) fn told(&self, id: OpId) -> Option<Result<Outcome, String>> {
        self.reports.iter().find_map(|(_, report)| match report {
            Effect::Report(Report::Confirmed(op, outcome)) if *op == id => Some(Ok(outcome.clone())),
            Effect::Report(Report::Rejected(op, reason)) if *op == id => Some(Err(reason.code.to_string())),
            _ => None,
        })
    }

    /// Whether a replica has reported that it reflects an operation, in whatever way it names it.
    pub(crate) fn reflects(&self, node: u32, id: OpId) -> bool {
        let tags: Vec<u128> = self
            .reports
            .iter()
            .filter_map(|(_, report)| match report {
                Effect::Report(Report::Tagged(op, tag)) if *op == id => Some(*tag),
                _ => None,
            })
            .collect();
        let overwritten = |report: &Effect| matches!(report, Effect::Report(Report::Overwritten(op, at)) if *op == id && at.0 == node);
        if self.reports.iter().any(|(_, report)| overwritten(report)) {
            return true;
        }
        self.reports.iter().filter(|(at, _)| at.0 == node).any(|(_, report)| match report {
            Effect::Report(Report::Reflected(op)) => *op == id,
            Effect::Report(Report::ReflectedTags(first, last)) => tags.iter().any(|tag| (first..=last).contains(&tag)),
            Effect::Report(Report::ReflectedThrough(clock)) => clock.get(&id.client).is_some_and(|n| *n >= id.n),
            _ => false,
        })
    }

    /// How often an operation was rolled back.
    pub(crate) fn rolled_back(&self, id: OpId) -> usize {
        self.reports
            .iter()
            .filter(|(_, report)| matches!(report, Effect::Report(Report::RolledBack(op)) if *op == id))
            .count()
    }

    /// How often an operation was shown.
    pub(crate) fn shown(&self, id: OpId) -> usize {
        self.reports
            .iter()
            .filter(|(_, report)| matches!(report, Effect::Report(Report::Shown(op)) if *op == id))
            .count()
    }

    /// The sum of what was counted under a name.
    pub(crate) fn counted(&self, name: &str) -> u64 {
        let of = |report: &Effect| {
            if let Effect::Report(Report::Count(found, by)) = report { (*found == name).then_some(*by) } else { None }
        };
        self.reports.iter().filter_map(|(_, report)| of(report)).sum()
    }
}
