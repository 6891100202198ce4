//! Recorded traces, replayed by real strategies in the simulator.
//!
//! The large recorded traces are not part of this repository: a test that needs one says that it is skipped where they are
//! absent. `.ci/nightly` replays them whole.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use syncbench_harness::engines;
use syncbench_harness::event::{Event, What};
use syncbench_harness::finding::{Finding, Kind};
use syncbench_harness::ledger::Ledger;
use syncbench_harness::network::Transport;
use syncbench_harness::pace::Pace;
use syncbench_harness::probe::{End, Figures, Probe};
use syncbench_harness::run_result::RunResult;
use syncbench_harness::settings::{Engine, Settings};
use syncbench_harness::task::Task;
use syncbench_harness::trace::{MISSING_CHARACTER, Replay, SURPLUS_CHARACTER, Trace};
use syncbench_harness::workload::{History, Workload};
use syncbench_strategies::registry;

use crate::common::data::recorded_trace;

struct Replayed {
    ran: RunResult,
    findings: Vec<Finding>,
    looks: u64,
}

impl Replayed {
    fn count(&self, kind: &Kind) -> u64 {
        self.findings.iter().find(|finding| finding.kind == kind.name).map_or(0, |finding| finding.count)
    }

    /// Every operation was made on the recorded version, and every replica ends in the recorded text.
    fn assert_exact(&self, trace: &Replay) {
        assert_eq!((self.ran.inexact, self.ran.ledger.issued()), (Some(0), trace.ops()));
        let end = trace.reference().unwrap();
        for (node, last) in &self.ran.finals {
            assert_eq!(last, &end, "{node}");
        }
        assert!(self.findings.is_empty(), "{:?}", self.findings);
    }

    /// The run is complete, and the distance of its text from the recorded one is counted.
    fn assert_ended(&self, trace: &Replay) {
        assert!(self.ran.converged());
        assert_eq!(self.ran.ledger.issued(), trace.ops());
        assert!(self.ran.ledger.all_resolved());
        let exact = Some(self.ran.last()) == trace.reference().as_ref();
        let distance = self.count(&MISSING_CHARACTER) + self.count(&SURPLUS_CHARACTER);
        assert_eq!(exact, distance == 0, "{:?}", self.findings);
    }
}

fn replay(replay: &Replay, written: &str, profile: &str, rate_per_s: f64, clients: u32) -> Replayed {
    replay_sampled(replay, written, profile, rate_per_s, clients, Duration::from_secs(3600))
}

fn replay_sampled(
    replay: &Replay,
    written: &str,
    profile: &str,
    rate_per_s: f64,
    clients: u32,
    sample_every: Duration,
) -> Replayed {
    let strategy = registry::configure(&written.parse().unwrap()).unwrap();
    let settings = Settings {
        network: profile.into(),
        faults: Vec::new(),
        transport: Transport::Stream,
        engine: Engine::Sim,
        clients,
        ops: replay.ops(),
        rate_per_s,
        pace: Pace::Recorded,
        undo: 0.0,
        size: 0,
        seed: 1,
        sample_every: Some(sample_every),
        budget: Duration::from_secs(600),
    };
    let task = Task::new(&strategy, replay, settings).unwrap();
    let looks = Arc::default();
    let ran = engines::run(&task, &mut [Box::new(Looks(Arc::clone(&looks)))]);
    let history = History { genesis: &task.genesis, last: ran.last(), ledger: &ran.ledger };
    let findings = replay.judge(&history);
    Replayed { ran, findings, looks: looks.load(Ordering::Relaxed) }
}

/// How often states were looked at.
struct Looks(Arc<AtomicU64>);

impl Probe for Looks {
    fn event(&mut self, event: &Event, _: &Ledger) {
        if matches!(event.what, What::InstantEnd) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn finish(&mut self, _: &End<'_>, _: &mut Figures) {}
}

/// Three authors on two branches and more, merged three at once.
const THREE: &str = r#"{"kind": "concurrent", "endContent": ">I 2 3!", "numAgents": 3, "txns": [
    {"parents": [], "agent": 0, "patches": [[0, 0, "one two three"]]},
    {"parents": [0], "agent": 0, "patches": [[0, 3, "1"]]},
    {"parents": [0], "agent": 1, "patches": [[4, 3, "2"]]},
    {"parents": [0], "agent": 2, "patches": [[8, 5, "3"]]},
    {"parents": [1, 2, 3], "agent": 2, "patches": [[5, 0, "!"]]},
    {"parents": [2, 1], "agent": 1, "patches": [[0, 1, "I"]]},
    {"parents": [4, 5], "agent": 0, "patches": [[0, 0, ">"]]}]}"#;

