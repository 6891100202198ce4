//! `syncbench demo`: a small story step by step, and its space-time diagram.

mod cell;

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use serde_json::{Value, json};
use syncbench_harness::clock;
use syncbench_harness::stories::{self, Cast, STORIES, Skipped, Story, Told};
use syncbench_reports::story;
use syncbench_strategies::names;
use syncbench_strategies::registry::left_out;

use super::run::split;
use super::told::DIAGRAM;
use crate::args::DemoArgs;
use crate::catalog::Catalog;
use crate::failure::{Done, Failure};
use crate::out::{print, println};
pub(crate) use cell::planned;

pub(crate) fn demo(catalog: &Catalog, args: &DemoArgs) -> Done {
    if let Some(replay) = &args.cell {
        return show(args, &cell::tell(catalog, replay, args)?);
    }
    let Some(name) = &args.name else { return list(catalog, args.json) };
    let story = stories::find(name).ok_or_else(|| {
        let known = STORIES.iter().map(|story| (story.name, story.title));
        Failure::usage(format!("demo {name}: {}", names::unknown("story", name, "", known)))
    })?;
    show(args, &tell(catalog, story, &args.strategy)?)
}

/// Prints and draws a story.
fn show(args: &DemoArgs, told: &Told) -> Done {
    let written = draw(args, told)?;
    if args.json {
        println!("{}", document(told, written.as_deref())?);
        return Ok(ExitCode::SUCCESS);
    }
    let pause = args.pace.map(Duration::from_millis).filter(|_| std::io::stdout().is_terminal());
    for part in story::parts(told, full(args), true) {
        print!("{part}");
        pause.into_iter().for_each(clock::sleep);
    }
    if let Some(path) = written {
        println!("\nDiagram: {}", path.display());
    }
    Ok(ExitCode::SUCCESS)
}

fn list(catalog: &Catalog, as_json: bool) -> Done {
    if as_json {
        let entry = |story: &&Story| json!({"name": story.name, "title": story.title, "shows": story.shows});
        let stories: Vec<Value> = STORIES.iter().map(entry).collect();
        println!("{}", json!({"schema": 1, "stories": stories}));
        return Ok(ExitCode::SUCCESS);
    }
    let bold = anstyle::Style::new().bold();
    println!("{bold}STORIES{bold:#}");
    for story in STORIES {
        println!("  {bold}{:<8}{bold:#} {}", story.name, story.title);
    }
    println!("\nRun one with: {} demo NAME", catalog.plans.program_name());
    Ok(ExitCode::SUCCESS)
}

/// Runs the story under the chosen strategies, or under its own.
fn tell(catalog: &Catalog, story: &Story, asked: &[String]) -> Result<Told, Failure> {
    let specs = catalog.plans.strategies();
    let (names, mut skipped) = match split(asked).as_slice() {
        [] => story.cast(specs),
        [all] if all == "all" => (specs.iter().map(|spec| spec.name.to_owned()).collect(), Vec::new()),
        names => (names.to_vec(), Vec::new()),
    };
    if asked.is_empty() && matches!(story.cast, Cast::All(_)) {
        let missing = left_out().map(|optional| Skipped { strategy: optional.name.into(), reason: optional.reason() });
        skipped.extend(missing);
    }
    let mut told = (story.tell)(&names, specs).map_err(|error| Failure::usage(format!("--strategy {error}")))?;
    told.skipped.extend(skipped);
    Ok(told)
}

/// Whether every run is told and drawn: strategies that were asked for are.
fn full(args: &DemoArgs) -> bool {
    !args.strategy.is_empty()
}

fn document(told: &Told, diagram: Option<&Path>) -> Result<Value, Failure> {
    let mut document = serde_json::to_value(told)?;
    document["schema"] = json!(1);
    document["diagram"] = json!(diagram.map(Path::display).map(|path| path.to_string()));
    Ok(document)
}

/// Writes the diagram to `--svg`, or else to its default place; `None` where there is none. With `--json` only `--svg`
/// writes a file.
fn draw(args: &DemoArgs, told: &Told) -> Result<Option<PathBuf>, Failure> {
    if told.runs.is_empty() || (args.json && args.svg.is_none()) {
        return Ok(None);
    }
    let usual = Path::new("bench-results").join("demo").join(format!("{}.svg", told.story));
    DIAGRAM.write(&story::scene(told, full(args)).svg(), args.svg.as_deref(), usual)
}
