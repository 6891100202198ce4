//! Wrong use: one line that names what was wrong and what was expected, exit code 2, nothing written.

use crate::common::{Place, quick};
use syncbench_strategies::registry::{OPTIONAL, find};

/// Runs it wrongly, and asserts one line with these words, exit code 2, and that nothing changed on disk.
#[track_caller]
fn refused(place: &Place, args: &[&str], words: &[&str]) {
    let before = place.files();
    let said = place.run(args);
    assert_eq!(said.code, Some(2), "{args:?}: {said:?}");
    assert_eq!(said.out, "", "{args:?}");
    let lines: Vec<_> = said.err.lines().filter(|line| !line.trim().is_empty()).collect();
    let first = lines.first().expect("a line");
    assert!(first.starts_with("error: ") && !first.contains('\u{1b}'), "{args:?}: {}", said.err);
    for word in words {
        assert!(said.err.contains(word), "{args:?}: no {word:?} in {}", said.err);
    }
    assert!(place.files() == before, "{args:?} wrote something");
}

/// As [`refused`], and the message is one line.
#[track_caller]
fn refused_in_a_line(place: &Place, args: &[&str], words: &[&str]) {
    refused(place, args, words);
    let err = place.run(args).err;
    assert_eq!(err.trim_end().lines().count(), 1, "{args:?}: {err}");
}

#[test]
fn flags() {
    let place = Place::new();
    refused(&place, &["run", "--colour"], &["--colour"]);
    refused(&place, &["fly"], &["fly"]);
    refused(&place, &["run", "--pace", "gallop"], &["gallop", "poisson"]);
    for (flag, value, words) in [
        ("--clients", "0", ["clients", "`0`", "1 to"]),
        ("--ops", "0", ["ops", "`0`", "1 to"]),
        ("--rate", "-3", ["rate", "-3", "operations per second"]),
        ("--ops", "many", ["--ops", "many", "400 or 1k"]),
        ("--ops", "1.0005k", ["--ops", "1.0005k", "whole number"]),
        ("--budget", "soon", ["--budget", "soon", "2m"]),
        ("--rate", "fast", ["--rate", "fast", "a number such as"]),
        ("--undo", "2", ["undo", "`2`", "0 to 1"]),
        ("--seeds", "9..1", ["seeds", "9..1", "1..30"]),
        ("--size", "99999999", ["size", "99999999", "1000000"]),
        ("--partition", "5/4", ["partition", "5/4", "2/4"]),
        ("--transport", "pigeon", ["transport", "pigeon", "datagram"]),
        ("--threads", "0", ["threads", "0", "at least 1"]),
    ] {
        refused_in_a_line(&place, &["run", &format!("{flag}={value}")], &words);
    }
    refused_in_a_line(&place, &["run", "--rate", "-3"], &["rate", "-3", "operations per second"]);
}

#[test]
fn what_the_throughput_engine_has_not_and_what_it_alone_has() {
    let place = Place::new();
    for (flag, value, words) in [
        ("--pace", "poisson", ["pace", "`poisson`", "eager"]),
        ("--network", "wifi", ["network", "`wifi`", "instant"]),
        ("--fault", "late@1s", ["fault", "`late@1s`", "--engine sim"]),
        ("--transport", "datagram", ["transport", "`datagram`", "stream"]),
        ("--undo", "0.1", ["undo", "`0.1`", "0"]),
        ("--sample", "10", ["sample", "`10`", "leave it out"]),
        ("--rate", "10", ["--rate 10", "as fast as they can", "expected no rate"]),
    ] {
        refused_in_a_line(&place, &["run", "--engine", "throughput", flag, value], &words);
    }
    refused_in_a_line(&place, &["run", "--pace", "eager"], &["pace", "`eager`", "--engine throughput"]);
    refused_in_a_line(&place, &["run", "-e", "throughput", "--trace", "x.json"], &["trace", "x.json", "--engine sim"]);
}

