//! `syncbench explore`: every schedule of a small case.

mod all;

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use syncbench_harness::clock::Moment;
use syncbench_harness::explore::{self, Anomaly, Bounds, Case, Disturbance, Explored, Refused, Schedule};
use syncbench_harness::stories::{Told, brief};
use syncbench_harness::workload::{Workload, WorkloadSpec};
use syncbench_harness::workloads;
use syncbench_reports::format::{count, plural};
use syncbench_reports::{explored, story};
use syncbench_strategies::registry;
use syncbench_strategies::selector::format_span;
use syncbench_strategies::spec::Configured;

use super::run::split;
use super::told::Diagram;
use crate::args::ExploreArgs;
use crate::catalog::Catalog;
use crate::environment;
use crate::failure::{Done, Failure};
use crate::out::{eprintln, print, println};
use crate::progress::Share;
use crate::written;

/// Diagrams of explorations.
const DIAGRAM: Diagram =
    Diagram { mark: "<!-- a diagram of syncbench explore -->\n", what: "a diagram of an exploration" };

/// Most clients: schedules of more are too many to run and too long to read.
const MOST_CLIENTS: u32 = 8;
/// Most scripts of one exploration: each has hundreds of schedules.
const MOST_SCRIPTS: u64 = 1_000_000;

pub(crate) fn explore(catalog: &Catalog, args: &ExploreArgs) -> Done {
    if let Some(folder) = args.out.as_deref().filter(|_| args.all) {
        return all::all(catalog, args, folder);
    }
    let bounds = bounds(args)?;
    let strategy = strategy(catalog, &one("--strategy", &args.strategy)?)?;
    let label = one("--workload", &args.workload)?;
    let (spec, workload) = workload(catalog, &label)?;
    let pair = Pair { catalog, strategy, label, spec, workload };
    let case = pair.case(&bounds)?;
    match &args.schedule {
        Some(text) => pair.replay(args, &case, text),
        None => pair.search(args, &case, &bounds),
    }
}

/// The only name in a list.
fn one(flag: &str, written: &[String]) -> Result<String, Failure> {
    match &split(written)[..] {
        [name] if name != "all" => Ok(name.clone()),
        names => {
            let given = if names.is_empty() { "none".to_owned() } else { names.join(",") };
            Err(Failure::usage(format!("{flag} {given}: expected one; --all explores every pair")))
        }
    }
}

fn strategy(catalog: &Catalog, written: &str) -> Result<Configured, Failure> {
    let configured =
        written.parse().and_then(|selector| registry::configure_from(catalog.plans.strategies(), &selector));
    configured.map_err(|error| Failure::usage(format!("--strategy {error}")))
}

fn workload(catalog: &Catalog, written: &str) -> Result<(&'static WorkloadSpec, Box<dyn Workload>), Failure> {
    let configured =
        written.parse().and_then(|selector| workloads::configure_from(catalog.plans.workloads(), &selector));
    configured.map_err(|error| Failure::usage(format!("--workload {error}")))
}

fn bounds(args: &ExploreArgs) -> Result<Bounds, Failure> {
    if !(1..=MOST_CLIENTS).contains(&args.clients) {
        return Err(Failure::usage(format!("--clients {}: expected 1 to {MOST_CLIENTS}", args.clients)));
    }
    if args.ops == 0 {
        return Err(Failure::usage("--ops 0: expected at least 1"));
    }
    if args.late && args.clients == 1 {
        return Err(Failure::usage("--late: with one client nobody joins before it; expected --clients 2 or more"));
    }
    let budget = Duration::try_from_secs_f64(args.budget).ok().filter(|budget| !budget.is_zero());
    let budget =
        budget.ok_or_else(|| Failure::usage(format!("--budget {}: expected a span such as 60s", args.budget)))?;
    let disturbance =
        [(args.broken, Disturbance::Break), (args.crash, Disturbance::Crash), (args.late, Disturbance::Late)];
    let disturbance = disturbance.into_iter().find(|(asked, _)| *asked).map(|(_, what)| what);
    Ok(Bounds { clients: args.clients, ops: args.ops, disturbance, reduced: !args.no_reduction, budget })
}

/// A strategy and a workload.
struct Pair<'c> {
    catalog: &'c Catalog,
    strategy: Configured,
    label: String,
    spec: &'static WorkloadSpec,
    workload: Box<dyn Workload>,
}

