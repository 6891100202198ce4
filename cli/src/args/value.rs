//! How values of flags are read.

use syncbench_strategies::numbers::{parse_count, parse_number};
use syncbench_strategies::selector::parse_span;

/// A whole number such as `400`, `10_000` or `1k`; the command checks its range.
pub(super) fn whole<T: TryFrom<u64>>(text: &str) -> Result<T, &'static str> {
    let value = parse_count(text).and_then(|count| T::try_from(count).ok());
    value.ok_or("expected a whole number such as 400 or 1k")
}

pub(super) fn number(text: &str) -> Result<f64, &'static str> {
    parse_number(text).ok_or("expected a number such as 2.5 or 1k")
}

/// Milliseconds as a number, or a span.
pub(super) fn milliseconds(text: &str) -> Result<f64, &'static str> {
    seconds(text, 1e3).ok_or("expected milliseconds such as 2.5, or a span such as 250us or 1s")
}

/// Whole milliseconds as a number, or a span.
pub(super) fn whole_milliseconds(text: &str) -> Result<u64, &'static str> {
    let ms = milliseconds(text).ok().filter(|ms| *ms >= 0.0 && ms.fract() == 0.0);
    ms.map(|ms| ms as u64).ok_or("expected a whole number of milliseconds such as 400, or a span such as 2s")
}

/// Seconds as a number, or a span.
pub(super) fn span_in_seconds(text: &str) -> Result<f64, &'static str> {
    seconds(text, 1.0).ok_or("expected seconds such as 60, or a span such as 250ms or 2m")
}

fn seconds(text: &str, per_s: f64) -> Option<f64> {
    parse_number(text).or_else(|| Some(parse_span(text).ok()?.as_secs_f64() * per_s))
}

/// A share: `2%` or `0.02`.
pub(super) fn share(text: &str) -> Result<f64, &'static str> {
    let share = match text.strip_suffix('%') {
        Some(percent) => percent.trim().parse::<f64>().map(|percent| percent / 100.0),
        None => text.parse(),
    };
    share.ok().filter(|share| (0.0..10.0).contains(share)).ok_or("expected a share such as 2% or 0.02")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_spans_are_read_as_people_write_them() {
        assert_eq!((whole::<u32>("1k"), whole::<u64>("10_000")), (Ok(1_000), Ok(10_000)));
        assert!(whole::<u32>("5000M").is_err() && whole::<u64>("-1").is_err() && whole::<u64>("1.5").is_err());
        assert_eq!((number("1.5k"), number("-3")), (Ok(1_500.0), Ok(-3.0)));
        assert_eq!((milliseconds("2.5"), milliseconds("2s"), milliseconds("250us")), (Ok(2.5), Ok(2_000.0), Ok(0.25)));
        assert_eq!((span_in_seconds("60"), span_in_seconds("2m")), (Ok(60.0), Ok(120.0)));
        assert_eq!((whole_milliseconds("1.5s"), whole_milliseconds("250us").is_err()), (Ok(1_500), true));
    }
}
