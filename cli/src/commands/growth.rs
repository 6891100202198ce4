//! `syncbench growth`: how cost grows with operations, clients and items.

use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use syncbench_harness::growth::{self, Axis, Curve, Curves, Effort, Progress, SCHEMA, Subject, USUAL_WORKLOADS};
use syncbench_harness::results::Environment;
use syncbench_harness::run::reference_us;
use syncbench_harness::settings::Vocabulary;
use syncbench_harness::workloads;
use syncbench_reports::growth::{MARK, Study, charts, page, screen};
use syncbench_strategies::registry;

use super::explore::interrupted;
use super::run::{console_width, split};
use crate::args::GrowthArgs;
use crate::catalog::Catalog;
use crate::failure::{Done, Failure};
use crate::out::{eprintln, print, println};
use crate::progress::Share;
use crate::written;

/// Width of the charts that are written, in pixels.
const CHART_WIDTH: f64 = 1_000.0;

pub(crate) fn growth(catalog: &Catalog, args: &GrowthArgs) -> Done {
    let effort = effort(args)?;
    let subjects = subjects(catalog, args)?;
    let environment = catalog.environment();
    let earlier = args.out.as_deref().map_or(Ok(None), |folder| earlier(folder, &environment))?;
    if let (Some(folder), Some(earlier)) = (&args.out, &earlier) {
        same_workloads(&subjects, earlier).map_err(|failure| failure.at(folder.display()))?;
    }
    if cfg!(debug_assertions) {
        let yellow = anstyle::Style::new().fg_color(Some(anstyle::AnsiColor::Yellow.into())).bold();
        eprintln!("{yellow}debug build: processor times mean nothing; use cargo run --release{yellow:#}");
    }
    let known = Vocabulary { networks: catalog.plans.networks().to_vec(), faults: catalog.plans.faults().to_vec() };
    let whole = |curves: &[Curve], reference_us: f64| {
        let kept = earlier.iter().flat_map(|earlier| &earlier.curves);
        let kept = kept.filter(|one| !curves.iter().any(|new| (&new.strategy, new.axis) == (&one.strategy, one.axis)));
        Curves {
            schema: SCHEMA,
            environment: environment.clone(),
            reference_us,
            budget_s: args.budget + earlier.as_ref().map_or(0.0, |earlier| earlier.budget_s),
            curves: curves.iter().chain(kept).cloned().collect(),
        }
    };
    let (before, progress, stop) = (reference_us(), Share::new("points"), interrupted());
    let mut failed = None;
    let mut each = |now: &Progress<'_>| {
        let left = effort.budget.saturating_sub(now.elapsed);
        progress.at(now.elapsed.as_secs_f64() / effort.budget.as_secs_f64(), now.points, Some(left));
        if let (Some(folder), None) = (&args.out, &failed) {
            failed = save(folder, &whole(now.curves, before)).err();
        }
    };
    let begun = earlier.as_ref().map_or(&[][..], |earlier| &earlier.curves);
    let measured = growth::measure(&subjects, &effort, begun, &known, &stop, &mut each);
    progress.clear();
    if let Some(failure) = failed {
        return Err(failure);
    }
    let curves = whole(&measured.curves, measured.reference_us.unwrap_or(before));
    let study = Study::new(&curves);
    let page = args.out.as_deref().map(|folder| draw(folder, &curves, &study)).transpose()?;
    if args.json {
        println!("{}", serde_json::to_string(&curves)?);
        return Ok(ExitCode::SUCCESS);
    }
    print!("{}", screen(&study, usize::from(console_width()).min(100)));
    if let Some(page) = page {
        println!("Page: {page}");
    }
    Ok(ExitCode::SUCCESS)
}

fn effort(args: &GrowthArgs) -> Result<Effort, Failure> {
    let budget = Duration::try_from_secs_f64(args.budget).ok().filter(|budget| !budget.is_zero());
    let wrong = || Failure::usage(format!("--budget {}: expected a span above 0 such as 10m", args.budget));
    let axes = split(&args.axis);
    let axes =
        axes.iter().map(|axis| axis.parse::<Axis>().map_err(|error| Failure::usage(format!("--axis {axis}: {error}"))));
    let mut axes = axes.collect::<Result<Vec<_>, _>>()?;
    axes.sort();
    axes.dedup();
    if axes.is_empty() {
        axes = Axis::ALL.to_vec();
    }
    if let Some((most, axis)) = args.most.and_then(|most| {
        Some((most, axes.iter().find(|axis| growth::places(**axis).first().is_some_and(|first| *first > most))?))
    }) {
        let first = growth::places(*axis).first().copied().unwrap_or_default();
        return Err(Failure::usage(format!(
            "--most {most}: the axis of {axis} begins at {first}; expected that or more"
        )));
    }
    Ok(Effort { axes, budget: budget.ok_or_else(wrong)?, most: args.most })
}

