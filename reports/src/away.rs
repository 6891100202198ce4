//! The client that was away, by itself: what became of its work, what its return cost the others, and how long and how many
//! bytes it took until it was up to date.

use std::fmt::Write;

use syncbench_harness::metric::MetricSpec;
use syncbench_harness::metrics::{
    AWAY_BYTES, AWAY_DELIVERED_S, AWAY_OPS, AWAY_OTHERS_OPS, AWAY_RECEIVED_S, AWAY_RESIDENT_BYTES, AWAY_S, STORED_BYTES,
};

use crate::aggregate::{Group, Row, Summary};
use crate::format::{NONE, count, figure, plain, plural, shorten, wrap};

/// Absences of a minute and more are shown as such: until then an interface shows a spinner, and the columns of details have
/// the figures.
const NOTEWORTHY_S: f64 = 60.0;

/// A condition with a client that was away.
#[derive(Clone, Debug)]
pub struct AwayTable<'a> {
    /// Its condition's title.
    pub title: &'a str,
    /// Its workload.
    pub workload: &'a str,
    /// For how long it was away, and what was done meanwhile; sentences.
    pub about: String,
    /// The heading of each column of figures, and its unit.
    pub heads: Vec<(&'static str, &'static str)>,
    /// One for each strategy that was measured.
    pub rows: Vec<AwayRow<'a>>,
}

/// One strategy.
#[derive(Clone, Debug)]
pub struct AwayRow<'a> {
    /// Its label.
    pub strategy: &'a str,
    /// Its family.
    pub family: &'a str,
    /// A figure for each column, a dash where there is none.
    pub figures: Vec<String>,
}

/// A column: two lines of heading, and a row's figure.
type Column = (&'static str, &'static str, fn(&Row<'_>, bool) -> Option<f64>);

/// What became of operations: sums over the seeds, or means where rows have not the same. Then means.
const COLUMNS: &[Column] = &[
    ("kept", "ops", |row, even| counted(row, &AWAY_OPS, "kept", even)),
    ("rejected", "ops", |row, even| counted(row, &AWAY_OPS, "rejected", even)),
    ("lost", "ops", |row, even| counted(row, &AWAY_OPS, "lost", even)),
    ("others lost", "ops", |row, even| counted(row, &AWAY_OTHERS_OPS, "lost", even)),
    ("received", "s", |row, _| mean(row, &AWAY_RECEIVED_S, "")),
    ("delivered", "s", |row, _| mean(row, &AWAY_DELIVERED_S, "")),
    ("up", "B", |row, _| mean(row, &AWAY_BYTES, "up")),
    ("down", "B", |row, _| mean(row, &AWAY_BYTES, "down")),
    ("memory", "B", |row, _| mean(row, &AWAY_RESIDENT_BYTES, "")),
    ("stored", "B", |row, _| mean(row, &STORED_BYTES, "")),
];

/// What the columns say, in sentences.
pub const MEANING: &str = "Operations that its user made while away: kept, rejected, lost. Others lost: those that the \
                           others made meanwhile and that were lost. Then from the opening of its connection: seconds until \
                           it has received everything, and until everybody has what it did; bytes on its links until both. \
                           Memory: of the client before it receives anything. Stored: what a client saves \
                           once all are up to date, at the end of the run, the largest.";

/// A table for each condition in which a client was away for a minute or longer.
pub fn tables<'s>(summary: &'s Summary<'_>) -> Vec<AwayTable<'s>> {
    summary.groups.iter().filter_map(table).collect()
}

fn table<'s>(group: &'s Group<'_>) -> Option<AwayTable<'s>> {
    let rows: Vec<&Row<'_>> = group.measured().filter(|row| mean(row, &AWAY_S, "").is_some()).collect();
    let longest = rows.iter().filter_map(|row| mean(row, &AWAY_S, "")).max_by(f64::total_cmp)?;
    if longest < NOTEWORTHY_S {
        return None;
    }
    let even = group.uneven_seeds().is_none();
    Some(AwayTable {
        title: &group.title,
        workload: group.condition.workload,
        about: about(group, &rows, longest, even),
        heads: COLUMNS.iter().map(|(head, unit, _)| (*head, *unit)).collect(),
        rows: rows.iter().map(|row| line(row, even)).collect(),
    })
}

fn line<'a>(row: &Row<'a>, even: bool) -> AwayRow<'a> {
    let shown = COLUMNS.iter().map(|(_, _, get)| get(row, even).map_or_else(|| NONE.to_owned(), figure));
    let family = row.cells.first().map_or("", |cell| cell.family.as_str());
    AwayRow { strategy: row.strategy, family, figures: shown.collect() }
}

