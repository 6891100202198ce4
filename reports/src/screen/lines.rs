//! The lines below the table.

use syncbench_harness::results::{ClaimsKept, Outcome};

use super::layout::painted;
use crate::caveat::caveats;
use crate::format::{count, plain, plural, shorten};
use crate::overview::{Follow, Overview, follow};

/// Most sentences of what follows.
const FOLLOWS: usize = 3;
/// Most broken claims that are told one by one.
const BROKEN: usize = 3;

/// What follows, and how many sentences more there are. A sentence names fewer kinds of data until it fits.
pub(super) fn follows(overview: &Overview<'_, '_>, width: usize) -> (String, usize) {
    let all = follow(overview);
    let fit = |one: &Follow| {
        let shorter = (1..=one.holds.len().max(1)).rev().map(|most| plain(&one.sentence(most.max(2))));
        let fitting = shorter.clone().find(|text| text.chars().count() <= width);
        fitting.or_else(|| shorter.last()).map(|text| shorten(&text, width) + "\n").unwrap_or_default()
    };
    (all.iter().take(FOLLOWS).map(fit).collect(), all.len().saturating_sub(FOLLOWS))
}

/// Strategies that broke a claim or failed: what the exit code is about.
pub(super) fn broken(overview: &Overview<'_, '_>, width: usize, color: bool) -> String {
    let mut lines: Vec<String> = Vec::new();
    let mut met: Vec<(&str, bool)> = Vec::new();
    for cell in &overview.summary.results.cells {
        let failed = cell.outcome == Outcome::Failed;
        if !failed && cell.claims_kept != Some(ClaimsKept::No) || met.contains(&(&cell.strategy, failed)) {
            continue;
        }
        met.push((&cell.strategy, failed));
        let what = if failed { "FAILED" } else { "BROKE A CLAIM" };
        let reason = if failed { cell.reason.as_ref() } else { cell.claims_reasons.first() };
        let reason = reason.map_or("no reason given", String::as_str);
        lines.push(format!("{what}: {} in {} ({}): {reason}", cell.strategy, cell.workload, cell.part));
    }
    let more = lines.len().saturating_sub(BROKEN);
    lines.truncate(BROKEN);
    if more > 0 {
        lines.push(format!("{} FAILED or BROKE CLAIMS: see --details", plural(more, "more strategy")));
    }
    let line = |text: &String| painted(&shorten(&plain(text), width), color.then_some("31;1")) + "\n";
    lines.iter().map(line).collect()
}

/// The caveats in one line, with what else the details have.
pub(super) fn limits(overview: &Overview<'_, '_>, more: usize, width: usize, color: bool) -> String {
    let brief: Vec<String> = caveats(overview.summary).iter().map(|caveat| plain(&caveat.brief())).collect();
    let sweeps = if overview.summary.groups.is_empty() { 0 } else { overview.summary.sweeps.len() };
    let mut also = Vec::new();
    also.extend((more > 0).then(|| format!("{} of this kind", plural(more, "more line"))));
    also.extend((sweeps > 0).then(|| plural(sweeps, "sweep") + " over sizes"));
    if brief.is_empty() && also.is_empty() {
        return String::new();
    }
    also.push("all figures".to_owned());
    let details = format!("--details: {}", also.join(", "));
    let first = match brief.len() {
        0 => String::new(),
        n => {
            let head = format!("{} {}: ", count(n as u64), if n == 1 { "caveat" } else { "caveats" });
            let room = width.saturating_sub(details.chars().count() + head.chars().count() + 2);
            format!("{head}{}; ", shorten(&brief.join(", "), room))
        }
    };
    painted(&shorten(&format!("{first}{details}"), width), color.then_some("33")) + "\n"
}
