//! The results in sentences: one paragraph for each condition.

use std::collections::BTreeSet;

use crate::aggregate::{Group, Row, Status, Summary};
use crate::format::{count, counts, figure, list};
use crate::stats::paired_difference;
use syncbench_harness::metric::{MetricSpec, TOTAL};
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

/// How a group's counts are told: sums where all rows have the same seeds, and means otherwise.
#[derive(Clone, Copy)]
struct Counts {
    even: bool,
}

impl Counts {
    fn of(group: &Group<'_>) -> Self {
        Self { even: group.uneven_seeds().is_none() }
    }

    fn get(self, row: &Row<'_>, metric: &MetricSpec, field: &str) -> Option<f64> {
        if self.even { row.total(metric, field) } else { Some(row.mean(metric, field)?.value) }
    }

    fn lost(self, row: &Row<'_>) -> Option<f64> {
        self.get(row, &LOST_INTENTS, TOTAL)
    }

    fn rejected(self, row: &Row<'_>) -> f64 {
        self.get(row, &REJECTED, TOTAL).unwrap_or(0.0)
    }

    fn issued(self, row: &Row<'_>) -> f64 {
        self.get(row, &OPS_ISSUED, "").unwrap_or(0.0)
    }

    fn text(self, value: f64) -> String {
        if self.even { count(value as u64) } else { format!("{} per seed", figure(value)) }
    }
}

