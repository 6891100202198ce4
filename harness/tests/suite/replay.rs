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
use syncbench_harness::trace::{
    FINAL_TEXT_NOT_JUDGED, MISSING_TEXT, Replay, Trace, TraceModel, TraceOp, Units, WRONG_DELETION,
};
use syncbench_harness::workload::{History, Workload};
use syncbench_strategies::document::{Document, Edit};
use syncbench_strategies::model::{Model, ModelRef, Plan, Rejected, erase};
use syncbench_strategies::path;
use syncbench_strategies::registry;
use syncbench_strategies::view::View;

use crate::common::data::recorded_trace;

struct Replayed {
    ran: RunResult,
    findings: Vec<Finding>,
    matches: Option<bool>,
    looks: u64,
}

impl Replayed {
    fn count(&self, kind: &Kind) -> u64 {
        self.findings.iter().find(|finding| finding.kind == kind.name).map_or(0, |finding| finding.count)
    }

    fn text(&self) -> String {
        match self.ran.last().at(&path!["text"]) {
            Some(Document::Text(text)) => text.to_string(),
            other => panic!("no text: {other:?}"),
        }
    }

    /// Every operation was made on the recorded version, and every replica ends in the recorded text.
    fn assert_exact(&self, trace: &Replay) {
        assert_eq!((self.ran.inexact, self.ran.ledger.issued()), (Some(0), trace.ops()));
        let end = trace.end().unwrap();
        for (node, last) in &self.ran.finals {
            assert_eq!(last, &end, "{node}");
        }
        assert!(self.findings.is_empty(), "{:?}", self.findings);
    }

    /// The run is complete, and its text is the recorded one, or lost operations, or cannot be judged.
    fn assert_ended(&self, trace: &Replay) {
        assert!(self.ran.converged());
        assert_eq!(self.ran.ledger.issued(), trace.ops());
        assert!(self.ran.ledger.all_resolved());
        let exact = Some(self.ran.last()) == trace.end().as_ref();
        let lost = self.count(&MISSING_TEXT) + self.count(&WRONG_DELETION);
        let unjudged = self.count(&FINAL_TEXT_NOT_JUDGED);
        assert_eq!(exact, lost + unjudged == 0, "{:?}", self.findings);
        assert_eq!(unjudged > 0, !exact && self.ran.inexact > Some(0), "{:?}", self.findings);
        assert!(lost <= trace.ops(), "{:?}", self.findings);
    }
}

fn replay(replay: &Replay, written: &str, profile: &str, rate_per_s: f64, clients: u32) -> Replayed {
    replay_with(replay, None, written, profile, rate_per_s, clients)
}

fn replay_sampled(
    replay: &Replay,
    written: &str,
    profile: &str,
    rate_per_s: f64,
    clients: u32,
    sample_every: Duration,
) -> Replayed {
    run(replay, None, written, profile, rate_per_s, clients, sample_every)
}

fn replay_with(
    replay: &Replay,
    model: Option<ModelRef>,
    written: &str,
    profile: &str,
    rate_per_s: f64,
    clients: u32,
) -> Replayed {
    run(replay, model, written, profile, rate_per_s, clients, Duration::from_secs(3600))
}

fn run(
    replay: &Replay,
    model: Option<ModelRef>,
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
        pace: Pace::Causal,
        undo: 0.0,
        size: 0,
        seed: 1,
        sample_every: Some(sample_every),
        budget: Duration::from_secs(600),
    };
    let mut task = Task::new(&strategy, replay, settings).unwrap();
    task.model = model.unwrap_or(task.model);
    let looks = Arc::default();
    let ran = engines::run(&task, &mut [Box::new(Looks(Arc::clone(&looks)))]);
    let history = History { genesis: &task.genesis, last: ran.last(), ledger: &ran.ledger };
    let findings = replay.judge(&history);
    let matches = replay.matches_reference(&history, history.last);
    Replayed { ran, findings, matches, looks: looks.load(Ordering::Relaxed) }
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
    Replay::new(Trace::from_reader("small.json", json.as_bytes(), Units::CodePoints).unwrap())
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
                    replay(&trace, written, profile, 100.0, clients + more).assert_exact(&trace);
                }
            }
        }
    }
}

