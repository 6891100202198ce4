//! Capsules, `syncbench replay` and `syncbench shrink`, through the binary.

use serde_json::Value;

use crate::common::{Place, Said};

/// A run that loses items, with a capsule of it.
const RUN: &[&str] = &[
    "run",
    "-s",
    "lww-document",
    "-w",
    "stack",
    "-n",
    "wifi",
    "--ops",
    "60",
    "--seeds",
    "1..3",
    "--out",
    "there",
    "--capsule",
    "item delivered twice",
];
const CAPSULE: &str = "there/capsules/lww-document-stack-item-delivered-twice.json";
const SMALL: &str = "there/capsules/lww-document-stack-item-delivered-twice.small.json";

fn with_capsule() -> Place {
    let place = Place::new();
    let said = place.run(RUN);
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert!(said.err.contains(&format!("syncbench shrink {CAPSULE}")), "{}", said.err);
    place
}

fn json(said: &Said) -> Value {
    assert_eq!(said.out.lines().count(), 1, "{}", said.out);
    serde_json::from_str(&said.out).unwrap()
}

#[test]
fn a_run_writes_one_capsule_for_a_strategy_a_workload_and_a_kind() {
    let place = with_capsule();
    let capsules = std::fs::read_dir(place.path("there/capsules")).unwrap();
    assert_eq!(capsules.count(), 1);
    let capsule: Value = serde_json::from_str(&std::fs::read_to_string(place.path(CAPSULE)).unwrap()).unwrap();
    // The first cell of the plan, whichever was finished first.
    assert_eq!(capsule["scenario"]["seeds"], serde_json::json!(["1"]));
    let said = place.run(&["report", "there"]);
    assert_eq!(said.code, Some(0), "{}", said.err);
}

#[test]
fn a_capsule_is_replayed_and_shrunk_and_that_is_replayed() {
    let place = with_capsule();
    let said = place.run(&["replay", CAPSULE]);
    assert_eq!((said.code, said.err.as_str()), (Some(0), ""));
    assert!(said.out.contains("\nThe same run as in the capsule"), "{}", said.out);
    let said = place.run(&["shrink", CAPSULE]);
    assert_eq!((said.code, said.err.as_str()), (Some(0), ""));
    assert!(said.out.contains("60 to 2 operations, 4 to 2 clients"), "{}", said.out);
    assert!(said.out.ends_with(&format!("Capsule: {SMALL}\nReplay:  syncbench replay {SMALL}\n")), "{}", said.out);
    let lines = said.out.lines().filter(|line| !line.contains(SMALL));
    assert!(lines.map(|line| line.chars().count()).all(|columns| columns <= 80), "{}", said.out);
    let replayed = json(&place.run(&["replay", SMALL, "--json", "--svg", "small.svg"]));
    assert_eq!((&replayed["same"], &replayed["kind"]), (&true.into(), &"item delivered twice".into()));
    assert_eq!(replayed["story"]["runs"][0]["calls"].as_array().unwrap().len(), 2);
    assert!(std::fs::read_to_string(place.path("small.svg")).unwrap().starts_with("<svg "));
    // Shrinking the smallest run gives the same run, in the same file.
    let before = std::fs::read(place.path(SMALL)).unwrap();
    let again = json(&place.run(&["shrink", SMALL, "--json"]));
    assert_eq!((&again["complete"], &again["after"]["operations"]), (&true.into(), &2.into()));
    assert_eq!(std::fs::read(place.path(SMALL)).unwrap(), before);
}

#[test]
fn another_run_and_another_build_are_exit_code_1() {
    let place = with_capsule();
    let text = std::fs::read_to_string(place.path(CAPSULE)).unwrap();
    let other = text.replace("\"seeds\": [\n      \"1\"", "\"seeds\": [\n      \"2\"");
    assert_ne!(text, other);
    place.write("other.json", &other);
    let said = place.run(&["replay", "other.json"]);
    assert_eq!(said.code, Some(1));
    assert!(said.err.contains("differs: trace digest: ") && !said.err.contains("a different build"), "{}", said.err);
    assert!(said.out.contains("\nThe run differs from the capsule."), "{}", said.out);
    let mut built: Value = serde_json::from_str(&other).unwrap();
    built["build"]["commit"] = "0123abc".into();
    place.write("built.json", built.to_string());
    let said = place.run(&["replay", "built.json"]);
    assert_eq!(said.code, Some(1));
    assert!(said.err.contains("a different build wrote the capsule: commit `0123abc` and `"), "{}", said.err);
}

#[test]
fn a_cell_is_shrunk_and_kept_by_its_replay_command() {
    let place = Place::new();
    let cell = "syncbench run -s lww-document -w booking -n wifi --ops 80 --seeds 1";
    let kind = ["--kind", "lost booking", "--shrink", "--capsule", "small.json"];
    let said = place.run(&[&["demo", "--cell", cell], &kind[..]].concat());
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert!(said.out.starts_with("The first operation that was lost: lost booking\n"), "{}", said.out);
    assert!(said.err.contains("capsule: small.json"), "{}", said.err);
    assert_eq!(place.run(&["replay", "small.json"]).code, Some(0));
}

#[test]
fn wrong_use_is_one_line_and_exit_code_2() {
    let place = with_capsule();
    place.write("notes.json", "{\"mine\": true}");
    place.write("deep.json", "[".repeat(100_000));
    let endless: &[&str] = if cfg!(unix) { &["/dev/zero"] } else { &[] };
    let cases: &[(&[&str], &str)] = &[
        (&["replay", "no-such.json"], "error: no-such.json: "),
        (&["replay", "."], "error: .: "),
        (&["replay", "notes.json"], "error: notes.json: missing field `schema`"),
        (&["shrink", "deep.json"], "error: deep.json: "),
        (&["shrink", CAPSULE, "--kind", "item lots"], "this run has no finding `item lots`; it has: "),
        (&["shrink", CAPSULE, "--out", "notes.json"], "error: --out notes.json: exists already and is no capsule"),
        (&["shrink", CAPSULE, "--budget", "-1"], "error: --budget -1: expected a span"),
        (&["run", "-s", "serial", "-w", "stack", "--capsule", "item lots"], "error: --capsule item lots: "),
        (&["demo", "--shrink"], "error: "),
    ];
    for (args, expected) in cases {
        let said = place.run(args);
        assert_eq!((said.code, said.out.as_str()), (Some(2), ""), "{args:?}: {}", said.err);
        assert!(said.err.contains(expected) && said.err.lines().count() == 1, "{args:?}: {}", said.err);
    }
    for path in endless {
        let said = place.run(&["replay", path]);
        assert_eq!(said.code, Some(2), "{}", said.err);
        assert!(said.err.contains("expected at most 32 MiB"), "{}", said.err);
    }
    assert_eq!(std::fs::read_to_string(place.path("notes.json")).unwrap(), "{\"mine\": true}");
}
