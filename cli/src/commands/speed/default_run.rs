//! The default comparison as users run it, and how much of it is drawing.

use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use syncbench_harness::clock::Moment;
use syncbench_harness::results;
use syncbench_harness::speed::{Clock, Measurement, Repeat, Target};
use syncbench_reports::anomalies::Maps;
use syncbench_reports::charts::CHARTS;
use tempfile::TempDir;

use crate::environment;
use crate::folder;

pub(super) static DEFAULT_RUN: Measurement = Measurement {
    name: "default-run",
    what: "the default run with its ten seeds and its report, in a process of its own",
    unit: "s",
    target: Target::AtMost(30.0),
    source: "as long as somebody waits for a first answer",
    clock: Clock::Real,
    share: Duration::from_secs(40),
    apart: None,
    once: true,
    begin: || Ok(Box::new(|| Ok(ran()?.as_secs_f64()))),
};

pub(super) static DRAWING: Measurement = Measurement {
    name: "drawing",
    what: "drawing the report of the default run, beside the whole of it",
    unit: "%",
    target: Target::AtMost(10.0),
    source: "a run measures; what it shows comes on top",
    clock: Clock::Real,
    share: Duration::from_secs(15),
    apart: None,
    once: false,
    begin: drawing,
};

/// The folder of a default run and how long the run took; both measurements use it.
static RAN: Mutex<Option<(TempDir, Duration)>> = Mutex::new(None);

/// How long the default run takes. It runs at the first call.
fn ran() -> Result<Duration, String> {
    let mut ran = RAN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, took)) = &*ran {
        return Ok(*took);
    }
    if environment::cores() < 2 {
        return Err("this process may use one core only".into());
    }
    let place = tempfile::tempdir().map_err(|error| format!("no folder for it: {error}"))?;
    let program = std::env::current_exe().map_err(|error| format!("this program is not found: {error}"))?;
    let mut run = Command::new(program);
    run.args(["run", "--threads", "2", "--out"]).arg(place.path().join("run"));
    run.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let begun = Moment::now();
    let status = run.status().map_err(|error| format!("no other process: {error}"))?;
    let took = begun.elapsed();
    if !status.success() {
        return Err(format!("the run failed: {status}"));
    }
    *ran = Some((place, took));
    Ok(took)
}

/// Removes the folder of the default run.
pub(super) fn clean() {
    drop(RAN.lock().unwrap_or_else(PoisonError::into_inner).take());
}

fn drawing() -> Result<Repeat, String> {
    let took = ran()?;
    let ran = RAN.lock().unwrap_or_else(PoisonError::into_inner);
    let dir = ran.as_ref().map(|(place, _)| place.path().join("run")).unwrap_or_default();
    let results = results::read(&dir).map_err(|error| error.to_string())?;
    Ok(Box::new(move || {
        let begun = Moment::now();
        folder::draw(&dir, &results, &[], CHARTS, &Maps::default()).map_err(|error| format!("{error:#}"))?;
        Ok(begun.elapsed().as_secs_f64() / took.as_secs_f64() * 100.0)
    }))
}
