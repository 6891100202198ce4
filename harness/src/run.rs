//! Running a plan: cells in parallel, each handed out as soon as it is measured. Cells in real time come after the others,
//! one after another, since they would compete for the processor.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rayon::prelude::*;
use syncbench_strategies::document::EditKind;
use syncbench_strategies::spec::{Spec, Support};

use crate::engines::saturation::Search;
use crate::engines::{RunResult, Task, panic_text, sim, threads};
use crate::faults::{self, Faults};
use crate::finding::{Finding, Findings};
use crate::ledger::{Entry, Fate};
use crate::metric::MetricSpec;
use crate::metrics;
use crate::network::Transport;
use crate::oracles::serial_order::{self, SerialOrder};
use crate::oracles::{INVARIANT_BROKEN_ON_SCREEN, NO_SERIAL_ORDER, NO_SUSTAINABLE_RATE, undeclared};
use crate::probe::{End, Figures};
use crate::probes;
use crate::results::{Cell, Outcome, Verdict};
use crate::scenario::{Catalog, Engine, Plan, Planned, Scenario, ScenarioError};
use crate::workload::{History, WorkloadSpec};

/// Runs all cells of a plan on `threads` threads and hands each to `done` when it is finished, in any order.
///
/// Once `stop` is set no further cell is begun; those are handed out as not run.
pub fn run(plan: &Plan, threads: usize, stop: &AtomicBool, done: &(dyn Fn(Cell) + Sync)) {
    let one = |cell: &Planned| {
        if stop.load(Ordering::Relaxed) {
            let mut skipped = blank(cell);
            skipped.outcome = Outcome::NotRun;
            skipped.reason = Some("the run was stopped before".into());
            done(skipped);
        } else {
            done(run_cell(cell));
        }
    };
    let (real, simulated): (Vec<_>, Vec<_>) =
        plan.cells.iter().partition(|cell| cell.condition.scenario.engine == Engine::Threads);
    let work = || simulated.par_iter().with_max_len(1).for_each(|cell| one(cell));
    match rayon::ThreadPoolBuilder::new().num_threads(threads).build() {
        Ok(pool) => pool.install(work),
        // No threads to be had: the caller's own will do.
        Err(_) => work(),
    }
    real.into_iter().for_each(one);
}

/// Runs scenarios with what is in `catalog`, two cells at a time, and gives all results in the order of the plan.
pub fn collect(scenarios: Vec<Scenario>, catalog: &Catalog) -> Result<Vec<Cell>, ScenarioError> {
    let plan = Plan::with(scenarios, catalog)?;
    let cells = Mutex::new(Vec::new());
    run(&plan, 2, &AtomicBool::new(false), &|cell| cells.lock().unwrap_or_else(PoisonError::into_inner).push(cell));
    let mut cells = cells.into_inner().unwrap_or_else(PoisonError::into_inner);
    cells.sort_by_key(|cell| cell.index);
    Ok(cells)
}

/// Runs one cell. A panic inside becomes a failed cell with its message.
pub fn run_cell(planned: &Planned) -> Cell {
    if let Some(reason) = unsupported(planned) {
        let mut cell = blank(planned);
        cell.outcome = Outcome::Unsupported;
        cell.reason = Some(reason);
        return cell;
    }
    match catch_unwind(AssertUnwindSafe(|| measure(planned))) {
        Ok(cell) => cell,
        Err(panic) => {
            let mut cell = blank(planned);
            cell.outcome = Outcome::Failed;
            cell.reason = Some(panic_text(&*panic).to_owned());
            cell
        }
    }
}

/// What of the workload this strategy cannot carry, if anything.
pub(crate) fn lacks(spec: &Spec, workload: &WorkloadSpec) -> Option<String> {
    if let Support::Unsupported(why) = (spec.content)(workload.content) {
        return Some(why.to_owned());
    }
    workload.edits.iter().find_map(|kind| match (spec.support)(*kind) {
        Support::Unsupported(why) => Some(format!("{}: {why}", kind.name())),
        _ => None,
    })
}

/// Why this strategy cannot run this cell, if it cannot.
fn unsupported(planned: &Planned) -> Option<String> {
    let spec = planned.strategy.spec;
    if let Some(reason) = lacks(spec, planned.workload.spec) {
        return Some(reason);
    }
    if planned.condition.scenario.undo > 0.0
        && planned.workload.spec.undo
        && let Support::Unsupported(why) = spec.undo
    {
        return Some(format!("undo: {why}"));
    }
    if planned.condition.scenario.engine == Engine::Threads && planned.workload.workload.schedule().is_some() {
        return Some(
            "a recorded trace is replayed in virtual time only: its authors act by what they have seen".into(),
        );
    }
    let claims = planned.strategy.guarantees();
    if let Transport::Datagram { loss, duplicate } = planned.condition.transport {
        let needs = [
            (true, claims.tolerates_reordering, "reordering"),
            (loss > 0.0 || planned.profile.loss > 0.0, claims.tolerates_loss, "loss"),
            (duplicate > 0.0, claims.tolerates_duplicates, "duplicates"),
        ];
        for (needed, claimed, what) in needs {
            if needed && !claimed {
                return Some(format!("datagrams bring {what}, which it does not claim to tolerate"));
            }
        }
    }
    None
}

