//! What is said before a run: the plan, how long it takes, advice, and what is left out.

use crate::common::{Place, quick};

fn json(text: &str) -> serde_json::Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[test]
fn a_dry_run_says_what_would_run_and_writes_nothing() {
    let place = Place::new();
    let before = place.files();
    let said = place.run(&["run", "--dry-run"]);
    assert_eq!((said.code, said.err.as_str()), (Some(0), ""), "{said:?}");
    let lines: Vec<&str> = said.out.lines().collect();
    assert!(lines[0].starts_with("calm and rough: ") && lines[0].ends_with(" cells each"), "{}", said.out);
    assert!(lines[1].starts_with("growth: ") && lines[2].contains(" cells, about "), "{}", said.out);
    assert!(!said.out.contains("warning") && lines.len() == 3, "the default plan needs no advice: {}", said.out);
    let told = json(&place.run(&quick("out", &["--dry-run", "--json"])).out);
    assert_eq!((&told["cells"], &told["parts"][0]["seeds"]), (&4.into(), &serde_json::json!([1, 2])), "{told}");
    assert!(told["about_s"].as_f64().is_some_and(|about| about > 0.0) && told["timed"].as_u64() > Some(0), "{told}");
    assert_eq!(place.files(), before);
}

#[test]
fn a_dry_run_checks_the_whole_plan() {
    let place = Place::new();
    for (args, expected) in [
        (&["run", "--dry-run", "--strategy", "serail"][..], "did you mean `serial`?"),
        (&["run", "--dry-run", "--partition", "3/2"], "--partition 3/2"),
        (&["run", "--dry-run", "--threads", "0"], "--threads 0"),
    ] {
        let said = place.run(args);
        assert_eq!((said.code, said.out.as_str()), (Some(2), ""), "{said:?}");
        assert!(said.err.contains(expected), "{}", said.err);
    }
    assert_eq!(place.run(&quick("out", &[])).code, Some(0));
    let said = place.run(&quick("out", &["--dry-run"]));
    assert!(said.code == Some(2) && said.err.contains("out"), "{said:?}");
    let before = place.files();
    let said = place.run(&quick("out", &["--dry-run", "--resume"]));
    assert!(said.code == Some(0) && said.out.contains("\n4 cells, 4 done, 0 to run, "), "{said:?}");
    let other = ["--resume", "--clients", "5"];
    let said = place.run(&quick("out", &[&other[..], &["--dry-run"]].concat()));
    let really = place.run(&quick("out", &other));
    assert_eq!((said.code, said.err), (Some(2), really.err));
    assert_eq!(place.files(), before);
}

#[test]
fn a_run_says_its_plan_and_advice_on_stderr_first() {
    let place = Place::new();
    let said = place.run(&quick("out", &["--json", "--fault", "partition"]));
    json(&said.out);
    assert!(said.err.contains("custom: 2 strategies x stack x 2 seeds = 4 cells\n4 cells, "), "{}", said.err);
    assert!(said.err.contains("warning: partition has no end"), "{}", said.err);
    assert!(said.err.lines().all(|line| line.chars().count() <= 100), "{}", said.err);
}

#[test]
fn what_is_required_leaves_strategies_out_and_says_why() {
    let place = Place::new();
    let said = place.run(&quick("out", &["--json", "--require", "refuse"]));
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(said.err.contains("left out: lww-document (cannot refuse)"), "{}", said.err);
    let results = json(&said.out);
    let cells = results["cells"].as_array().unwrap();
    assert!(cells.len() == 2 && cells.iter().all(|cell| cell["strategy"] == "serial"), "{cells:?}");
    // The header has the plan as it was run, so that it can be merged and resumed.
    assert_eq!(results["scenario"][0]["strategies"], serde_json::json!(["serial"]));
    assert_eq!(place.run(&["merge", "out", "--out", "merged"]).code, Some(0));
}

#[test]
fn where_nothing_is_left_the_answer_is_no() {
    let place = Place::new();
    let said = place.run(&["run", "--require", "server-free,refuse"]);
    assert_eq!((said.code, said.out.as_str()), (Some(3), ""), "{said:?}");
    assert!(said.err.contains("no strategy is left") && said.err.contains("cannot refuse"), "{}", said.err);
    let said = place.run(&["run", "--require", "server-free"]);
    let meshes = said.err.split("a mesh would do: --strategy ").nth(1).unwrap_or_else(|| panic!("{}", said.err)).trim();
    let again = place.run(&["run", "--require", "server-free", "--dry-run", "--strategy", meshes]);
    assert_eq!(again.code, Some(0), "{again:?}");
    let said = place.run(&["run", "--strategy", "serial", "--require", "offline,offline"]);
    assert!(said.code == Some(3) && said.err.matches("does not work offline").count() == 1, "{said:?}");
    let said = place.run(&["run", "--require", "ofline"]);
    assert!(said.code == Some(2) && said.err.contains("'offline'"), "{said:?}");
}

#[test]
fn details_are_the_long_form_and_series_with_json() {
    let place = Place::new();
    let short = place.run(&quick("out", &[]));
    let long = place.run(&["report", "out", "--details"]);
    assert!(!short.out.contains("stack (custom)") && long.out.contains("stack (custom)"), "{long:?}");
    assert!(long.out.lines().count() > short.out.lines().count());
    let heads = long.out.lines().find(|line| line.contains("claims kept") && line.contains("lost")).expect("a table");
    assert!(heads.find("lost") < heads.find("claims kept"), "{heads}");
    let told = json(&place.run(&quick("other", &["--json", "--details"])).out);
    assert!(told["cells"][0]["histograms"].is_object(), "series with --json");
}

#[test]
fn the_answer_fits_a_terminal() {
    let place = Place::new();
    let said = crate::common::said(place.command(&quick("out", &[])).env("COLUMNS", "80").output().unwrap());
    assert!(said.out.lines().count() <= 24 && said.out.lines().all(|line| line.chars().count() <= 80), "{}", said.out);
    assert!(said.out.trim_end().ends_with("report.html"), "{}", said.out);
}