/// The strategies that are asked for, each on its workload.
fn subjects(catalog: &Catalog, args: &GrowthArgs) -> Result<Vec<Subject>, Failure> {
    let named = split(&args.strategy);
    let all = named.is_empty() || named == ["all"];
    let names: Vec<String> = match all {
        true => catalog.plans.strategies().iter().map(|spec| spec.name.to_owned()).collect(),
        false => named,
    };
    let known = catalog.plans.workloads();
    if let Some(workload) = &args.workload {
        let configured = workload.parse().and_then(|selector| workloads::configure_from(known, &selector));
        configured.map_err(|error| Failure::usage(format!("--workload {error}")))?;
    }
    let mut subjects = Vec::with_capacity(names.len());
    for name in names {
        let strategy =
            name.parse().and_then(|selector| registry::configure_from(catalog.plans.strategies(), &selector));
        let strategy = strategy.map_err(|error| Failure::usage(format!("--strategy {error}")))?;
        let workload = match &args.workload {
            Some(workload) => workload.as_str(),
            None => match Subject::usual_workload(&strategy, known) {
                Some(workload) => workload,
                None if all => continue,
                None => {
                    let usual = USUAL_WORKLOADS.join(", ");
                    return Err(Failure::usage(format!("{name} carries none of {usual}; expected --workload NAME")));
                }
            },
        };
        match Subject::new(strategy, workload, known) {
            Ok(subject) => subjects.push(subject),
            // Of all strategies, those that carry the workload.
            Err(_) if all => {}
            Err(reason) => return Err(Failure::usage(format!("--workload {reason}"))),
        }
    }
    Ok(subjects)
}

/// The curves that a folder has already; refuses a folder of anything else, and of another build or machine.
fn earlier(folder: &Path, environment: &Environment) -> Result<Option<Curves>, Failure> {
    let (file, page) = (folder.join("growth.json"), folder.join("README.md"));
    written::free(&page, MARK, "the page of curves").map_err(|failure| failure.at(page.display()))?;
    let curves = match read(&file) {
        Ok(curves) => curves,
        Err(Failure::Usage(_)) if !file.exists() => return Ok(None),
        Err(failure) => return Err(failure),
    };
    let there = &curves.environment;
    let difference = there.build_difference(environment);
    let difference = difference.or_else(|| (!there.same_machine(environment)).then(|| "the machine".to_owned()));
    match difference {
        None => Ok(Some(curves)),
        Some(what) => Err(Failure::usage(format!(
            "{}: measured by another build or machine ({what}); expected another folder, or none",
            file.display()
        ))),
    }
}

/// Refuses to measure a strategy on another workload than a folder has it on.
fn same_workloads(subjects: &[Subject], earlier: &Curves) -> Result<(), Failure> {
    for Subject { strategy, workload_label, .. } in subjects {
        let of_strategy = earlier.curves.iter().filter(|curve| curve.strategy == strategy.label);
        if let Some(other) = of_strategy.map(|curve| &curve.workload).find(|other| *other != workload_label) {
            return Err(Failure::usage(format!(
                "has {} on {other}, and not on {workload_label}; expected another folder",
                strategy.label
            )));
        }
    }
    Ok(())
}

/// Reads a file of curves.
pub(crate) fn read(path: &Path) -> Result<Curves, Failure> {
    let wrong = |reason: String| Failure::usage(reason).at(path.display());
    let unreadable = |error: std::io::Error| {
        let missing = if error.kind() == ErrorKind::NotFound { "no such file".to_owned() } else { error.to_string() };
        wrong(format!("{missing}; expected the growth.json of `syncbench growth --out DIR`"))
    };
    let mut bytes = Vec::new();
    // One more than are allowed tells a file that is too large, or has no end.
    let most = growth::MOST_BYTES as u64 + 1;
    File::open(path).map_err(unreadable)?.take(most).read_to_end(&mut bytes).map_err(unreadable)?;
    growth::read(&bytes).map_err(wrong)
}

/// Writes the curves so that the file is whole whenever the program is killed.
fn save(folder: &Path, curves: &Curves) -> Result<(), Failure> {
    let (file, next) = (folder.join("growth.json"), folder.join("growth.json.next"));
    let failed = |error| written::failed(error, "a writable folder").at(folder.display());
    fs::create_dir_all(folder).map_err(failed)?;
    fs::write(&next, serde_json::to_string(curves)? + "\n").map_err(failed)?;
    fs::rename(&next, &file).map_err(failed)
}

/// Writes the curves, the charts and the page, and gives the page's path.
fn draw(folder: &Path, curves: &Curves, study: &Study<'_>) -> Result<String, Failure> {
    save(folder, curves)?;
    let failed = |error| written::failed(error, "a writable folder").at(folder.display());
    let (pictures, charts) = (folder.join("charts"), charts(study, CHART_WIDTH));
    fs::create_dir_all(&pictures).map_err(failed)?;
    for chart in &charts {
        fs::write(pictures.join(format!("{}.svg", chart.name)), chart.scene.svg()).map_err(failed)?;
        fs::write(pictures.join(format!("{}.png", chart.name)), chart.scene.png()).map_err(failed)?;
    }
    let path = folder.join("README.md");
    let text = page(study, &charts);
    written::write(&path, text.trim_end_matches(MARK), MARK, "the page of curves")
        .map_err(|failure| failure.at(path.display()))?;
    Ok(path.display().to_string())
}
