//! `syncbench run`: runs a plan, writes its results and draws them.

use std::fs;
use std::io::IsTerminal;
use std::path::Path;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use anstream::{eprintln, print, println};
use syncbench_harness::results::{Cell, Header, Outcome, Results, ResultsError, SCHEMA, Verdict, Writer};
use syncbench_harness::run;
use syncbench_harness::scenario::{Plan, Scenario, TomlError, built_in_replaying, default_comparison};
use syncbench_harness::settings::Engine;
use syncbench_reports::table;

use crate::args::{EngineArg, RunArgs};
use crate::environment;
use crate::failure::{Done, Failure};
use crate::folder;
use crate::progress::Progress;

pub(crate) fn run(args: &RunArgs) -> Done {
    let mut plan = Plan::new(scenarios(args)?).map_err(Failure::usage)?;
    plan.notes.iter().for_each(|note| eprintln!("note: {note}"));
    if let Some(written) = &args.partition {
        let (part, of) = partition(written)?;
        plan.partition(part, of);
    }
    let threads = args.threads.unwrap_or_else(environment::cores);
    if threads == 0 {
        return Err(Failure::usage("--threads 0: expected at least 1"));
    }
    let name = plan.scenarios[0].name.as_str();
    let label = if plan.scenarios.iter().all(|scenario| scenario.name == name) { name } else { "default" };
    let dir = args.out.clone().unwrap_or_else(|| folder::fresh(label));
    untaken(&dir)?;
    let results = execute(&plan, threads, &dir)?;
    let page = folder::draw(&dir, &results, &[])?;
    if args.json {
        println!("{}", serde_json::to_string(&results)?);
    } else {
        print!("{}", shown(&results));
        println!("\nReport:  {}\nResults: {}", page.display(), dir.display());
    }
    Ok(exit_code(&results))
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

/// The summary table, as wide as the terminal.
pub(crate) fn shown(results: &Results) -> String {
    let width = console_width();
    let color = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    table::summary(results, width, color)
}

fn console_width() -> u16 {
    let columns = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    // Without a terminal: the width of a wide page.
    columns.or_else(|| terminal_size::terminal_size().map(|(width, _)| width.0)).unwrap_or(120)
}

/// Runs a plan into `dir`, cell by cell.
fn execute(plan: &Plan, threads: usize, dir: &Path) -> Result<Results, Failure> {
    let scenario = serde_json::to_value(&plan.scenarios)?;
    let header = Header {
        schema: SCHEMA,
        environment: environment::now(),
        scenario: scenario.clone(),
        cells_planned: plan.cells.len(),
    };
    let writer = Writer::create(dir, &header).map_err(|error| match error {
        ResultsError::Io { .. } => Failure::usage(format!("--out {error}; expected a writable folder")),
        other => Failure::usage(format!("--out {other}")),
    })?;
    let stop = Arc::new(AtomicBool::new(false));
    let asked = stop.clone();
    // Without a handler Ctrl-C ends the run at once; what was written stays.
    let _ = ctrlc::set_handler(move || {
        if asked.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
        eprintln!("stopping after the cells in progress; press Ctrl-C again to quit now. Finished cells are kept.");
    });
    let progress = Progress::new(plan.cells.len());
    let sink: Mutex<(Writer, Vec<Cell>, Option<ResultsError>)> = Mutex::new((writer, Vec::new(), None));
    run::run(&plan.cells, threads, &stop, &|cell| {
        progress.finished(&cell);
        // A poisoned lock means that another thread panicked while writing: only its cell is lost.
        let mut sink = sink.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if let Err(error) = sink.0.append(&cell) {
            sink.2.get_or_insert(error);
        }
        sink.1.push(cell);
    });
    progress.clear();
    let (_, mut cells, error) = sink.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner());
    if let Some(error) = error {
        return Err(error.into());
    }
    cells.sort_by_key(|cell| cell.index);
    let cells_planned = plan.cells.len();
    Ok(Results { schema: SCHEMA, environment: header.environment, scenario, cells_planned, cells })
}

/// 1 if a cell failed or a strategy broke a claim, and 130 after Ctrl-C.
fn exit_code(results: &Results) -> ExitCode {
    let failed = |cell: &Cell| cell.outcome == Outcome::Failed || cell.verdict == Some(Verdict::Fail);
    for cell in results.cells.iter().filter(|cell| failed(cell)) {
        let reasons = cell.reason.iter().chain(&cell.verdict_reasons).cloned().collect::<Vec<_>>().join("; ");
        eprintln!("failed: {reasons}\n  replay: {}", cell.replay);
    }
    if results.cells.iter().any(|cell| cell.outcome == Outcome::NotRun) {
        return ExitCode::from(130);
    }
    ExitCode::from(u8::from(results.cells.iter().any(failed)))
}

/// The scenarios that the file and the flags describe.
fn scenarios(args: &RunArgs) -> Result<Vec<Scenario>, Failure> {
    let own = !args.network.is_empty()
        || !args.fault.is_empty()
        || !args.size.is_empty()
        || args.pace.is_some()
        || args.transport.is_some()
        || matches!(args.engine, Some(EngineArg::Threads));
    let trace = args.trace.as_deref();
    let mut scenarios = match &args.scenario {
        Some(written) => {
            match written.to_str().filter(|_| !written.exists()).and_then(|name| built_in_replaying(name, trace)) {
                Some(parts) => parts,
                None => vec![read(written, trace)?],
            }
        }
        None if args.trace.is_some() => args.trace.iter().cloned().map(Scenario::of_trace).collect(),
        None if own => vec![Scenario::default()],
        None => default_comparison(),
    };
    for scenario in &mut scenarios {
        apply(args, scenario);
    }
    Ok(scenarios)
}

/// The scenario in a file, with `trace` in place of its workloads.
fn read(path: &Path, trace: Option<&Path>) -> Result<Scenario, Failure> {
    let text = fs::read_to_string(path).map_err(|error| {
        Failure::usage(format!(
            "{}: {error}; expected a scenario in TOML, or the name of a built-in one",
            path.display()
        ))
    })?;
    Scenario::replaying(&text, trace)
        .map_err(|error| Failure::usage(format!("{}: {}", path.display(), one_line(&error, &text))))
}

/// A TOML error in one line, with its line number.
fn one_line(error: &TomlError, text: &str) -> String {
    let before = error.span().and_then(|span| text.get(..span.start));
    let place = before.map(|before| format!("line {}: ", 1 + before.matches('\n').count())).unwrap_or_default();
    format!("{place}{}", error.message().replace('\n', " "))
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

/// Splits lists at commas, except between the parameters of one name: `a,b:x=1,y=2,c` is three names.
pub(crate) fn split(written: &[String]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for part in written.iter().flat_map(|list| list.split(',')) {
        let parameter = part.contains('=') && !part.split('=').next().is_some_and(|head| head.contains(':'));
        match names.last_mut() {
            Some(last) if parameter && last.contains(':') => *last += &format!(",{part}"),
            _ => names.push(part.to_owned()),
        }
    }
    names
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

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn commas_separate_names_and_parameters() {
        let split = |text: &str| split(&[text.to_owned()]);
        assert_eq!(split("serial,lww-document"), ["serial", "lww-document"]);
        assert_eq!(split("crdt:batch=50ms,sync=protocol,serial"), ["crdt:batch=50ms,sync=protocol", "serial"]);
        assert_eq!(split("serial:history=0,crdt:batch=1s"), ["serial:history=0", "crdt:batch=1s"]);
        assert_eq!(split("constant:40ms,wifi"), ["constant:40ms", "wifi"]);
    }
}
