//! `syncbench demo`, through the binary.
use std::process::Output;

use crate::common::Place;
use serde_json::Value;

fn demo(place: &Place, args: &[&str], envs: &[(&str, &str)]) -> Output {
    let mut command = place.command(&[&["demo"], args].concat());
    command.env_remove("CLICOLOR_FORCE").envs(envs.iter().copied()).output().expect("the binary runs")
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("text")
}

#[test]
fn without_a_name_the_stories_are_listed() {
    let place = Place::new();
    let output = demo(&place, &[], &[]);
    assert_eq!(output.status.code(), Some(0));
    assert!(text(&output.stdout).contains("\n  stack ") && text(&output.stdout).contains("\n  race "));
    let listed: Value = serde_json::from_slice(&demo(&place, &["--json"], &[]).stdout).expect("one document");
    assert_eq!((&listed["schema"], &listed["stories"][0]["name"]), (&1.into(), &"stack".into()));
}

#[test]
fn an_unknown_name_is_one_line_and_exit_code_2() {
    let output = demo(&Place::new(), &["raze"], &[]);
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(2), ""));
    assert_eq!(
        text(&output.stderr),
        "error: demo raze: no such story: did you mean `race`? expected one of stack, race, patches, offline\n"
    );
}

#[test]
fn an_unknown_strategy_is_one_line_and_exit_code_2() {
    let output = demo(&Place::new(), &["race", "--strategy", "no-such"], &[]);
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(2), ""));
    let line = text(&output.stderr);
    assert!(line.starts_with("error: --strategy `no-such`: no such strategy") && line.lines().count() == 1, "{line}");
}

#[test]
fn the_stack_is_told_and_drawn() {
    let place = Place::new();
    let output = demo(&place, &["stack"], &[]);
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), ""));
    let told = text(&output.stdout);
    assert!(told.contains("final states: [3] 11 times, [1] 3 times, [2] once\n"), "{told}");
    assert!(told.ends_with("Diagram: bench-results/demo/stack.svg\n"), "{told}");
    let svg = std::fs::read_to_string(place.path("bench-results/demo/stack.svg")).expect("written");
    assert!(svg.starts_with("<svg ") && svg.contains("</svg>"));
    // An earlier diagram is replaced.
    assert_eq!(demo(&place, &["stack"], &[]).stdout, output.stdout);
}

#[test]
fn json_is_one_document_and_nothing_else() {
    let place = Place::new();
    let output = demo(&place, &["race", "--json", "--strategy", "serial,lww-document"], &[("CLICOLOR_FORCE", "1")]);
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), ""));
    assert_eq!(text(&output.stdout).lines().count(), 1);
    let told: Value = serde_json::from_slice(&output.stdout).expect("one document");
    assert_eq!((&told["schema"], &told["story"], &told["diagram"]), (&1.into(), &"race".into(), &Value::Null));
    let [serial, lww] = [0, 1].map(|index| &told["runs"][index]);
    assert_eq!(serial["calls"][2]["answer"]["refused"]["code"], "empty");
    assert_eq!(serial["findings"], Value::Array(Vec::new()));
    assert_eq!(serial["finals"][0]["state"]["stack"], Value::Array(Vec::new()));
    assert_eq!(lww["findings"][0]["kind"], "item delivered twice");
    assert!(!place.path("bench-results").exists(), "nobody asked for a diagram");
}

#[test]
fn colours_follow_the_terminal_and_the_environment() {
    let place = Place::new();
    let escapes = |envs: &[(&str, &str)]| demo(&place, &["race"], envs).stdout.contains(&0x1b);
    assert!(!escapes(&[]), "no terminal");
    assert!(escapes(&[("CLICOLOR_FORCE", "1")]), "forced");
    assert!(!escapes(&[("NO_COLOR", "1")]), "NO_COLOR");
}

#[test]
fn the_race_names_every_strategy_of_the_registry() {
    let told = demo(&Place::new(), &["race"], &[]);
    for spec in syncbench_strategies::registry::STRATEGIES {
        assert!(text(&told.stdout).contains(spec.name), "{}", spec.name);
    }
}

#[test]
fn strategies_that_are_not_compiled_in_are_skipped_with_a_line() {
    let told = demo(&Place::new(), &["race"], &[]);
    for optional in syncbench_strategies::registry::OPTIONAL {
        let line =
            format!("  skipped {}: not compiled in: build with --features {}\n", optional.name, optional.feature);
        let left_out = syncbench_strategies::registry::find(optional.name).is_none();
        assert_eq!(text(&told.stdout).contains(&line), left_out, "{}", text(&told.stdout));
    }
}