#[test]
fn names_and_their_parameters() {
    let place = Place::new();
    for (flag, value, words) in [
        ("--strategy", "serail", ["serail", "no such strategy", "serial"]),
        ("--strategy", "serial:histroy=3", ["histroy", "serial", "history"]),
        ("--strategy", "serial:history=many", ["history", "whole number", "many"]),
        ("--workload", "stak", ["stak", "no such workload", "stack"]),
        ("--workload", "stack:pop=3", ["pop", "fraction", "3"]),
        ("--network", "6g", ["6g", "no such network", "5g"]),
        ("--network", "constant:fast", ["constant", "fast", "40ms"]),
        ("--fault", "flood", ["flood", "no such fault", "partition"]),
        ("--fault", "partition:halves@5s..2s", ["partition", "5s..2s", "@"]),
        ("--fault", "late:9", ["late:9", "4 clients", "9"]),
        ("--fault", "crash:client=2", ["crash:client=2", "after the start", "@3s..6s"]),
    ] {
        refused_in_a_line(&place, &["run", flag, value], &words);
    }
    let crash = ["run", "--engine", "threads", "--fault", "crash:client=2@3s..6s"];
    refused_in_a_line(&place, &crash, &["crash:client=2@3s..6s", "virtual time", "--engine sim"]);
    refused_in_a_line(&place, &["run", "--clients=1", "--fault=crash@3s"], &["crash@3s", "takes part at the end"]);
    for (args, words) in [
        (["run", "--strategy=automerg"], ["did you mean", "`crdt-automerge`"]),
        (["run", "--strategy=serial:histry=3"], ["did you mean", "`history`"]),
        (["run", "--workload=bookin"], ["did you mean", "`booking`"]),
        (["run", "--network=wfi"], ["did you mean", "`wifi`"]),
        (["run", "--fault=partitoin"], ["did you mean", "`partition`"]),
        (["run", "--fault=partition:halvs"], ["did you mean", "`halves`"]),
        (["run", "--transport=steam"], ["did you mean", "`stream`"]),
        (["run", "grwoth"], ["did you mean", "`growth`"]),
        (["run", "--strateg=ot"], ["similar", "--strategy"]),
        (["rnu", "ot"], ["did you mean", "`run`"]),
        (["demo", "rac"], ["did you mean", "`race`"]),
        (["list", "visible_hlaf_ms"], ["did you mean", "`visible_half_ms`"]),
        (["list", "strategis"], ["did you mean", "`strategies`"]),
    ] {
        refused_in_a_line(&place, &args, &words);
    }
    refused(&place, &["list", "flavours"], &["flavours", "strategies"]);
}

/// A strategy that is not compiled in is an error that names the feature that it needs.
#[test]
fn strategies_that_are_not_compiled_in() {
    let place = Place::new();
    for optional in OPTIONAL {
        let args = ["run", "--strategy", optional.name];
        if find(optional.name).is_none() {
            let how = format!("not compiled in: build with --features {}", optional.feature);
            refused_in_a_line(&place, &args, &[optional.name, &how]);
        }
        let listed: serde_json::Value =
            serde_json::from_str(&place.run(&["list", "strategies", "--json"]).out).unwrap();
        let all = listed["strategies"].as_array().unwrap();
        let entry = all.iter().find(|entry| entry["name"] == optional.name).expect(optional.name);
        let here = if find(optional.name).is_some() { "yes" } else { "no" };
        assert_eq!((&entry["compiled_in"], &entry["summary"]), (&here.into(), &optional.summary.into()));
    }
}

#[test]
fn scenario_files() {
    let place = Place::new();
    for (content, words) in [
        ("name = \"x\"\nclents = 3\n", ["bad.toml", "line 2", "clents"]),
        ("name = \"x\"\n\nops = \"many\"\n", ["bad.toml", "line 3", "ops = "]),
        ("name = \"x\nclients = 3\n", ["bad.toml", "line 1", "string"]),
        ("workloads = [\"stak\"]\n", ["workload", "stak", "stack"]),
        ("clients = 0\n", ["bad.toml: line 1: clients", "`0`", "1 to"]),
        (
            "name = \"x\"\nnetworks = [\"lan\",\n \"wfi\"]\n",
            ["bad.toml: line 3", "no such network", "did you mean `wifi`?"],
        ),
        ("pace = \"recorded\"\n", ["pace", "recorded", "trace"]),
    ] {
        let file = place.write("bad.toml", content);
        let words = if words[2] == "ops = " { ["bad.toml", "line 3", "many"] } else { words };
        refused_in_a_line(&place, &["run", &file], &words);
    }
    refused_in_a_line(&place, &["run", "missing.toml"], &["missing.toml", "expected a scenario"]);
    let binary = place.write("noise.toml", [0xff, 0xfe, 0x00, 0x9f]);
    refused_in_a_line(&place, &["run", &binary], &["noise.toml", "UTF-8", "expected a scenario"]);
}

