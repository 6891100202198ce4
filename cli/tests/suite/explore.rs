//! `syncbench explore`, through the binary.

use serde_json::Value;

use crate::common::Place;

/// In columns, without colours.
fn fits(text: &str) {
    for line in text.lines() {
        assert!(line.chars().count() <= 80, "{} columns: {line}", line.chars().count());
    }
}

#[test]
fn a_strategy_without_an_anomaly_gets_a_proof_within_the_bound() {
    let said = Place::new().run(&["explore", "-s", "serial", "-w", "stack", "--ops", "2", "--threads", "2"]);
    assert_eq!(said.code, Some(0));
    // How fast it was, and nothing else.
    assert!(said.err.starts_with("78 schedules in ") && said.err.ends_with(" a second on 2 threads\n"), "{}", said.err);
    assert_eq!(said.err.lines().count(), 1);
    fits(&said.err);
    fits(&said.out);
    let proof = "None in all 78 schedules of up to 2 operations by 2 clients.\nA proof within this bound.\n";
    assert!(said.out.contains(proof), "{}", said.out);
    assert!(said.out.contains("They stand for 1,956"), "{}", said.out);
}

#[test]
fn an_anomaly_is_told_and_its_schedule_runs_again() {
    let place = Place::new();
    let said = place.run(&["explore", "-s", "ot", "-w", "stack", "--ops", "2", "--svg", "ot.svg"]);
    assert_eq!(said.code, Some(0));
    fits(&said.out);
    assert!(said.out.contains("\nitem delivered twice\n  operation lost; 2 operations, 8 steps;"), "{}", said.out);
    assert!(!said.out.contains("proof") && said.out.ends_with("\nDiagrams: ot.svg\n"), "{}", said.out);
    let svg = std::fs::read_to_string(place.path("ot.svg")).expect("written");
    assert!(svg.starts_with("<svg ") && svg.contains(">step 1<") && !svg.contains(" ms<"));
    let joined = said.out.replace("\\\n", "");
    let command = joined.lines().find(|line| line.starts_with("syncbench explore") && line.contains("c2=pop")).unwrap();
    let words: Vec<&str> = command.split_whitespace().skip(1).map(|word| word.trim_matches('\'')).collect();
    let again = place.run(&words);
    assert_eq!((again.code, again.err.as_str()), (Some(0), ""));
    assert!(again.out.contains("item delivered twice") && again.out.contains("all: [2,1]"), "{}", again.out);
    fits(&again.out);
}

#[test]
fn json_is_complete_and_nothing_else_is_printed() {
    let place = Place::new();
    let said = place.run(&["explore", "-s", "ot", "-w", "stack", "--ops", "2", "--json"]);
    let found: Value = serde_json::from_str(&said.out).expect("one document");
    assert_eq!((&found["schema"], &found["workload"], &found["complete"]), (&1.into(), &"stack".into(), &true.into()));
    let of = |name: &str| found[name].as_array().expect("a list");
    assert_eq!(of("anomalies").len(), of("stories").len());
    let counted: u64 = of("ends").iter().map(|end| end["schedules"].as_u64().unwrap()).sum();
    assert_eq!(Some(counted), found["schedules"].as_u64());
    assert!(of("stories").iter().all(|story| !story["lines"].as_array().unwrap().is_empty()));
    assert!(place.files().is_empty());
}

#[test]
fn threads_and_another_process_change_nothing() {
    let run = |threads: &str| {
        let args = ["explore", "-s", "lww-property", "-w", "stack", "--ops", "2", "--json", "--threads", threads];
        Place::new().run(&args).out
    };
    assert_eq!(run("1"), run("4"));
}

#[test]
fn a_budget_that_is_over_is_no_proof() {
    let said = Place::new().run(&["explore", "-s", "serial", "-w", "stack", "--budget", "1ms"]);
    assert_eq!(said.code, Some(0));
    assert!(said.out.contains("Nothing found so far.\nNot all: "), "{}", said.out);
    assert!(said.out.contains("budget of 1ms") && !said.out.contains("proof"), "{}", said.out);
    fits(&said.out);
}

#[test]
fn wrong_use_says_what_was_expected() {
    let place = Place::new();
    for (args, expected) in [
        (&["-s", "no-such", "-w", "stack"][..], "--strategy `no-such`: no such strategy"),
        (&["-s", "serial", "-w", "no-such"], "--workload `no-such`: no such workload"),
        (&["-s", "serial,ot", "-w", "stack"], "--strategy serial,ot: expected one; --all explores every pair"),
        (&["-s", "escrow", "-w", "text"], "escrow does not run text: "),
        (&["-s", "serial", "-w", "stack", "--clients", "0"], "--clients 0: expected 1 to 8"),
        (&["-s", "serial", "-w", "stack", "--ops", "0"], "--ops 0: expected at least 1"),
        (&["-s", "serial", "-w", "stack", "--ops", "30"], "choices of operations; expected at most 1000000"),
        (&["-s", "serial", "-w", "stack", "--budget", "0"], "--budget 0: expected a span such as 60s"),
        (
            &["-s", "serial", "-w", "stack", "--schedule", "c1=pip"],
            "--schedule: step 1, `c1=pip`: there is no operation",
        ),
        (
            &["-s", "serial", "-w", "stack", "--schedule", "c1>s"],
            "step 1, `c1>s`, is not possible there: expected nothing",
        ),
        (&["-s", "serial", "-w", "stack", "--all"], "--out <DIR>"),
    ] {
        let said = place.run(&[&["explore"], args].concat());
        assert_eq!((said.code, said.out.as_str()), (Some(2), ""), "{args:?}");
        assert!(said.err.contains(expected) && said.err.lines().count() == 1, "{args:?}: {}", said.err);
    }
}

#[test]
fn the_map_of_some_pairs_is_written_and_drawn_again() {
    let place = Place::new();
    let args = ["explore", "--all", "-s", "serial,escrow", "-w", "counter,text", "--ops", "2", "--out", "map"];
    let said = place.run(&args);
    assert_eq!((said.code, said.err.as_str()), (Some(0), ""));
    let map: Value = serde_json::from_slice(&std::fs::read(place.path("map/map.json")).unwrap()).unwrap();
    assert_eq!(map["pairs"].as_array().map(Vec::len), Some(4));
    assert!(map["pairs"][3]["unsupported"].is_string() && map["pairs"][0]["found"]["worst"].is_null(), "{map}");
    let page = std::fs::read_to_string(place.path("map/README.md")).unwrap();
    assert!(page.contains("| serial | none (2) |"), "{page}");
    assert_eq!(place.run(&args).out, said.out);
    place.write("map/map.json", "{\"mine\": 1}");
    let refused = place.run(&args);
    assert!(refused.code == Some(2) && refused.err.contains("is no map"), "{}", refused.err);
}
