//! Measuring one cell: the run, its figures, the oracles, and whether claims were kept.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use syncbench_strategies::document::Document;
use syncbench_strategies::replica::OpId;
use syncbench_strategies::selector::SelectorError;

use super::claims::{Objection, claims_kept};
use super::reference::Reference;
use super::{Planned, blank, throughput};
use crate::engines;
use crate::engines::saturation::Search;
use crate::finding::Finding;
use crate::metrics;
use crate::oracles::serial_order::SerialOrder;
use crate::oracles::{NO_SUSTAINABLE_RATE, generic, undeclared};
use crate::probe::{End, Figures, Probe};
use crate::probes;
use crate::results::{Cell, Outcome, Series};
use crate::run_result::RunResult;
use crate::settings::Engine;
use crate::task::Task;
use crate::workload::History;

/// Runs a task under these probes and asks them what they measured. The run is not judged.
pub fn observe(task: &Task<'_>, mut probes: Vec<Box<dyn Probe>>) -> (RunResult, Figures) {
    let ran = engines::run(task, &mut probes);
    let figures = figures(task, &ran, &mut probes, None);
    (ran, figures)
}

fn figures(task: &Task<'_>, ran: &RunResult, probes: &mut [Box<dyn Probe>], lost: Option<&BTreeSet<OpId>>) -> Figures {
    let mut figures = Figures::default();
    let end = End {
        at: ran.ended_at,
        quiescing_since: ran.quiescing_since,
        ledger: &ran.ledger,
        sampled: task.sample_every.is_some(),
        stored_bytes: ran.stored_bytes,
        ephemeral: task.strategy.guarantees().ephemeral,
        lost,
    };
    probes.iter_mut().for_each(|probe| probe.finish(&end, &mut figures));
    figures
}

/// A judged run.
pub struct Examined {
    /// Its figures and findings.
    pub cell: Cell,
    /// What contradicts the strategy's claims, by oracle.
    pub objections: Vec<Objection>,
    /// The run itself.
    pub ran: RunResult,
}

/// Runs and judges one cell for its findings, without the figures that depend on the machine's speed.
pub(super) fn find(planned: &Planned) -> Result<Cell, SelectorError> {
    let task = planned.task(&planned.strategy)?;
    if task.engine == Engine::Throughput {
        return Ok(throughput::measure(planned, &task));
    }
    let mut probes = probes::all();
    let ran = engines::run(&task, &mut probes);
    Ok(judge(planned, &task, ran, &mut probes, None).cell)
}

/// Runs and judges one cell.
pub(super) fn measure(planned: &Planned) -> Result<Cell, SelectorError> {
    let task = planned.task(&planned.strategy)?;
    if task.engine == Engine::Throughput {
        return Ok(throughput::measure(planned, &task));
    }
    let mut cell = examine(planned, &task).cell;
    if task.engine == Engine::Threads {
        saturate(&task, &mut cell);
    }
    Ok(cell)
}

/// Runs and judges a task that was made from `planned`.
pub fn examine(planned: &Planned, task: &Task<'_>) -> Examined {
    let mut probes = probes::all();
    let reference = Reference::begin();
    let ran = engines::run(task, &mut probes);
    let reference_us = reference.end();
    judge(planned, task, ran, &mut probes, Some(reference_us))
}

fn judge(
    planned: &Planned,
    task: &Task<'_>,
    ran: RunResult,
    probes: &mut [Box<dyn Probe>],
    reference_us: Option<f64>,
) -> Examined {
    let last = ran.last().clone();
    let (mut findings, order) = generic::judge(task, &ran);
    let lost_ops = findings.iter_mut().flat_map(|finding| std::mem::take(&mut finding.ops)).collect();
    let mut figures = figures(task, &ran, probes, Some(&lost_ops));
    figures.number_if(&metrics::REFERENCE_US, reference_us);
    findings.append(&mut figures.notes);
    let undeclared = undeclared(planned.workload.spec, &findings);
    debug_assert!(undeclared.is_none(), "not in the spec of {}: {undeclared:?}", planned.workload.label);
    if order != SerialOrder::NotSearched {
        figures.number(&metrics::SERIAL_ORDER, f64::from(u8::from(order == SerialOrder::Exists)));
    }
    let lost: BTreeMap<String, u64> =
        findings.iter().filter(|finding| finding.lost).map(|finding| (finding.kind.clone(), finding.count)).collect();
    figures.tally(&metrics::LOST_INTENTS, lost);
    if let Some(inexact) = ran.inexact {
        figures.number(&metrics::INEXACT_EDITS, inexact as f64);
    }
    let matches_reference = matches_reference(task, &ran);
    let (claims_kept, objections) = claims_kept(planned, &ran, &figures, order);
    let cell = Cell {
        outcome: Outcome::Measured,
        claims_kept: Some(claims_kept),
        objections: objections.iter().map(|objection| objection.oracle).collect(),
        claims_reasons: objections.iter().map(|objection| objection.said.clone()).collect(),
        converged: Some(ran.converged()),
        digest: Some(last.digest()),
        trace_digest: ran.trace_digest,
        matches_reference,
        metrics: figures.metrics,
        findings,
        coverage: ran.coverage.clone(),
        series: Series { histograms: figures.histograms, curves: figures.curves }.into(),
        ..blank(planned)
    };
    Examined { cell, objections, ran }
}

/// Whether every replica ended as a trace was recorded to; `None` where nothing was recorded, or where nobody can tell.
fn matches_reference(task: &Task<'_>, ran: &RunResult) -> Option<bool> {
    let history = History { genesis: &task.genesis, last: ran.last(), ledger: &ran.ledger };
    let mut states: Vec<&Document> = ran.finals.iter().map(|(_, state)| state).collect();
    states.dedup();
    let matches: Option<Vec<bool>> =
        states.into_iter().map(|state| task.workload.matches_reference(&history, state)).collect();
    matches.map(|matches| matches.into_iter().all(|matches| matches))
}

/// Adds the highest rate that the group sustains.
fn saturate(task: &Task<'_>, cell: &mut Cell) {
    let per_cpu_s = cell.number(&metrics::OPS_PER_CPU_S, "").unwrap_or(0.0);
    let cpu_per_op = Duration::try_from_secs_f64(1.0 / per_cpu_s).unwrap_or(Duration::from_millis(1));
    let search = Search::default();
    let found = search.run(task, cpu_per_op);
    let limit_ms = found.limit.as_secs_f64() * 1e3;
    let mut figures = Figures::default();
    figures.number(&metrics::SATURATION_LIMIT_MS, limit_ms);
    figures.number_if(&metrics::SATURATION_OPS_PER_S, found.ops_per_s);
    cell.metrics.extend(figures.metrics);
    if found.ops_per_s.is_none() {
        let (rate, p99) = found.tried.last().copied().unwrap_or((search.lowest, None));
        let took = p99.map_or("more".to_owned(), |p99| format!("{:.0} ms", p99.as_secs_f64() * 1e3));
        let example = format!("at {rate:.0} operations a second the 99th percentile took {took}, of {limit_ms:.0} ms");
        cell.findings.push(Finding::noted(&NO_SUSTAINABLE_RATE, 1, example));
    }
}
