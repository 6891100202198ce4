//! The commands through the binary.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use crate::common::{Place, is_file, quick};

/// `--json`: one document on stdout, nothing else there.
fn json(text: &str) -> serde_json::Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[test]
fn a_run_leaves_a_table_results_charts_and_a_page() {
    let place = Place::new();
    let said = place.run(&quick("out", &[]));
    assert_eq!(said.code, Some(0), "{said:?}");
    for word in ["serial", "lww-document", "lost", "Report:", "out/report.html"] {
        assert!(said.out.contains(word), "no {word}: {}", said.out);
    }
    assert!(said.out.lines().all(|line| line.chars().count() <= 100), "{}", said.out);
    assert!(!said.out.contains('\u{1b}') && !said.err.contains('\u{1b}'), "{said:?}");
    for file in ["run.json", "cells.jsonl", "report.html", "charts/losses.svg", "charts/losses.png"] {
        assert!(is_file(&place.path("out").join(file)), "{file}");
    }
    let again = place.run(&["report", "out"]);
    assert_eq!((again.code, again.out.lines().next()), (Some(0), said.out.lines().next()));
}

#[test]
fn json_is_one_document_with_every_cell() {
    let place = Place::new();
    let said = place.run(&quick("out", &["--json"]));
    let results = json(&said.out);
    assert_eq!((said.code, results["schema"].as_u64()), (Some(0), Some(2)));
    let cells = results["cells"].as_array().unwrap();
    assert_eq!(cells.len(), 4);
    for cell in cells {
        assert_eq!((cell["outcome"].as_str(), cell["network"].as_str()), (Some("measured"), Some("lan")));
        assert!(cell["trace_digest"].is_string() && cell["metrics"]["visible_ms"]["p50"].is_number(), "{cell}");
    }
    let listed = json(&place.run(&["list", "--json"]).out);
    for kind in ["strategies", "workloads", "networks", "faults", "metrics", "charts", "scenarios"] {
        assert!(!listed[kind].as_array().unwrap().is_empty(), "{kind}");
    }
    // CI verifies all strategies; this tests the command.
    let verified = place.run(&["verify", "--json", "--strategy", "serial,ot,lww-hlc", "--seeds", "1"]);
    assert_eq!(verified.code, Some(0), "{verified:?}");
    json(&verified.out);
}

#[test]
fn the_line_that_replays_a_cell_replays_it() {
    let place = Place::new();
    let first = json(&place.run(&quick("out", &["--json", "--undo", "0.2", "--sample", "20"])).out);
    let cell = &first["cells"][3];
    let words: Vec<_> = cell["replay"].as_str().unwrap().split(' ').skip(1).collect();
    let again = json(&place.run(&[&words[..], &["--json", "--out", "again"]].concat()).out);
    assert_eq!(again["cells"][0]["trace_digest"], cell["trace_digest"], "{words:?}");
}

#[test]
fn no_color_is_respected_and_pipes_have_none() {
    let place = Place::new();
    for args in [vec!["list"], vec!["--help"], vec!["run", "--help"], vec!["run", "--strategy", "x"]] {
        let said = crate::common::said(place.command(&args).env("NO_COLOR", "1").output().unwrap());
        assert!(!said.out.contains('\u{1b}') && !said.err.contains('\u{1b}'), "{args:?}: {said:?}");
    }
}

#[test]
fn help_has_examples() {
    let place = Place::new();
    for args in [vec!["--help"], vec!["run", "--help"]] {
        let said = place.run(&args);
        assert!(said.code == Some(0) && said.out.contains("syncbench run"), "{}", said.out);
    }
    assert!(place.run(&["--version"]).out.starts_with("syncbench "));
}

#[cfg(unix)]
#[test]
fn finished_cells_survive_an_interrupt() {
    let place = Place::new();
    // Many cells, one after another, so that the signal arrives between them.
    let args = [
        "run",
        "--strategy",
        "serial",
        "--workload",
        "stack",
        "--network",
        "lan",
        "--ops",
        "300",
        "--seeds",
        "1..5000",
        "--threads",
        "1",
        "--out",
        "out",
    ];
    let mut child = place.command(&args).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let cells = place.path("out").join("cells.jsonl");
    while !fs::metadata(&cells).is_ok_and(|data| data.len() > 0) {
        assert!(child.try_wait().unwrap().is_none(), "the run ended before the interrupt");
        std::thread::yield_now();
    }
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let status = child.wait().unwrap();
    let err: Vec<String> = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok).collect();
    assert_eq!(status.code(), Some(130), "{err:?}");
    assert!(err.iter().any(|line| line.contains("Finished cells are kept")), "{err:?}");
    let report = place.run(&["report", "out", "--out", "drawn"]);
    assert_eq!(report.code, Some(0), "{report:?}");
    assert!(is_file(&place.path("drawn").join("report.html")));
}

