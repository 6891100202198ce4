//! The results in sentences: one paragraph for each condition.

use std::collections::BTreeSet;

use crate::aggregate::{Group, Row, Status, Summary};
use crate::format::{count, counts, figure, list};
use syncbench_harness::metric::TOTAL;
use syncbench_harness::metrics::{LOST_INTENTS, OPS_ISSUED, REJECTED, VISIBLE_MS};
use syncbench_harness::results::Outcome;

/// How many strategies a sentence names before it counts the rest.
const NAMES: usize = 4;
/// How many strategies with losses are described one by one.
const LOSERS: usize = 3;

/// What happened under one condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Headline {
    /// The condition's title.
    pub title: String,
    /// Sentences, the most important first.
    pub sentences: Vec<String>,
}

/// One headline for each condition, workload by workload.
pub fn headlines(summary: &Summary<'_>) -> Vec<Headline> {
    let mut said = BTreeSet::new();
    let of = |group: &Group<'_>| {
        let parts = [losses(group), clean(group), divided(group), speed(group), missing(group, &mut said)];
        Headline { title: group.title.clone(), sentences: parts.into_iter().flatten().collect() }
    };
    summary.by_workload().into_iter().map(of).collect()
}

fn lost(row: &Row<'_>) -> Option<u64> {
    row.counts(&LOST_INTENTS).map(|kinds| kinds.values().sum())
}

/// The strategies that lost intents, by kind.
fn losses(group: &Group<'_>) -> Option<String> {
    let judged = group.measured().filter_map(|row| Some((lost(row)?, row)));
    let mut losers: Vec<_> = judged.filter(|(lost, _)| *lost > 0).collect();
    losers.sort_by_key(|(lost, _)| std::cmp::Reverse(*lost));
    let describe = |(index, (lost, row)): (usize, &(u64, &Row<'_>))| {
        let ops = row.total(&OPS_ISSUED, "").unwrap_or(0.0) as u64;
        let of = if index == 0 && ops > 0 { format!(" of {} operations", count(ops)) } else { String::new() };
        let kinds = row.counts(&LOST_INTENTS).unwrap_or_default();
        let kinds =
            kinds.keys().next().filter(|_| kinds.len() == 1).map_or_else(|| counts(&kinds), |kind| (*kind).to_owned());
        format!("{} lost {}{of} ({kinds})", row.strategy, count(*lost))
    };
    let described: Vec<_> = losers.iter().take(LOSERS).enumerate().map(describe).collect();
    let rest = losers.get(LOSERS..).unwrap_or_default();
    let more = match (rest.first(), rest.last()) {
        (Some((most, _)), Some((least, _))) if rest.len() > 1 => {
            format!("; {} more lost {} to {} each", rest.len(), count(*least), count(*most))
        }
        (Some((lost, row)), _) => format!("; {} lost {}", row.strategy, count(*lost)),
        _ => String::new(),
    };
    (!described.is_empty()).then(|| format!("{}{more}.", described.join("; ")))
}

/// The strategies that lost nothing, and how much they rejected.
fn clean(group: &Group<'_>) -> Option<String> {
    let clean: Vec<_> = group.measured().filter(|row| lost(row) == Some(0)).collect();
    let names: Vec<_> = clean.iter().map(|row| row.strategy).collect();
    if names.is_empty() {
        return None;
    }
    let rejected = clean.iter().filter_map(|row| Some((row.total(&REJECTED, TOTAL)? as u64, row.strategy)));
    let mut rejected: Vec<_> = rejected.filter(|(rejected, _)| *rejected > 0).collect();
    rejected.sort_by_key(|(rejected, _)| std::cmp::Reverse(*rejected));
    let judged = group.measured().filter(|row| lost(row).is_some()).count();
    let who = if names.len() == judged && judged > 1 {
        "No strategy lost anything".to_owned()
    } else {
        format!("{} lost nothing", list(&names, NAMES))
    };
    if let ([_], [(rejected, _)]) = (names.as_slice(), rejected.as_slice()) {
        return Some(format!("{who} and rejected {}.", count(*rejected)));
    }
    let counts: Vec<_> =
        rejected.iter().map(|(rejected, name)| format!("{name} rejected {}", count(*rejected))).collect();
    Some(if counts.is_empty() { format!("{who}.") } else { format!("{who}; {}.", list(&counts, NAMES)) })
}

/// The strategies that did not converge, and those that broke a claim.
fn divided(group: &Group<'_>) -> Option<String> {
    let open = |row: &&Row<'_>| row.measured().any(|cell| cell.converged == Some(false));
    let names: Vec<_> = group.measured().filter(open).map(|row| row.strategy).collect();
    let failed: Vec<_> = group.measured().filter(|row| row.verdicts()[1] > 0).map(|row| row.strategy).collect();
    let open = (!names.is_empty()).then(|| format!("{} did not converge in every run.", list(&names, NAMES)));
    let failed = (!failed.is_empty()).then(|| format!("{} broke claims.", list(&failed, NAMES)));
    let both: Vec<_> = [open, failed].into_iter().flatten().collect();
    (!both.is_empty()).then(|| both.join(" "))
}

/// The range of median visibility.
fn speed(group: &Group<'_>) -> Option<String> {
    let times = group.measured().filter_map(|row| Some((row.quantile_value(&VISIBLE_MS, 0.5)?, row.strategy)));
    let mut times: Vec<_> = times.collect();
    times.sort_by(|a, b| a.0.total_cmp(&b.0));
    match (times.first()?, times.last()?) {
        (fast, slow) if figure(fast.0) == figure(slow.0) => {
            Some(format!("Half of all operations were visible everywhere within {} ms.", figure(fast.0)))
        }
        (fast, slow) => Some(format!(
            "Half of all operations were visible everywhere within {} ms ({}) to {} ms ({}).",
            figure(fast.0),
            fast.1,
            figure(slow.0),
            slow.1
        )),
    }
}

/// The strategies without figures, and why. A reason is given in full once.
fn missing(group: &Group<'_>, said: &mut BTreeSet<String>) -> Option<String> {
    let mut again = Vec::new();
    let describe = |row: &Row<'_>| match row.status() {
        Status::Measured => None,
        Status::Missing(Outcome::Failed, reason) => Some(format!("{} failed ({reason})", row.strategy)),
        Status::Missing(Outcome::Unsupported, reason) => {
            let why = format!("{} cannot run it ({reason})", row.strategy);
            if said.insert(why.clone()) {
                return Some(why);
            }
            again.push(row.strategy.to_owned());
            None
        }
        Status::Missing(_, reason) => Some(format!("{} was not run ({reason})", row.strategy)),
    };
    let mut missing: Vec<_> = group.rows.iter().filter_map(describe).collect();
    if !again.is_empty() {
        missing.push(format!("{} cannot run it", list(&again, NAMES)));
    }
    (!missing.is_empty()).then(|| format!("{}.", list(&missing, NAMES)))
}
