//! `syncbench run`: runs a plan, writes its results and draws them.

use std::io::{BufWriter, IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;

use syncbench_harness::results::{Cell, ClaimsKept, Header, Outcome, Results, ResultsError, SCHEMA, Writer};
use syncbench_harness::scenario::{Plan, Scenario, default_comparison};
use syncbench_harness::settings::Engine;
use syncbench_reports::{screen, table};
use syncbench_strategies::selector;

use crate::args::{EngineArg, RunArgs};
use crate::catalog::Catalog;
use crate::environment;
use crate::failure::{Done, Failure};
use crate::folder;
use crate::out::{Out, eprintln, print, println};
use crate::runner::{self, Ran};
use crate::scenario::{misplanned, named};

pub(crate) fn run(catalog: &Catalog, args: &RunArgs) -> Done {
    let mut plan = Plan::with(scenarios(args)?, &catalog.plans)
        .map_err(|error| misplanned(&error, args.scenario.as_deref(), catalog))?;
    plan.notes.iter().for_each(|note| eprintln!("note: {note}"));
    let threads = args.threads.unwrap_or_else(environment::cores);
    if threads == 0 {
        return Err(Failure::usage("--threads 0: expected at least 1"));
    }
    let name = plan.scenarios[0].name.as_str();
    let label = if plan.scenarios.iter().all(|scenario| scenario.name == name) { name } else { "default" }.to_owned();
    let header = header(catalog, &mut plan, args.partition.as_deref())?;
    let (dir, writer) = match &args.out {
        Some(dir) => (dir.clone(), chosen(dir, &header, args.resume)?),
        None => folder::fresh(&label, &header).map_err(unwritable)?,
    };
    let Ran { results, error } = runner::execute(&mut plan, &header, writer, threads, &dir);
    let drawn = folder::draw(&dir, &results, &[], &catalog.charts);
    if args.json {
        json(&results, args.details)?;
    } else {
        print!("{}", shown(&results, args.details));
        if let Ok(page) = &drawn {
            println!("Report: {}", page.display());
        }
    }
    let code = exit_code(&results);
    if let Some(error) = error {
        let first = if matches!(error, ResultsError::Io { .. }) { "make room, and " } else { "" };
        let stopped = anyhow::anyhow!(
            "{error}; the run was stopped. What was measured is shown above; {first}repeat the command with --out {} \
             --resume to run the rest",
            dir.display()
        );
        return Err(stopped.into());
    }
    drawn?;
    folder::complete(&results)?;
    Ok(code)
}

/// The header of a run's folder, and the plan reduced to the part that was asked for.
fn header(catalog: &Catalog, plan: &mut Plan, part: Option<&str>) -> Result<Header, Failure> {
    let (environment, mark, facts) = (catalog.environment(), plan.mark(), plan.facts());
    plan.stamp(environment.build());
    if let Some(written) = part {
        let (part, of) = partition(written)?;
        plan.partition(part, of);
    }
    Ok(Header {
        schema: SCHEMA,
        environment,
        other_machines: Vec::new(),
        scenario: serde_json::to_value(&plan.scenarios)?,
        plan: mark,
        partition: part.map(str::to_owned),
        cells_planned: plan.cells.len(),
        facts,
    })
}

/// A writer for the folder that the user chose.
fn chosen(dir: &Path, header: &Header, resume: bool) -> Result<Writer, Failure> {
    untaken(dir)?;
    if resume { Writer::resume(dir, header) } else { Writer::create(dir, header) }.map_err(unwritable)
}

fn unwritable(error: ResultsError) -> Failure {
    match error {
        ResultsError::Io { .. } => Failure::usage(format!("--out {error}; expected a writable folder")),
        // They name a file of the folder, and what to do about it.
        ResultsError::Header { .. } | ResultsError::Format { .. } => Failure::usage(error),
        other => Failure::usage(format!("--out {other}")),
    }
}

/// One JSON document, cell by cell, so that a long run's needs no memory of its own.
fn json(results: &Results, details: bool) -> Result<(), Failure> {
    let mut out = BufWriter::new(Out);
    if details {
        let mut document = serde_json::to_value(results)?;
        document["cells"] = results.cells.iter().map(Cell::detailed).collect::<Result<_, _>>()?;
        serde_json::to_writer(&mut out, &document)?;
    } else {
        serde_json::to_writer(&mut out, results)?;
    }
    out.write_all(b"\n")?;
    out.flush()?;
    Ok(())
}

/// Refuses a folder in which files would be overwritten. A folder that holds a run is refused when its results are created.
fn untaken(dir: &Path) -> Result<(), Failure> {
    let drawn = ["report.html", "summary.txt", "charts"].into_iter().find(|name| dir.join(name).exists());
    match drawn.filter(|_| !dir.join("run.json").exists()) {
        Some(name) => {
            let dir = dir.display();
            Err(Failure::usage(format!("--out {dir}: {name} exists already; choose another folder with --out")))
        }
        None => Ok(()),
    }
}

/// The first screen, or all figures; as wide as the terminal.
pub(crate) fn shown(results: &Results, details: bool) -> String {
    let width = console_width();
    let color = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    if details { table::summary(results, width, color) } else { screen::screen(results, width, color) }
}

pub(crate) fn console_width() -> u16 {
    let columns = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    // Without a terminal: the width of a wide page.
    columns.or_else(|| terminal_size::terminal_size().map(|(width, _)| width.0)).unwrap_or(120)
}

/// 1 if a cell failed or a strategy broke a claim, and 130 after Ctrl-C.
fn exit_code(results: &Results) -> ExitCode {
    let failed = |cell: &Cell| cell.outcome == Outcome::Failed || cell.claims_kept == Some(ClaimsKept::No);
    for cell in results.cells.iter().filter(|cell| failed(cell)) {
        let reasons = cell.reason.iter().chain(&cell.claims_reasons).cloned().collect::<Vec<_>>().join("; ");
        eprintln!("failed: {reasons}\n  replay: {}", cell.replay);
    }
    if results.cells.iter().any(|cell| cell.outcome == Outcome::NotRun) {
        return ExitCode::from(130);
    }
    ExitCode::from(u8::from(results.cells.iter().any(failed)))
}

/// The scenarios that the file and the flags describe.
pub(super) fn scenarios(args: &RunArgs) -> Result<Vec<Scenario>, Failure> {
    let own = !args.network.is_empty()
        || !args.fault.is_empty()
        || !args.size.is_empty()
        || args.pace.is_some()
        || args.transport.is_some()
        || matches!(args.engine, Some(EngineArg::Threads));
    let trace = args.trace.as_deref();
    let mut scenarios = match &args.scenario {
        Some(written) => named(written, trace)?,
        None if args.trace.is_some() => args.trace.iter().cloned().map(Scenario::of_trace).collect(),
        None if own => vec![Scenario::default()],
        None => default_comparison(),
    };
    for scenario in &mut scenarios {
        apply(args, scenario);
    }
    Ok(scenarios)
}

fn apply(args: &RunArgs, scenario: &mut Scenario) {
    if !args.strategy.is_empty() {
        scenario.strategies = split(&args.strategy);
    }
    if !args.workload.is_empty() {
        scenario.workloads = split(&args.workload);
    }
    if !args.network.is_empty() {
        scenario.networks = split(&args.network);
    }
    if !args.fault.is_empty() {
        scenario.faults.clone_from(&args.fault);
    }
    scenario.units = args.units.map_or(scenario.units, Into::into);
    scenario.trace_clients = args.trace_clients.or(scenario.trace_clients);
    if let Some(transport) = &args.transport {
        scenario.transport.clone_from(transport);
    }
    if !args.size.is_empty() {
        scenario.sizes.clone_from(&args.size);
    }
    if let Some(seeds) = &args.seeds {
        scenario.seeds = vec![seeds.clone()];
    }
    scenario.clients = args.clients.unwrap_or(scenario.clients);
    scenario.ops = args.ops.unwrap_or(scenario.ops);
    scenario.rate_per_s = args.rate.unwrap_or(scenario.rate_per_s);
    scenario.pace = args.pace.map_or(scenario.pace, Into::into);
    scenario.undo = args.undo.unwrap_or(scenario.undo);
    scenario.engine = args.engine.map_or(scenario.engine, Engine::from);
    scenario.sample_ms = args.sample.or(scenario.sample_ms);
    scenario.budget_s = args.budget.unwrap_or(scenario.budget_s);
}

/// The names in several lists.
pub(crate) fn split(written: &[String]) -> Vec<String> {
    selector::split(written.iter().map(String::as_str))
}

fn partition(written: &str) -> Result<(usize, usize), Failure> {
    let wrong = || Failure::usage(format!("--partition {written}: expected i/n with i from 1 to n, such as 2/4"));
    let (part, of) = written.split_once('/').ok_or_else(wrong)?;
    let (part, of): (usize, usize) = (part.parse().map_err(|_| wrong())?, of.parse().map_err(|_| wrong())?);
    if part == 0 || part > of {
        return Err(wrong());
    }
    Ok((part - 1, of))
}
