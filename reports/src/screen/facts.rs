//! The columns beside the losses, one line each.

use syncbench_harness::metric::MetricSpec;
use syncbench_harness::metrics::{ECHO_MS, VISIBLE_MS};

use super::layout::{Column, Field, Tone};
use crate::format::{NONE, millis, rate};
use crate::overview::{Judged, Offline, Overview, Strategy};

/// Shown where a cell failed.
pub(super) const FAILED: &str = "fail";
/// Shown where nobody knows.
pub(super) const UNKNOWN: &str = "?";
/// Shown where nothing was planned.
pub(super) const UNPLANNED: &str = "·";
/// Before a figure from fewer conditions than those of other strategies.
pub(super) const FEWER: char = '~';

/// A column: how soon it is shown, and what fills it.
pub(super) struct Fact {
    /// 0 where it is always shown; of the others the least first, as a terminal has room.
    pub(super) rank: u8,
    pub(super) fill: fn(&Overview<'_, '_>) -> Column,
}

/// One line per column, in the order in which they are shown.
pub(super) static FACTS: &[Fact] = &[
    Fact { rank: 0, fill: |all| each(all, &["refused"], |one| most(all.refused(one.label))) },
    Fact { rank: 2, fill: |all| each(all, &["lost +", "refused"], |one| most(all.not_kept(one.label))) },
    Fact { rank: 0, fill: |all| each(all, &["carried", "ops/s"], |one| carried(all.carried(one.label))) },
    Fact { rank: 0, fill: |all| tails(all, "echo", &ECHO_MS) },
    Fact { rank: 3, fill: |all| tails(all, "visible", &VISIBLE_MS) },
    Fact { rank: 0, fill: |all| each(all, &["off-", "line"], offline) },
    Fact { rank: 4, fill: |all| each(all, &["needs", "server"], |one| claim(one, "needs a server", ["yes", "no"])) },
    Fact { rank: 5, fill: |all| each(all, &["confirmed", "by"], confirmed) },
    Fact { rank: 6, fill: |all| each(all, &["grows with"], grows) },
    Fact { rank: 1, fill: |all| each(all, &["claims", "kept"], |one| kept(all.claims(one.label))) },
];

fn each(all: &Overview<'_, '_>, head: &[&str], field: impl Fn(&Strategy<'_>) -> Field) -> Column {
    let head = head.iter().map(|line| (*line).to_owned()).collect();
    Column { head, cells: all.strategies.iter().map(field).collect() }
}

fn field(text: impl Into<String>, tone: Tone) -> Field {
    Field { text: text.into(), tone }
}

fn absent() -> Field {
    field(NONE, Tone::Faint)
}

/// Operations of 1,000.
pub(super) fn share(judged: Judged) -> Field {
    match judged {
        Judged::Known(0.0) => field("0", Tone::Good),
        Judged::Known(value) => field(short(value), Tone::Plain),
        Judged::Unplanned => field(UNPLANNED, Tone::Faint),
        Judged::Absent => absent(),
        Judged::Unknown => field(UNKNOWN, Tone::Bad),
        Judged::Failed => field(FAILED, Tone::Bad),
    }
}

/// The worst of several modes, with a mark where they are fewer than those of other strategies.
pub(super) fn most((judged, fewer): (Judged, bool)) -> Field {
    match share(judged) {
        plain if !fewer => plain,
        marked => field(format!("{FEWER}{}", marked.text), Tone::Plain),
    }
}

/// The same for several modes, with a slash between them.
pub(super) fn shares(judged: &[Judged]) -> Field {
    let each: Vec<Field> = judged.iter().map(|one| share(*one)).collect();
    match each.first() {
        Some(first) if each.iter().all(|one| one == first && one.tone == Tone::Faint) => first.clone(),
        first => {
            let tone = first.map(|one| one.tone).filter(|tone| each.iter().all(|one| one.tone == *tone));
            field(each.iter().map(|one| one.text.as_str()).collect::<Vec<_>>().join("/"), tone.unwrap_or(Tone::Plain))
        }
    }
}

/// In at most four characters: `0`, `<0.1`, `4.2`, `173`. What is not zero never reads so.
fn short(value: f64) -> String {
    if value > 0.0 && value < 0.05 {
        "<0.1".to_owned()
    } else if value < 9.95 {
        format!("{:.1}", value).trim_end_matches(".0").to_owned()
    } else {
        format!("{value:.0}")
    }
}

fn carried(ops_per_s: Option<f64>) -> Field {
    ops_per_s.map_or_else(absent, |per_s| field(rate(per_s), Tone::Plain))
}

fn tails(all: &Overview<'_, '_>, head: &str, metric: &'static MetricSpec) -> Column {
    let tails = all.tails(metric);
    let most = tails.iter().flatten().any(|tail| tail.nearly_all);
    let shown = |tail: &Option<crate::overview::Tail>| match tail {
        Some(tail) if most && !tail.nearly_all => field(millis(tail.value) + "'", Tone::Plain),
        Some(tail) => field(millis(tail.value), Tone::Plain),
        None => absent(),
    };
    let quantile = if most { "p99" } else { "p90" };
    Column { head: vec![head.to_owned(), quantile.to_owned()], cells: tails.iter().map(shown).collect() }
}

fn offline(strategy: &Strategy<'_>) -> Field {
    match strategy.offline() {
        Some(Offline::Yes) => field("yes", Tone::Plain),
        Some(Offline::InPart) => field("part", Tone::Plain),
        Some(Offline::No) => field("no", Tone::Plain),
        None => absent(),
    }
}

fn claim(strategy: &Strategy<'_>, claim: &str, [yes, no]: [&str; 2]) -> Field {
    match strategy.claims(claim) {
        Some(true) => field(yes, Tone::Plain),
        Some(false) => field(no, Tone::Plain),
        None => absent(),
    }
}

/// Who has an operation when its user is told that it stands.
fn confirmed(strategy: &Strategy<'_>) -> Field {
    match strategy.claims("ephemeral") {
        Some(true) => absent(),
        _ => claim(strategy, "confirms on one device", ["device", "server"]),
    }
}

/// What makes memory grow when the document does not.
fn grows(strategy: &Strategy<'_>) -> Field {
    let causes = [
        ("grows with operations", "operations"),
        ("grows with removals", "removals"),
        ("grows while a client is away", "absence"),
    ];
    if strategy.claims(causes[0].0).is_none() {
        return absent();
    }
    let words: Vec<&str> =
        causes.iter().filter(|(cause, _)| strategy.claims(cause) == Some(true)).map(|(_, word)| *word).collect();
    field(if words.is_empty() { "nothing".to_owned() } else { words.join(", ") }, Tone::Plain)
}

/// Cells that kept, broke and do not tell their claims.
fn kept([yes, no, unknown]: [usize; 3]) -> Field {
    match (yes, no, unknown) {
        (0, 0, 0) => absent(),
        (_, 0, 0) => field("yes", Tone::Plain),
        (0, 0, _) => field("?", Tone::Plain),
        (yes, 0, _) => field(if yes > 0 { "yes" } else { "?" }, Tone::Plain),
        _ => field("NO", Tone::Bad),
    }
}