impl Pair<'_> {
    fn case(&self, bounds: &Bounds) -> Result<Case<'_>, Failure> {
        let case = Case::new(&self.strategy, self.spec, &*self.workload, bounds.clients).map_err(|why| {
            Failure::usage(match why {
                Refused::Unsupported(why) => format!("{} does not run {}: {why}", self.strategy.label, self.label),
                Refused::NoAlphabet => format!(
                    "--workload {}: it has no alphabet of operations to explore: expected a workload whose `small()` \
                     gives a document and letters",
                    self.label
                ),
            })
        })?;
        let scripts = explore::count(case.letters().len(), bounds);
        if scripts > MOST_SCRIPTS {
            return Err(Failure::usage(format!(
                "--ops {}: {scripts} choices of operations; expected at most {MOST_SCRIPTS}: lower --ops or --clients",
                bounds.ops
            )));
        }
        Ok(case)
    }

    fn search(&self, args: &ExploreArgs, case: &Case<'_>, bounds: &Bounds) -> Done {
        if let Some(path) = &args.svg {
            written::free(path, DIAGRAM.mark, DIAGRAM.what)
                .map_err(|failure| failure.at(format!("--svg {}", path.display())))?;
        }
        let progress = Share::new("schedules");
        let threads = threads(args)?;
        let interrupted = interrupted();
        let begun = Moment::now();
        let found = explore::explore(case, bounds, threads, &|at| {
            progress.at(at.share, at.schedules, Some(at.budget_left));
            !interrupted.load(Ordering::Relaxed)
        });
        let elapsed = begun.elapsed();
        progress.clear();
        let found = found.map_err(Failure::usage)?;
        eprintln!("{}", speed(found.schedules, elapsed, threads));
        let stories = self.stories(case, &found)?;
        let diagram = self.draw(args, &stories)?;
        if args.json {
            println!("{}", self.document(&found, case, &stories, diagram.as_deref())?);
            return Ok(ExitCode::SUCCESS);
        }
        let budget = format_span(bounds.budget);
        let page = explored::Page {
            found: &found,
            workload: &self.label,
            genesis: &brief(case.genesis()),
            stories: &stories,
            again: &|anomaly| self.again(&found, anomaly),
            budget: (!interrupted.load(Ordering::Relaxed)).then_some(&*budget),
        };
        explored::parts(&page).iter().for_each(|part| print!("{part}"));
        if let Some(path) = diagram {
            println!("\nDiagrams: {}", path.display());
        }
        Ok(ExitCode::SUCCESS)
    }

    /// Tells one schedule.
    fn replay(&self, args: &ExploreArgs, case: &Case<'_>, text: &str) -> Done {
        let wrong = |why: String| Failure::usage(format!("--schedule: {why}"));
        let schedule = Schedule::read(text, args.clients, case.letters()).map_err(wrong)?;
        let title = format!("{} on {}: one schedule", self.strategy.label, self.label);
        let told = explore::tell(case, &schedule, &title).map_err(wrong)?;
        let stories = [told];
        let diagram = self.draw(args, &stories)?;
        let [told] = &stories;
        if args.json {
            let mut document = serde_json::to_value(told)?;
            document["schema"] = json!(1);
            document["diagram"] = json!(diagram.map(|path| path.display().to_string()));
            println!("{document}");
            return Ok(ExitCode::SUCCESS);
        }
        let bold = anstyle::Style::new().bold();
        println!("{bold}{title}{bold:#}\nfrom {}\n", brief(case.genesis()));
        story::body(told, true).iter().for_each(|part| print!("{part}"));
        if told.runs.iter().all(|run| run.findings.is_empty() && run.equal) {
            println!("nothing lost");
        }
        if let Some(path) = diagram {
            println!("\nDiagram: {}", path.display());
        }
        Ok(ExitCode::SUCCESS)
    }

    /// The shortest story of each anomaly.
    fn stories(&self, case: &Case<'_>, found: &Explored) -> Result<Vec<Told>, Failure> {
        found.anomalies.iter().map(|anomaly| self.story(case, found, anomaly)).collect()
    }

    /// The shortest story of an anomaly.
    fn story(&self, case: &Case<'_>, found: &Explored, anomaly: &Anomaly) -> Result<Told, Failure> {
        let schedule = Schedule::read(&anomaly.schedule, found.clients, case.letters());
        let title = format!("{} on {}: {}", self.strategy.label, self.label, anomaly.kind);
        let told = schedule.and_then(|schedule| explore::tell(case, &schedule, &title));
        told.map_err(|why| Failure::Broken(anyhow::anyhow!("{}: {why}", anomaly.kind)))
    }

    /// The command that tells the story of an anomaly.
    fn again(&self, found: &Explored, anomaly: &Anomaly) -> String {
        let clients = if found.clients == 2 { String::new() } else { format!(" --clients {}", found.clients) };
        let program = self.catalog.plans.program_name();
        let (strategy, workload) = (&found.strategy, &self.label);
        format!("{program} explore -s {strategy} -w {workload}{clients} --schedule '{}'", anomaly.schedule)
    }

    fn document(
        &self,
        found: &Explored,
        case: &Case<'_>,
        stories: &[Told],
        diagram: Option<&Path>,
    ) -> Result<Value, Failure> {
        let mut document = serde_json::to_value(found)?;
        document["schema"] = json!(1);
        document["workload"] = json!(self.label);
        document["genesis"] = json!(case.genesis().to_string());
        document["diagram"] = json!(diagram.map(|path| path.display().to_string()));
        let story = |(anomaly, told): (&Anomaly, &Told)| json!({"kind": anomaly.kind, "command": self.again(found, anomaly), "lines": lines(told), "told": told});
        document["stories"] = found.anomalies.iter().zip(stories).map(story).collect();
        Ok(document)
    }

    /// Writes the diagrams to `--svg`, or else to their default place; `None` where there are none. With `--json` only
    /// `--svg` writes a file.
    fn draw(&self, args: &ExploreArgs, stories: &[Told]) -> Result<Option<PathBuf>, Failure> {
        let mut scenes = stories.iter().map(|told| story::scene(told, true));
        let Some(mut all) = scenes.next().filter(|_| args.svg.is_some() || !args.json) else { return Ok(None) };
        scenes.for_each(|scene| all.append(scene));
        let svg = all.svg();
        if args.svg.is_none() && !std::io::stdout().is_terminal() {
            return Ok(None);
        }
        let usual = |c: char| if c.is_alphanumeric() || c == '-' { c } else { '_' };
        let name: String = format!("{}-{}", self.strategy.label, self.label).chars().map(usual).collect();
        let path = Path::new("bench-results").join("explore").join(format!("{name}.svg"));
        DIAGRAM.write(&svg, args.svg.as_deref(), path)
    }
}

