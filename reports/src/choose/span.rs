//! Spans as people write them: `90s`, `1h 30m`, `3 weeks`.

use std::time::Duration;

use crate::format::{plain, shorten};

/// Units with their milliseconds; a month has 30 days and a year 365.
const UNITS: &[(&[&str], f64)] = &[
    (&["ms", "millisecond", "milliseconds"], 1.0),
    (&["s", "sec", "secs", "second", "seconds"], 1e3),
    (&["m", "min", "mins", "minute", "minutes"], 60e3),
    (&["h", "hour", "hours"], 3_600e3),
    (&["d", "day", "days"], 86_400e3),
    (&["w", "week", "weeks"], 7.0 * 86_400e3),
    (&["month", "months"], 30.0 * 86_400e3),
    (&["y", "year", "years"], 365.0 * 86_400e3),
];

/// Reads a span: numbers with units, added up, in whole milliseconds. `0`, `never` and `none` are zero.
pub(super) fn read(text: &str) -> Result<Duration, String> {
    let fail = || {
        let shown = shorten(&plain(text.trim()), 40);
        format!("`{shown}`: expected a span with its unit, such as 40ms, 90s, 1h, 21d or 3 weeks")
    };
    let lower = text.trim().to_lowercase();
    if ["0", "never", "none"].contains(&lower.as_str()) {
        return Ok(Duration::ZERO);
    }
    let (mut rest, mut ms) = (lower.as_str(), 0.0);
    while !rest.is_empty() {
        let (number, behind) = rest.split_at(end(rest, |c| c.is_ascii_digit() || c == '.'));
        let behind = behind.trim_start();
        let (unit, behind) = behind.split_at(end(behind, char::is_alphabetic));
        let (_, each) = UNITS.iter().find(|(names, _)| names.contains(&unit)).ok_or_else(fail)?;
        ms += number.parse::<f64>().map_err(|_| fail())? * each;
        rest = behind.trim_start();
    }
    // A number that is too large for any span is larger than every limit.
    if lower.is_empty() { Err(fail()) } else { Ok(Duration::from_millis(ms.round() as u64)) }
}

/// Where the first character is that `belongs` denies.
fn end(text: &str, belongs: impl Fn(char) -> bool) -> usize {
    text.find(|c| !belongs(c)).unwrap_or(text.len())
}

/// A span as a sentence has it: `3 weeks`, `1 hour`, `90 s`, `40 ms`, `no time`.
pub fn words(span: Duration) -> String {
    let ms = span.as_secs_f64() * 1e3;
    if span.is_zero() {
        return "no time".to_owned();
    }
    let long = [(7.0 * 86_400e3, "week"), (86_400e3, "day"), (3_600e3, "hour")];
    for (each, unit) in long {
        let n = ms / each;
        if n >= 1.0 && n.fract() == 0.0 {
            return format!("{n} {unit}{}", if n == 1.0 { "" } else { "s" });
        }
    }
    match ms {
        _ if ms >= 120e3 && (ms / 60e3).fract() == 0.0 => format!("{} min", ms / 60e3),
        _ if ms >= 1e3 => format!("{} s", ms / 1e3),
        _ => format!("{ms} ms"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_as_people_write_them() {
        for (text, ms) in [
            ("90s", 90_000),
            ("1h", 3_600_000),
            ("1h 30m", 5_400_000),
            ("1h30min", 5_400_000),
            ("3 weeks", 1_814_400_000),
            ("21d", 1_814_400_000),
            (" 40 MS ", 40),
            ("0.5 s", 500),
            ("0", 0),
            ("0s", 0),
            ("never", 0),
            ("1 month", 2_592_000_000),
        ] {
            assert_eq!(read(text), Ok(Duration::from_millis(ms)), "{text}");
        }
        for text in ["", "12", "s", "1 parsec", "-1s", "1e3s", "1..2s", "1h and 2m", "é", "∞ s"] {
            assert!(read(text).unwrap_err().contains("expected a span"), "{text}");
        }
        let endless = "9".repeat(400) + "s";
        assert_eq!(read(&endless), Ok(Duration::from_millis(u64::MAX)));
    }

    #[test]
    fn spans_are_told_in_the_largest_unit_that_keeps_them_whole() {
        let told = |text: &str| words(read(text).unwrap());
        for (text, expected) in [
            ("21d", "3 weeks"),
            ("1d", "1 day"),
            ("1h", "1 hour"),
            ("90m", "90 min"),
            ("90s", "90 s"),
            ("40ms", "40 ms"),
            ("0", "no time"),
            ("1500ms", "1.5 s"),
        ] {
            assert_eq!(told(text), expected);
        }
    }
}
