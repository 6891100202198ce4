//! Stdout that is full or closed: no panic, and results stay on disk.
#![cfg(unix)]

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;

use crate::common::{Place, is_file, quick, said, skipped};

/// Every command, with everything that it prints on stdout.
fn commands() -> Vec<Vec<&'static str>> {
    let words = |line: &'static str| line.split(' ').collect::<Vec<_>>();
    let mut commands: Vec<_> = [
        "--help",
        "--version",
        "run --help",
        "list",
        "list strategies",
        "list metrics --json",
        "demo",
        "demo --json",
        "demo race",
        "demo race --json",
        "report there --out drawn",
        "verify -s serial --seeds 1",
        "verify -s serial --seeds 1 --json",
        "completions bash",
        "merge there --out merged",
        "compare there there",
        "compare there there --json",
        "compare there there --markdown -",
        "cost --people 1k --online 5% --per-document 5 --rate 0.2",
        "cost --people 1k --online 5% --per-document 5 --rate 0.2 --json",
    ]
    .map(words)
    .into();
    commands.push(quick("table", &[]));
    commands.push(quick("json", &["--json"]));
    commands
}

fn place() -> Place {
    let place = Place::new();
    assert_eq!(place.run(&quick("there", &[])).code, Some(0));
    place
}

#[test]
fn a_full_disk_behind_stdout_is_an_error() {
    let Ok(_) = File::options().write(true).open("/dev/full") else {
        skipped("a full stdout: no /dev/full");
        return;
    };
    let place = place();
    for args in commands() {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let said = said(place.command(&args).stdout(full).output().unwrap());
        assert_eq!(said.code, Some(1), "{args:?}: {said:?}");
        assert!(said.err.contains("error: stdout: "), "{args:?}: {said:?}");
        assert!(!said.err.contains("panicked"), "{args:?}: {said:?}");
    }
    for dir in ["table", "json", "drawn"] {
        assert!(is_file(&place.path(dir).join("report.html")), "{dir}");
    }
}

#[test]
fn a_reader_that_wants_no_more_is_no_error() {
    let place = place();
    for args in commands() {
        let mut child = place.command(&args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = said(child.wait_with_output().unwrap());
        assert_eq!(output.code, Some(0), "{args:?}: {output:?}");
        assert!(!output.err.contains("error") && !output.err.contains("panicked"), "{args:?}: {output:?}");
    }
    assert!(is_file(&place.path("table").join("report.html")));
}

#[test]
fn one_line_of_a_long_list_is_enough() {
    let place = Place::new();
    let mut child = place.command(&["list"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::with_capacity(1, child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let mut err = String::new();
    child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
    assert_eq!((child.wait().unwrap().code(), line.as_str(), err.as_str()), (Some(0), "STRATEGIES\n", ""));
}

#[test]
fn a_full_disk_behind_stderr_changes_nothing() {
    let Ok(_) = File::options().write(true).open("/dev/full") else {
        skipped("a full stdout: no /dev/full");
        return;
    };
    let place = Place::new();
    for (args, code) in [(quick("out", &[]), 0), (vec!["run", "--strategy", "x"], 2), (vec!["fly"], 2)] {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let output = said(place.command(&args).stderr(full).output().unwrap());
        assert_eq!(output.code, Some(code), "{args:?}: {output:?}");
    }
}
