//! Users who act at recorded times.

use std::path::PathBuf;
use std::time::Duration;

use super::*;
use crate::engines;
use crate::pace::Timing;
use crate::run_result::RunResult;
use crate::settings::Engine;

/// A file in a folder of its own.
fn file(name: &str, text: &str) -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(name);
    std::fs::write(&path, text).unwrap();
    (dir, path)
}

fn scenario(times: &Path, timing: Timing) -> Scenario {
    Scenario {
        strategies: vec!["serial".into()],
        workloads: vec!["record".into()],
        times: Some(times.to_owned()),
        pace: Pace::Recorded(timing),
        networks: vec!["constant:10ms".into()],
        clients: 2,
        seeds: vec!["1".into()],
        ..Scenario::default()
    }
}

fn run(scenario: Scenario) -> RunResult {
    let plan = Plan::new(vec![scenario]).unwrap();
    let task = plan.cells[0].task(&plan.cells[0].strategy).unwrap();
    engines::run(&task, &mut [])
}

/// Each operation's client with the time at which it was due, in milliseconds, in order.
fn due(ran: &RunResult) -> Vec<(u32, u64)> {
    let intended = |at: syncbench_strategies::replica::Time| at.since(Default::default()).as_millis() as u64;
    let mut due: Vec<_> = ran.ledger.entries().map(|entry| (entry.id.client.0, intended(entry.intended))).collect();
    due.sort_by_key(|(client, at)| (*at, *client));
    due
}

const TIMES: &str = "seconds,user\n5.0,ada\n5.1,bob\n5.3,ada\n65.3,ada\n65.4,eve\n";

#[test]
fn operations_are_due_when_they_were_recorded_in_both_engines() {
    let (_dir, path) = file("times.csv", TIMES);
    let cut = Timing { idle: Some(Duration::from_millis(400)), ..Timing::AS_RECORDED };
    let expected = [(1, 0), (2, 100), (1, 300), (1, 700), (1, 800)];
    for engine in [Engine::Sim, Engine::Threads] {
        assert_eq!(due(&run(Scenario { engine, ..scenario(&path, cut) })), expected, "{engine:?}");
    }
    let fast = due(&run(scenario(&path, Timing { speed: 10.0, ..Timing::AS_RECORDED })));
    assert_eq!(fast, [(1, 0), (2, 10), (1, 30), (1, 6_030), (1, 6_040)]);
}

#[test]
fn a_cell_says_which_times_it_had_and_runs_again_from_its_own_words() {
    let (dir, path) = file("times.csv", TIMES);
    let fast = Timing { speed: 10.0, ..Timing::AS_RECORDED };
    let plan = Plan::new(vec![Scenario { ops: 4, ..scenario(&path, fast) }]).unwrap();
    let cell = &plan.cells[0];
    assert_eq!((cell.settings.ops, cell.settings.rate_per_s.round()), (4, 1.0));
    assert!(cell.settings.pace.to_string().starts_with("recorded:speed=10,content="), "{}", cell.settings.pace);
    let replay = cell.replay();
    let wanted = format!(" --times {} --pace {} ", path.display(), cell.settings.pace);
    assert!(replay.contains(&wanted) && !replay.contains("--rate"), "{replay}");
    let again = Plan::new(vec![Scenario::of_cell(cell)]).unwrap();
    assert_eq!((&again.cells[0].settings, again.cells[0].replay()), (&cell.settings, replay));
    // Other times in a file of the same name are another condition, and are not taken for the first.
    std::fs::write(&path, TIMES.replace("5.1", "5.2")).unwrap();
    let other = Plan::new(vec![Scenario { ops: 4, ..scenario(&path, fast) }]).unwrap();
    assert_ne!(cell.id(Digest(0)), other.cells[0].id(Digest(0)));
    let error = Plan::new(vec![Scenario::of_cell(cell)]).err().unwrap().to_string();
    assert!(error.contains("the file has changed"), "{error}");
    drop(dir);
}

/// Two authors, the second of whom had seen what the first wrote.
const TRACE: &str = r#"{"kind": "concurrent", "endContent": "abc", "numAgents": 2, "txns": [
    {"parents": [], "numChildren": 1, "agent": 0, "time": "2026-11-27T12:00:00.100Z", "patches": [[0, 0, "a"]]},
    {"parents": [0], "numChildren": 1, "agent": 1, "time": "2026-11-27T12:00:00.105Z", "patches": [[1, 0, "b"]]},
    {"parents": [1], "numChildren": 0, "agent": 0, "time": "2026-11-27T12:00:02.100Z", "patches": [[2, 0, "c"]]}]}"#;

fn replayed(path: &Path, pace: Pace) -> Scenario {
    let networks = vec!["constant:10ms".into()];
    Scenario { strategies: vec!["serial".into()], networks, pace, ..Scenario::of_trace(path.to_owned()) }
}

#[test]
fn a_trace_is_replayed_at_its_times_and_what_keeps_a_user_is_part_of_its_latency() {
    let (_dir, path) = file("trace.json", TRACE);
    let ran = run(replayed(&path, Pace::Recorded(Timing::AS_RECORDED)));
    assert_eq!(due(&ran), [(1, 0), (2, 5), (1, 2_000)]);
    // What it had seen comes to the second author after 20 ms: to the server, and from there.
    let waited = |entry: &crate::ledger::Entry| entry.issued.since(entry.intended).as_millis();
    assert_eq!(ran.ledger.entries().map(waited).collect::<Vec<_>>(), [0, 0, 15]);
    let causal = due(&run(replayed(&path, Pace::Causal)));
    assert!(causal.iter().all(|(_, at)| *at < 100), "{causal:?}");
}

#[test]
fn the_times_of_a_trace_are_those_of_a_workload_too() {
    let (_dir, path) = file("trace.json", TRACE);
    assert_eq!(due(&run(scenario(&path, Timing::AS_RECORDED))), [(1, 0), (2, 5), (1, 2_000)]);
    let (_dir, bare) = file("trace.json", &TRACE.replace("\"time\"", "\"day\""));
    for scenario in [scenario(&bare, Timing::AS_RECORDED), replayed(&bare, PACES[4])] {
        let error = Plan::new(vec![scenario]).err().unwrap().to_string();
        assert!(error.contains("has no times: expected a `\"time\"`"), "{error}");
    }
}

#[test]
fn a_scenario_in_toml_may_have_recorded_times() {
    let read = |text: &str| Scenario::from_toml(text);
    let bare = read("times = \"a.csv\"").unwrap();
    assert_eq!((bare.times, bare.pace), (Some("a.csv".into()), PACES[4]));
    let table = read("times = \"a.csv\"\n[pace]\nname = \"recorded\"\nspeed = 10\nidle = \"5s\"").unwrap();
    assert_eq!(table.pace.to_string(), "recorded:speed=10,idle=5s");
    let rate = read("times = \"a.csv\"\nrate = 5").unwrap_err().to_string();
    assert!(rate.contains("recorded times have a rate of their own"), "{rate}");
    let contention = read("[[workload]]\nname = \"record\"\ncontention = \"zipf:1.2\"").unwrap();
    assert_eq!(contention.workloads, ["record:contention=zipf:1.2"]);
}
