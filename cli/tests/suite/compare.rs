//! `compare`: two folders, thresholds, exit codes, and the example for CI.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::common::{Place, quick};

fn place() -> Place {
    let place = Place::new();
    for out in ["before", "after"] {
        assert_eq!(place.run(&quick(out, &[])).code, Some(0));
    }
    place
}

/// Changes figures in the cells of a folder.
fn tamper(place: &Place, dir: &str, change: impl Fn(&mut Value)) {
    let path = place.path(&format!("{dir}/cells.jsonl"));
    let text = fs::read_to_string(&path).unwrap();
    let changed: String = text
        .lines()
        .map(|line| {
            let mut cell: Value = serde_json::from_str(line).unwrap();
            change(&mut cell);
            format!("{cell}\n")
        })
        .collect();
    fs::write(path, changed).unwrap();
}

#[test]
fn runs_of_one_build_behave_alike() {
    let place = place();
    let args = ["compare", "before", "after", "--fail-on", "serial:lost>0", "--fail-on", "not_kept>+0", "--json"];
    let said = place.run(&args);
    assert_eq!(said.code, Some(0), "{said:?}");
    let json: Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!((&json["cells"], &json["same_events"]), (&4.into(), &4.into()));
    let exact = json["changes"].as_array().unwrap().iter().filter(|change| change["exact"] == true);
    assert!(exact.clone().count() > 30 && exact.clone().all(|change| change["verdict"] == "identical"));
}

#[test]
fn a_passed_threshold_ends_with_three_and_names_the_row() {
    let place = place();
    tamper(&place, "after", |cell| {
        if cell["strategy"] == "serial" {
            cell["metrics"]["lost_intents"] = serde_json::json!({"item lost": 2});
        }
    });
    let args =
        ["compare", "before", "after", "--fail-on", "serial:lost>0", "--markdown", "said.md", "--svg", "said.svg"];
    let said = place.run(&args);
    assert_eq!(said.code, Some(3), "{said:?}");
    assert!(
        said.out.contains("serial:lost>0: FAILS in 1 of 1 row") && said.out.contains("replay: syncbench run"),
        "{said:?}"
    );
    assert!(said.err.contains("no: passed thresholds: serial:lost>0 in 1 row"), "{said:?}");
    assert!(fs::read_to_string(place.path("said.md")).unwrap().contains("**fails in 1 of 1 row**"));
    assert!(fs::read_to_string(place.path("said.svg")).unwrap().contains("<svg"));
    assert_eq!(place.run(&args).code, Some(3), "its own files are written over");
    let said = place.run(&["compare", "before", "./before"]);
    assert!(said.out.contains("! baseline and candidate are the same folder"), "{said:?}");
    let said = place.run(&["compare", "before", "after", "--markdown", "-"]);
    assert!(said.code == Some(0) && said.out.starts_with("### "), "{said:?}");
}

#[test]
fn rows_that_only_one_run_has_fail_with_a_threshold() {
    let place = place();
    let path = place.path("after/cells.jsonl");
    let cells = fs::read_to_string(&path).unwrap();
    let kept: String = cells.lines().filter(|line| line.contains("serial")).map(|line| format!("{line}\n")).collect();
    fs::write(path, kept).unwrap();
    let said = place.run(&["compare", "before", "after"]);
    assert!(said.code == Some(0) && said.out.starts_with("1 row of the baseline is missing"), "{said:?}");
    let args = ["compare", "before", "after", "--fail-on", "serial:lost>1k"];
    let said = place.run(&args);
    assert!(said.code == Some(3) && said.err.contains("no: 1 row only in the baseline: "), "{said:?}");
    assert_eq!(place.run(&[&args[..], &["--allow-missing"]].concat()).code, Some(0));
}

