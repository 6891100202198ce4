//! How values of flags are read.

use std::str::FromStr;

/// A whole number; the command checks its range.
pub(super) fn whole<T: FromStr>(text: &str) -> Result<T, &'static str> {
    text.parse().map_err(|_| "expected a whole number such as 400")
}

pub(super) fn number(text: &str) -> Result<f64, &'static str> {
    text.parse().map_err(|_| "expected a number such as 2.5")
}
