//! Scenarios as people write them in TOML: a value where a list is meant, `1k` for a number, `2m` for a span, a table for a
//! name with its parameters. [`read`] turns that into the one form that [`Scenario`] has, or says in which line it fails.

mod selectors;

use std::ops::Range;

use serde::de::Deserialize;
use syncbench_strategies::names;
use syncbench_strategies::numbers::{parse_count, parse_number};
use syncbench_strategies::params::parse_share;
use syncbench_strategies::selector::{parse_span, split};
use thiserror::Error;
use toml::de::{DeTable, DeValue};
use toml::{Spanned, Table, Value};

use super::Scenario;
use super::error::ScenarioError;

/// What is wrong with a file, in a line.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{}{reason}", line.map_or(String::new(), |line| format!("line {line}: ")))]
pub struct TomlError {
    /// The line, from 1, where it is known.
    pub line: Option<usize>,
    /// What is wrong there, and what was expected.
    pub reason: String,
}

impl TomlError {
    /// An error that belongs to no line.
    pub(super) fn somewhere(reason: impl ToString) -> Self {
        Self { line: None, reason: names::short(reason.to_string().trim_end(), 1_500).replace('\n', " ") }
    }

    fn at(text: &str, span: &Range<usize>, reason: impl ToString) -> Self {
        Self { line: line(text, span.start), ..Self::somewhere(reason) }
    }
}

/// How the value of a key may be written.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    /// Names with parameters, of which several may stand in one text.
    Names,
    /// Networks: as names, or tables with numbers of one's own.
    Networks,
    /// Faults: one in each text.
    Faults,
    Seeds,
    Sizes,
    Count,
    Number,
    Share,
    /// A number, or a span that is so many of these seconds.
    Span(f64),
    Text,
}

/// Every key of a scenario, the flag that sets it, which is read as a key too, and how its value may be written.
const KEYS: [(&str, &str, Kind); 18] = [
    ("name", "name", Kind::Text),
    ("strategies", "strategy", Kind::Names),
    ("workloads", "workload", Kind::Names),
    ("trace", "trace", Kind::Text),
    ("times", "times", Kind::Text),
    ("units", "units", Kind::Text),
    ("trace_clients", "trace-clients", Kind::Count),
    ("networks", "network", Kind::Networks),
    ("faults", "fault", Kind::Faults),
    ("transport", "transport", Kind::Text),
    ("clients", "clients", Kind::Count),
    ("ops", "ops", Kind::Count),
    ("rate_per_s", "rate", Kind::Number),
    ("pace", "pace", Kind::Text),
    ("undo", "undo", Kind::Share),
    ("sizes", "size", Kind::Sizes),
    ("seeds", "seed", Kind::Seeds),
    ("engine", "engine", Kind::Text),
];
/// Those whose value is a span.
const SPANS: [(&str, &str, Kind); 2] =
    [("sample_ms", "sample", Kind::Span(1e3)), ("budget_s", "budget", Kind::Span(1.0))];

fn keys() -> impl Iterator<Item = &'static (&'static str, &'static str, Kind)> {
    KEYS.iter().chain(&SPANS)
}

/// The names of all keys.
pub fn key_names() -> impl Iterator<Item = &'static str> {
    keys().map(|(key, ..)| *key)
}

/// A value with its place in the text.
type Placed<'a> = Spanned<DeValue<'a>>;

/// Reads a file into the keys and values that a [`Scenario`] has.
pub(super) fn read(text: &str) -> Result<Table, TomlError> {
    let parsed = parse(text)?;
    let mut table = Table::new();
    for (written, value) in parsed.get_ref() {
        let wrong = |reason: String| TomlError::at(text, &written.span(), reason);
        let name = written.get_ref().as_ref();
        let Some((key, _, kind)) = keys().find(|(key, flag, _)| *key == name || *flag == name) else {
            let meant = names::did_you_mean(name, key_names().map(|key| (key, "")));
            let meant = meant.map_or(String::new(), |meant| meant + " ");
            let expected = key_names().collect::<Vec<_>>().join(", ");
            return Err(wrong(format!("unknown key `{name}`: {meant}expected one of {expected}")));
        };
        let value =
            converted(*kind, value).map_err(|(span, reason)| TomlError::at(text, &span, format!("{key}: {reason}")))?;
        let alone = Table::from_iter([((*key).to_owned(), value)]);
        Scenario::deserialize(alone.clone())
            .map_err(|error| wrong(format!("{key}: {}", meant(&error, parsed_text(&alone)))))?;
        if table.contains_key(*key) {
            return Err(wrong(format!("`{name}`: `{key}` is given twice")));
        }
        table.extend(alone);
    }
    Ok(table)
}

/// The line of the file in which stands what an error of a plan is about.
pub fn line_of(text: &str, error: &ScenarioError) -> Option<usize> {
    let (field, written) = match error {
        ScenarioError::Selector { field, error } => (*field, error.written.as_str()),
        ScenarioError::Value { field, written, .. } => (*field, written.as_str()),
        ScenarioError::Trace(_) => ("trace", ""),
    };
    let parsed = parse(text).ok()?;
    let is = |name: &str, key: &str, flag: &str| (name == key || name == flag) && (field == key || field == flag);
    let found = |name: &str| keys().find(|(key, flag, _)| is(name, key, flag));
    let (key, value, kind) = parsed.get_ref().iter().find_map(|(key, value)| {
        let (.., kind) = found(key.get_ref())?;
        Some((key, value, *kind))
    })?;
    let exact = texts(kind, value).ok().and_then(|texts| {
        let says = |(said, _): &&(String, Range<usize>)| same(said, written);
        texts.iter().find(says).map(|(_, span)| span.clone())
    });
    line(text, exact.unwrap_or(key.span()).start)
}

