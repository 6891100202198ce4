//! `choose` end to end: answers in, a decision with replayable vetoes out.

use serde_json::Value;

use super::common::Place;

/// Two people, few operations: a moment even in a build for development.
const BOOKING: &str = r#"
product = "tickets"
data = ["stock"]
invariant = "no-oversell"
overwrite = true
people = 2
"#;

fn decided(folder: &Place, answers: &str) -> (Option<i32>, Value) {
    let file = folder.write("answers.toml", answers);
    let said = folder.run(&["choose", "--answers", &file, "--depth", "0", "--json", "--out", "record"]);
    let decision = serde_json::from_str(&said.out).unwrap_or_else(|error| panic!("{error}: {} {}", said.out, said.err));
    (said.code, decision)
}

#[test]
fn each_veto_with_a_command_is_found_again_by_that_command() {
    let folder = Place::new();
    let (code, decision) = decided(&folder, BOOKING);
    assert_eq!((code, decision["schema"].as_u64()), (Some(0), Some(1)));
    let vetoed = decision["vetoed"].as_array().expect("a list");
    let evidence =
        vetoed.iter().flat_map(|one| one["reasons"].as_array().expect("a list")).map(|veto| &veto["evidence"]);
    let shown: Vec<&Value> = evidence.filter(|evidence| evidence.is_object()).collect();
    let oversold = shown.iter().find(|evidence| evidence["kind"] == "oversold").expect("somebody oversells");
    for evidence in [*oversold, *shown.last().expect("not empty")] {
        let replay = evidence["replay"].as_str().expect("a command");
        let words: Vec<&str> = replay.split(' ').skip(1).chain(["--json"]).collect();
        let again: Value = serde_json::from_str(&folder.run(&words).out).expect("results");
        let kinds = again["cells"][0]["findings"].as_array().expect("a list").iter().map(|finding| &finding["kind"]);
        assert!(kinds.into_iter().any(|kind| *kind == evidence["kind"]), "{replay}: {evidence}");
    }
    let proposed = decision["proposal"]["strategy"].as_str().expect("something is safe");
    assert!(!vetoed.iter().any(|one| one["strategy"] == proposed), "{proposed}");
    for file in ["decision.md", "decision.html", "decision.json", "answers.toml"] {
        assert!(super::common::is_file(&folder.path("record").join(file)), "{file}");
    }
}

/// A map with one anomaly that no strategy has.
fn planted(folder: &Place) -> String {
    let mut map: Value =
        serde_json::from_str(include_str!("../../../bench-results/anomalies/map.json")).expect("the committed map");
    let pair = map["pairs"].as_array().expect("a list").iter();
    let mut pair =
        pair.clone().find(|pair| pair["strategy"] == "ot" && pair["workload"] == "booking").expect("a pair").clone();
    pair["strategy"] = "serial".into();
    pair["found"]["worst"]["kind"] = "planted".into();
    map["made_by"] = "forms 2.0".into();
    map["pairs"] = Value::Array(vec![pair]);
    folder.write("map.json", map.to_string())
}

#[test]
fn a_map_is_quoted_for_each_part_of_the_data() {
    let folder = Place::new();
    let (answers, map) = (folder.write("answers.toml", BOOKING), planted(&folder));
    let said =
        folder.run(&["choose", "--answers", &answers, "--depth", "0", "--json", "--out", "record", "--map", &map]);
    let decision: Value = serde_json::from_str(&said.out).unwrap_or_else(|error| panic!("{error}: {}", said.err));
    assert!(decision["map"].as_str().is_some_and(|said| said.contains("map.json, made by forms 2.0")), "{decision}");
    let candidates = decision["candidates"].as_array().expect("a list");
    let possible = |strategy: &str| {
        let of = candidates.iter().find(|one| one["strategy"] == strategy).expect("a candidate");
        of["possible"][0].clone()
    };
    assert_eq!(possible("serial")["explored"]["worst"]["kind"], "planted");
    // What it does not have comes from the map of the build.
    let built_in = possible("serial-optimistic");
    assert!(built_in["workload"] == "booking" && built_in["explored"]["worst"]["kind"] != "planted", "{built_in}");
    assert!(built_in["explored"]["schedules"].as_u64().is_some_and(|count| count > 1_000), "{built_in}");
    let page = std::fs::read_to_string(folder.path("record").join("decision.md")).expect("a record");
    assert!(page.contains("Can it happen at all?") && page.contains("planted, with 2 operations"), "{page}");
}

#[test]
fn where_nothing_is_safe_the_exit_code_is_3_and_it_says_what_to_relax() {
    let folder = Place::new();
    let answers = "data = [\"records\"]\nrefuse = true\noverwrite = true\npeers = true\npeople = 2\n";
    let (code, decision) = decided(&folder, answers);
    assert_eq!((code, &decision["proposal"]), (Some(3), &Value::Null));
    assert!(decision["caveats"][0].as_str().is_some_and(|one| one.starts_with("Not answered, taken as: offline 0s, ")));
    assert!(decision["relax"].as_array().is_some_and(|ways| !ways.is_empty()), "{}", decision["relax"]);
}

#[test]
fn wrong_use_is_refused_before_anything_is_measured() {
    let folder = Place::new();
    let file = folder.write("answers.toml", BOOKING);
    folder.write("taken.txt", "mine");
    let (empty, unmeant) =
        (folder.write("empty.toml", ""), folder.write("unmeant.toml", "invariant = \"no-oversell\""));
    let other = folder.write("other.json", "{\"schema\": 9, \"pairs\": []}");
    for (args, expected) in [
        (vec!["choose", "--answers", &file, "--map", &other], "other.json: schema 9; expected a map.json of schema 1"),
        (vec!["choose", "--answers", &file, "--map", &file], "answers.toml: no JSON ("),
        (vec!["choose", "--answers", &file, "--map", "no.json"], "--map no.json: "),
        (vec!["report", ".", "--map", &other], "other.json: schema 9; expected a map.json of schema 1"),
        (vec!["choose", "--answers", "none.toml"], "--answers none.toml"),
        (vec!["choose", "--answers", &empty], "no answers; expected lines such as"),
        (vec!["choose", "--answers", &unmeant], "invariant no-oversell: add stock to data, or answer none"),
        (vec!["choose", "--answers", &file, "--depth", "101"], "--depth 101: expected 0 to 100"),
        (vec!["choose", "--answers", &file, "--threads", "0"], "--threads 0: expected at least 1"),
        (vec!["choose", "--answers", &file, "--out", "."], "--out .: it has files"),
        (vec!["choose", "--answers", &file, "--out", "taken.txt/record"], "taken.txt/record"),
    ] {
        let said = folder.run(&args);
        assert_eq!((said.code, said.out.as_str()), (Some(2), ""), "{args:?}: {}", said.err);
        assert!(said.err.contains(expected), "{}", said.err);
    }
}
