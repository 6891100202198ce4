//! `syncbench run`: runs a plan, writes its results and draws them.

use std::collections::BTreeSet;
use std::io::{BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use syncbench_harness::pace::{Pace, Timing};
use syncbench_harness::results::{Cell, ClaimsKept, Header, Outcome, Results, ResultsError, SCHEMA, Writer};
use syncbench_harness::scenario::{LeftOut, NO_RATE, OWN_RATE, Plan, Scenario, choose_workloads, default_comparison};
use syncbench_harness::settings::Engine;
use syncbench_reports::aggregate::Summary;
use syncbench_reports::anomalies::Maps;
use syncbench_reports::format::{plural, wrap};
use syncbench_reports::{away, scalability, screen, table};
use syncbench_strategies::document::Digest;
use syncbench_strategies::{requirements, selector};

use crate::args::{EngineArg, RunArgs};
use crate::capsules::{self, Capsules};
use crate::catalog::Catalog;
use crate::environment;
use crate::failure::{Done, Failure};
use crate::folder;
use crate::maps;
use crate::open;
use crate::out::{Out, eprint, eprintln, print, println};
use crate::preview::{self, Preview};
use crate::progress;
use crate::runner::{self, Ran};
use crate::scenario::{misplanned, named};
use crate::written::quoted;

pub(crate) fn run(catalog: &Catalog, args: &RunArgs) -> Done {
    let plan = Plan::with(scenarios(args)?, &catalog.plans)
        .map_err(|error| misplanned(&error, args.scenario.as_deref(), catalog))?;
    let (mut plan, left_out) = required(plan, catalog, args)?;
    capsules::check(&args.capsule, &plan)?;
    let threads = args.threads.unwrap_or_else(environment::cores);
    if threads == 0 {
        return Err(Failure::usage("--threads 0: expected at least 1"));
    }
    let name = plan.scenarios[0].name.as_str();
    let asked = args.scenario.as_ref().and_then(|asked| asked.file_stem()?.to_str());
    let alike = plan.scenarios.iter().all(|scenario| scenario.name == name);
    let label = if alike { name } else { asked.unwrap_or("default") }.to_owned();
    let header = header(catalog, &mut plan, args.partition.as_deref())?;
    if args.dry_run {
        let finished = already_finished(args, &header)?;
        return dry_run(args, &Preview::new(&mut plan, &finished, &left_out, threads));
    }
    let (dir, writer) = match &args.out {
        Some(dir) => (dir.clone(), chosen(dir, &header, args.resume)?),
        None => folder::fresh(&label, &header).map_err(folder::unwritable)?,
    };
    announce(&Preview::new(&mut plan, &writer.finished(), &left_out, threads));
    let kept = Capsules::new(&dir, &header.environment, &args.capsule);
    let Ran { results, error, capsules } = runner::execute(&mut plan, &header, writer, threads, &dir, kept);
    let (code, maps) = (exit_code(&results), maps::quoted(catalog, None)?);
    let (written, unwritten) = capsules.end();
    tell_capsules(&written, catalog.plans.program_name());
    if args.json {
        json(&results, args.details)?;
    } else {
        print!("{}", shown(&results, &maps, args.details));
    }
    let drawn = progress::waiting("drawing the report", || folder::draw(&dir, &results, &[], &catalog.charts, &maps));
    if let (Ok(page), false) = (&drawn, args.json) {
        println!("Report: {}", page.display());
        if args.open {
            open::page(page);
        }
    }
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
    unwritten.map_or(Ok(code), |error| Err(error.into()))
}

/// The plan without strategies that lack what is required, and those strategies. If none is left, the answer is no.
fn required(plan: Plan, catalog: &Catalog, args: &RunArgs) -> Result<(Plan, Vec<LeftOut>), Failure> {
    let found = args.require.iter().map(|name| requirements::find(name)).collect::<Result<Vec<_>, _>>();
    let found = found.map_err(|error| Failure::usage(format!("--require {error}")))?;
    let (plan, left_out) = plan.require(&found, &catalog.plans).map_err(Failure::usage)?;
    if plan.cells.is_empty() {
        let (asked, why) = (args.require.join(","), preview::lacking(&left_out).join("; "));
        return Err(Failure::No(format!("--require {asked}: no strategy is left: {why}")));
    }
    Ok((plan, left_out))
}

/// What a run that is only previewed would not run again. Whether its folder could be written is checked as far as reading
/// tells.
fn already_finished(args: &RunArgs, header: &Header) -> Result<BTreeSet<Digest>, Failure> {
    let Some(dir) = &args.out else { return Ok(BTreeSet::new()) };
    untaken(dir)?;
    if args.resume {
        return Writer::would_resume(dir, header).map_err(folder::unwritable);
    }
    if dir.join("run.json").exists() {
        Err(folder::unwritable(ResultsError::Exists(dir.clone())))
    } else {
        Ok(BTreeSet::new())
    }
}

/// Says what would run.
fn dry_run(args: &RunArgs, preview: &Preview) -> Done {
    if args.json {
        serde_json::to_writer(&mut Out, preview)?;
        println!();
    } else {
        preview.remarks().iter().for_each(|line| print!("{}", wrapped(line)));
        print!("{}", preview.plan());
    }
    Ok(ExitCode::SUCCESS)
}

/// Says on stderr what will run.
fn announce(preview: &Preview) {
    let yellow = anstyle::Style::new().fg_color(Some(anstyle::AnsiColor::Yellow.into()));
    preview.remarks().iter().for_each(|line| eprint!("{yellow}{}{yellow:#}", wrapped(line)));
    eprint!("{}", preview.plan());
}

/// A line, as wide as the terminal.
fn wrapped(line: &str) -> String {
    wrap(line, usize::from(console_width()), "")
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
    if resume { Writer::resume(dir, header) } else { Writer::create(dir, header) }.map_err(folder::unwritable)
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
pub(crate) fn shown(results: &Results, maps: &Maps, details: bool) -> String {
    let width = console_width();
    let color = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    if details {
        return table::summary_with(results, maps, width, color);
    }
    let summary = Summary::new(results);
    let away = !away::tables(&summary).is_empty();
    let told = scalability::told(&scalability::series(&summary));
    let told: String = told.iter().map(|line| wrap(line, width.into(), "  ")).collect();
    let more = if away { "A client was away: --details shows what became of its work, and its return.\n" } else { "" };
    format!("{}{told}{more}", screen::screen(results, width, color))
}

pub(crate) fn console_width() -> u16 {
    let columns = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    // Without a terminal: the width of a wide page.
    columns.or_else(|| terminal_size::terminal_size().map(|(width, _)| width.0)).unwrap_or(120)
}

/// 1 if a cell failed or a strategy broke a claim, and 130 after Ctrl-C. Says which, and how to run it again.
fn exit_code(results: &Results) -> ExitCode {
    let failed = |cell: &&Cell| cell.outcome == Outcome::Failed || cell.claims_kept == Some(ClaimsKept::No);
    let all: Vec<&Cell> = results.cells.iter().filter(failed).collect();
    for cell in all.iter().take(FAILURES) {
        let reasons = cell.reason.iter().chain(&cell.claims_reasons).cloned().collect::<Vec<_>>().join("; ");
        eprintln!("failed: {reasons}\n  replay: {}", cell.replay);
    }
    if let Some(more) = all.len().checked_sub(FAILURES).filter(|more| *more > 0) {
        eprintln!("failed: {} more; cells.jsonl has the line that replays each", plural(more, "cell"));
    }
    if results.cells.iter().any(|cell| cell.outcome == Outcome::NotRun) {
        return ExitCode::from(130);
    }
    ExitCode::from(u8::from(!all.is_empty()))
}

/// Says where the capsules are, and how to shrink one.
fn tell_capsules(written: &[PathBuf], program: &str) {
    let Some(first) = written.first() else { return };
    eprintln!(
        "{} (the first cell of each strategy, workload and kind):\n  {program} shrink {}",
        plural(written.len(), "capsule"),
        quoted(first)
    );
    if written.len() > 1 {
        let folder = first.parent().unwrap_or(first);
        eprintln!("  all of them: {}", folder.display());
    }
}

/// Most failed cells that are told one by one: the table should stay on the screen.
const FAILURES: usize = 3;

/// The scenarios that the file and the flags describe.
pub(super) fn scenarios(args: &RunArgs) -> Result<Vec<Scenario>, Failure> {
    let own = !args.network.is_empty()
        || !args.fault.is_empty()
        || !args.size.is_empty()
        || args.pace.is_some()
        || args.times.is_some()
        || args.transport.is_some()
        || matches!(args.engine, Some(EngineArg::Threads | EngineArg::Throughput));
    let trace = args.trace.as_deref();
    let mut scenarios = match &args.scenario {
        Some(written) => named(written, trace)?,
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
    if let (Some(rate), true) = (args.rate, scenarios.iter().any(|scenario| matches!(scenario.pace, Pace::Recorded(_))))
    {
        return Err(Failure::usage(format!("--rate {rate}: {OWN_RATE}")));
    }
    if let (Some(rate), true) = (args.rate, scenarios.iter().any(|scenario| scenario.engine == Engine::Throughput)) {
        return Err(Failure::usage(format!("--rate {rate}: {NO_RATE}")));
    }
    Ok(scenarios)
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
    if args.times.is_some() {
        scenario.times.clone_from(&args.times);
        scenario.pace = Pace::Recorded(Timing::AS_RECORDED);
    }
    scenario.pace = args.pace.unwrap_or(scenario.pace);
    scenario.undo = args.undo.unwrap_or(scenario.undo);
    if let Some(engine) = args.engine.map(Engine::from).filter(|engine| *engine != scenario.engine) {
        scenario.engine = engine;
        scenario.suit_engine(!args.network.is_empty(), args.pace.is_some());
    }
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