#[test]
fn a_slowdown_of_ten_percent_in_a_copied_folder_is_found() {
    let place = Place::new();
    let run = [
        "run",
        "-s",
        "serial,lww-document",
        "-w",
        "stack",
        "-n",
        "lan",
        "--ops",
        "20",
        "--seeds",
        "1..10",
        "--out",
        "before",
    ];
    assert_eq!(place.run(&run).code, Some(0));
    fs::create_dir(place.path("after")).unwrap();
    for file in ["run.json", "cells.jsonl", "series.bin"] {
        fs::copy(place.path(&format!("before/{file}")), place.path(&format!("after/{file}"))).unwrap();
    }
    tamper(&place, "after", |cell| {
        if cell["strategy"] == "serial" {
            let rate = cell["metrics"]["ops_per_cpu_s"].as_f64().unwrap();
            cell["metrics"]["ops_per_cpu_s"] = (rate / 1.1).into();
        }
    });
    let said = place.run(&["compare", "before", "after", "--fail-on", "ops_per_cpu_s<-5%"]);
    assert_eq!(said.code, Some(3), "{said:?}");
    assert!(said.out.contains("1 of ") && said.out.contains("-9.1%"), "{said:?}");
}

#[test]
fn what_is_not_comparable_is_refused_with_its_reason() {
    let place = place();
    assert_eq!(place.run(&quick("other", &["--clients", "3"])).code, Some(0));
    for (args, expected) in [
        (&["before", "other"][..], "no cell of one run has its counterpart in the other: clients is 4 and 3"),
        (&["before", "nowhere"], "expected the folder of a run"),
        (&["before", "after", "--fail-on", "lots>0"], "did you mean `lost`"),
        (&["before", "after", "--fail-on", "sreial:lost>0"], "did you mean `serial`"),
        (&["before", "after", "--fail-on", "resync_bytes.total>+5%"], "no row that both runs have has this figure"),
        (&["before", "after", "--min-effect", "much"], "expected a share such as 2% or 0.02"),
        (&["before", "after", "--markdown", "-", "--json"], "stdout has the JSON document"),
        (&["before", "after", "--svg", "no/such/folder.svg"], "expected a writable file"),
        (&["before", "after", "--svg", "-"], "--svg -: stdout has the text; expected a file"),
        (&["before", "after", "--svg", "before/cells.jsonl"], "exists already and is not a comparison"),
        (&["before", "after", "--markdown", "before/run.json"], "exists already and is not a comparison"),
    ] {
        let said = place.run(&[&["compare"], args].concat());
        assert!(said.code == Some(2) && said.err.contains(expected), "{args:?}: {said:?}");
    }
}

/// The commands in the workflow are ones that this version takes: each is run up to the folders that it reads.
#[test]
fn the_example_for_ci_calls_commands_that_there_are() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/ci");
    let workflow = fs::read_to_string(folder.join("compare.yml")).unwrap();
    let scenario = fs::read_to_string(folder.join("compare.toml")).unwrap();
    assert!(!workflow.contains('\t') && workflow.lines().all(|line| (line.len() - line.trim_start().len()) % 2 == 0));
    let place = Place::new();
    let scenario = place.write(
        "compare.toml",
        scenario
            .replace("ops = 120", "ops = 12")
            .replace("1..10", "1..2")
            .replace(r#""stack", "text", "record""#, r#""stack""#),
    );
    let joined = workflow.replace("\\\n", " ");
    let commands = joined.lines().filter_map(|line| line.split_once("/syncbench ").map(|(_, command)| command));
    let commands: Vec<&str> = commands.filter(|command| !command.starts_with("base-bin")).collect();
    assert_eq!(commands.len(), 3, "{commands:?}");
    for command in commands {
        let command = command.split(" || ").next().unwrap().replace("candidate/examples/ci/compare.toml", &scenario);
        let words: Vec<_> = command.split_whitespace().map(|word| word.trim_matches('\'')).collect();
        let said = place.run(&words);
        assert!(matches!(said.code, Some(0 | 1 | 3)), "{words:?}: {said:?}");
    }
    assert!(place.path("comment.md").exists() && place.path("compare.svg").exists());
}