/// Set by Ctrl-C: the search ends with what was found so far, and a second time the program.
pub(super) fn interrupted() -> Arc<AtomicBool> {
    let stop = Arc::new(AtomicBool::new(false));
    let asked = stop.clone();
    // Without a handler Ctrl-C ends the program: nothing is written before the end.
    let _ = ctrlc::set_handler(move || {
        if asked.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
        eprintln!("stopping with what was found so far; press Ctrl-C again to quit now");
    });
    stop
}

/// Most threads of an exploration: no machine has more cores, and so many start at once.
const MOST_THREADS: usize = 1_024;

fn threads(args: &ExploreArgs) -> Result<usize, Failure> {
    match args.threads {
        Some(threads) if !(1..=MOST_THREADS).contains(&threads) => {
            Err(Failure::usage(format!("--threads {threads}: expected 1 to {MOST_THREADS}")))
        }
        threads => Ok(threads.unwrap_or_else(environment::cores)),
    }
}

/// How many schedules were run, and how fast: `1,266 schedules in 0.08 s, 15,825 a second on 2 threads`.
fn speed(schedules: u64, elapsed: Duration, threads: usize) -> String {
    let seconds = elapsed.as_secs_f64();
    let rate = (schedules as f64 / seconds.max(1e-9)) as u64;
    let threads = plural(threads, "thread");
    format!("{} in {seconds:.2} s, {} a second on {threads}", plural(schedules as usize, "schedule"), count(rate))
}

/// A story in lines, without colours.
fn lines(told: &Told) -> Vec<String> {
    story::body(told, false).concat().lines().map(|line| line.trim_end().to_owned()).collect()
}
