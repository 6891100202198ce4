//! `syncbench verify --cell`: one cell in two processes at once, compared event by event up to the first that differs.
//!
//! The other process runs the cell alone on one thread. This process runs it on all processors, and compares one of these runs:
//! a cell that depends on other runs in the process, on threads or on addresses in memory differs.

use std::io::{self, BufReader, BufWriter};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use anyhow::Context;
use serde_json::json;
use syncbench_harness::lockstep::{Compared, Comparer, Difference, Printer, Told};
use syncbench_harness::probe::Probe;
use syncbench_harness::run::{Planned, observe};
use syncbench_harness::settings::Engine;
use syncbench_harness::task::Task;
use syncbench_reports::format::plural;

use crate::args::VerifyArgs;
use crate::catalog::Catalog;
use crate::commands::demo;
use crate::environment;
use crate::failure::{Done, Failure};
use crate::out::println;
use crate::progress;

/// Compares the two runs of a cell and prints where they diverge.
pub(super) fn cell(catalog: &Catalog, replay: &str, args: &VerifyArgs) -> Done {
    let planned = demo::planned(catalog, replay)?;
    if planned.settings.engine != Engine::Sim {
        return Err(Failure::usage(
            "--cell: in real time every run is another one; expected a cell of --engine sim, which is the default",
        ));
    }
    if args.print_events {
        run(&planned, Box::new(Printer::new(BufWriter::new(io::stdout()))))?;
        return Ok(ExitCode::SUCCESS);
    }
    let Compared { same, difference } =
        progress::waiting("comparing", || compare(&planned, replay, args.against.as_deref()))?;
    if args.json {
        let document = json!({
            "schema": 1, "cell": replay, "verified": difference.is_none(), "same_events": same, "difference": difference,
        });
        println!("{document}");
    } else {
        match &difference {
            None => println!("{} in the same order in both processes", plural(same as usize, "event")),
            Some(difference) => show(difference).iter().for_each(|line| println!("{line}")),
        }
    }
    Ok(ExitCode::from(u8::from(difference.is_some())))
}

/// The first event in which a cell differs between processes, as lines, for `verify`.
pub(super) fn explain(catalog: &Catalog, replay: &str) -> (Option<Difference>, Vec<String>) {
    let compared =
        demo::planned(catalog, replay).and_then(|planned| compare(&planned, replay, None).map_err(Failure::from));
    match compared {
        Ok(Compared { difference: Some(difference), .. }) => {
            let lines = show(&difference);
            (Some(difference), lines)
        }
        Ok(_) => (
            None,
            vec!["run alone, the cell does not differ: the cause is something else that the process runs".into()],
        ),
        Err(_) => (None, Vec::new()),
    }
}

/// Runs a cell with this probe alone.
fn run(planned: &Planned, probe: Box<dyn Probe>) -> anyhow::Result<()> {
    let Planned { strategy, workload, settings, product, .. } = planned;
    let task = Task::with(strategy, &*workload.workload, settings.clone(), &product.known)?;
    observe(&task, vec![probe]);
    Ok(())
}

/// Runs a cell here while another process prints its run.
fn compare(planned: &Planned, replay: &str, against: Option<&Path>) -> anyhow::Result<Compared> {
    let program = against.map_or_else(std::env::current_exe, |program| Ok(program.to_owned()));
    let program = program.context("finding this program")?;
    let mut child = print_events(&program, replay)?;
    let lines = BufReader::new(child.stdout.take().context("reading from the other process")?);
    let result = Arc::new(Mutex::new(Compared::default()));
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 1..environment::cores().max(2) {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) && run(planned, Box::new(Printer::new(io::sink()))).is_ok() {
                    std::hint::spin_loop();
                }
            });
        }
        let ran = run(planned, Box::new(Comparer::new(lines, result.clone())));
        done.store(true, Ordering::Relaxed);
        ran
    })?;
    // Its output has no reader left; it ends by itself.
    let status = child.wait().context("waiting for the other process")?;
    let compared = std::mem::take(&mut *result.lock().unwrap_or_else(PoisonError::into_inner));
    let told_nothing = compared.difference.as_ref().is_some_and(|difference| difference.there.is_none());
    if compared.same == 0 && told_nothing && status.success() {
        anyhow::bail!("{} prints no events: expected another build of this program", program.display());
    }
    if compared.same == 0 && !status.success() {
        anyhow::bail!("{} does not run this cell: {status}", program.display());
    }
    Ok(compared)
}

fn print_events(program: &PathBuf, replay: &str) -> anyhow::Result<Child> {
    let mut command = Command::new(program);
    command.args(["verify", "--print-events", "--cell", replay]).stdin(Stdio::null()).stdout(Stdio::piped());
    command.stderr(Stdio::inherit()).spawn().with_context(|| format!("starting {}", program.display()))
}

/// The first difference, in lines.
fn show(difference: &Difference) -> Vec<String> {
    let Difference { number, before, here, there } = difference;
    let at = here.as_ref().or(there.as_ref());
    let place = at.map_or(String::new(), |told| format!(", at {} at {}", told.node, millis(told.at_ns)));
    let mut lines = vec![format!("first differing event: number {number}{place}")];
    if !before.is_empty() {
        lines.push("  the same in both:".into());
        lines.extend(before.iter().map(|(number, told)| format!("    {number}  {}", line(Some(told)))));
    }
    lines.push(format!("  here:  {}", line(here.as_ref())));
    lines.push(format!("  there: {}", line(there.as_ref())));
    lines
}

fn line(told: Option<&Told>) -> String {
    match told {
        Some(Told { at_ns, node, what }) => format!("{} {node} {what}", millis(*at_ns)),
        None => "the run has ended".into(),
    }
}

fn millis(ns: u64) -> String {
    format!("{}.{:06} ms", ns / 1_000_000, ns % 1_000_000)
}