/// Every strategy that carries a text, and keeps positions meaningful.
fn texts() -> Vec<&'static str> {
    let names = [
        "ot:buffer=queued",
        "text-ids",
        "hybrid:buffer=queued",
        "crdt-automerge",
        "crdt-yrs",
        "crdt-loro",
        "crdt-diamond",
    ];
    let here = |name: &&str| registry::find(name.split(':').next().unwrap_or_default()).is_some();
    names.into_iter().filter(here).collect()
}

/// The fourth user saw what the second branch wrote and not the first: a server has to take the second one first.
const BRANCH: &str = r#"{"kind": "concurrent", "startContent": "..........", "endContent": ".a......b.c.", "numAgents": 3, "txns": [
    {"parents": [], "agent": 0, "patches": [[0, 1, "."]]},
    {"parents": [0], "agent": 0, "patches": [[1, 0, "a"]]},
    {"parents": [0], "agent": 1, "patches": [[7, 1, "b"]]},
    {"parents": [2], "agent": 2, "patches": [[9, 1, "c."]]}]}"#;

/// Two users saw one branch each, and no server can have taken both first.
const CROSSED: &str = r#"{"kind": "concurrent", "startContent": "..........", "endContent": ".a..d....b.c.", "numAgents": 4, "txns": [
    {"parents": [], "agent": 0, "patches": [[0, 1, "."]]},
    {"parents": [0], "agent": 0, "patches": [[1, 0, "a"]]},
    {"parents": [0], "agent": 1, "patches": [[7, 1, "b"]]},
    {"parents": [2], "agent": 2, "patches": [[9, 1, "c."]]},
    {"parents": [1], "agent": 3, "patches": [[4, 0, "d"]]}]}"#;

#[test]
fn a_server_takes_operations_in_an_order_that_has_every_recorded_version() {
    let trace = small(BRANCH);
    assert!(trace.trace().schedule.server_passes());
    for written in texts().into_iter().chain(["serial", "serial-patches"]) {
        for profile in ["instant", "constant:1ms", "constant:300ms", "transcontinental"] {
            for more in [0, 2] {
                let done = replay(&trace, written, profile, 100.0, 3 + more);
                assert_eq!(done.ran.inexact, Some(0), "{written}");
                if !["serial", "serial-patches"].contains(&written) {
                    done.assert_exact(&trace);
                }
            }
        }
    }
}

#[test]
fn operations_on_other_versions_are_not_judged() {
    let trace = small(CROSSED);
    assert!(!trace.trace().schedule.server_passes());
    for written in texts().into_iter().chain(["serial", "serial-patches"]) {
        for profile in ["instant", "constant:1ms", "transcontinental"] {
            let done = replay(&trace, written, profile, 100.0, 4);
            done.assert_ended(&trace);
            assert_eq!(done.count(&MISSING_TEXT) + done.count(&WRONG_DELETION), 0, "{written}: {:?}", done.findings);
            if let Some(note) = done.findings.first() {
                let n = done.ran.inexact.unwrap();
                let operations = if n == 1 { "operation" } else { "operations" };
                assert_eq!(note.example, format!("{n} {operations} replayed on another version"), "{written}");
                assert!(!note.lost && done.matches.is_none());
            }
            let again = replay(&trace, written, profile, 100.0, 4);
            assert_eq!(again.ran.trace_digest, done.ran.trace_digest);
        }
    }
    // Too few clients: nobody makes the other edits of the trace, and the run still ends.
    let alone = replay(&small(THREE), "serial", "instant", 100.0, 1);
    assert_eq!((alone.ran.inexact, alone.ran.ledger.issued()), (Some(1), 3));
}

