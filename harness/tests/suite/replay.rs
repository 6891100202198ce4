//! Recorded traces, replayed by real strategies in the simulator.
//!
//! The large recorded traces are not part of this repository: tests that need them say "skipped" where the files are absent.
#![allow(clippy::print_stderr, reason = "a skipped test says so, and the measurement prints what it measured")]

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use syncbench_harness::clock::Moment;
use syncbench_harness::engines;
use syncbench_harness::event::{Event, What};
use syncbench_harness::ledger::{Fate, Ledger};
use syncbench_harness::network::Transport;
use syncbench_harness::pace::Pace;
use syncbench_harness::probe::{End, Figures, Probe};
use syncbench_harness::results::Finding;
use syncbench_harness::run_result::RunResult;
use syncbench_harness::settings::{Engine, Settings};
use syncbench_harness::task::Task;
use syncbench_harness::trace::{Replay, Trace, common_subsequence};
use syncbench_harness::workload::{History, Workload};
use syncbench_strategies::registry;

struct Replayed {
    ran: RunResult,
    findings: Vec<Finding>,
    took: Duration,
    costs: [Duration; 3],
    looks: u64,
}

impl Replayed {
    fn count(&self, kind: &str) -> u64 {
        self.findings.iter().find(|finding| finding.kind == kind).map_or(0, |finding| finding.count)
    }

    fn refused(&self) -> usize {
        self.ran.ledger.entries().filter(|entry| matches!(entry.fate, Fate::Rejected(_))).count()
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

    /// The run is complete, whatever became of the text; missing and surplus characters are counted.
    fn assert_ended(&self, trace: &Replay) {
        assert!(self.ran.converged());
        assert_eq!(self.ran.ledger.issued(), trace.ops());
        assert!(self.ran.ledger.all_resolved());
        let exact = Some(self.ran.last()) == trace.reference().as_ref();
        assert_eq!(exact, self.count("character lost") + self.count("surplus character") == 0, "{:?}", self.findings);
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
    let costs = Arc::new(Mutex::new([0; 5]));
    let begun = Moment::now();
    let ran = engines::run(&task, &mut [Box::new(Costs(costs.clone()))]);
    let took = begun.elapsed();
    let history = History { genesis: &task.genesis, last: ran.last(), ledger: &ran.ledger };
    let findings = replay.judge(&history);
    let [submit, receive, timer, link, looks] = *costs.lock().unwrap();
    let costs = [submit, receive, timer + link].map(Duration::from_nanos);
    Replayed { ran, findings, took, costs, looks }
}

/// What handlers cost (submit, receive, timer, link), and how often states were looked at.
struct Costs(Arc<Mutex<[u64; 5]>>);

impl Probe for Costs {
    fn event(&mut self, event: &Event, _: &Ledger) {
        match event.what {
            What::Cost { call, cpu_ns, .. } => self.0.lock().unwrap()[call as usize] += cpu_ns,
            What::Settled => self.0.lock().unwrap()[4] += 1,
            _ => {}
        }
    }

    fn finish(&mut self, _: &End<'_>, _: &mut Figures) {}
}

/// A recorded trace, if its file is there.
fn beside(name: &str) -> Option<Trace> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/editing-traces");
    let path: PathBuf = folder.join(format!("{name}.json.gz"));
    if !path.exists() {
        eprintln!("skipped: no {name}.json.gz in ../shared/data/editing-traces beside the repository");
        return None;
    }
    Some(Trace::read(path).unwrap())
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

/// Strategies whose positions mean the same wherever they are carried out.
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
                    replay(&trace, written, profile, 100.0, clients + more).assert_exact(&trace);
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
        // Too few clients: nobody plays the others, and the run still ends.
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
        let Some(trace) = beside(name) else { continue };
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
        let Some(trace) = beside(name) else { continue };
        assert_eq!((trace.schedule.clients(), trace.txns.len()), (clients, ops), "{name}");
        assert_eq!(trace.end.as_deref().unwrap().chars().count(), end, "{name}");
        // Nobody wrote at one spot without knowing of the other: every part of it has one right end.
        assert!(trace.first(ops - 1).end.is_some(), "{name}");
    }
}

/// Whole recorded traces, with what they cost. `ONLY` picks by words of the printed line, `OPS` cuts the traces.
#[test]
#[ignore = "takes ten minutes with --release; prints what it measured"]
fn whole_recorded_traces() {
    let only = std::env::var("ONLY").unwrap_or_default();
    for (name, strategies, rate) in [
        ("friendsforever", ["serial", "lww-document", "crdt-automerge", "text-ids"].as_slice(), 100.0),
        ("clownschool", &["serial", "lww-document", "crdt-automerge", "text-ids"], 100.0),
        ("sveltecomponent", &["serial", "lww-document", "crdt-automerge", "text-ids"], 100.0),
        ("automerge-paper", &["serial", "crdt-automerge:batch=1s", "text-ids"], 1000.0),
    ] {
        let begun = Moment::now();
        let Some(trace) = beside(name) else { continue };
        eprintln!("{name}: read in {:?}, {} clients", begun.elapsed(), trace.schedule.clients());
        let limit = std::env::var("OPS").ok().and_then(|ops| ops.parse().ok()).unwrap_or(usize::MAX);
        let end = trace.end.clone().unwrap_or_default();
        let begun = Moment::now();
        let common = common_subsequence(&end, &end.chars().rev().collect::<String>());
        eprintln!("{name}: {common} characters in common with its reverse, found in {:.2?}", begun.elapsed());
        let trace = Replay::new(trace.first(limit));
        for written in strategies {
            for profile in ["instant"] {
                if !format!("{name} {written} {profile}").contains(&only) {
                    continue;
                }
                let done = replay(&trace, written, profile, rate, trace.clients().max(2));
                if written.starts_with("crdt") || *written == "text-ids" || !trace.trace().concurrent {
                    done.assert_exact(&trace);
                } else {
                    done.assert_ended(&trace);
                }
                eprintln!(
                    "{name} {written} {profile}: {:.2?} of which submit, receive, timer {:.2?}; refused {}, converged {}, inexact {:?}, \
                     reference {}, {:?}",
                    done.took,
                    done.costs,
                    done.refused(),
                    done.ran.converged(),
                    done.ran.inexact,
                    Some(done.ran.last()) == trace.reference().as_ref(),
                    done.findings,
                );
            }
        }
    }
}
