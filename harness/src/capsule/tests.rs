use proptest::prelude::*;

use super::*;
use crate::run::run_cell;
use crate::scenario::{Catalog, Plan};

fn lost(kind: &str) -> (Planned, Cell, Target) {
    let scenario = Scenario {
        strategies: vec!["lww-document".into()],
        workloads: vec!["stack".into()],
        seeds: vec!["1".into()],
        ops: 60,
        ..Scenario::default()
    };
    let planned = Plan::new(vec![scenario]).unwrap().cells.remove(0);
    let cell = run_cell(&planned);
    let target = Target::of(&cell, kind).unwrap();
    (planned, cell, target)
}

fn capsule() -> Capsule {
    let (planned, cell, target) = lost("item delivered twice");
    Capsule::of(&planned, &cell, &target, &Environment { version: "1".into(), ..Environment::default() })
}

#[test]
fn a_capsule_survives_its_file_and_replays_its_run() {
    let capsule = capsule();
    let read = Capsule::read(capsule.to_json().as_bytes()).unwrap();
    // The operations of a finding are known only while it is judged.
    assert_eq!(read, capsule);
    let planned = read.planned(&Catalog::default()).unwrap();
    assert_eq!(read.differences(&run_cell(&planned)), Vec::<String>::new());
}

#[test]
fn another_run_and_another_build_are_told_apart() {
    let mut capsule = capsule();
    capsule.scenario.seeds = vec!["2".into()];
    let other = run_cell(&capsule.planned(&Catalog::default()).unwrap());
    let lines = capsule.differences(&other).join("\n");
    assert!(lines.contains("trace digest: ") && lines.contains("finding `"), "{lines}");
    let here = Build { commit: "abc".into(), ..capsule.build.clone() };
    assert_eq!(capsule.other_build(&here).unwrap(), "commit `` and `abc`");
    assert_eq!(capsule.other_build(&capsule.build), None);
}

#[test]
fn what_is_wrong_with_a_capsule_is_said_with_its_place() {
    let good = serde_json::to_value(capsule()).unwrap();
    let with = |pointer: &str, value: serde_json::Value| {
        let mut wrong = good.clone();
        match wrong.pointer_mut(pointer) {
            Some(place) => *place = value,
            None => wrong[pointer.trim_start_matches('/')] = value,
        }
        let read = Capsule::read(wrong.to_string().as_bytes());
        read.and_then(|capsule| capsule.planned(&Catalog::default())).err().map(|error| error.to_string())
    };
    let action = |at: u64, client: u32, n: u64| serde_json::json!({"at_ns": at, "client": client, "intent": {"client": 1, "n": n}});
    for (pointer, value, expected) in [
        ("/schema", 2.into(), "schema 2: expected 1"),
        ("/mood", "good".into(), "unknown field `mood`"),
        ("/scenario/seeds", ["1..9"].into_iter().collect(), "scenario.seeds: `1..9`: expected one number"),
        ("/scenario/seeds", ["1", "2"].into_iter().collect(), "scenario.seeds: 2 entries: a capsule holds one run"),
        ("/scenario/strategies", ["all"].into_iter().collect(), "runs: a capsule holds one run"),
        ("/scenario/strategies", ["no-such"].into_iter().collect(), "scenario: strategy: `no-such`"),
        ("/scenario/clients", 0.into(), "scenario: clients: `0`: expected 1 to "),
        ("/scenario/transport", "x".repeat(5_000).into(), "expected at most 4096 bytes"),
        ("/script", serde_json::json!([action(5, 1, 1), action(4, 1, 2)]), "script: action 2: at_ns: "),
        ("/script", serde_json::json!([action(5, 9, 1)]), "script: action 1: client 9: expected 1 to 4"),
        ("/script", serde_json::json!([action(5, 1, 0)]), "intents are counted from 1"),
        ("/script", serde_json::json!([action(u64::MAX, 1, 1)]), "at most ten years"),
        ("/trace", "0".repeat(32).into(), "the content of the file differs"),
    ] {
        let said = with(pointer, value).unwrap_or_else(|| panic!("{pointer} was taken"));
        assert!(said.contains(expected) && said.lines().count() == 1, "{pointer}: {said}");
    }
    assert_eq!(with("/schema", 1.into()), None);
    let large = vec![b' '; MAX_BYTES + 1];
    assert_eq!(Capsule::read(&large).unwrap_err().to_string(), "expected at most 32 MiB");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn damaged_capsules_are_refused_or_run(at in any::<prop::sample::Index>(), byte: u8, cut in any::<prop::sample::Index>()) {
        static GOOD: std::sync::OnceLock<Vec<u8>> = std::sync::OnceLock::new();
        let mut bytes = GOOD.get_or_init(|| capsule().to_json().into_bytes()).clone();
        let place = at.index(bytes.len());
        bytes[place] = byte;
        if byte % 4 == 0 {
            bytes.truncate(cut.index(bytes.len()));
        }
        if let Err(error) = Capsule::read(&bytes).and_then(|capsule| capsule.planned(&Catalog::default())) {
            prop_assert_eq!(error.to_string().lines().count(), 1);
        }
    }

    #[test]
    fn arbitrary_bytes_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(Capsule::read(&bytes).is_err());
    }

    #[test]
    fn deep_nesting_is_refused(depth in 1usize..100_000) {
        let nested = format!("{{\"schema\":1,\"kind\":{}", "[".repeat(depth));
        prop_assert!(Capsule::read(nested.as_bytes()).is_err());
    }
}
