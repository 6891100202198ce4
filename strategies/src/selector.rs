//! The one grammar for choosing strategies, workloads, networks and faults: `name`, `name:value`,
//! `name:key=value,key=value`, and `name:...@start..end` for what has a time window.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use thiserror::Error;

use crate::names::short;
use crate::time::Time;

/// A name with its parameters, as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selector {
    /// What is chosen.
    pub name: String,
    /// Values without a key, in order.
    pub values: Vec<String>,
    /// Values by key.
    pub named: BTreeMap<String, String>,
    /// From when to when, for faults.
    pub window: Option<(Time, Option<Time>)>,
}

/// What is wrong with a selector: the text, and what was expected instead.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("`{}`: {}", short(written, 300), short(expected, 1_500))]
pub struct SelectorError {
    /// The text as it was written.
    pub written: String,
    /// What was expected instead.
    pub expected: String,
}

impl SelectorError {
    /// An error about `written`.
    pub fn new(written: impl Into<String>, expected: impl Into<String>) -> Self {
        Self { written: written.into(), expected: expected.into() }
    }
}

impl FromStr for Selector {
    type Err = SelectorError;

    fn from_str(written: &str) -> Result<Self, SelectorError> {
        let fail = |expected: &str| SelectorError::new(written, expected);
        let (head, window) = match written.split_once('@') {
            Some((head, window)) => (head, Some(parse_window(written, window)?)),
            None => (written, None),
        };
        let (name, rest) = head.split_once(':').unwrap_or((head, ""));
        if name.is_empty() {
            return Err(fail("a name comes first"));
        }
        let (mut values, mut named) = (Vec::new(), BTreeMap::new());
        for part in rest.split(',').filter(|part| !part.is_empty()) {
            match part.split_once('=') {
                Some((key, value)) if !key.is_empty() && !value.is_empty() => {
                    if named.insert(key.to_owned(), value.to_owned()).is_some() {
                        return Err(fail(&format!("`{key}` is given twice")));
                    }
                }
                Some(_) => return Err(fail("parameters are written key=value")),
                None => values.push(part.to_owned()),
            }
        }
        Ok(Self { name: name.to_owned(), values, named, window })
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        let named = self.named.iter().map(|(key, value)| format!("{key}={value}"));
        for (index, part) in self.values.iter().cloned().chain(named).enumerate() {
            write!(f, "{}{part}", if index == 0 { ':' } else { ',' })?;
        }
        if let Some((start, end)) = self.window {
            write!(f, "@{}..", format_span(start.since(Time::ZERO)))?;
            if let Some(end) = end {
                f.write_str(&format_span(end.since(Time::ZERO)))?;
            }
        }
        Ok(())
    }
}

/// Splits lists at commas, except between the parameters of one name: `a,b:x=1,y=2,c` is three names.
pub fn split<'a>(written: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for part in written.into_iter().flat_map(|list| list.split(',')) {
        let parameter = part.contains('=') && !part.split('=').next().is_some_and(|head| head.contains(':'));
        match names.last_mut() {
            Some(last) if parameter && last.contains(':') => *last += &format!(",{part}"),
            _ => names.push(part.trim().to_owned()),
        }
    }
    names
}

/// The longest span: far beyond any run, and far below where nanoseconds overflow.
const LONGEST_DAYS: u64 = 3_650;

const NS_PER_DAY: u64 = 86_400_000_000_000;

/// Units of spans with their nanoseconds, from the smallest; several names of one unit stand together, the shown one first.
const UNITS: [(&str, u64); 9] = [
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("min", 60_000_000_000),
    ("h", 3_600_000_000_000),
    ("d", NS_PER_DAY),
];

/// Reads a span: a number with `ns`, `us`, `ms`, `s`, `m`, `h` or `d`, or a bare `0`. At most ten years.
pub fn parse_span(written: &str) -> Result<Duration, SelectorError> {
    let fail = || SelectorError::new(written, "expected a span such as 250us, 40ms, 1.5s, 2m, 48h or 2d");
    if written == "0" {
        return Ok(Duration::ZERO);
    }
    let unit_at = written.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or_else(fail)?;
    let (number, unit) = written.split_at(unit_at);
    let (_, ns) = UNITS.iter().find(|(name, _)| *name == unit).ok_or_else(fail)?;
    let value: f64 = number.parse().map_err(|_| fail())?;
    let ns = value * *ns as f64;
    if ns > (LONGEST_DAYS * NS_PER_DAY) as f64 {
        return Err(SelectorError::new(written, format!("expected a span of at most {LONGEST_DAYS}d")));
    }
    Ok(Duration::from_nanos(ns.round() as u64))
}

