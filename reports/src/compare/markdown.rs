//! A comparison in Markdown, for a pull request.

use std::fmt::Write as _;

use super::text::{SHOWN, rows, scope};
use super::{Comparison, Verdict, words};
use crate::format::{plain, plural};

/// Most rows of a table: a comment holds 65,536 characters at most on the common forges.
const ROWS: usize = 50;

/// The comparison in Markdown: the answer, the thresholds, a table of what is worse, and the rest folded.
pub fn markdown(comparison: &Comparison) -> String {
    let mut text = format!("### {}\n", escaped(&comparison.answer));
    for judged in &comparison.rules {
        let (rule, rows) = (code(&judged.rule), plural(judged.rows, "row"));
        let said = match judged.failed.len() {
            0 => format!("holds in {rows}"),
            n => format!("**fails in {n} of {rows}**"),
        };
        let _ = write!(text, "\n- {rule} {said}");
        for hit in judged.failed.iter().take(ROWS) {
            let row = escaped(&format!("{} on {}: {}", hit.strategy, hit.condition, hit.change));
            let _ = write!(text, "\n  - {row}  \n    {}", code(&hit.replay));
        }
        for hit in judged.spared.iter().take(ROWS) {
            let row = escaped(&format!("{} on {}: {}", hit.strategy, hit.condition, hit.change));
            let _ = write!(text, "\n  - no more than luck, which does not fail: {row}");
        }
    }
    if !comparison.rules.is_empty() {
        text.push('\n');
    }
    for (verdict, heading) in SHOWN {
        let rows = rows(comparison, verdict);
        if rows.is_empty() {
            continue;
        }
        let figures: usize = rows.iter().map(|row| row.len()).sum();
        let fold = verdict != Verdict::Worse;
        if fold {
            let _ = write!(text, "\n<details><summary>{heading}: {}</summary>\n", plural(figures, "figure"));
        }
        text += "\n| strategy | condition | figure | baseline | candidate | change |\n|---|---|---|--:|--:|---|\n";
        for change in rows.iter().copied().flatten().take(ROWS) {
            let [was, is, by] = words(change);
            let line = [&change.strategy, &change.condition, &change.figure, &was, &is, &by];
            let line: Vec<_> = line.into_iter().map(|cell| escaped(cell)).collect();
            let _ = writeln!(text, "| {} |", line.join(" | "));
        }
        if figures > ROWS {
            let _ = write!(text, "\nand {} more\n", figures - ROWS);
        }
        if fold {
            text += "\n</details>\n";
        }
    }
    let _ = write!(text, "\n{}\n", escaped(&scope(comparison)));
    for (name, side) in [("Baseline", &comparison.baseline), ("Candidate", &comparison.candidate)] {
        let _ = write!(text, "\n- {name} {}: {}", code(&side.name), escaped(&side.environment.describe_build()));
    }
    for notice in &comparison.notices {
        let _ = write!(text, "\n- {}", escaped(notice));
    }
    text.push('\n');
    text
}

fn code(text: &str) -> String {
    format!("`{}`", plain(text).replace('`', "'"))
}

/// Text that Markdown shows as it is, in tables too.
fn escaped(text: &str) -> String {
    let mut safe = String::new();
    for c in plain(text).chars() {
        if matches!(c, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '#' | '@') {
            safe.push('\\');
        }
        safe.push(c);
    }
    safe
}