fn about(group: &Group<'_>, rows: &[&Row<'_>], longest: f64, even: bool) -> String {
    let most = |metric| {
        let counts = rows.iter().filter_map(|row| counted(row, metric, "issued", even)).max_by(f64::total_cmp);
        count(counts.unwrap_or(0.0).round() as u64)
    };
    let (own, others) = (most(&AWAY_OPS), most(&AWAY_OTHERS_OPS));
    let seeds = if even { plural(group.seeds(), "seed") } else { "one seed, on average".to_owned() };
    format!("Away for {}; {own} operations of its own meanwhile, {others} of the others, in {seeds}.", span(longest))
}

/// `90 s`, `62 min`, `5.0 h`, `21 days`.
fn span(seconds: f64) -> String {
    match seconds {
        _ if seconds < 120.0 => format!("{} s", figure(seconds)),
        _ if seconds < 7_200.0 => format!("{} min", figure(seconds / 60.0)),
        _ if seconds < 172_800.0 => format!("{} h", figure(seconds / 3_600.0)),
        _ => format!("{} days", figure(seconds / 86_400.0)),
    }
}

fn mean(row: &Row<'_>, metric: &'static MetricSpec, field: &str) -> Option<f64> {
    row.mean(metric, field).map(|estimate| estimate.value)
}

fn counted(row: &Row<'_>, metric: &'static MetricSpec, field: &str, even: bool) -> Option<f64> {
    if even { row.total(metric, field) } else { mean(row, metric, field) }
}

/// All tables as text of at most `width` columns, empty where nobody was away. Where the columns do not fit, the last are left
/// out, and a line says so.
pub fn text(summary: &Summary<'_>, width: usize, color: bool) -> Option<String> {
    let tables = tables(summary);
    let (bold, plain_again) = if color { ("\u{1b}[1m", "\u{1b}[0m") } else { ("", "") };
    let mut text = String::new();
    for table in &tables {
        let title = plain(&format!("{}: the client that was away", table.title));
        let _ = writeln!(text, "{bold}{title}{plain_again}\n{}", wrap(&plain(&table.about), width, "  "));
        text += &table.lines(width);
        text.push('\n');
    }
    text.push_str(&wrap(MEANING, width, ""));
    (!tables.is_empty()).then_some(text)
}

impl AwayTable<'_> {
    fn lines(&self, width: usize) -> String {
        const NAME: usize = 24;
        let names: Vec<String> = self.rows.iter().map(|row| shorten(&plain(row.strategy), NAME)).collect();
        let first = names.iter().map(|name| name.chars().count()).max().unwrap_or(0).max("strategy".len());
        let widths: Vec<usize> = self
            .heads
            .iter()
            .enumerate()
            .map(|(index, (head, unit))| {
                let figures = self.rows.iter().map(|row| row.figures[index].chars().count());
                figures.chain([head.len(), unit.len()]).max().unwrap_or(0)
            })
            .collect();
        let mut shown = widths.len();
        while shown > 1 && first + widths[..shown].iter().map(|width| width + 1).sum::<usize>() > width {
            shown -= 1;
        }
        let line = |name: &str, cells: &mut dyn Iterator<Item = &str>| {
            let cells = cells.zip(&widths[..shown]);
            let line = cells.fold(format!("{name:<first$}"), |line, (cell, width)| format!("{line} {cell:>width$}"));
            line.trim_end().to_owned() + "\n"
        };
        let mut text = line("strategy", &mut self.heads.iter().map(|(head, _)| *head));
        text += &line("", &mut self.heads.iter().map(|(_, unit)| *unit));
        text += &("─".repeat(first + widths[..shown].iter().map(|width| width + 1).sum::<usize>()) + "\n");
        for (row, name) in self.rows.iter().zip(&names) {
            text += &line(name, &mut row.figures.iter().map(String::as_str));
        }
        if shown < widths.len() {
            let left = plural(widths.len() - shown, "more column");
            text += &format!("{left} in the report, or in a wider terminal\n");
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_said_in_a_unit_that_fits() {
        let cases = [(90.0, "90 s"), (3_601.0, "60 min"), (18_000.0, "5 h"), (1_814_401.0, "21 days")];
        for (seconds, text) in cases {
            assert_eq!(span(seconds), text);
        }
    }
}