/// One author in two places at once.
const TORN: &str = r#"{"kind": "concurrent", "startContent": "12 ", "endContent": "1x2 yz", "numAgents": 1, "txns": [
    {"parents": [], "agent": 0, "patches": [[1, 0, "x"]]},
    {"parents": [], "agent": 0, "patches": [[3, 0, "yy"]]},
    {"parents": [1], "agent": 0, "patches": [[4, 1, ""]]},
    {"parents": [0, 2], "agent": 0, "patches": [[5, 0, "z"]]}]}"#;

fn small(json: &str) -> Replay {
    Replay::new(Trace::from_reader("small.json", json.as_bytes()).unwrap())
}

/// Strategies in which a position means the same wherever it is carried out.
fn merging() -> impl Iterator<Item = &'static str> {
    let automerge = cfg!(feature = "automerge").then_some("crdt-automerge");
    ["text-ids"].into_iter().chain(automerge)
}

#[test]
fn merging_strategies_replay_small_traces_exactly() {
    for (trace, clients) in [(small(THREE), 3), (small(TORN), 2)] {
        assert_eq!(trace.clients(), clients);
        for profile in ["instant", "constant:1ms", "constant:300ms", "transcontinental"] {
            // With somebody who only watches, too.
            for more in [0, 1] {
                for written in merging() {
                    let done = replay(&trace, written, profile, 100.0, clients + more);
                    if written == "text-ids" && profile == "transcontinental" {
                        // Where delays differ, the server's order need not pass through every recorded version.
                        done.assert_ended(&trace);
                    } else {
                        done.assert_exact(&trace);
                    }
                }
            }
        }
    }
}

#[test]
fn strategies_that_miss_the_recorded_versions_still_finish() {
    for trace in [small(THREE), small(TORN)] {
        for written in ["serial", "lww-document"] {
            for profile in ["instant", "constant:1ms", "transcontinental"] {
                let done = replay(&trace, written, profile, 100.0, trace.clients());
                done.assert_ended(&trace);
                assert!(written != "serial" || done.ran.inexact.unwrap() > 0);
                let again = replay(&trace, written, profile, 100.0, trace.clients());
                assert_eq!(again.ran.trace_digest, done.ran.trace_digest);
            }
        }
        // Too few clients: nobody makes the other edits of the trace, and the run still ends.
        assert!(replay(&trace, "serial", "instant", 100.0, 1).ran.inexact.unwrap() > 0);
    }
}

#[test]
fn part_of_a_trace_is_judged_by_what_it_gives() {
    let whole = Trace::from_reader("small.json", THREE.as_bytes()).unwrap();
    for ops in 1..=7 {
        let trace = Replay::new(whole.clone().first(ops));
        let done = replay(&trace, "serial", "instant", 100.0, 3);
        done.assert_ended(&trace);
    }
}

#[test]
fn states_are_sampled_to_the_end_of_a_run_that_got_stuck() {
    let trace = small(THREE);
    let every = Duration::from_millis(10);
    let [rare, often] = [Duration::from_secs(3600), every]
        .map(|every| replay_sampled(&trace, "serial", "constant:300ms", 100.0, 3, every));
    assert!(often.ran.inexact.unwrap() > 0);
    let due = often.ran.ended_at.as_ms() as u64 / 10;
    assert!(often.looks.abs_diff(due) <= 1, "{} looks, {due} were due", often.looks);
    // Looking changes nothing and delays nothing.
    assert_eq!((rare.looks, rare.ran.ended_at), (1, often.ran.ended_at));
}

#[test]
fn beginnings_of_recorded_traces() {
    for (name, ops) in [("friendsforever", 1200), ("clownschool", 800), ("sveltecomponent", 500)] {
        let Some(trace) = recorded_trace(name) else { continue };
        let trace = Replay::new(trace.first(ops));
        let clients = trace.clients().max(2);
        for written in ["serial", "lww-document"] {
            let done = replay(&trace, written, "constant:1ms", 100.0, clients);
            done.assert_ended(&trace);
            if !trace.trace().concurrent {
                done.assert_exact(&trace);
            }
        }
        for written in merging() {
            replay(&trace, written, "constant:1ms", 100.0, clients).assert_exact(&trace);
        }
    }
}

#[test]
fn recorded_traces_are_read_and_merged() {
    for (name, clients, ops, end) in [
        ("friendsforever", 2, 26_078, 21_362),
        ("clownschool", 3, 23_136, 21_148),
        ("sveltecomponent", 1, 18_335, 18_451),
        ("json-crdt-patch", 1, 18_639, 49_302),
    ] {
        let Some(trace) = recorded_trace(name) else { continue };
        assert_eq!((trace.schedule.clients(), trace.txns.len()), (clients, ops), "{name}");
        assert_eq!(trace.end.as_deref().unwrap().chars().count(), end, "{name}");
        // No two users wrote concurrently at one place, so every part of the trace has one correct result.
        assert!(trace.first(ops - 1).end.is_some(), "{name}");
    }
}