#[test]
fn an_unwritable_path_is_one_line_and_exit_code_2() {
    let place = Place::new();
    place.write("notes.svg", "mine");
    let devices: &[&str] = if cfg!(unix) { &["/dev/zero", "/dev/full"] } else { &[] };
    for path in [".", "notes.svg", "notes.svg/below.svg", "-"].iter().chain(devices) {
        let output = demo(&place, &["stack", "--svg", path], &[]);
        assert_eq!((output.status.code(), text(&output.stdout)), (Some(2), ""), "{path}");
        let line = text(&output.stderr);
        assert!(line.starts_with(&format!("error: --svg {path}: ")) && line.lines().count() == 1, "{line}");
    }
    assert_eq!(std::fs::read_to_string(place.path("notes.svg")).expect("still there"), "mine");
}

#[test]
fn a_file_at_the_default_path_is_kept_and_the_story_told_without_diagram() {
    let place = Place::new();
    std::fs::create_dir_all(place.path("bench-results/demo")).expect("made");
    let path = place.path("bench-results/demo/stack.svg");
    std::fs::write(&path, "mine").expect("written");
    let output = demo(&place, &["stack"], &[]);
    assert_eq!(output.status.code(), Some(0));
    assert!(text(&output.stderr).starts_with("no diagram: "), "{}", text(&output.stderr));
    assert!(!text(&output.stdout).contains("Diagram:"));
    assert_eq!(std::fs::read_to_string(path).expect("still there"), "mine");
}

#[test]
fn a_diagram_is_written_to_the_given_path() {
    let place = Place::new();
    let output = demo(&place, &["race", "--svg", "deep/er/race.svg"], &[]);
    assert!(text(&output.stdout).ends_with("Diagram: deep/er/race.svg\n"));
    assert!(place.path("deep/er/race.svg").exists() && !place.path("bench-results").exists());
}

const CELL: &str =
    "--strategy lww-document --network wifi --workload record --size 20 --clients 4 --ops 60 --rate 20 --seeds 1";

#[test]
fn a_cell_is_told_by_its_replay_command() {
    let place = Place::new();
    let told: Vec<Output> = ["", "run ", "syncbench run ", "target/release/syncbench run "]
        .map(|before| demo(&place, &["--cell", &format!("{before}{CELL}")], &[]))
        .into();
    for output in &told {
        assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), ""));
        assert_eq!(output.stdout, told[0].stdout);
    }
    let lines = text(&told[0].stdout);
    assert!(lines.starts_with("The first operation that was lost: "), "{lines}");
    assert!(lines.ends_with("Diagram: bench-results/demo/cell.svg\n"), "{lines}");
    assert!(lines.lines().all(|line| line.chars().count() <= 80), "{lines}");
}

#[test]
fn a_cell_without_a_loss_says_so() {
    let cell = "-s serial -w counter -n lan -c 2 --ops 2 --seeds 1";
    let output = demo(&Place::new(), &["--cell", cell], &[]);
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), ""));
    assert!(text(&output.stdout).starts_with("Nothing was lost, rejected or rolled back\n"));
}

#[test]
fn a_wrong_cell_is_one_line_and_exit_code_2() {
    for (cell, expected) in [
        ("", "error: --cell: nothing to run: expected a command such as "),
        ("syncbench run --strategy 'ot", "error: --cell: a quote is not closed"),
        ("syncbench run --strateg ot", "error: --cell: unexpected argument '--strateg' found"),
        (
            "syncbench run --strategy ot --workload stack -n lan",
            "error: --cell: this command runs 10 cells: expected one",
        ),
        ("syncbench run --strategy no-such --workload stack -n lan", "error: --cell: strategy: `no-such`: "),
        ("-s escrow -w text -n lan --seeds 1", "error: --cell: escrow does not run this: "),
        ("-s serial -w stack --engine threads --seeds 1", "error: --cell: a run in real time does not happen twice"),
    ] {
        let output = demo(&Place::new(), &["--cell", cell], &[]);
        assert_eq!((output.status.code(), text(&output.stdout)), (Some(2), ""), "{cell}");
        let line = text(&output.stderr);
        assert!(line.starts_with(expected) && line.lines().count() == 1, "{cell}: {line}");
    }
}
