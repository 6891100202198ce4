//! The ends of a story's runs side by side.

use std::fmt::Write;

use syncbench_harness::stories::Answer;

use super::look::WIDTH;
use super::text::Text;
use crate::format;

impl Text<'_> {
    /// One line for each strategy: operations confirmed and rejected, and what the oracles found.
    pub(super) fn summary(&self) -> String {
        let bold = self.look.bold();
        let mut text = format!("\n{bold}Side by side{bold:#}\n");
        let runs = &self.told.runs;
        let widest = runs.iter().map(|run| run.strategy.chars().count()).max().unwrap_or(0).min(30);
        for run in runs {
            let count = |wanted: fn(&Answer) -> bool| run.calls.iter().filter(|made| wanted(&made.answer)).count();
            let confirmed = count(|answer| matches!(answer, Answer::Stands(_)));
            let rejected = count(|answer| matches!(answer, Answer::Refused { .. }));
            let kinds: Vec<&str> = run.findings.iter().map(|finding| finding.kind.as_str()).collect();
            let (style, verdict) = match (kinds.is_empty(), run.equal) {
                (true, true) => (self.look.good(), "nothing lost".to_owned()),
                (true, false) => (self.look.bad(), "replicas differ".to_owned()),
                (false, _) => (self.look.bad(), kinds.join(", ")),
            };
            let name = format::shorten(&run.strategy, widest);
            let room = WIDTH.saturating_sub(widest + 31);
            let verdict = format::shorten(&verdict, room);
            let _ = writeln!(
                text,
                "  {name:<widest$} {confirmed} confirmed, {rejected} rejected  {style}{verdict}{style:#}"
            );
        }
        text
    }
}
