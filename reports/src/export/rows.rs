//! Cells as rows of the tables.

use std::borrow::Cow;
use std::io;

use serde::Serialize;
use serde_json::Value as Json;
use syncbench_harness::metric::{Form, Metric, MetricSpec, TOTAL};
use syncbench_harness::metrics;
use syncbench_harness::results::{Cell, Environment};

use super::table::{CELLS, FINDINGS, HISTOGRAM, METRICS, Table};

/// A value of a row.
#[derive(Clone, Debug, PartialEq)]
pub enum Value<'a> {
    /// Nothing.
    Absent,
    /// Text.
    Text(Cow<'a, str>),
    /// A number.
    Number(f64),
    /// A whole number.
    Count(u64),
    /// True or false.
    Flag(bool),
}

/// What takes rows.
pub trait Sink {
    /// Takes a row of a table, a value for each of its columns.
    fn row(&mut self, table: &'static Table, values: &[Value<'_>]) -> io::Result<()>;
    /// All rows were taken: finishes what was written.
    fn finish(self: Box<Self>) -> io::Result<()>;
}

/// Hands the rows of a cell to a sink: `run` is the folder that it was read from, `machine` what measured it.
pub fn cell(cell: &Cell, run: &str, machine: &Environment, sink: &mut dyn Sink) -> io::Result<()> {
    let id = cell.id.to_string();
    let id = || Value::Text(Cow::Borrowed(&id));
    sink.row(&CELLS, &conditions(cell, run, machine))?;
    for (name, figure) in &cell.metrics {
        let spec = metrics::find(name);
        let (metric, unit) = (text(name), spec.map_or(Value::Absent, |spec| text(spec.unit)));
        for (stat, value) in figures(figure, spec) {
            sink.row(&METRICS, &[id(), metric.clone(), text(&stat), unit.clone(), Value::Number(value)])?;
        }
    }
    for finding in &cell.findings {
        let (lost, count) = (Value::Flag(finding.lost), Value::Count(finding.count));
        sink.row(&FINDINGS, &[id(), text(&finding.kind), lost, count, text(&finding.example)])?;
    }
    for (metric, histogram) in &cell.series().histograms {
        for (value, count) in histogram {
            sink.row(&HISTOGRAM, &[id(), text(metric), Value::Count(*value), Value::Count(*count)])?;
        }
    }
    Ok(())
}

/// The single values of a figure, by stat.
fn figures(figure: &Metric, spec: Option<&'static MetricSpec>) -> Vec<(String, f64)> {
    let fields = spec.map_or(&[][..], MetricSpec::fields);
    match figure {
        Metric::Absent => Vec::new(),
        Metric::Number(value) => vec![("value".to_owned(), *value)],
        Metric::Quantiles(_) => {
            let field = |field: &&str| Some(((*field).to_owned(), figure.get(field)?));
            fields.iter().filter_map(field).collect()
        }
        Metric::Counts(counts) => {
            let named = counts.iter().map(|(name, count)| (name.to_string(), *count as f64));
            // Names that only the run knows may be none: their sum says so.
            let total = spec.is_some_and(|spec| spec.form == Form::Tally).then(|| figure.get(TOTAL)).flatten();
            named.chain(total.map(|total| (TOTAL.to_owned(), total))).collect()
        }
        Metric::Numbers(numbers) => numbers.iter().map(|(name, value)| (name.to_string(), *value)).collect(),
    }
}

fn conditions<'a>(cell: &'a Cell, run: &'a str, machine: &'a Environment) -> Vec<Value<'a>> {
    let maybe = |value: Option<&'a str>| value.map_or(Value::Absent, text);
    let owned = |value: String| Value::Text(Cow::Owned(value));
    let digest = |digest: Option<syncbench_strategies::document::Digest>| {
        digest.map_or(Value::Absent, |digest| owned(digest.to_string()))
    };
    let flag = |value: Option<bool>| value.map_or(Value::Absent, Value::Flag);
    let trace = cell.trace.as_ref().map(|trace| trace.path.display().to_string());
    vec![
        owned(cell.id.to_string()),
        text(run),
        text(&cell.part),
        text(&cell.strategy),
        text(&cell.family),
        // An object of texts: JSON has it.
        owned(serde_json::to_string(&*cell.params).unwrap_or_default()),
        maybe(cell.library.as_deref()),
        word(&cell.topology),
        Value::Number(cell.window_ms),
        text(&cell.workload),
        trace.map_or(Value::Absent, owned),
        text(&cell.network),
        owned(cell.faults.join(" ")),
        owned(cell.transport.to_string()),
        text(cell.engine.name()),
        Value::Count(cell.clients.into()),
        Value::Count(cell.ops),
        Value::Number(cell.rate_per_s),
        owned(cell.pace.to_string()),
        Value::Number(cell.undo),
        Value::Count(cell.size),
        Value::Count(cell.seed),
        cell.sample_every.map_or(Value::Absent, |every| Value::Number(every.as_secs_f64() * 1e3)),
        Value::Number(cell.budget.as_secs_f64()),
        word(&cell.outcome),
        maybe(cell.reason.as_deref()),
        cell.claims_kept.map_or(Value::Absent, |kept| word(&kept)),
        owned(cell.claims_reasons.join("; ")),
        flag(cell.converged),
        flag(cell.matches_reference),
        digest(cell.digest),
        digest(cell.trace_digest),
        text(&cell.replay),
        owned(cell.build.to_string()),
        text(&machine.version),
        text(&machine.commit),
        text(&machine.profile),
        text(&machine.cpu),
        Value::Count(machine.cores as u64),
        text(&machine.os),
        text(&machine.started_at),
    ]
}

fn text(value: &str) -> Value<'_> {
    Value::Text(Cow::Borrowed(value))
}

/// The word that JSON has for a value of an enumeration.
fn word<'a>(value: &impl Serialize) -> Value<'a> {
    match serde_json::to_value(value) {
        Ok(Json::String(word)) => Value::Text(Cow::Owned(word)),
        _ => Value::Absent,
    }
}
