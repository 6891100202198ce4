//! The lines below the table.

use syncbench_harness::results::{ClaimsKept, Outcome};

use super::layout::painted;
use crate::caveat::caveats;
use crate::format::{count, list, plain, plural, shorten};
use crate::overview::{Follow, Overview, follow};

/// Most sentences of what follows.
const FOLLOWS: usize = 3;
/// Most broken claims that are told one by one.
const BROKEN: usize = 3;

/// What follows, and how many sentences more there are. A sentence names fewer kinds of data, and then fewer strategies, until
/// it fits.
pub(super) fn follows(overview: &Overview<'_, '_>, width: usize) -> (String, usize) {
    let all = follow(overview);
    let fit = |one: &Follow| {
        let (holds, names) = (one.holds.len().max(2), one.names.len().max(1));
        let fewer = (2..holds).rev().map(|most| (most, names)).chain((1..names).rev().map(|most| (2, most)));
        let mut texts =
            std::iter::once((holds, names)).chain(fewer).map(|(holds, names)| plain(&one.sentence(holds, names)));
        let text = texts.find(|text| text.chars().count() <= width);
        let text = text.unwrap_or_else(|| shorten(&plain(&one.sentence(2, 1)), width));
        format!("{text}\n")
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

/// The caveats in one line, those of a kind as one, and what else the details have: `more` sentences, and sweeps over sizes.
pub(super) fn limits(overview: &Overview<'_, '_>, more: usize, width: usize, color: bool) -> String {
    let mut brief: Vec<String> = Vec::new();
    for words in caveats(overview.summary).iter().map(|caveat| plain(&caveat.brief())) {
        if !brief.contains(&words) {
            brief.push(words);
        }
    }
    let sweeps = if overview.summary.groups.is_empty() { 0 } else { overview.summary.sweeps.len() };
    let mut also = Vec::new();
    also.extend((sweeps > 0).then(|| plural(sweeps, "sweep")));
    also.extend((more > 0).then(|| plural(more, "more line")));
    let also = list(&also, 2);
    let text = match (brief.len(), also.is_empty()) {
        (0, true) => return String::new(),
        (0, false) => format!("{also}: --details"),
        (n, none) => {
            let head = format!("{} {}: ", count(n as u64), if n == 1 { "caveat" } else { "caveats" });
            let tail = if none { "; --details".to_owned() } else { format!("; {also}: --details") };
            let room = width.saturating_sub(head.chars().count() + tail.chars().count());
            let fits =
                |n: &usize| brief[..*n].join(", ").chars().count() + if *n < brief.len() { 3 } else { 0 } <= room;
            let named = (1..=brief.len()).rev().find(fits).unwrap_or(1);
            let cut = if named < brief.len() { ", …" } else { "" };
            format!("{head}{}{cut}{tail}", brief[..named].join(", "))
        }
    };
    format!("{}\n", painted(&shorten(&text, width), color.then_some("33")))
}