/// Traces in which users write at one spot without having seen each other, each with the ends that are right.
fn tied() -> Vec<(String, Vec<&'static str>)> {
    let trace = |authors: u32, end: &str, txns: &str| {
        format!(
            r#"{{"kind": "concurrent", "startContent": "[]", "endContent": "{end}", "numAgents": {authors}, "txns": [{txns}]}}"#
        )
    };
    let two = r#"{"parents": [], "agent": 0, "patches": [[1, 0, "ab"]]}, {"parents": [], "agent": 1, "patches": [[1, 0, "cd"]]}"#;
    let three = format!(r#"{two}, {{"parents": [], "agent": 2, "patches": [[1, 0, "ef"]]}}"#);
    // Both go on typing, one of them in front; then one deletes what is in front.
    let more = format!(
        r#"{two}, {{"parents": [0], "agent": 0, "patches": [[3, 0, "x"]]}}, {{"parents": [1], "agent": 1, "patches": [[1, 0, "y"]]}},
        {{"parents": [2, 3], "agent": 0, "patches": [[1, 1, ""], [6, 0, "!"]]}}"#
    );
    // One replaces what the other writes beside.
    let replaced = r#"{"parents": [], "agent": 0, "patches": [[0, 1, "("]]}, {"parents": [], "agent": 1, "patches": [[1, 0, "cd"]]}"#;
    let mut all = Vec::new();
    for (authors, txns, ends) in [
        (2, two, vec!["[abcd]", "[cdab]"]),
        (3, &three, vec!["[abcdef]", "[abefcd]", "[cdabef]", "[cdefab]", "[efabcd]", "[efcdab]"]),
        (2, &more, vec!["[bxycd!]", "[cdabx!]"]),
        (2, replaced, vec!["(cd]", "cd(]"]),
    ] {
        for end in &ends {
            all.push((trace(authors, end, txns), ends.clone()));
        }
    }
    all
}

#[test]
fn ties_are_right_in_any_order() {
    for (json, ends) in tied() {
        let trace = small(&json);
        assert!(trace.trace().ties > 0);
        for written in texts() {
            for profile in ["instant", "constant:1ms", "constant:300ms"] {
                let done = replay(&trace, written, profile, 100.0, trace.clients());
                assert_eq!(done.ran.inexact, Some(0), "{written}");
                let text = done.text();
                assert!(ends.contains(&text.as_str()), "{written}: {text} of {json}");
                assert!(!done.findings.iter().any(|finding| finding.lost), "{written}: {:?}", done.findings);
                assert_eq!(done.matches, Some(true), "{written}");
            }
        }
    }
}

/// The bug is in the model: what is in a tie goes missing, or is written in two halves with something between.
#[test]
fn what_is_lost_in_a_tie_is_found() {
    for (json, _) in tied() {
        let trace = small(&json);
        let done = replay_with(&trace, Some(erase(Forgetful)), "text-ids", "constant:300ms", 100.0, trace.clients());
        assert!(done.ran.converged());
        assert!(done.count(&MISSING_TEXT) > 0, "{:?}", done.findings);
        assert_eq!(done.matches, Some(false));
    }
}

#[test]
fn deletions_that_take_something_else_are_found() {
    let trace = small(
        r#"{"startContent": "abcdef", "endContent": "aef", "txns": [{"patches": [[1, 1, ""]]}, {"patches": [[1, 2, ""]]}]}"#,
    );
    replay(&trace, "text-ids", "lan", 100.0, 2).assert_exact(&trace);
    let done = replay_with(&trace, Some(erase(Clumsy)), "text-ids", "lan", 100.0, 2);
    assert_eq!((done.text().as_str(), done.count(&WRONG_DELETION), done.count(&MISSING_TEXT)), ("def", 1, 0));
}

/// Deletes what stands before the characters that it should delete.
#[derive(Clone, Copy)]
struct Clumsy;

impl Model for Clumsy {
    type Op = TraceOp;

    fn plan(&self, view: &dyn View, op: &TraceOp) -> Result<Plan, Rejected> {
        let mut op = op.clone();
        op.0.iter_mut().for_each(|splice| splice.pos = splice.pos.saturating_sub(1));
        TraceModel.plan(view, &op)
    }
}

/// Six authors in two lines of work, on two clients.
#[test]
fn authors_who_were_never_active_together_share_a_client() {
    let txns: Vec<String> = (0..6)
        .map(|at| {
            let parents = if at < 2 { String::new() } else { (at - 2).to_string() };
            format!(
                r#"{{"parents": [{parents}], "agent": {at}, "patches": [[{}, 0, "{at}"]]}}"#,
                if at % 2 == 0 { 0 } else { 2 }
            )
        })
        .collect();
    let json = format!(
        r#"{{"kind": "concurrent", "startContent": "<>", "endContent": "420<>531", "numAgents": 6, "txns": [{}]}}"#,
        txns.join(",")
    );
    let trace = Trace::from_reader("small.json", json.as_bytes(), Units::CodePoints).unwrap();
    assert!(trace.clone().on_clients(1).is_none());
    for clients in 2..=6 {
        let folded = Replay::new(trace.clone().on_clients(clients).unwrap());
        assert_eq!(folded.clients(), clients);
        replay(&folded, "text-ids", "constant:40ms", 100.0, clients).assert_ended(&folded);
    }
    // A server passes through everything that two clients can have seen of each other's lines.
    let folded = Replay::new(trace.on_clients(2).unwrap());
    for written in texts() {
        replay(&folded, written, "constant:40ms", 100.0, 2).assert_exact(&folded);
    }
}

/// Loses the last character of every text that it writes.
#[derive(Clone, Copy)]
struct Forgetful;

impl Model for Forgetful {
    type Op = TraceOp;

    fn plan(&self, view: &dyn View, op: &TraceOp) -> Result<Plan, Rejected> {
        let mut plan = TraceModel.plan(view, op)?;
        for edit in &mut plan.edits {
            if let Edit::TextSplice { insert, .. } = edit {
                insert.pop();
            }
        }
        Ok(plan)
    }
}

/// Whole positions that fit in one order of a tie only: strategies with another one reject what does not fit.
#[test]
fn what_fits_in_one_order_of_a_tie_only_is_no_loss_in_another() {
    let trace = small(
        r#"{"kind": "concurrent", "endContent": "", "numAgents": 2, "txns": [
        {"parents": [], "agent": 0, "patches": [[0, 0, "x"]]},
        {"parents": [], "agent": 1, "patches": [[0, 0, "yyy"]]},
        {"parents": [0, 1], "agent": 1, "patches": [[0, 1, ""]]},
        {"parents": [0], "agent": 0, "patches": [[0, 1, ""]]},
        {"parents": [2, 3], "agent": 0, "patches": [[0, 3, ""]]}]}"#,
    );
    for written in texts() {
        let done = replay(&trace, written, "constant:40ms", 100.0, 2);
        assert!(!done.findings.iter().any(|finding| finding.lost), "{written}: {:?}", done.findings);
        assert_ne!(done.matches, Some(false), "{written}");
    }
}

