//! How a story ends under each strategy: runs that end alike are told once.

use std::collections::BTreeSet;
use std::fmt::Write;

use syncbench_harness::stories::{Answer, Run, Told, brief};
use syncbench_strategies::replica::{NodeId, OpId};

use super::look::WIDTH;
use super::text::Text;
use crate::format::{self, plural};

/// Everything that users notice of a run's end.
type Outcome = (Vec<String>, Vec<OpId>, Vec<String>, Vec<(String, u64)>);

/// Runs by their end, in the order of the first of each.
pub(super) fn groups(told: &Told) -> Vec<Vec<&Run>> {
    let mut groups: Vec<(Outcome, Vec<&Run>)> = Vec::new();
    for run in &told.runs {
        let outcome = outcome(run);
        match groups.iter_mut().find(|(known, _)| *known == outcome) {
            Some((_, runs)) => runs.push(run),
            None => groups.push((outcome, vec![run])),
        }
    }
    groups.into_iter().map(|(_, runs)| runs).collect()
}

fn outcome(run: &Run) -> Outcome {
    let answer = |answer: &Answer| match answer {
        Answer::None => "none".to_owned(),
        Answer::Stands(outcome) => brief(outcome),
        Answer::Refused { code, .. } => format!("rejected {code}"),
    };
    let answers = run.calls.iter().map(|made| answer(&made.answer)).collect();
    let rolled_back = rolled_back(run).into_iter().collect();
    let finals = run.finals.iter().filter(|last| last.node != NodeId::SERVER).map(|last| brief(&last.state)).collect();
    let findings = run.findings.iter().map(|finding| (finding.kind.clone(), finding.count)).collect();
    (answers, rolled_back, finals, findings)
}

/// The operations that some screen showed and took back.
fn rolled_back(run: &Run) -> BTreeSet<OpId> {
    run.steps.iter().flat_map(|step| step.rolled_back.iter().copied()).collect()
}

impl Text<'_> {
    /// One paragraph for each end: which strategies, operations confirmed and rejected, and what the oracles found.
    pub(super) fn summary(&self, groups: &[Vec<&Run>]) -> String {
        let bold = self.look.bold();
        let mut text = format!("\n{bold}How it ends{bold:#}\n");
        for group in groups {
            let names: Vec<&str> = group.iter().map(|run| run.strategy.as_str()).collect();
            let verb = if names.len() == 1 { "ends" } else { "end" };
            let who = format!("{} {verb} like this: {}", plural(names.len(), "strategy"), names.join(", "));
            text += &format::wrap(&who, WIDTH, "  ");
            // Runs of a group end alike.
            text += &self.end(group[0]);
        }
        text
    }

    fn end(&self, run: &Run) -> String {
        let count = |wanted: fn(&Answer) -> bool| run.calls.iter().filter(|made| wanted(&made.answer)).count();
        let confirmed = count(|answer| matches!(answer, Answer::Stands(_)));
        let rejected = count(|answer| matches!(answer, Answer::Refused { .. }));
        let kinds: Vec<&str> = run.findings.iter().map(|finding| finding.kind.as_str()).collect();
        let (style, verdict) = match (kinds.is_empty(), run.equal) {
            (true, true) => (self.look.good(), "nothing lost".to_owned()),
            (true, false) => (self.look.bad(), "replicas differ".to_owned()),
            (false, _) => (self.look.bad(), kinds.join(", ")),
        };
        let back = match rolled_back(run).len() {
            0 => String::new(),
            back => format!(", {back} taken back"),
        };
        let counted = format!("    {confirmed} confirmed, {rejected} rejected{back}; ");
        let verdict = format::shorten(&verdict, WIDTH.saturating_sub(counted.len()));
        let mut text = String::new();
        let _ = writeln!(text, "{counted}{style}{verdict}{style:#}");
        let mut last: Vec<String> = run
            .finals
            .iter()
            .filter(|last| last.node != NodeId::SERVER)
            .map(|last| if run.part.is_some() { last.state.to_string() } else { brief(&last.state) })
            .collect();
        last.dedup();
        for state in last {
            let _ = writeln!(text, "    {}", format::shorten(&format::plain(&state), WIDTH - 4));
        }
        text
    }
}
