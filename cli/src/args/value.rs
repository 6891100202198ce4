//! How values of flags are read.

use std::str::FromStr;

/// A whole number; the command checks its range.
pub(super) fn whole<T: FromStr>(text: &str) -> Result<T, &'static str> {
    text.parse().map_err(|_| "expected a whole number such as 400")
}

pub(super) fn number(text: &str) -> Result<f64, &'static str> {
    text.parse().map_err(|_| "expected a number such as 2.5")
}

/// A share: `2%` or `0.02`.
pub(super) fn share(text: &str) -> Result<f64, &'static str> {
    let share = match text.strip_suffix('%') {
        Some(percent) => percent.trim().parse::<f64>().map(|percent| percent / 100.0),
        None => text.parse(),
    };
    share.ok().filter(|share| (0.0..10.0).contains(share)).ok_or("expected a share such as 2% or 0.02")
}
