//! The one grammar for choosing strategies, workloads, networks and faults: `name`, `name:value`,
//! `name:key=value,key=value`, and `name:...@start..end` for what has a time window.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use thiserror::Error;

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
#[error("`{written}`: {expected}")]
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

/// Reads a span: a number with `ns`, `us`, `ms`, `s` or `m`, or a bare `0`.
pub fn parse_span(written: &str) -> Result<Duration, SelectorError> {
    let fail = || SelectorError::new(written, "expected a span such as 250us, 40ms, 1.5s or 2m");
    if written == "0" {
        return Ok(Duration::ZERO);
    }
    let unit_at = written.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or_else(fail)?;
    let (number, unit) = written.split_at(unit_at);
    let ns = match unit {
        "ns" => 1.0,
        "us" | "µs" => 1e3,
        "ms" => 1e6,
        "s" => 1e9,
        "m" | "min" => 60e9,
        _ => return Err(fail()),
    };
    let value: f64 = number.parse().map_err(|_| fail())?;
    // A day is far beyond any run, and far below where nanoseconds overflow.
    if value * ns > 86_400e9 {
        return Err(SelectorError::new(written, "expected a span of at most a day"));
    }
    Ok(Duration::from_nanos((value * ns).round() as u64))
}

/// Writes a span in the largest unit that keeps it whole.
pub fn format_span(span: Duration) -> String {
    let ns = span.as_nanos();
    match ns {
        0 => "0".into(),
        _ if ns.is_multiple_of(1_000_000_000) => format!("{}s", ns / 1_000_000_000),
        _ if ns.is_multiple_of(1_000_000) => format!("{}ms", ns / 1_000_000),
        _ if ns.is_multiple_of(1_000) => format!("{}us", ns / 1_000),
        _ => format!("{ns}ns"),
    }
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
    fn a_selector_reads_back_as_it_was_written() {
        for text in
            ["serial", "constant:40ms", "crdt:window=50ms,sync=protocol", "partition:halves@2s..5s", "late:3@1500ms.."]
        {
            assert_eq!(text.parse::<Selector>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn malformed_selectors_and_spans_are_errors() {
        for text in ["", ":x", "a:=1", "a:k=", "a:k=1,k=2", "a@x..", "a@5s..2s", "a@1parsec"] {
            assert!(text.parse::<Selector>().is_err(), "{text}");
        }
        assert_eq!(parse_span("1.5s").unwrap(), Duration::from_millis(1500));
        assert!(parse_span("1e9s").is_err() && parse_span("12").is_err() && parse_span("99999999m").is_err());
    }
}
