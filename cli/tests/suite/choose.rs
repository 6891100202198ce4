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
    for (args, expected) in [
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