/// Hundreds of ties have more orders than can be tried: nobody is blamed, and the run says so.
#[test]
fn too_many_ties_are_not_judged() {
    let txns: Vec<String> = (0..300)
        .map(|at| {
            let parents = if at < 2 { String::new() } else { (at - 2).to_string() };
            let (agent, letter) = (at % 2, char::from(b'a' + (at % 26) as u8));
            format!(r#"{{"parents": [{parents}], "agent": {agent}, "patches": [[{}, 0, "{letter}"]]}}"#, at / 2)
        })
        .collect();
    let end = |agent: usize| (0..300).filter(move |at| at % 2 == agent).map(|at| char::from(b'a' + (at % 26) as u8));
    let end: String = end(0).chain(end(1)).collect();
    let txns = txns.join(",");
    let trace = small(&format!(r#"{{"kind": "concurrent", "endContent": "{end}", "numAgents": 2, "txns": [{txns}]}}"#));
    assert_ne!(replay(&trace, "text-ids", "constant:40ms", 100.0, 2).matches, Some(false));
    let done = replay_with(&trace, Some(erase(Forgetful)), "text-ids", "constant:40ms", 100.0, 2);
    assert_eq!((done.matches, done.count(&FINAL_TEXT_NOT_JUDGED)), (None, 1));
    assert!(done.findings[0].example.contains("ties"), "{:?}", done.findings);
}

#[test]
fn part_of_a_trace_is_judged_by_what_it_gives() {
    let whole = Trace::from_reader("small.json", THREE.as_bytes(), Units::CodePoints).unwrap();
    for ops in 1..=7 {
        let trace = Replay::new(whole.clone().first(ops));
        let done = replay(&trace, "serial", "instant", 100.0, 3);
        done.assert_ended(&trace);
    }
}

#[test]
fn states_are_sampled_to_the_end_of_a_run_that_got_stuck() {
    let trace = small(CROSSED);
    let every = Duration::from_millis(10);
    let [rare, often] = [Duration::from_secs(3600), every]
        .map(|every| replay_sampled(&trace, "serial", "constant:300ms", 100.0, 4, every));
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
