//! How cost grows on a terminal: a row for each strategy, the worst first, and what a reader takes from it before.

use syncbench_harness::growth::Axis;

use super::steepness::{Steepness, exponent};
use super::{Studied, Study};
use crate::format::{NONE, list, shorten, wrap};

/// Most names in a sentence.
const NAMES: usize = 6;

/// The width of a column with a figure.
const COLUMN: usize = 19;

/// What is printed: at most 80 columns wide.
pub fn screen(study: &Study<'_>, width: usize) -> String {
    let axes = study.axes();
    let mut text = String::new();
    for axis in &axes {
        text += &wrap(&answer(study, *axis), width, "");
    }
    let strategies = &study.worst_first;
    let names = strategies.iter().map(|name| name.chars().count()).max().unwrap_or(0).min(22);
    text += &format!("\n{:<names$}", "steepest cost");
    axes.iter().for_each(|axis| text += &format!(" {:<COLUMN$}", format!("per {axis}")));
    text.truncate(text.trim_end().len());
    for strategy in strategies {
        let mut row = format!("{:<names$}", shorten(strategy, names));
        for axis in &axes {
            row += &format!(" {:<COLUMN$}", cell(study, strategy, *axis));
        }
        text += &format!("\n{}", row.trim_end());
    }
    text.push('\n');
    text.push_str(&notes(study, width));
    text
}

/// What a reader takes from an axis, in a sentence.
pub(super) fn answer(study: &Study<'_>, axis: Axis) -> String {
    let told = Steepness::ALL.into_iter().filter_map(|steepness| {
        let fits = |strategy: &&&str| {
            let steepest = study.find(strategy, axis).and_then(Studied::steepest);
            steepest.is_some_and(|one| Steepness::of(&one.fit) == steepness)
        };
        let names: Vec<&str> = study.worst_first.iter().filter(fits).copied().collect();
        (!names.is_empty()).then(|| format!("{}: {}", steepness.words(), list(&names, NAMES)))
    });
    match told.collect::<Vec<_>>() {
        told if told.is_empty() => format!("With {axis}: fewer than three points of any curve were measured."),
        told => format!("With {axis}, the cost that grows most is {}.", told.join("; ")),
    }
}

fn cell(study: &Study<'_>, strategy: &str, axis: Axis) -> String {
    let Some(one) = study.find(strategy, axis) else { return NONE.to_owned() };
    let stopped = if one.curve.stopped.is_some() { "'" } else { "" };
    match one.steepest() {
        Some(one) if one.fit.grows() => format!("{}{stopped} {}", exponent(&one.fit), one.figure.label),
        Some(_) => format!("flat{stopped}"),
        None => format!("{NONE}{stopped}"),
    }
}

fn notes(study: &Study<'_>, width: usize) -> String {
    let mut notes = vec!["1: ten times as many cost ten times as much; flat: the same"];
    if study.curves.curves.iter().any(|curve| curve.stopped.is_some()) {
        notes.push("' the budget ended before the axis did; --json says where");
    }
    if study.has_misfits() {
        notes.push("† no power law: points lie off by half or more");
    }
    if study.all().any(|one| one.steepest().is_some_and(|one| exponent(&one.fit).starts_with('≥'))) {
        notes.push("≥ it may be that or more");
    }
    wrap(&notes.join("; "), width, "")
}

#[cfg(test)]
mod tests {
    use super::super::testing::curves;
    use super::*;

    #[test]
    fn the_answer_comes_first_and_fits_the_screen() {
        let curves = curves();
        let text = screen(&Study::new(&curves), 80);
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        assert!(
            text.starts_with("With operations, the cost that grows most is steeper than linear: crdt-yrs;"),
            "{text}"
        );
        let row = text.lines().find(|line| line.starts_with("crdt-yrs")).unwrap();
        assert!(row.contains("2.00' server CPU"), "{row}");
        let unwrapped = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(unwrapped.contains("' the budget ended before the axis did"), "{text}");
    }
}