#[test]
fn traces() {
    let place = Place::new();
    let whole =
        r#"{"startContent":"","endContent":"ab","txns":[{"time":"2024-01-01T00:00:00Z","patches":[[0,0,"ab"]]}]}"#;
    let cases = [
        ("cut.json", &whole[..60], ["cut.json", "cut off", "a whole trace"]),
        ("far.json", &whole.replace("[0,0,\"ab\"]", "[7,0,\"ab\"]"), ["far.json", "txn 0", "at 7"]),
        ("other.json", "{\"hello\": 1}", ["other.json", "line 1", "startContent"]),
        ("none.json", "", ["none.json", "empty", "expected an editing trace"]),
    ];
    for (name, content, words) in cases {
        let file = place.write(name, content);
        refused_in_a_line(&place, &["run", "--trace", &file], &words);
    }
    refused_in_a_line(&place, &["run", "--trace", "missing.json.gz"], &["missing.json.gz", "trace"]);
    let good = place.write("good.json", whole);
    for (flags, words) in [
        (["--pace", "poisson"].as_slice(), ["pace", "`poisson`", "causal order"]),
        (&["--workload", "text"], ["workload", "`text`", "instead of workloads"]),
        (&["--size", "7"], ["size", "`7`", "its own document"]),
        (&["--trace-clients", "0"], ["trace-clients", "`0`", "at least 1"]),
        (&["--trace-clients", "x"], ["--trace-clients", "x", "whole number"]),
        (&["--units", "utf8"], ["--units", "utf8", "utf16"]),
    ] {
        refused(&place, &[["run", "--trace", good.as_str()].as_slice(), flags].concat(), &words);
    }
    let untraced = ["run", "--units", "utf16", "-w", "text"];
    refused_in_a_line(&place, &untraced, &["units", "`utf16`", "expected a trace"]);
    let scenario = place.write("paced.toml", "pace = \"periodic\"\n");
    refused_in_a_line(&place, &["run", &scenario, "--trace", &good], &["pace", "`periodic`", "causal order"]);
    let noise = place.write("noise.json.gz", [0x1f, 0x8b, 8, 0, 1, 2, 3]);
    refused_in_a_line(&place, &["run", "--trace", &noise], &["noise.json.gz"]);
}

#[test]
fn folders() {
    let place = Place::new();
    let file = place.write("taken", "mine");
    refused_in_a_line(&place, &quick("taken", &[]), &["--out", "taken"]);
    refused_in_a_line(&place, &quick("taken/below", &[]), &["--out", "taken", "folder"]);
    assert_eq!(place.run(&quick("there", &[])).code, Some(0));
    refused_in_a_line(&place, &quick("there", &[]), &["--out", "there"]);
    // A page of another origin, and no run.
    std::fs::create_dir(place.path("own")).unwrap();
    place.write("own/report.html", "mine");
    refused_in_a_line(&place, &quick("own", &[]), &["--out", "own", "report.html exists already"]);
    refused_in_a_line(&place, &["report", &file], &["taken", "expected the folder of a run"]);
    refused_in_a_line(&place, &["report", "nowhere"], &["nowhere", "expected the folder of a run"]);
    refused_in_a_line(&place, &["report", "there", "--criterion", "nowhere"], &["--criterion", "nowhere"]);
    refused_in_a_line(&place, &["report", "there", "--out", "taken/below"], &["taken", "writable folder"]);
    // A page that cannot be written: the table is printed.
    std::fs::create_dir_all(place.path("held/report.html")).unwrap();
    let said = place.run(&["report", "there", "--out", "held"]);
    assert!(said.code == Some(2) && said.out.contains("lww-document"), "{said:?}");
    assert!(said.err.contains("report.html") && said.err.contains("writable folder"), "{said:?}");
}

#[test]
fn damaged_files_of_a_run() {
    let place = Place::new();
    assert_eq!(place.run(&quick("there", &[])).code, Some(0));
    let cells = std::fs::read_to_string(place.path("there/cells.jsonl")).unwrap();
    place.write("there/cells.jsonl", cells.replacen("\"seed\":2,", "\"seed\":1e308,", 1));
    let words = ["there/cells.jsonl: line 2", "expected a cell", "--resume"];
    refused_in_a_line(&place, &quick("there", &["--resume"]), &words);
    refused_in_a_line(&place, &["report", "there"], &words);
    place.write("there/run.json", "");
    let words = ["error: there/run.json: empty", "expected the header of a run", "restore the file", "another --out"];
    refused_in_a_line(&place, &quick("there", &["--resume"]), &words);
    refused_in_a_line(&place, &["report", "there"], &words);
}
