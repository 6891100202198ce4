//! `run.json`: what a run's folder is, before any cell.

use std::collections::BTreeSet;
use std::path::Path;
use std::{fs, io};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use syncbench_strategies::document::Digest;
use syncbench_strategies::names::short;

use super::environment::Environment;
use super::error::{ResultsError, io as at};
use super::facts::Facts;
use super::{SCHEMA, identity};

/// The header's file in a run's folder.
pub(super) const RUN: &str = "run.json";
/// The file of cells.
pub(super) const CELLS: &str = "cells.jsonl";
/// The file of series.
pub(super) const SERIES: &str = "series.bin";

/// Which plan a run belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanMark {
    /// Of the ids of all its cells, in order, whatever the build.
    pub digest: Digest,
    /// How many cells it has, all parts together.
    pub cells: usize,
}

impl PlanMark {
    /// The plan with these cells.
    pub fn of(cells: &[Digest]) -> Self {
        Self { digest: identity::digest(&cells), cells: cells.len() }
    }
}

impl Default for PlanMark {
    fn default() -> Self {
        Self::of(&[])
    }
}

/// The first file of a run's folder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Header {
    /// [`SCHEMA`] of the version that wrote it.
    pub schema: u32,
    /// Where and with what it was measured.
    pub environment: Environment,
    /// See [`Results::other_machines`](super::Results::other_machines).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub other_machines: Vec<Environment>,
    /// See [`Results::scenario`](super::Results::scenario).
    pub scenario: Value,
    /// Which plan it is.
    pub plan: PlanMark,
    /// Which part of the plan it is, such as `2/4`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partition: Option<String>,
    /// How many cells this part of the plan has.
    pub cells_planned: usize,
    /// What strategies and workloads say about themselves.
    #[serde(flatten)]
    pub facts: Facts,
}

impl Header {
    /// Reads the header of a run's folder.
    pub fn read(dir: &Path) -> Result<Self, ResultsError> {
        let path = dir.join(RUN);
        let damaged = |reason: String| ResultsError::Header { path: path.clone(), reason };
        let text = fs::read(&path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound if dir.join(CELLS).exists() => damaged("missing".to_owned()),
            // There is no such folder.
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => at(&path)(error),
            _ => damaged(error.to_string()),
        })?;
        if text.is_empty() {
            return Err(damaged("empty".to_owned()));
        }
        let format = |error: serde_json::Error| match error.is_eof() {
            true => damaged(format!("cut off in line {}", error.line())),
            false => damaged(format!("damaged: {}", short(&error.to_string(), 600))),
        };
        let value: Value = serde_json::from_slice(&text).map_err(format)?;
        let refuse = |found: String| Err(ResultsError::Schema { path: path.clone(), found });
        match value["schema"].as_u64() {
            Some(schema) if schema == u64::from(SCHEMA) => {}
            Some(schema) => return refuse(format!("schema {schema}")),
            None => return refuse("no schema".to_owned()),
        }
        if value.get("plan").is_none() {
            return refuse(format!("schema {SCHEMA} in an earlier form"));
        }
        serde_json::from_value(value).map_err(format)
    }

    /// Its text in a file.
    pub(super) fn text(&self) -> serde_json::Result<String> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }
}

/// The key at which two scenarios first differ, and what each says there.
pub fn first_difference(key: &str, one: &Value, other: &Value) -> Option<(String, Value, Value)> {
    match (one, other) {
        (Value::Object(fields), Value::Object(others)) => {
            let keys: BTreeSet<_> = fields.keys().chain(others.keys()).collect();
            keys.into_iter().find_map(|key| first_difference(key, &one[key], &other[key]))
        }
        (Value::Array(parts), Value::Array(others))
            if parts.len() == others.len() && parts.iter().all(Value::is_object) =>
        {
            parts.iter().zip(others).find_map(|(one, other)| first_difference(key, one, other))
        }
        _ => (one != other).then(|| (key.to_owned(), one.clone(), other.clone())),
    }
}

/// The same, with what each says in a few words.
pub(super) fn difference_in_words(one: &Value, other: &Value) -> Option<(String, String, String)> {
    let (key, one, other) = first_difference("scenario", one, other)?;
    // What both lists begin with says nothing.
    let (one, other) = match (one, other) {
        (Value::Array(one), Value::Array(other)) => {
            let shared = one.iter().zip(&other).take_while(|(one, other)| one == other).count();
            let rest = |items: &[Value]| Value::Array(items[shared..].to_vec());
            (rest(&one), rest(&other))
        }
        different => different,
    };
    Some((key, in_words(&one), in_words(&other)))
}

/// A value in a few words: of long lists the beginning, of scenarios their names.
fn in_words(value: &Value) -> String {
    const MOST: usize = 3;
    match value {
        Value::Null => "not given".to_owned(),
        Value::String(text) => format!("`{text}`"),
        Value::Array(items) if items.is_empty() => "nothing more".to_owned(),
        Value::Array(items) => {
            let first: Vec<_> = items.iter().take(MOST).map(in_words).collect();
            let more = match items.len().saturating_sub(MOST) {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            format!("{}{more}", first.join(", "))
        }
        Value::Object(fields) => fields.get("name").map_or_else(|| "a table".to_owned(), in_words),
        other => other.to_string(),
    }
}