/// Whether both are one selector: an error writes it with its parameters in order.
fn same(one: &str, other: &str) -> bool {
    let read = |text: &str| text.parse::<syncbench_strategies::selector::Selector>().ok();
    one == other || read(one).is_some_and(|one| Some(one) == read(other))
}

fn parse(text: &str) -> Result<Spanned<DeTable<'_>>, TomlError> {
    DeTable::parse(text).map_err(|error| match error.span() {
        Some(span) => TomlError::at(text, &span, error.message()),
        None => TomlError::somewhere(error.message()),
    })
}

fn line(text: &str, at: usize) -> Option<usize> {
    text.get(..at).map(|before| 1 + before.matches('\n').count())
}

/// What is wrong with a part of a value, and where that stands.
type Wrong = (Range<usize>, String);

/// A value in the form that [`Scenario`] has.
fn converted(kind: Kind, value: &Placed<'_>) -> Result<Value, Wrong> {
    let fail = |expected: &str| (value.span(), format!("expected {expected}, not {}", shown(value.get_ref())));
    let one = || plain(value.get_ref());
    let float = |number: Option<f64>, expected| number.map(Value::Float).ok_or_else(|| fail(expected));
    match kind {
        Kind::Names | Kind::Networks | Kind::Faults | Kind::Seeds => {
            Ok(Value::Array(texts(kind, value)?.into_iter().map(|(text, _)| Value::String(text)).collect()))
        }
        Kind::Sizes => {
            let size = |(text, span): (String, Range<usize>)| match whole(&text) {
                Some(size) => Ok(size),
                None => Err((span, format!("expected whole numbers such as 100 or 1k, not `{text}`"))),
            };
            Ok(Value::Array(texts(kind, value)?.into_iter().map(size).collect::<Result<_, _>>()?))
        }
        Kind::Count => one().and_then(|text| whole(&text)).ok_or_else(|| fail("a whole number such as 400 or 1k")),
        Kind::Number => float(one().and_then(|text| parse_number(&text)), "a number such as 20 or 1.5k"),
        Kind::Share => float(one().and_then(|text| parse_share(&text)), "a share such as 0.1 or 10%"),
        Kind::Span(per_s) => {
            let read = |text: String| {
                let span = || parse_span(&text).ok().map(|span| span.as_secs_f64() * per_s);
                parse_number(&text).or_else(span)
            };
            float(one().and_then(read), "a number, or a span such as 250ms, 1.5s or 2m")
        }
        Kind::Text => match value.get_ref() {
            DeValue::Table(table) => selectors::of_table(table, value.span()).map(Value::String),
            other => plain(other).map(Value::String).ok_or_else(|| fail("a text")),
        },
    }
}

fn whole(text: &str) -> Option<Value> {
    parse_count(text).and_then(|count| i64::try_from(count).ok()).map(Value::Integer)
}

/// The texts of a list, or of the one value that stands for it, each with its place.
fn texts(kind: Kind, value: &Placed<'_>) -> Result<Vec<(String, Range<usize>)>, Wrong> {
    let items = match value.get_ref() {
        DeValue::Array(items) => items.iter().collect(),
        _ => vec![value],
    };
    let mut texts = Vec::new();
    for item in items {
        let read = match (kind, item.get_ref()) {
            (Kind::Networks, DeValue::Table(table)) => vec![selectors::network(table, item.span())?],
            (Kind::Names | Kind::Faults, DeValue::Table(table)) => vec![selectors::of_table(table, item.span())?],
            (Kind::Names | Kind::Networks, DeValue::String(text)) => split([text.as_ref()]),
            (_, other) => plain(other).map(|text| vec![text]).unwrap_or_default(),
        };
        if read.is_empty() {
            return Err((item.span(), format!("expected a text, not {}", shown(item.get_ref()))));
        }
        texts.extend(read.into_iter().map(|text| (text, item.span())));
    }
    Ok(texts)
}

/// A text, a number or a yes or no, as text.
fn plain(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Integer(number) if number.radix() == 10 => Some(number.as_str().to_owned()),
        DeValue::Integer(number) => {
            i64::from_str_radix(number.as_str(), number.radix()).ok().map(|number| number.to_string())
        }
        DeValue::Float(number) => Some(number.as_str().to_owned()),
        DeValue::Boolean(yes) => Some(yes.to_string()),
        _ => None,
    }
}

fn shown(value: &DeValue<'_>) -> String {
    match value {
        DeValue::Array(_) => "a list".to_owned(),
        DeValue::Table(_) => "a table".to_owned(),
        other => plain(other).map_or("a date".to_owned(), |text| format!("`{text}`")),
    }
}

fn parsed_text(alone: &Table) -> &str {
    alone.values().next().and_then(Value::as_str).unwrap_or_default()
}

/// What serde says of a word that it does not know, with the word that was meant.
fn meant(error: &toml::de::Error, written: &str) -> String {
    let said = error.message();
    let expected = said.split_once("expected").map_or("", |(_, expected)| expected);
    let words = expected.split('`').skip(1).step_by(2).map(|word| (word, ""));
    match names::did_you_mean(written, words) {
        Some(meant) if !said.contains(&meant) => format!("{said}; {meant}"),
        _ => said.to_owned(),
    }
}

#[cfg(test)]
mod tests;