fn measure(planned: &Planned) -> Cell {
    let scenario = &planned.condition.scenario;
    let workload = &*planned.workload.workload;
    let genesis = workload.genesis(planned.size);
    let faults: Faults = scenario
        .faults
        .iter()
        // The plan was made from faults that parse.
        .map(|written| faults::configure(&written.parse().expect("checked"), scenario.clients).expect("checked"))
        .collect();
    let task = Task {
        strategy: &planned.strategy,
        workload,
        model: workload.model(),
        genesis_bytes: planned.strategy.strategy.genesis(&genesis).into(),
        genesis: &genesis,
        clients: scenario.clients,
        ops: scenario.ops,
        rate_per_s: scenario.rate_per_s,
        pace: scenario.pace,
        undo: if planned.workload.spec.undo { scenario.undo } else { 0.0 },
        profile: planned.profile,
        transport: planned.condition.transport,
        faults,
        seed: planned.seed,
        sample_every: planned.sample_every,
        budget: Duration::from_secs_f64(scenario.budget_s),
        blind: false,
    };
    let mut probes = probes::all();
    let ran = match scenario.engine {
        Engine::Sim => sim::run(&task, &mut probes),
        Engine::Threads => threads::run(&task, &mut probes),
    };
    let mut figures = Figures::default();
    let end = End { at: ran.ended_at, calm_since: ran.calm_since, ledger: &ran.ledger, stored_bytes: ran.stored_bytes };
    for probe in &mut probes {
        probe.finish(&end, &mut figures);
    }
    let mut cell = judge(planned, &task, ran, figures);
    if scenario.engine == Engine::Threads {
        saturate(&task, &mut cell);
    }
    cell
}

/// Adds how much the group stands.
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
        let mut findings = Findings::default();
        findings.add(&NO_SUSTAINABLE_RATE, example);
        cell.findings.extend(findings.done());
    }
}

/// Asks every oracle: what went wrong, by name, and whether some serial order explains the run.
pub(crate) fn oracles(task: &Task<'_>, ran: &RunResult) -> (Vec<Finding>, SerialOrder) {
    let last = ran.last();
    let mut generic = Findings::default();
    let order = serial_order::search(&*task.model, task.genesis, last, &ran.ledger);
    if order == SerialOrder::None {
        generic.add(&NO_SERIAL_ORDER, "no order of these operations gives this state and what the users were told");
    }
    let (broken, example) = ran.ledger.broken_states();
    generic.count(&INVARIANT_BROKEN_ON_SCREEN, broken, example);
    let mut findings = task.workload.judge(&History { genesis: task.genesis, last, ledger: &ran.ledger });
    findings.extend(generic.done());
    (findings, order)
}

fn judge(planned: &Planned, task: &Task<'_>, ran: RunResult, mut figures: Figures) -> Cell {
    let last = ran.last().clone();
    let (findings, order) = oracles(task, &ran);
    let unlisted = undeclared(planned.workload.spec, &findings);
    debug_assert!(unlisted.is_none(), "a finding that is not in the spec of {}: {unlisted:?}", planned.workload.label);
    if order != SerialOrder::NotSearched {
        figures.number(&metrics::SERIAL_ORDER, f64::from(u8::from(order == SerialOrder::Exists)));
    }
    let lost: BTreeMap<String, u64> =
        findings.iter().filter(|finding| finding.lost).map(|finding| (finding.kind.clone(), finding.count)).collect();
    figures.tally(&metrics::LOST_INTENTS, lost);
    if let Some(inexact) = ran.inexact {
        figures.number(&metrics::INEXACT_EDITS, inexact as f64);
    }
    let matches_reference =
        task.workload.reference().map(|reference| ran.finals.iter().all(|(_, state)| *state == reference));
    let (verdict, verdict_reasons) = verdict(planned, &ran, &figures, order);
    Cell {
        outcome: Outcome::Measured,
        verdict: Some(verdict),
        verdict_reasons,
        converged: Some(ran.converged()),
        digest: Some(last.digest()),
        trace_digest: ran.trace_digest,
        matches_reference,
        metrics: figures.metrics,
        findings,
        histograms: figures.histograms,
        curves: figures.curves,
        coverage: ran.coverage,
        ..blank(planned)
    }
}

