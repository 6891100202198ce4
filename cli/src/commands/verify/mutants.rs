//! The planted bugs: the oracle named for each must catch it.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;

use serde_json::{Value, json};
use syncbench_harness::mutants::trial::{self, Outcome, SEEDS, Trial};
use syncbench_harness::mutants::{FAMILIES, Mutant, all};
use syncbench_harness::oracle::DETERMINISM;
use syncbench_strategies::names;

use crate::environment;
use crate::failure::Failure;
use crate::out::println;
use crate::progress::Progress;

/// Tries all mutants, or the one that is named `only`.
pub(super) fn run(only: Option<&str>, program: &str) -> Result<Vec<Trial>, Failure> {
    let mutants: Vec<&'static Mutant> = all().filter(|mutant| only.is_none_or(|only| mutant.name == only)).collect();
    if mutants.is_empty() {
        let written = only.unwrap_or_default();
        let meant = names::did_you_mean(written, all().map(|mutant| (mutant.name, mutant.plants)));
        let meant = meant.map_or(String::new(), |meant| meant + " ");
        return Err(Failure::usage(format!(
            "--only {written}: no such planted bug: {meant}expected `{}`, or a name that `{program} list mutants` shows",
            DETERMINISM.name
        )));
    }
    let progress = Progress::of("planted bugs", mutants.len());
    let trials = Mutex::new(Vec::new());
    trial::run(&mutants, SEEDS, environment::cores(), &AtomicBool::new(false), &|trial| {
        progress.step(trial.mutant.name.to_owned());
        trials.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).push(trial);
    });
    progress.clear();
    let mut trials = trials.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner());
    let places: BTreeMap<&str, usize> = all().enumerate().map(|(place, mutant)| (mutant.name, place)).collect();
    trials.sort_by_key(|trial| places.get(trial.mutant.name).copied());
    Ok(trials)
}

/// Columns of a bug's name, of what catches it, and of a line.
const NAME: usize = 32;
const ORACLE: usize = 38;
const LINE: usize = 80;

/// Prints a line for each bug, failures in full, and the sum.
pub(super) fn print(trials: &[Trial]) {
    let bold = anstyle::Style::new().bold();
    println!("{bold}  {:<NAME$}  {:<ORACLE$} seeds{bold:#}", "planted bug", "caught by");
    for family in FAMILIES {
        let here = |trial: &&Trial| family.mutants.iter().any(|mutant| mutant.name == trial.mutant.name);
        let mut trials = trials.iter().filter(here).peekable();
        if trials.peek().is_some() {
            println!("{}: {}", family.name, family.about);
        }
        trials.for_each(line);
    }
    let caught: Vec<u64> = trials.iter().filter_map(|trial| seeds(&trial.outcome)).collect();
    let controls: u64 = trials.iter().map(|trial| trial.control_seeds).sum();
    let alarms: usize = trials.iter().map(|trial| trial.false_alarms.len()).sum();
    let left_out = trials.iter().filter(|trial| matches!(trial.outcome, Outcome::LeftOut(_))).count();
    let (count, most) = (caught.len(), caught.iter().max().copied().unwrap_or(0));
    let of = trials.len() - left_out;
    println!("{count} of {of} planted bugs caught, each within {most} {}", if most == 1 { "seed" } else { "seeds" });
    println!("{alarms} false alarms in {controls} runs without them");
    if left_out > 0 {
        println!("{left_out} not tried: build with --features full");
    }
}

fn line(trial: &Trial) {
    let red = anstyle::Style::new().fg_color(Some(anstyle::AnsiColor::Red.into())).bold();
    let Mutant { name, plants, oracle, kinds, .. } = trial.mutant;
    let kinds: Vec<&str> = kinds.iter().map(|kind| kind.name).collect();
    let caught_by = if kinds.is_empty() { oracle.name.to_owned() } else { kinds.join(", ") };
    match &trial.outcome {
        Outcome::Caught { seeds, .. } => println!("  {name:<NAME$}  {caught_by:<ORACLE$} {seeds:>5}"),
        Outcome::Missed { others } => {
            let others = if others.is_empty() { "nothing".to_owned() } else { others.join(", ") };
            println!("  {name:<NAME$}  {caught_by:<ORACLE$} {red}never{red:#}");
            wrapped(&format!("{plants} Not caught in {SEEDS} seeds; instead objected: {others}."));
        }
        Outcome::LeftOut(why) => wrapped(&format!("{name}: not tried: {why}")),
    }
    if let Some((seed, alarm)) = trial.false_alarms.first() {
        println!("    {red}false alarm{red:#} without it:");
        let (count, oracle) = (trial.false_alarms.len(), alarm.oracle.name);
        wrapped(&format!("{count} times, first with seed {seed}: {oracle}: {}", alarm.said));
    }
}

/// A paragraph below a line.
fn wrapped(text: &str) {
    let options = textwrap::Options::new(LINE).initial_indent("    ").subsequent_indent("    ");
    println!("{}", textwrap::fill(text, options.word_splitter(textwrap::WordSplitter::NoHyphenation)));
}

fn seeds(outcome: &Outcome) -> Option<u64> {
    match outcome {
        Outcome::Caught { seeds, .. } => Some(*seeds),
        _ => None,
    }
}

/// The JSON of a trial.
pub(super) fn json(trial: &Trial) -> Value {
    let Mutant { name, plants, history, base, workload, conditions, oracle, kinds, .. } = trial.mutant;
    let family = FAMILIES.iter().find(|family| family.mutants.iter().any(|mutant| mutant.name == *name));
    let (outcome, said, others) = match &trial.outcome {
        Outcome::Caught { said, .. } => ("caught", Some(said), None),
        Outcome::Missed { others } => ("not_caught", None, Some(others)),
        Outcome::LeftOut(why) => ("left_out", Some(why), None),
    };
    let alarms = trial.false_alarms.iter().map(
        |(seed, alarm)| json!({"seed": seed, "oracle": alarm.oracle.name, "kind": alarm.kind, "said": alarm.said}),
    );
    json!({
        "name": name,
        "family": family.map(|family| family.name),
        "plants": plants,
        "history": history,
        "strategy": base.label(),
        "workload": workload,
        "network": conditions.network,
        "faults": conditions.faults,
        "oracle": oracle.name,
        "kinds": kinds.iter().map(|kind| kind.name).collect::<Vec<_>>(),
        "outcome": outcome,
        "seeds": seeds(&trial.outcome),
        "said": said,
        "objected_instead": others,
        "control_seeds": trial.control_seeds,
        "false_alarms": alarms.collect::<Vec<_>>(),
    })
}
