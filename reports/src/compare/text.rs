//! A comparison as text for a terminal: the answer first.

use super::{Change, Comparison, Hit, Judged, Verdict, words};
use crate::format::{count, plain, plural, shorten, wrap};

/// Most rows of one verdict that are shown, unless all are asked for: about a screen together.
const ROWS: usize = 8;
/// Most figures of one row, unless all are asked for.
const FIGURES: usize = 6;

/// The comparison in at most `width` columns. `all` shows every row that changed.
pub fn text(comparison: &Comparison, width: usize, all: bool) -> String {
    let width = width.max(40);
    let mut text = wrap(&comparison.answer, width, "");
    for judged in &comparison.rules {
        text += &rule(judged, width, all);
    }
    text += "\n";
    for (name, side) in [("baseline ", &comparison.baseline), ("candidate", &comparison.candidate)] {
        let build = side.environment.describe_build();
        text += &wrap(&plain(&format!("{name}  {}: {build}", side.name)), width, "");
    }
    text += &wrap(&scope(comparison), width, "");
    for (verdict, heading) in SHOWN {
        let rows = rows(comparison, verdict);
        if rows.is_empty() {
            continue;
        }
        text += "\n";
        text += &wrap(heading, width, "");
        let most = if all { usize::MAX } else { ROWS };
        for row in rows.iter().take(most) {
            text += &section(row, width, all);
        }
        if rows.len() > most {
            text += &format!("  and {}: --details shows all\n", more(rows.len() - most, "row"));
        }
    }
    if !comparison.notices.is_empty() {
        text += "\n";
    }
    for notice in &comparison.notices {
        text += &wrap(&plain(&format!("! {notice}")), width, "");
    }
    text
}

/// The verdicts that are told, with their headings.
pub(super) const SHOWN: [(Verdict, &str); 3] = [
    (Verdict::Worse, "Worse"),
    (Verdict::Better, "Better"),
    (Verdict::Changed, "Changed: neither end is better, or the seeds do not tell which way"),
];

/// What was compared, in a sentence or two.
pub(super) fn scope(comparison: &Comparison) -> String {
    let Comparison { rows, cells, same_events, .. } = comparison;
    let events = match (*same_events, *cells) {
        (same, all) if same == all => "The same happened in all of them, event by event.".to_owned(),
        (same, all) => {
            format!("The same happened, event by event, in {} of {}.", count(same as u64), count(all as u64))
        }
    };
    format!("{} with {} in both runs. {events}", plural(*rows, "row"), plural(*cells, "cell"))
}

/// The changes with this verdict, row by row.
pub(super) fn rows(comparison: &Comparison, verdict: Verdict) -> Vec<&[Change]> {
    let same =
        |a: &Change, b: &Change| (a.verdict, &a.strategy, &a.condition) == (b.verdict, &b.strategy, &b.condition);
    comparison.changes.chunk_by(same).filter(|row| row[0].verdict == verdict).collect()
}

fn section(row: &[Change], width: usize, all: bool) -> String {
    let first = &row[0];
    let mut text = wrap(&plain(&format!("{} on {}", first.strategy, first.condition)), width, "  ");
    let most = if all { usize::MAX } else { FIGURES };
    let shown: Vec<_> = row.iter().take(most).map(|change| (change, words(change))).collect();
    let widest = |column: &dyn Fn(&Change, &[String; 3]) -> usize| {
        shown.iter().map(|(change, words)| column(change, words)).max().unwrap_or(0)
    };
    let names = widest(&|change, _| change.figure.chars().count()).min(width / 3);
    let [before, after] = [0, 1].map(|column| widest(&|_, words| words[column].chars().count()));
    for (change, [was, is, by]) in &shown {
        let name = shorten(&change.figure, names);
        let line = format!("{name:<names$}  {was:>before$} -> {is:<after$}  {by}");
        text += &wrap_line(line.trim_end(), width, "    ");
    }
    if row.len() > most {
        text += &format!("    and {}\n", more(row.len() - most, "figure"));
    }
    if matches!(first.verdict, Verdict::Worse) && first.exact {
        text += &format!("    replay: {}\n", plain(&first.replay));
    }
    text
}

/// `3 more rows`.
fn more(n: usize, word: &str) -> String {
    plural(n, word).replacen(' ', " more ", 1)
}

/// A line with columns: it is broken only where it must be, and never within its columns.
fn wrap_line(line: &str, width: usize, indent: &str) -> String {
    if indent.len() + line.chars().count() <= width {
        return format!("{indent}{line}\n");
    }
    match line.split_once("; ") {
        Some((columns, why)) => format!("{indent}{columns}\n{}", wrap(why, width, &format!("{indent}  "))),
        None => wrap(line, width, indent),
    }
}

fn rule(judged: &Judged, width: usize, all: bool) -> String {
    let Judged { rule, rows, failed, spared } = judged;
    let most = if all { usize::MAX } else { ROWS };
    let mut text = match failed.len() {
        0 => format!("{rule}: holds in {}\n", plural(*rows, "row")),
        n => format!("{rule}: FAILS in {n} of {}\n", plural(*rows, "row")),
    };
    let line = |hit: &Hit| plain(&format!("{} on {}: {}", hit.strategy, hit.condition, hit.change));
    for hit in failed.iter().take(most) {
        text += &wrap(&line(hit), width, "  ");
        text += &format!("    replay: {}\n", plain(&hit.replay));
    }
    if failed.len() > most {
        text += &format!("  and {}\n", more(failed.len() - most, "row"));
    }
    if !spared.is_empty() {
        let told = "beyond it by no more than luck, which does not fail: ";
        let rows: Vec<_> = spared.iter().take(3).map(line).collect();
        let rest = if spared.len() > 3 { format!("; and {}", more(spared.len() - 3, "row")) } else { String::new() };
        text += &wrap(&format!("{told}{}{rest}", rows.join("; ")), width, "  ");
    }
    text
}
