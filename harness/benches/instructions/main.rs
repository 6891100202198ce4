//! Instructions that an operation takes, counted by valgrind: a gate that noise does not touch.
//!
//!     cargo bench -p syncbench-harness --no-default-features --bench instructions -- --check  # compares with counts.toml
//!     cargo bench -p syncbench-harness --no-default-features --bench instructions -- --bless  # writes counts.toml
//!
//! Each case runs in a process of its own, once with so many repetitions and once with twice as many: the difference leaves out
//! the start of the program and the case's preparation. Nothing but cachegrind's count of executed instructions is used, and
//! neither its model of caches nor a clock. The count depends on the compiler and on the C library, whose versions stand in
//! `counts.toml`; with others nothing is compared. Wrappers of cachegrind for benches exist (gungraun); they need a runner of
//! the same version installed, and this needs valgrind alone.
//!
//! Exit code 1 with `--check`: a case takes over 3 % more instructions than before. A name leaves out the cases without it, and
//! `--quick` all of them. Without `--bench`, as in tests, each case runs once.

#![allow(clippy::print_stdout, reason = "a program that prints")]

mod cases;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::{env, fs};

use serde::{Deserialize, Serialize};

use cases::{CASES, Case};

/// The largest growth that passes, in percent: compilers of one version and equal sources give equal counts, so this is room for
/// changes that are wanted, not for noise.
const MOST_PERCENT: f64 = 3.0;

/// Counts with what they depend on.
#[derive(Serialize, Deserialize)]
struct Counts {
    /// The compiler, as it names itself.
    rustc: String,
    /// The C library, as it names itself.
    libc: String,
    /// The architecture.
    arch: String,
    /// Instructions of one operation, by case.
    instructions: BTreeMap<String, f64>,
}

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    match &args[..] {
        [case, name, times] if case == "--case" => {
            let case = CASES.iter().find(|case| case.name == name).expect("a case of this name");
            (case.run)(times.parse().expect("a number of repetitions"));
            ExitCode::SUCCESS
        }
        args if args.iter().any(|arg| arg == "--bench") => compare(args),
        _ => {
            CASES.iter().for_each(|case| (case.run)(1));
            println!("{} cases, once each", CASES.len());
            ExitCode::SUCCESS
        }
    }
}

fn file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/instructions/counts.toml")
}

/// The first line that a program prints.
fn says(program: &str, arg: &str) -> Option<String> {
    let output = Command::new(program).arg(arg).output().ok()?;
    String::from_utf8(output.stdout).ok()?.lines().next().map(str::to_owned)
}

fn compare(args: &[String]) -> ExitCode {
    let asked = |flag: &str| args.iter().any(|arg| arg == flag);
    let bless = asked("--bless");
    let filter = args.iter().find(|arg| !arg.starts_with('-')).filter(|_| !bless);
    if asked("--quick") {
        println!("skipped: instruction counts: with --quick");
        return ExitCode::SUCCESS;
    }
    if says("valgrind", "--version").is_none() {
        println!("skipped: instruction counts: no valgrind");
        return ExitCode::SUCCESS;
    }
    let mut now = Counts {
        rustc: says("rustc", "--version").unwrap_or_default(),
        libc: says("ldd", "--version").unwrap_or_default(),
        arch: env::consts::ARCH.into(),
        instructions: BTreeMap::new(),
    };
    let before: Option<Counts> =
        fs::read_to_string(file()).ok().map(|text| toml::from_str(&text).expect("counts.toml"));
    let same = |before: &Counts| (&before.rustc, &before.libc, &before.arch) == (&now.rustc, &now.libc, &now.arch);
    if let Some(other) = before.as_ref().filter(|before| !bless && !same(before)) {
        println!("skipped: instruction counts: those of {}, {} and {}", other.rustc, other.libc, other.arch);
        println!("are there, and this is {}, {} and {}", now.rustc, now.libc, now.arch);
        return ExitCode::SUCCESS;
    }
    println!("{:<28} {:>14} {:>14} {:>8}", "instructions of an operation", "now", "before", "");
    let mut grown = 0;
    for case in CASES.iter().filter(|case| filter.is_none_or(|filter| case.name.contains(&**filter))) {
        let count = per_operation(case);
        let old = before.as_ref().and_then(|before| before.instructions.get(case.name)).copied();
        let percent = old.map(|old| (count / old - 1.0) * 100.0);
        let (old, change) = (
            old.map_or("-".into(), |old| format!("{old:.0}")),
            percent.map_or("new".into(), |percent| format!("{percent:+.1} %")),
        );
        println!("{:<28} {count:>14.0} {old:>14} {change:>8}", case.name);
        grown += u32::from(percent.is_some_and(|percent| percent > MOST_PERCENT));
        now.instructions.insert(case.name.into(), count.round());
    }
    if bless {
        fs::write(file(), toml::to_string(&now).expect("plain data")).expect("counts.toml is written");
        println!("written: counts.toml");
        return ExitCode::SUCCESS;
    }
    if grown > 0 {
        println!("{grown} take over {MOST_PERCENT} % more instructions than counts.toml says");
        println!(
            "if that is wanted: cargo bench -p syncbench-harness --no-default-features --bench instructions -- --bless"
        );
        return if asked("--check") { ExitCode::FAILURE } else { ExitCode::SUCCESS };
    }
    ExitCode::SUCCESS
}

/// Instructions of one operation of a case.
fn per_operation(case: &Case) -> f64 {
    let [few, many] = [case.times, 2 * case.times].map(|times| instructions(case.name, times));
    (many as f64 - few as f64) / case.times as f64
}

/// Instructions of a process that runs a case so often.
fn instructions(case: &str, times: u64) -> u64 {
    let program = env::current_exe().expect("this program");
    let output = Command::new("valgrind")
        .args(["--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"])
        .arg(program)
        .args(["--case", case, &times.to_string()])
        .env_clear()
        .env("PATH", env::var_os("PATH").unwrap_or_default())
        .output()
        .expect("valgrind runs");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{case}: {told}");
    let line = told.lines().find(|line| line.contains("refs:")).expect("a count of instructions");
    let digits: String = line.rsplit("refs:").next().unwrap_or_default().chars().filter(char::is_ascii_digit).collect();
    digits.parse().expect("a number")
}
