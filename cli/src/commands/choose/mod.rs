//! `syncbench choose`: measures the strategies at a team's answers, and says which one and why.

mod ask;
mod bench;
mod evidence;
mod folder;

use std::collections::BTreeSet;
use std::io::IsTerminal;
use std::ops::RangeInclusive;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use syncbench_harness::clock::Moment;
use syncbench_harness::results::Results;
use syncbench_harness::workload::WorkloadSpec;
use syncbench_reports::anomalies::Maps;
use syncbench_reports::choose::decision::Flip;
use syncbench_reports::choose::entry::Measured;
use syncbench_reports::choose::flip::{ALONG, Point};
use syncbench_reports::choose::labels::explained;
use syncbench_reports::choose::quoted;
use syncbench_reports::choose::shapes::parts;
use syncbench_reports::choose::study::{Effort, Study, contenders, mixes, study};
use syncbench_reports::choose::vetoes::hopeless;
use syncbench_reports::choose::{Answers, Decision, Verdict, read, record};

use self::bench::Bench;
use crate::args::ChooseArgs;
use crate::catalog::Catalog;
use crate::commands::run::console_width;
use crate::environment;
use crate::failure::{Done, Failure};
use crate::maps;
use crate::out::{eprintln, print, println};
use crate::written::quoted;

/// Deepest search: a thousand seeds.
const DEEPEST: u32 = 100;
/// How long the search for what would change the answer may go on, counted from where it starts.
const SEARCH: Duration = Duration::from_secs(30);

pub(crate) fn choose(catalog: &Catalog, args: &ChooseArgs) -> Done {
    if args.depth > DEEPEST {
        return Err(Failure::usage(format!("--depth {}: expected 0 to {DEEPEST}", args.depth)));
    }
    let threads = args.threads.unwrap_or_else(environment::cores);
    if threads == 0 {
        return Err(Failure::usage("--threads 0: expected at least 1"));
    }
    if let Some(dir) = &args.out {
        folder::untaken(dir)?;
    }
    let maps = maps::quoted(catalog, args.map.as_deref())?;
    let (program, workloads) = (catalog.plans.program_name(), catalog.plans.workloads());
    let (answers, taken) = answers(args, program, workloads)?;
    if let Some(taken) = &taken {
        eprintln!("{taken}");
    }
    let asked = args.answers.is_none();
    let dir = folder::prepare(args.out.as_deref(), &answers, program).inspect_err(|_| {
        if asked {
            eprintln!("{}", read::write(&answers, program));
        }
    })?;
    let effort = Effort::of_depth(args.depth);
    let again = format!("{program} choose --answers {}", quoted(&dir.join(folder::ANSWERS)));
    let mut bench = Bench::new(catalog, threads, if asked { &again } else { "" });
    let decided = decide(&mut bench, &answers, effort, args.depth, &maps);
    let Ok(Some(mut decision)) = decided else {
        bench.finish();
        if asked {
            eprintln!("The answers are kept: {again}");
        } else {
            folder::discard(&dir);
        }
        return decided.map(|_| ExitCode::from(130));
    };
    decision.caveats.splice(0..0, taken);
    let written = folder::write(&dir, &decision);
    if args.json {
        println!("{}", record::json(&decision));
    } else {
        let color = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        print!("{}", record::text(&decision, console_width(), color));
    }
    // The answer is worth more than its record: it is printed either way.
    written.context("the record was not written")?;
    if !args.json {
        println!("\nRecord: {}", dir.join("decision.html").display());
        println!("Again:  {again}");
    }
    Ok(ExitCode::from(if decision.proposal.is_some() { 0 } else { 3 }))
}

