//! How cost grows on a terminal: a row for each strategy, the worst first, and what a reader takes from it before.

use syncbench_harness::growth::{Axis, Curves};

use super::steepness::{Steepness, exponent};
use super::{steepest, worst_first};
use crate::format::{list, wrap};

/// Most names in a sentence.
const NAMES: usize = 6;

/// The width of a column with a figure.
const COLUMN: usize = 19;

/// What is printed: at most 80 columns wide.
pub fn screen(curves: &Curves, width: usize) -> String {
    let axes: Vec<Axis> =
        Axis::ALL.into_iter().filter(|axis| curves.curves.iter().any(|curve| curve.axis == *axis)).collect();
    let mut text = String::new();
    for axis in &axes {
        text += &wrap(&answer(curves, *axis), width, "");
    }
    let strategies = worst_first(curves);
    let names = strategies.iter().map(|name| name.chars().count()).max().unwrap_or(0).min(22);
    text += &format!("\n{:<names$}", "steepest cost");
    axes.iter().for_each(|axis| text += &format!(" {:<COLUMN$}", format!("per {axis}")));
    text.truncate(text.trim_end().len());
    for strategy in &strategies {
        let mut row = format!("{:<names$}", crate::format::shorten(strategy, names));
        for axis in &axes {
            row += &format!(" {:<COLUMN$}", cell(curves, strategy, *axis));
        }
        text += &format!("\n{}", row.trim_end());
    }
    text.push('\n');
    text.push_str(&notes(curves, width));
    text
}

/// What a reader takes from an axis, in a sentence.
pub(super) fn answer(curves: &Curves, axis: Axis) -> String {
    let of = |steepness: Steepness| -> Vec<&str> {
        let strategies = worst_first(curves).into_iter();
        let fits = |strategy: &&str| {
            let steepest = curves.find(strategy, axis).and_then(steepest);
            steepest.is_some_and(|one| Steepness::of(&one.fit) == steepness)
        };
        strategies.filter(fits).collect()
    };
    let told = Steepness::ALL.into_iter().filter_map(|steepness| {
        let names = of(steepness);
        (!names.is_empty()).then(|| format!("{}: {}", steepness.words(), list(&names, NAMES)))
    });
    format!("With {axis}, the steepest cost is {}.", told.collect::<Vec<_>>().join("; "))
}

fn cell(curves: &Curves, strategy: &str, axis: Axis) -> String {
    let Some(curve) = curves.find(strategy, axis) else { return crate::format::NONE.to_owned() };
    let stopped = if curve.stopped.is_some() { "'" } else { "" };
    match steepest(curve) {
        Some(one) if one.fit.grows() => {
            format!("{}{stopped} {}", exponent(&one.fit), one.figure.label)
        }
        Some(_) => format!("flat{stopped}"),
        None => format!("{}{stopped}", crate::format::NONE),
    }
}

fn notes(curves: &Curves, width: usize) -> String {
    let any = |of: fn(&syncbench_harness::growth::Curve) -> bool| curves.curves.iter().any(of);
    let mut notes = vec!["1: ten times as many cost ten times as much; flat: the same".to_owned()];
    if any(|curve| curve.stopped.is_some()) {
        notes.push("' the budget ended before the axis did; --json says where".to_owned());
    }
    if any(|curve| steepest(curve).is_some_and(|one| !one.fit.fits())) {
        notes.push("† no power law: points lie off by half or more".to_owned());
    }
    wrap(&notes.join("; "), width, "")
}

#[cfg(test)]
mod tests {
    use super::super::testing::curves;
    use super::*;

    #[test]
    fn the_answer_comes_first_and_fits_the_screen() {
        let text = screen(&curves(), 80);
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        insta::assert_snapshot!(text);
    }
}