/// The strategies that lost operations, by kind, with what they rejected.
fn losses(group: &Group<'_>) -> Option<String> {
    let counted = Counts::of(group);
    let judged = group.measured().filter_map(|row| Some((counted.lost(row)?, row)));
    let mut losers: Vec<_> = judged.filter(|(lost, _)| *lost > 0.0).collect();
    losers.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    let describe = |(index, (lost, row)): (usize, &(f64, &Row<'_>))| {
        let (ops, rejected) = (counted.issued(row), counted.rejected(row));
        let operations = if counted.even && ops == 1.0 { "operation" } else { "operations" };
        let of =
            if index == 0 && ops > 0.0 { format!(" of {} {operations}", counted.text(ops)) } else { String::new() };
        let rejected = if rejected > 0.0 { format!(" and rejected {}", counted.text(rejected)) } else { String::new() };
        let kinds = row.counts(&LOST_INTENTS).unwrap_or_default();
        let names: Vec<_> = kinds.keys().collect();
        let kinds = if names.len() > 1 && counted.even { counts(&kinds) } else { list(&names, usize::MAX) };
        format!("{} lost {}{of}{rejected} ({kinds})", row.strategy, counted.text(*lost))
    };
    let described: Vec<_> = losers.iter().take(LOSERS).enumerate().map(describe).collect();
    let rest = losers.get(LOSERS..).unwrap_or_default();
    let more = match (rest.first(), rest.last()) {
        (Some((most, _)), Some((least, _))) if rest.len() > 1 && most == least => {
            format!("; {} more lost {} each", rest.len(), counted.text(*least))
        }
        (Some((most, _)), Some((least, _))) if rest.len() > 1 => {
            format!("; {} more lost {} to {} each", rest.len(), counted.text(*least), counted.text(*most))
        }
        (Some((lost, row)), _) => format!("; {} lost {}", row.strategy, counted.text(*lost)),
        _ => String::new(),
    };
    (!described.is_empty()).then(|| format!("{}{more}.{}", described.join("; "), untold(&losers)))
}

/// The strategies whose losses the seeds do not tell from those of the one that lost the most.
fn untold(losers: &[(f64, &Row<'_>)]) -> String {
    let [(_, most), rest @ ..] = losers else { return String::new() };
    let by_seed = most.by_seed(&LOST_INTENTS, TOTAL);
    let alike = rest.iter().filter(|(_, row)| {
        let difference = paired_difference(&by_seed, &row.by_seed(&LOST_INTENTS, TOTAL));
        difference.is_some_and(|difference| difference.seeds > 1 && difference.side().is_none())
    });
    let alike: Vec<_> = alike.map(|(_, row)| row.strategy).collect();
    if alike.is_empty() {
        return String::new();
    }
    format!(" The seeds do not tell {} from {}.", list(&alike, NAMES), most.strategy)
}

/// The strategies that lost nothing, and how much they rejected.
fn clean(group: &Group<'_>) -> Option<String> {
    let counted = Counts::of(group);
    let clean: Vec<_> = group.measured().filter(|row| counted.lost(row) == Some(0.0)).collect();
    let names: Vec<_> = clean.iter().map(|row| row.strategy).collect();
    if names.is_empty() {
        return None;
    }
    let mut rejected: Vec<_> = clean.iter().filter(|row| counted.rejected(row) > 0.0).collect();
    rejected.sort_by(|a, b| counted.rejected(b).total_cmp(&counted.rejected(a)));
    let judged = group.measured().filter(|row| counted.lost(row).is_some()).count();
    let who = if names.len() == judged && judged > 1 {
        "No strategy lost anything".to_owned()
    } else {
        format!("{} lost nothing", list(&names, NAMES))
    };
    // A strategy that refuses most of what users do has little left to lose.
    let amount = |row: &Row<'_>| {
        let (rejected, ops) = (counted.rejected(row), counted.issued(row));
        let of = if rejected * 2.0 > ops { format!(" of {}", counted.text(ops)) } else { String::new() };
        format!("{}{of}", counted.text(rejected))
    };
    if let ([_], [row]) = (names.as_slice(), rejected.as_slice()) {
        return Some(format!("{who} and rejected {}.", amount(row)));
    }
    let counts: Vec<_> = rejected.iter().map(|row| format!("{} rejected {}", row.strategy, amount(row))).collect();
    Some(if counts.is_empty() { format!("{who}.") } else { format!("{who}; {}.", list(&counts, NAMES)) })
}

/// The strategies that did not converge, and those that broke a claim.
fn divided(group: &Group<'_>) -> Option<String> {
    let open = |row: &&Row<'_>| row.measured().any(|cell| cell.converged == Some(false));
    let names: Vec<_> = group.measured().filter(open).map(|row| row.strategy).collect();
    let failed: Vec<_> = group.measured().filter(|row| row.claims()[1] > 0).map(|row| row.strategy).collect();
    let open = (!names.is_empty()).then(|| format!("{} did not converge in every run.", list(&names, NAMES)));
    let failed = (!failed.is_empty()).then(|| format!("{} broke claims.", list(&failed, NAMES)));
    let both: Vec<_> = [open, failed].into_iter().flatten().collect();
    (!both.is_empty()).then(|| both.join(" "))
}

/// The range of median visibility, if the seeds tell its ends apart.
fn speed(group: &Group<'_>) -> Option<String> {
    let times = group.measured().filter_map(|row| Some((row.quantile(&VISIBLE_MS, 0.5)?.value, row)));
    let mut times: Vec<_> = times.collect();
    times.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (fast, slow) = (times.first()?, times.last()?);
    let within = "Half of all operations were visible everywhere within";
    let [first, last] = [fast, slow].map(|(ms, _)| figure(*ms));
    if first == last {
        return Some(format!("{within} {first} ms."));
    }
    let [a, b] = [slow, fast].map(|(_, row)| row.quantile_by_seed(&VISIBLE_MS, 0.5));
    let difference = paired_difference(&a, &b).filter(|difference| difference.seeds > 1);
    let range = format!("{within} {first} ms ({}) to {last} ms ({})", fast.1.strategy, slow.1.strategy);
    Some(match difference {
        Some(difference) if difference.side().is_none() => {
            format!("{range}, which the seeds do not tell apart.")
        }
        _ => format!("{range}."),
    })
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
