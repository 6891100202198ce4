//! `syncbench run`: runs a plan, writes its results and draws them.

use std::fs;
use std::io::{BufWriter, IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;

use syncbench_harness::results::{Cell, ClaimsKept, Header, Outcome, Results, ResultsError, SCHEMA, Writer};
use syncbench_harness::scenario::{
    Plan, Scenario, TomlError, built_in_replaying, choose_workloads, default_comparison,
};
use syncbench_harness::settings::Engine;
use syncbench_reports::table;

use crate::args::{EngineArg, RunArgs};
use crate::catalog::Catalog;
use crate::environment;
use crate::failure::{Done, Failure};
use crate::folder;
use crate::out::{Out, eprintln, print, println};
use crate::runner::{self, Ran};

pub(crate) fn run(catalog: &Catalog, args: &RunArgs) -> Done {
    let mut plan = Plan::with(scenarios(args)?, &catalog.plans).map_err(Failure::usage)?;
    plan.notes.iter().for_each(|note| eprintln!("note: {note}"));
    let threads = args.threads.unwrap_or_else(environment::cores);
    if threads == 0 {
        return Err(Failure::usage("--threads 0: expected at least 1"));
    }
    let name = plan.scenarios[0].name.as_str();
    let asked = args.scenario.as_ref().and_then(|asked| asked.file_stem()?.to_str());
    let alike = plan.scenarios.iter().all(|scenario| scenario.name == name);
    let label = if alike { name } else { asked.unwrap_or("default") }.to_owned();
    let header = header(&mut plan, args.partition.as_deref())?;
    let (dir, writer) = match &args.out {
        Some(dir) => (dir.clone(), chosen(dir, &header, args.resume)?),
        None => folder::fresh(&label, &header).map_err(unwritable)?,
    };
    let Ran { results, error } = runner::execute(&mut plan, &header, writer, threads, &dir);
    let drawn = folder::draw(&dir, &results, &[]);
    if args.json {
        json(&results, args.details)?;
    } else {
        print!("{}", shown(&results));
        if let Ok(page) = &drawn {
            println!("\nReport:  {}\nResults: {}", page.display(), dir.display());
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
fn header(plan: &mut Plan, part: Option<&str>) -> Result<Header, Failure> {
    let (environment, mark, facts) = (environment::now(), plan.mark(), plan.facts());
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
    let workloads = split(&args.workload);
    if !workloads.is_empty() && args.scenario.is_some() && scenarios.len() > 1 {
        choose_workloads(&mut scenarios, &workloads);
    } else if !workloads.is_empty() {
        scenarios.iter_mut().for_each(|scenario| scenario.workloads.clone_from(&workloads));
    }
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
        assert_eq!(split("crdt:window=50ms,sync=protocol,serial"), ["crdt:window=50ms,sync=protocol", "serial"]);
        assert_eq!(split("serial:history=0,crdt:window=1s"), ["serial:history=0", "crdt:window=1s"]);
        assert_eq!(split("constant:40ms,wifi"), ["constant:40ms", "wifi"]);
    }
}