/// Writes a span in the largest unit that keeps it whole; minutes only from an hour on, so that `120s` stays as it is.
pub fn format_span(span: Duration) -> String {
    let ns = u64::try_from(span.as_nanos()).unwrap_or(u64::MAX);
    if ns == 0 {
        return "0".into();
    }
    let hour = NS_PER_DAY / 24;
    let fits = |(name, unit): &&(&str, u64)| ns.is_multiple_of(*unit) && (*name != "m" || ns >= hour);
    let shown = |(name, _): &&(&str, u64)| !matches!(*name, "µs" | "min");
    // A nanosecond keeps every span whole.
    let (name, unit) = UNITS.iter().rev().filter(shown).find(fits).unwrap_or(&UNITS[0]);
    format!("{}{name}", ns / unit)
}

fn parse_window(written: &str, window: &str) -> Result<(Time, Option<Time>), SelectorError> {
    let at = |text: &str| {
        parse_span(text).map(|span| Time::ZERO + span).map_err(|error| SelectorError::new(written, error.expected))
    };
    let Some((start, end)) = window.split_once("..") else { return Ok((at(window)?, None)) };
    let (start, end) = (at(start)?, if end.is_empty() { None } else { Some(at(end)?) });
    if end.is_some_and(|end| end <= start) {
        return Err(SelectorError::new(written, "expected the window's end after its start"));
    }
    Ok((start, end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_about_a_long_text_is_short() {
        let error = SelectorError::new("é".repeat(1_000_000), "a".repeat(1_000_000)).to_string();
        assert!(error.starts_with("`éé") && error.ends_with("aa"), "{error}");
        assert_eq!(error.chars().count(), 300 + 1_500 + 2 * " ... ".len() + "``: ".len());
    }

    #[test]
    fn a_selector_reads_back_as_it_was_written() {
        for text in [
            "serial",
            "constant:40ms",
            "crdt:sync=protocol,window=50ms",
            "partition:halves@2s..5s",
            "late:3@1500ms..",
            "skew:48h,client=2@2s..",
        ] {
            assert_eq!(text.parse::<Selector>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn commas_separate_names_and_parameters() {
        let split = |text: &str| split([text]);
        assert_eq!(split("serial, lww-document"), ["serial", "lww-document"]);
        assert_eq!(split("crdt:window=50ms,sync=protocol,serial"), ["crdt:window=50ms,sync=protocol", "serial"]);
        assert_eq!(split("serial:history=0,crdt:window=1s"), ["serial:history=0", "crdt:window=1s"]);
        assert_eq!(split("constant:40ms,wifi"), ["constant:40ms", "wifi"]);
    }

    #[test]
    fn malformed_selectors_and_spans_are_errors() {
        for text in ["", ":x", "a:=1", "a:k=", "a:k=1,k=2", "a@x..", "a@5s..2s", "a@1parsec"] {
            assert!(text.parse::<Selector>().is_err(), "{text}");
        }
        assert_eq!(parse_span("1.5s").unwrap(), Duration::from_millis(1500));
        assert!(parse_span("1e9s").is_err() && parse_span("12").is_err() && parse_span("99999999m").is_err());
        assert!(parse_span("3651d").unwrap_err().to_string().contains("at most 3650d"));
    }

    #[test]
    fn a_span_reads_back_in_the_largest_unit_that_keeps_it_whole() {
        for (written, shown) in [
            ("0", "0"),
            ("0s", "0"),
            ("1.5s", "1500ms"),
            ("120s", "120s"),
            ("59m", "3540s"),
            ("60m", "1h"),
            ("90m", "90m"),
            ("1441m", "1441m"),
            ("48h", "2d"),
            ("2d", "2d"),
            ("36h", "36h"),
            ("86401s", "86401s"),
            ("7µs", "7us"),
            ("0.5us", "500ns"),
            ("3650d", "3650d"),
        ] {
            let span = parse_span(written).unwrap();
            assert_eq!((format_span(span).as_str(), parse_span(shown).unwrap()), (shown, span), "{written}");
        }
    }
}
