//! Figures for sorting, for hovering and for a focus: as exact as they are worth.

use crate::format::plural;
use crate::stats::{Estimate, Interval, Spread};

/// A figure with five significant digits or so; empty where it is none.
pub fn exact(value: f64) -> String {
    if !value.is_finite() {
        return String::new();
    }
    let size = value.abs();
    let digits = match size {
        _ if size == 0.0 || size >= 1e4 => 0,
        _ if size >= 1e2 => 2,
        _ if size >= 1.0 => 3,
        _ if size >= 1e-3 => 5,
        _ => return format!("{value:.3e}"),
    };
    let text = format!("{value:.digits$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// What a cell's `data-v` holds: its figures, separated by slashes; nothing where its text says as much.
pub fn data(text: &str, estimates: &[Estimate]) -> Option<String> {
    let all: Vec<_> = estimates.iter().map(|estimate| exact(estimate.value)).collect();
    let all = all.join("/");
    (all != text && !all.is_empty()).then_some(all)
}

/// How well seeds pin a figure down, in words.
pub fn spread(estimate: &Estimate) -> String {
    let seeds = plural(estimate.seeds, "seed");
    match estimate.spread {
        Some(Spread::Interval(Interval { low, high })) => {
            format!("95 % interval {} to {}, {seeds}", exact(low), exact(high))
        }
        Some(Spread::Range(Interval { low, high })) => format!("range {} to {}, {seeds}", exact(low), exact(high)),
        None if estimate.seeds > 1 => format!("the same in all {seeds}"),
        None => seeds,
    }
}

/// A figure with what the seeds make of it, for the mark of a chart: `12.346 (12.1–12.6)` with an interval, and
/// `12.346 (range 12.1–12.6)` below ten seeds. Nothing else stands in such parentheses, so that a page can word them.
pub fn with_spread(estimate: &Estimate) -> String {
    let value = exact(estimate.value);
    match estimate.spread {
        Some(Spread::Interval(Interval { low, high })) => format!("{value} ({}–{})", exact(low), exact(high)),
        Some(Spread::Range(Interval { low, high })) => format!("{value} (range {}–{})", exact(low), exact(high)),
        None => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_keep_five_digits() {
        let cases = [
            (0.0, "0"),
            (1234.5678, "1234.57"),
            (12.34567, "12.346"),
            (0.25, "0.25"),
            (1e7, "10000000"),
            (2e-9, "2.000e-9"),
            (f64::NAN, ""),
        ];
        for (value, text) in cases {
            assert_eq!(exact(value), text);
        }
    }

    #[test]
    fn a_range_is_told_from_an_interval() {
        let ends = Interval { low: 1.0, high: 3.0 };
        let with = |spread| Estimate { value: 2.0, spread, seeds: 10 };
        let (interval, range) = (with(Some(Spread::Interval(ends))), with(Some(Spread::Range(ends))));
        assert_eq!(data("2.0/1.9", &[interval, range]).as_deref(), Some("2/2"));
        assert_eq!((data("2", &[interval]), data("–", &[])), (None, None));
        assert_eq!(spread(&interval), "95 % interval 1 to 3, 10 seeds");
        assert_eq!(spread(&range), "range 1 to 3, 10 seeds");
        assert_eq!(spread(&with(None)), "the same in all 10 seeds");
        let marks = [interval, range, with(None)].map(|one| with_spread(&one));
        assert_eq!(marks, ["2 (1–3)", "2 (range 1–3)", "2"]);
    }
}