#[test]
fn a_group_is_carried_as_fast_as_it_can() {
    let place = Place::new();
    let args = [
        "run",
        "-e",
        "throughput",
        "-s",
        "serial,presence",
        "-w",
        "stack,presence",
        "-c",
        "3",
        "-o",
        "300",
        "--seeds",
        "1",
    ];
    let said = place.run(&[&args[..], &["--out", "carried", "--json"]].concat());
    assert_eq!(said.code, Some(0), "{said:?}");
    let json: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    let cells = json["cells"].as_array().unwrap();
    let cell = |strategy: &str, workload: &str| {
        cells.iter().find(|cell| cell["strategy"] == strategy && cell["workload"] == workload).unwrap()
    };
    let carried = cell("serial", "stack");
    assert_eq!((&carried["outcome"], &carried["converged"]), (&"measured".into(), &true.into()), "{carried}");
    assert!(carried["digest"].is_string() && carried["metrics"]["ops_issued"] == 300.0, "{carried}");
    let number = |metric: &str| carried["metrics"][metric].as_f64().unwrap();
    assert!((number("carried_deliveries_per_s") / number("carried_ops_per_s") - 3.0).abs() < 1e-6);
    assert!(number("ops_per_message") > 0.0 && carried["metrics"]["visible_ms"]["count"].as_u64().unwrap() > 0);
    let never_silent = cell("presence", "presence");
    assert_eq!(never_silent["outcome"], "unsupported");
    assert!(never_silent["reason"].as_str().unwrap().contains("never fall silent"), "{never_silent}");
    // The command that it names runs it again.
    let replay: Vec<&str> = carried["replay"].as_str().unwrap().split(' ').skip(1).collect();
    assert_eq!(place.run(&[&replay[..], &["--out", "again"]].concat()).code, Some(0), "{replay:?}");
}

#[test]
fn a_killed_run_is_drawn_up_to_its_last_cell() {
    let place = Place::new();
    assert_eq!(place.run(&quick("out", &[])).code, Some(0));
    let cells = place.path("out").join("cells.jsonl");
    let whole = fs::read_to_string(&cells).unwrap();
    let (kept, _) = whole.trim_end().rsplit_once('\n').unwrap();
    // The last line was being written.
    fs::write(&cells, &whole[..kept.len() + 40]).unwrap();
    let said = place.run(&["report", "out"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(said.out.contains("caveats: 1 cell not run"), "{}", said.out);
    let said = place.run(&["report", "out", "--details"]);
    assert!(said.out.contains("1 cell of its plan not run"), "{}", said.out);
    fs::write(&cells, format!("nonsense\n{whole}")).unwrap();
    let said = place.run(&["report", "out"]);
    assert_eq!((said.code, said.out.as_str()), (Some(2), ""), "{said:?}");
    assert!(said.err.contains("cells.jsonl") && said.err.contains("line 1"), "{}", said.err);
}

#[test]
fn a_trace_is_replayed_beside_a_scenario_file_in_its_units_and_told_what_was_replaced() {
    let place = Place::new();
    // Positions are UTF-16 units, and one half of a pair stands alone.
    let trace = place.write(
        "some.json",
        r#"{"startContent": "\ud83d\ude00", "endContent": "\ud83d\ude00b\ud83d", "txns": [
            {"patches": [[2, 0, "b"]]}, {"patches": [[3, 0, "\ud83d"]]}]}"#,
    );
    let scenario = place.write("my.toml", "strategies = [\"serial\", \"ot\"]\nunits = \"utf16\"\n");
    let out = place.path("out").display().to_string();
    let said = place.run(&["run", &scenario, "--trace", &trace, "--trace-clients", "1", "--out", &out, "--json"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    assert_eq!(said.err.lines().filter(|line| line.contains("1 lone surrogate,")).count(), 1, "{}", said.err);
    let results = json(&said.out);
    for cell in results["cells"].as_array().unwrap() {
        assert_eq!((&cell["matches_reference"], &cell["pace"]), (&true.into(), &"causal".into()), "{cell}");
        // The line that replays it says all of it.
        let line = cell["replay"].as_str().unwrap();
        assert!(line.contains(" --units utf16 --trace-clients 1"), "{line}");
        let mut words: Vec<_> = line.split(' ').skip(1).collect();
        let again = place.path(cell["strategy"].as_str().unwrap()).display().to_string();
        words.extend(["--out", &again, "--json"]);
        let again = json(&place.run(&words).out);
        assert_eq!(again["cells"][0]["trace_digest"], cell["trace_digest"], "{words:?}");
    }
}