/// Holds the run against the strategy's claims.
fn verdict(planned: &Planned, ran: &RunResult, figures: &Figures, order: SerialOrder) -> (Verdict, Vec<String>) {
    let claims = planned.strategy.guarantees();
    let number = |metric: &MetricSpec| figures.get(metric, "").unwrap_or(0.0);
    // Whoever is gone cannot be told.
    let asks = |entry: &&Entry| entry.fate == Fate::Unknown && !ran.ledger.gone(entry.id.client);
    let unanswered = ran.ledger.entries().filter(asks).count();
    // Where the time was up before everything was told, slow and stuck look alike.
    let quiet = ran.messages_in_flight == 0;
    let apart = claims.converges && !ran.converged();
    let cut_off = !quiet && (unanswered > 0 || apart);
    let broken = [
        (quiet && apart, "claims convergence, and replicas ended in different states".to_owned()),
        (
            // What goes when its author falls silent goes without an operation, here sooner and there later.
            claims.converges && !claims.ephemeral && number(&metrics::SEC_VIOLATIONS) > 0.0,
            format!("replicas with the same operations differed at {} moments", number(&metrics::SEC_VIOLATIONS)),
        ),
        (
            claims.serializable && order == SerialOrder::None,
            "claims serializability, and no serial order exists".to_owned(),
        ),
        (
            claims.serializable && ran.ledger.broken_states().0 > 0,
            "claims serializability, and users saw a state that the product does not allow".to_owned(),
        ),
        (
            number(&metrics::PROTOCOL_ERRORS) > 0.0,
            format!("{} protocol errors between honest replicas", number(&metrics::PROTOCOL_ERRORS)),
        ),
        (quiet && unanswered > 0, format!("{unanswered} operations got no answer")),
        (
            !claims.ephemeral && ran.ledger.forgot() > 0,
            format!("came back from a crash with another state than before, {} times", ran.ledger.forgot()),
        ),
        (
            !quiet && !cut_off,
            format!(
                "not quiet within the budget, with nothing left to tell: {} messages under way",
                ran.messages_in_flight
            ),
        ),
    ];
    let reasons: Vec<String> = broken.into_iter().filter(|(broken, _)| *broken).map(|(_, reason)| reason).collect();
    if !reasons.is_empty() {
        return (Verdict::Fail, reasons);
    }
    if cut_off {
        let missing =
            if unanswered > 0 { format!("{unanswered} operations without an answer") } else { "states apart".into() };
        let budget = planned.condition.scenario.budget_s;
        return (
            Verdict::Unknown,
            vec![format!(
                "the time was up with {missing} and {} messages under way; more than --budget {budget} would tell",
                ran.messages_in_flight
            )],
        );
    }
    if !ran.ledger.entries().any(|entry| matches!(entry.fate, Fate::Acknowledged(_))) {
        return (Verdict::Unknown, vec!["no operation was acknowledged, so nothing was exercised".into()]);
    }
    (Verdict::Pass, Vec::new())
}

/// A cell with everything that is known before it runs.
fn blank(planned: &Planned) -> Cell {
    let scenario = &planned.condition.scenario;
    let spec = planned.strategy.spec;
    let support = |kind: &EditKind| (kind.name().to_owned(), (spec.support)(*kind).to_string());
    Cell {
        index: planned.index as u64,
        part: scenario.name.clone(),
        strategy: planned.strategy.label.clone(),
        workload: planned.workload.label.clone(),
        network: planned.network.clone(),
        faults: scenario.faults.clone(),
        engine: match scenario.engine {
            Engine::Sim => "sim".into(),
            Engine::Threads => "threads".into(),
        },
        clients: scenario.clients,
        ops: scenario.ops,
        size: planned.size,
        seed: planned.seed,
        sample_ms: planned.sample_every.map(|every| every.as_secs_f64() * 1e3),
        outcome: Outcome::NotRun,
        reason: None,
        verdict: None,
        verdict_reasons: Vec::new(),
        converged: None,
        digest: None,
        trace_digest: None,
        matches_reference: None,
        params: planned.strategy.params.clone(),
        library: spec.library.map(|(name, version)| format!("{name} {version}")),
        support: planned.workload.spec.edits.iter().map(support).collect(),
        metrics: BTreeMap::new(),
        findings: Vec::new(),
        histograms: BTreeMap::new(),
        curves: BTreeMap::new(),
        coverage: Vec::new(),
        replay: replay(planned),
    }
}

/// The command that runs this cell alone.
fn replay(planned: &Planned) -> String {
    let scenario = &planned.condition.scenario;
    let mut command = format!("syncbench run --strategy {} --network {}", planned.strategy.label, planned.network);
    match &scenario.trace {
        Some(trace) => command += &format!(" --trace {}", trace.display()),
        None => command += &format!(" --workload {} --size {}", planned.workload.label, planned.size),
    }
    for fault in &scenario.faults {
        command += &format!(" --fault {fault}");
    }
    if scenario.transport != "stream" {
        command += &format!(" --transport {}", scenario.transport);
    }
    if scenario.pace != crate::engines::load::Pace::Poisson && scenario.trace.is_none() {
        command += &format!(" --pace {}", format!("{:?}", scenario.pace).to_lowercase());
    }
    if scenario.undo > 0.0 {
        command += &format!(" --undo {}", scenario.undo);
    }
    if let Some(sample_ms) = scenario.sample_ms {
        command += &format!(" --sample {sample_ms}");
    }
    if scenario.engine == Engine::Threads {
        command += " --engine threads";
    }
    // Written so, and not with a plus, because smartstring adds to what a plus may mean.
    command += &format!(
        " --clients {} --ops {} --rate {} --budget {} --seeds {}",
        scenario.clients, scenario.ops, scenario.rate_per_s, scenario.budget_s, planned.seed
    );
    command
}