/// The answers in the file that was named, with what it leaves out, or those that are given now; saved where that was asked for.
fn answers(
    args: &ChooseArgs,
    program: &str,
    workloads: &[&'static WorkloadSpec],
) -> Result<(Answers, Option<String>), Failure> {
    if let Some(path) = &args.save_answers {
        ask::unsaved(path)?;
    }
    let (answers, taken) = match &args.answers {
        Some(path) => ask::read(path, workloads)?,
        None => (ask::ask(workloads)?, None),
    };
    answers.check().map_err(Failure::usage)?;
    if let Some(path) = &args.save_answers {
        ask::save(path, &answers, program)?;
        eprintln!("answers: {}", path.display());
    }
    Ok((answers, taken))
}

/// Measures and decides; `None` after Ctrl-C.
fn decide(
    bench: &mut Bench<'_>,
    answers: &Answers,
    effort: Effort,
    depth: u32,
    maps: &Maps,
) -> Result<Option<Decision>, Failure> {
    let none = BTreeSet::new();
    let mut study = laid_out(bench, answers, effort, 0..=0, &none)?;
    let rescued = laid_out(bench, answers, effort.of_a_glance(), 1..=1, &none)?;
    let lost = laid_out(bench, answers, effort.of_one_seed(), 2..=usize::MAX, &none)?;
    if rescued.has_strategies() || lost.has_strategies() {
        study.caveats.push(format!(
            "What a single answer rules out before anything is measured was measured with {} seeds, to see what it does and \
             whether another answer would rescue it; what several rule out, with one.",
            effort.of_a_glance().seeds
        ));
    }
    // What there is none of would be no plan.
    study.scenarios.extend(rescued.scenarios.into_iter().chain(lost.scenarios));
    study.scenarios.retain(|scenario| !scenario.strategies.is_empty());
    let steps = if depth == 0 { 0 } else { STEPS };
    let small = laid_out(bench, answers, effort.of_a_step(), 0..=0, &none)?;
    bench.expect(&study.scenarios, &small.scenarios, steps, SEARCH * (2 * depth).saturating_sub(1))?;
    let measured = if study.has_strategies() { bench.run(study.scenarios.clone())? } else { Some(bench.empty()) };
    let Some(results) = measured else { return Ok(None) };
    let verdict = Verdict::new(answers, &study, Measured::new(&results));
    let mut decision = verdict.decision(answers, &study);
    decision.program = bench.program().to_owned();
    if depth > 0 {
        let own = Point { winner: verdict.winner(), figures: verdict.figures() };
        let far_off = if own.winner.is_some() { verdict.far_off() } else { none };
        let searched = Searched { study: &study, results: &results, own: &own, far_off: &far_off };
        // Steps take longer with each depth, too: a deeper search has more time for each of them.
        let (flips, late) = search(bench, answers, effort, &searched, SEARCH * (2 * depth - 1))?;
        decision.flips = flips;
        if late {
            decision.caveats.push(format!(
                "The search for what would change the answer ran out of time: --depth {} or a quieter machine searches further.",
                (depth + 1).min(DEEPEST)
            ));
        }
        let [fewer, less] = [effort.of_a_step().seeds, effort.seeds];
        let left_out = match far_off.len() {
            0 => String::new(),
            count => format!(", and without {count} strategies that lost one of a hundred operations or more"),
        };
        decision.caveats.push(format!(
            "What would change the answer was measured with {fewer} seeds in place of {less} and half of the operations{left_out}."
        ));
    }
    quoted::explain(&mut decision, &study.parts, maps);
    decision.labels = explained(&decision, bench.specs());
    evidence::tell(bench, &study, &mut decision)?;
    bench.finish();
    Ok((!bench.stopped()).then_some(decision))
}

/// About how many measurements a search takes: both ends of each axis that is a number, and one of the others.
const STEPS: usize = 7;

/// What is measured under these answers of strategies that fail so many of them by what they say of themselves, without
/// some.
fn laid_out(
    bench: &Bench<'_>,
    answers: &Answers,
    effort: Effort,
    fails: RangeInclusive<usize>,
    without: &BTreeSet<String>,
) -> Result<Study, Failure> {
    let specs = bench.specs();
    let workloads = bench.workloads();
    let parts = parts(answers, workloads);
    let mut labels = contenders(specs, answers, &parts);
    labels.extend(mixes(specs, &parts));
    let all = study(answers, effort, &labels, workloads);
    let known = bench.facts(all.scenarios)?;
    let failed = |label: &str| hopeless(answers, &parts, label, &known).len();
    labels.retain(|label| !without.contains(label) && fails.contains(&failed(label)));
    Ok(study(answers, effort, &labels, workloads))
}

/// What a search starts from.
struct Searched<'s> {
    study: &'s Study,
    results: &'s Results,
    own: &'s Point,
    far_off: &'s BTreeSet<String>,
}

/// Searches for what would change the answer; and whether its time was up before its end.
fn search(
    bench: &mut Bench<'_>,
    answers: &Answers,
    effort: Effort,
    from: &Searched<'_>,
    time: Duration,
) -> Result<(Vec<Flip>, bool), Failure> {
    let begun = Moment::now();
    let (mut flips, mut failed, mut late) = (Vec::new(), None, false);
    for along in ALONG {
        let mut measure = |other: &Answers| {
            let step = |study: &Study, results: &Results| {
                let verdict = Verdict::new(other, study, Measured::new(results));
                Point { winner: verdict.winner(), figures: verdict.figures() }
            };
            if along.is_yes_or_no()
                && other.peers == answers.peers
                && parts(other, bench.workloads()) == from.study.parts
            {
                return Some(step(from.study, from.results));
            }
            late |= begun.elapsed() > time;
            if bench.stopped() || late {
                return None;
            }
            let run = laid_out(bench, other, effort.of_a_step(), 0..=0, from.far_off).and_then(|study| {
                let results =
                    if study.has_strategies() { bench.run(study.scenarios.clone())? } else { Some(bench.empty()) };
                Ok(results.map(|results| step(&study, &results)))
            });
            run.unwrap_or_else(|failure| {
                failed.get_or_insert(failure);
                None
            })
        };
        flips.push(along.search(answers, from.own, &mut measure));
    }
    failed.map_or(Ok((flips, late)), Err)
}
