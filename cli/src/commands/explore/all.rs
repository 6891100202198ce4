//! `syncbench explore --all`: the anomaly map.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::process::ExitCode;

use syncbench_harness::explore::{self, Bounds, Case, Explored, NAMED, Refused};
use syncbench_reports::anomalies::{self, Found, MARK, Map, Named, Worst};

use super::{Pair, bounds, lines, strategy, threads, workload};
use crate::args::ExploreArgs;
use crate::catalog::Catalog;
use crate::commands::run::split;
use crate::failure::{Done, Failure};
use crate::out::println;
use crate::progress::Share;
use crate::written;

/// Explores every pair, and writes the map into a folder.
pub(super) fn all(catalog: &Catalog, args: &ExploreArgs, folder: &Path) -> Done {
    let bounds = bounds(args)?;
    let (json, page) = (folder.join("map.json"), folder.join("README.md"));
    ours(&json)?;
    written::free(&page, MARK, "the page of a map").map_err(|failure| failure.at(page.display()))?;
    let every = |written: &[String], all: Vec<&str>| match split(written) {
        names if names.is_empty() || names == ["all"] => all.into_iter().map(str::to_owned).collect(),
        names => names,
    };
    let strategies: Vec<String> =
        every(&args.strategy, catalog.plans.strategies().iter().map(|spec| spec.name).collect());
    let workloads: Vec<String> =
        every(&args.workload, catalog.plans.workloads().iter().map(|spec| spec.name).collect());
    let progress = Share::new("schedules of a pair");
    let count = strategies.len() * workloads.len();
    let mut pairs = Vec::with_capacity(count);
    for name in &strategies {
        for label in &workloads {
            let (spec, workload) = workload(catalog, label)?;
            let pair = Pair { catalog, strategy: strategy(catalog, name)?, label: label.clone(), spec, workload };
            let done = pairs.len() as f64;
            let at = |share: f64, schedules| {
                progress.at((done + share) / count as f64, schedules, None);
                true
            };
            pairs.push(pair.mapped(args, &bounds, &at)?);
        }
    }
    let cases = cases(catalog, args, &bounds)?;
    progress.clear();
    let map = Map {
        schema: anomalies::SCHEMA,
        made_by: Some(anomalies::versions(&catalog.environment())),
        clients: bounds.clients,
        ops: bounds.ops,
        strategies,
        workloads,
        pairs,
        cases,
    };
    let text = serde_json::to_string_pretty(&map)? + "\n";
    let drawn = anomalies::markdown(&map);
    written::folder_of(&json).map_err(|failure| failure.at(folder.display()))?;
    fs::write(&json, &text).map_err(|error| written::failed(error, "a writable file").at(json.display()))?;
    written::write(&page, drawn.trim_end_matches(MARK), MARK, "the page of a map")
        .map_err(|failure| failure.at(page.display()))?;
    if args.json {
        println!("{}", text.trim_end());
        return Ok(ExitCode::SUCCESS);
    }
    let found: Vec<&Found> = map.pairs.iter().filter_map(|pair| pair.found.as_ref()).collect();
    let lose = found.iter().filter(|found| found.worst.as_ref().is_some_and(Worst::loses)).count();
    let clean = found.iter().filter(|found| found.worst.is_none()).count();
    println!(
        "{} pairs: {lose} lose a confirmed operation or worse, {clean} have no anomaly within the bound",
        found.len()
    );
    println!("Map: {}\nPage: {}", json.display(), page.display());
    Ok(ExitCode::SUCCESS)
}

/// The named cases of the strategies in this build; none if strategies or workloads were chosen.
fn cases(catalog: &Catalog, args: &ExploreArgs, bounds: &Bounds) -> Result<Vec<Named>, Failure> {
    let mut cases = Vec::new();
    if !args.strategy.is_empty() || !args.workload.is_empty() {
        return Ok(cases);
    }
    for named in NAMED {
        for label in named.strategies {
            let name = label.split(':').next().unwrap_or_default();
            if !catalog.plans.strategies().iter().any(|spec| spec.name == name) {
                continue;
            }
            let (spec, workload) = workload(catalog, named.workload)?;
            let pair =
                Pair { catalog, strategy: strategy(catalog, label)?, label: named.workload.into(), spec, workload };
            let bounds = named.bounds(bounds.budget);
            let case = pair.case(&bounds)?;
            let Some(script) = named.script(&case) else { continue };
            let found = explore::explore_script(&case, &bounds, script).map_err(Failure::usage)?;
            let found = Some(pair.found(&case, &found)?);
            let pair = anomalies::Pair {
                strategy: (*label).to_owned(),
                workload: named.workload.to_owned(),
                found,
                unsupported: None,
            };
            cases.push(Named { name: named.name.to_owned(), pair });
        }
    }
    Ok(cases)
}

/// Refuses to write over a file that holds no map.
fn ours(path: &Path) -> Result<(), Failure> {
    let known = match fs::read_to_string(path) {
        Ok(text) => text.trim().is_empty() || serde_json::from_str::<Map>(&text).is_ok(),
        Err(error) => error.kind() == ErrorKind::NotFound,
    };
    if known {
        Ok(())
    } else {
        Err(Failure::usage("exists already and is no map; expected another folder").at(path.display()))
    }
}

impl Pair<'_> {
    /// Explores a pair with the largest number of operations that the budget allows.
    fn mapped(
        &self,
        args: &ExploreArgs,
        bounds: &Bounds,
        at: &(dyn Fn(f64, u64) -> bool + Sync),
    ) -> Result<anomalies::Pair, Failure> {
        let mut pair = anomalies::Pair {
            strategy: self.strategy.label.clone(),
            workload: self.label.clone(),
            found: None,
            unsupported: None,
        };
        let case = match Case::new(&self.strategy, self.spec, &*self.workload, bounds.clients) {
            Ok(case) => case,
            Err(Refused::Unsupported(why)) => {
                pair.unsupported = Some(why);
                return Ok(pair);
            }
            Err(Refused::NoAlphabet) => {
                pair.unsupported = Some("the workload has no alphabet".into());
                return Ok(pair);
            }
        };
        let threads = threads(args)?;
        let search = |bounds: &Bounds| {
            let progress = |now: explore::Progress| at(now.share, now.schedules);
            explore::explore(&case, bounds, threads, &progress).map_err(Failure::usage)
        };
        let mut found = search(bounds)?;
        if !found.complete {
            // What an unfinished search found depends on the machine; what a smaller finished one found does not.
            let ops = found.complete_ops.max(1);
            found = search(&Bounds { ops, budget: bounds.budget.saturating_mul(10), ..bounds.clone() })?;
        }
        if !found.complete {
            let (strategy, workload) = (&self.strategy.label, &self.label);
            return Err(Failure::usage(format!(
                "--budget {}: not enough for {strategy} on {workload}, even with {}; expected more",
                args.budget, found.ops
            )));
        }
        pair.found = Some(self.found(&case, &found)?);
        Ok(pair)
    }

    fn found(&self, case: &Case<'_>, found: &Explored) -> Result<Found, Failure> {
        let worst = match found.worst() {
            None => None,
            Some(worst) => Some(Worst {
                anomaly: worst.clone(),
                story: lines(&self.story(case, found, worst)?),
                command: self.again(found, worst),
            }),
        };
        Ok(Found {
            ops: found.ops,
            schedules: found.schedules,
            stand_for: found.stand_for,
            anomalies: found.anomalies.clone(),
            worst,
        })
    }
}
