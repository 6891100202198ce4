//! Faults of nodes: a node that stands still or is slow, and a server that is away or loses something.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::common::Case;
use crate::common::subject::{Subject, passed, scenario};
use crate::common::{Done, strategies};
use rayon::prelude::*;
use syncbench_harness::event::{Event, What};
use syncbench_harness::ledger::{Entry, Fate, Ledger};
use syncbench_harness::oracles::ROLLED_BACK;
use syncbench_harness::oracles::lineage::DOUBLED;
use syncbench_harness::pace::Pace;
use syncbench_harness::probe::{End, Figures, Probe};
use syncbench_harness::results::{Cell, Outcome};
use syncbench_harness::scenario::{Scenario, built_in};
use syncbench_strategies::document::{Document, EditKind};
use syncbench_strategies::registry;
use syncbench_strategies::replica::{Mishap, NodeId, ProtocolError, Replica, Setup, Strategy, Time, Topology};
use syncbench_strategies::spec::{Configured, Guarantees, Support};

const C2: NodeId = NodeId(2);

fn with(faults: &[&str]) -> Scenario {
    let faults = faults.iter().map(|fault| (*fault).to_owned()).collect();
    Scenario { faults, networks: vec!["4g".into()], ..scenario() }
}

/// Every strategy on a table, a text, a stock and cursors, as far as it supports them: between them they have every protocol.
fn subjects() -> Vec<Subject> {
    let workloads = ["record", "text", "booking", "presence"];
    let of = |strategy| workloads.into_iter().map(move |workload| Subject::new(strategy, workload));
    strategies().flat_map(of).filter(Subject::supported).collect()
}

fn has(cell: &Cell, kind: &str) -> bool {
    cell.findings.iter().any(|finding| finding.kind == kind)
}

/// From issue until the answer, on average and at most.
fn answered_ms(done: &Done) -> (f64, f64) {
    let took = |entry: &Entry| Some(entry.resolved?.since(entry.issued).as_secs_f64() * 1e3);
    let took: Vec<f64> = done.ran.ledger.entries().filter_map(took).collect();
    assert_eq!(took.len() as u64, done.ran.ledger.issued());
    (took.iter().sum::<f64>() / took.len() as f64, took.iter().copied().fold(0.0, f64::max))
}

fn at_a_slow_server(rate_per_s: f64, ops: u64) -> Done {
    let faults = vec!["slow:client=server,service=2ms".into()];
    let sample_every = Some(Duration::from_secs(3_600));
    let case = Case {
        faults,
        network: "instant".into(),
        clients: 4,
        ops,
        rate_per_s,
        sample_every,
        ..Case::new("serial", "counter")
    };
    case.run()
}

/// Poisson arrivals, one server, a fixed time for each: M/D/1. With the load rho and the time s, a customer waits
/// rho s / (2 (1 - rho)) on average (Pollaczek and Khinchine).
#[test]
fn a_slow_server_is_a_queue_of_poisson_arrivals_with_a_fixed_time_for_each() {
    for (rate_per_s, ops) in [(150.0, 6_000), (250.0, 8_000), (350.0, 12_000)] {
        let rho = rate_per_s * 0.002;
        let expected = 2.0 + rho * 2.0 / (2.0 * (1.0 - rho));
        let (mean, _) = answered_ms(&at_a_slow_server(rate_per_s, ops));
        assert!((mean / expected - 1.0).abs() < 0.05, "{rate_per_s}: {mean} ms, expected {expected} ms");
    }
}

#[test]
fn beyond_saturation_the_line_grows_with_every_message() {
    let done = at_a_slow_server(1_000.0, 2_000);
    // 2,000 messages take 4 s, and come within 2 s.
    let (_, worst) = answered_ms(&done);
    assert!((1_800.0..2_300.0).contains(&worst), "{worst} ms");
    let met = &done.ran.coverage[0];
    assert_eq!((&*met.effect, met.messages_touched), ("the server took 2 ms for each message", 2_004));
}

#[test]
fn a_node_that_stands_still_handles_what_came_at_once_afterwards() {
    for pace in [Pace::Poisson, Pace::Closed] {
        let faults = vec!["pause:client=2@400ms..1400ms".into()];
        let done = Case { faults, pace, network: "constant:10ms".into(), ..Case::new("serial", "stack") }.run();
        let (from, to) = (Time::from_ms(400), Time::from_ms(1_400));
        let own: Vec<_> = done.ran.ledger.entries().filter(|entry| entry.id.client == C2).collect();
        assert!(own.iter().all(|entry| entry.issued < from || entry.issued >= to) && own.len() == 20, "{pace:?}");
        // A rejected operation has no effect that anybody waits for.
        let arrived = |entry: &&Entry| {
            let (others, accepted) = (entry.id.client != C2, matches!(entry.fate, Fate::Confirmed(_)));
            others && accepted && entry.issued > from && entry.issued + Duration::from_millis(20) < to
        };
        let waited: Vec<_> = done.ran.ledger.entries().filter(arrived).collect();
        assert!(waited.len() > 2 && waited.iter().all(|entry| entry.visible == Some(to)), "{pace:?}: {waited:?}");
        // Its connection stayed.
        assert_eq!((done.ran.coverage[0].reopened_ms, done.ran.converged()), (None, true), "{pace:?}");
        assert!(done.ran.coverage[0].messages_touched >= waited.len() as u64, "{pace:?}");
    }
}

/// What a strategy acknowledges, its server has saved, so none of it is lost with the server's memory. A server that nobody
/// reaches, stands still or is slow costs time and nothing else.
#[test]
fn acknowledged_operations_survive_a_crash_of_the_server() {
    const FAULTS: &[&[&str]] = &[
        &["crash:client=server@400ms..900ms"],
        &["crash:client=server@300ms..500ms", "crash:client=2@450ms..800ms", "crash:client=server@700ms..1s"],
        &["outage@300ms..800ms", "pause:client=1@500ms..900ms"],
        &["pause:client=server@300ms..700ms", "slow:client=2,service=5ms", "slow:service=3ms"],
        &["jump:200ms,client=2@500ms", "freeze:client=1@300ms..900ms", "drift:ppm=200000,client=3"],
    ];
    let complaints: Vec<String> = subjects()
        .into_par_iter()
        .flat_map_iter(|subject| {
            FAULTS.iter().zip(1..).filter_map(move |(faults, seed)| {
                let cell = subject.cell(&with(faults), seed);
                let lost = has(&cell, ROLLED_BACK.name).then(|| format!("{subject} {faults:?}: rolled back"));
                passed(&cell).err().or(lost)
            })
        })
        .collect();
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

/// Whatever the server or a client loses, a strategy gets to an end, the same every time.
#[test]
fn losing_everything_ends_no_run() {
    let faults = ["backup:300ms@700ms..1s", "rebuild@700ms..1s", "crash:client=server,keep=nothing@700ms..1s"];
    let more = ["crash:client=1,keep=nothing@700ms..1s", "twin"];
    let subjects: Vec<_> = subjects()
        .into_iter()
        .flat_map(|subject| faults.into_iter().chain(more).map(move |fault| (subject.clone(), fault)))
        .collect();
    subjects.into_par_iter().for_each(|(subject, fault)| {
        let [one, other] = [(); 2].map(|()| subject.cell(&with(&[fault]), 1));
        let unsupported = one.outcome == Outcome::Unsupported && (fault == "twin" || fault.contains("client=1"));
        assert!(unsupported || one.outcome == Outcome::Measured, "{subject} {fault}: {:?}", one.reason);
        assert_eq!(one.trace_digest, other.trace_digest, "{subject} {fault}");
    });
}

/// Presence is in no database and no backup: a server that lost something knows of nobody until its clients announce
/// themselves again, and users who left meanwhile are not shown.
#[test]
fn presence_begins_anew_with_a_server_that_lost_something() {
    let faults = ["backup:300ms@600ms..800ms", "rebuild@600ms..800ms", "crash:client=server,keep=nothing@600ms..800ms"];
    let kinds = faults
        .into_iter()
        .flat_map(|fault| ["stream", "datagram:loss=0.03,duplicate=0.02"].map(|transport| (fault, transport)));
    let cells: Vec<_> = kinds.flat_map(|kind| (1..=5).map(move |seed| (kind, seed))).collect();
    let complaints: Vec<String> = cells
        .into_par_iter()
        .filter_map(|((fault, transport), seed)| {
            let scenario = Scenario { transport: transport.into(), ops: 60, rate_per_s: 60.0, ..with(&[fault]) };
            let cell = Subject::new("presence", "presence").cell(&scenario, seed);
            let found = (!cell.findings.is_empty()).then(|| format!("{:?}", cell.findings));
            let said = passed(&cell).err().or(found)?;
            Some(format!("{fault} {transport} seed {seed}: {said}"))
        })
        .collect();
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

/// A node that stood still handles what had come over a connection before it notices that the connection broke. Its answers go
/// nowhere: they belong to no connection that was opened since.
#[test]
fn nothing_goes_from_a_broken_connection_into_the_next() {
    let faults = ["pause:client=2@33ms..538ms", "outage@199ms..364ms", "outage@366ms..370ms"];
    let subject = Subject::new("escrow", "booking");
    let complaints: Vec<String> = (1..=40u64)
        .into_par_iter()
        .filter_map(|seed| {
            let networks = vec!["4g:detection=10ms".into()];
            let scenario = Scenario { networks, ops: 36, rate_per_s: 30.0, clients: 3, ..with(&faults) };
            passed(&subject.cell(&scenario, seed)).err()
        })
        .collect();
    assert!(complaints.is_empty(), "{} seeds: {}", complaints.len(), complaints[0]);
}

/// Whether a node that recovered with less than it had is told to hold some operation.
struct Holds(Arc<Mutex<Vec<bool>>>);

impl Probe for Holds {
    fn event(&mut self, event: &Event, ledger: &Ledger) {
        if let What::Restored { reflected, .. } = &event.what {
            let some = ledger.entries().any(|entry| reflected.contains(entry.id));
            self.0.lock().unwrap().push(some);
        }
    }

    fn finish(&mut self, _: &End<'_>, _: &mut Figures) {}
}

#[test]
fn a_relay_of_presence_that_lost_something_holds_no_operation() {
    let holds = |strategy: &str, fault: &str| {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let case = Case { network: "4g".into(), faults: vec![fault.into()], ..Case::new(strategy, "presence") };
        case.run_probed(&case.configured(), vec![Box::new(Holds(seen.clone()))]);
        seen.lock().unwrap().clone()
    };
    for fault in ["backup:300ms@600ms..800ms", "rebuild@600ms..800ms"] {
        assert_eq!((holds("presence", fault), holds("serial", fault)), (vec![false], vec![true]), "{fault}");
    }
}

/// Clients that hold the state bring back what a backup lacks; those that only follow a server drop it.
#[test]
fn what_a_backup_lacks_comes_back_where_clients_merge() {
    let cell = |strategy: &str, seed| Subject::new(strategy, "record").cell(&with(&["backup:300ms@700ms..1s"]), seed);
    let lost = |strategy: &str| (1..=3).any(|seed| has(&cell(strategy, seed), ROLLED_BACK.name));
    for follows in ["serial", "serial-optimistic", "serial-patches", "serial-cas", "lww-property", "text-ids", "hybrid"]
    {
        assert!(lost(follows), "{follows}");
        for seed in 1..=3 {
            passed(&cell(follows, seed)).unwrap();
        }
    }
    for merges in strategies().filter(|name| name.starts_with("crdt") || ["lww-hlc", "lww-document"].contains(name)) {
        if Subject::new(merges, "record").supported() {
            assert!(!lost(merges), "{merges}");
            for seed in 1..=3 {
                passed(&cell(merges, seed)).unwrap();
            }
        }
    }
    // As ShareDB's, clients that are ahead of the server are not told, and stay apart.
    let apart = (1..=3).filter(|seed| cell("ot", *seed).converged == Some(false)).count();
    assert!(apart > 0);
}

/// What only a device had that was wiped is lost although it was confirmed; what others had is not.
#[test]
fn a_wiped_device_takes_along_what_it_alone_had() {
    let faults = ["partition:isolate,client=2@200ms..1500ms", "crash:client=2,keep=nothing@1s..1300ms"];
    for strategy in ["lww-hlc", "lww-document"] {
        let of = |faults: &[&str]| Subject::new(strategy, "record").cell(&with(faults), 1);
        assert!(has(&of(&faults), ROLLED_BACK.name) && !has(&of(&faults[..1]), ROLLED_BACK.name), "{strategy}");
        let cell = of(&["crash:client=2,keep=nothing@700ms..1s"]);
        passed(&cell).unwrap_or_else(|error| panic!("{strategy}: {error}"));
    }
}

/// Makes a document anew with every list twice.
struct Twice(Configured);

impl Strategy for Twice {
    fn genesis(&self, document: &Document) -> Vec<u8> {
        self.0.strategy.genesis(document)
    }

    fn rebuild(&self, document: &Document, seed: u64) -> Vec<u8> {
        let Document::Map(entries) = document else { return self.0.strategy.rebuild(document, seed) };
        let twice = |value: &Document| match value {
            Document::List(items) => Document::list(items.iter().chain(items.iter()).cloned()),
            other => other.clone(),
        };
        let twice = Document::map(entries.iter().map(|(key, value)| (&**key, twice(value))));
        self.0.strategy.rebuild(&twice, seed)
    }

    fn mishap(&self, mishap: Mishap) -> Support {
        self.0.strategy.mishap(mishap)
    }

    fn guarantees(&self, defaults: Guarantees) -> Guarantees {
        self.0.strategy.guarantees(defaults)
    }

    fn support(&self, kind: EditKind, default: Support) -> Support {
        self.0.strategy.support(kind, default)
    }

    fn topology(&self, default: Topology) -> Topology {
        self.0.strategy.topology(default)
    }

    fn replica(&self, setup: &Setup) -> Box<dyn Replica> {
        self.0.strategy.replica(setup)
    }

    fn restore(&self, setup: &Setup, durable: &[u8]) -> Result<Box<dyn Replica>, ProtocolError> {
        self.0.strategy.restore(setup, durable)
    }
}

#[test]
fn content_that_a_rebuilt_server_has_twice_is_found() {
    let honest = Subject::new("serial", "stack");
    let inner = registry::configure(&"serial".parse().unwrap()).unwrap();
    let strategy =
        Configured { strategy: Box::new(Twice(inner)), ..registry::configure(&"serial".parse().unwrap()).unwrap() };
    let planted = Subject { strategy: Arc::new(strategy), ..honest.clone() };
    let found = |subject: &Subject, faults: &[&str]| {
        (1..=3).any(|seed| {
            let cell = subject.cell(&Scenario { pace: Pace::Turns, ..with(faults) }, seed);
            has(&cell, DOUBLED.name)
        })
    };
    let rebuild = ["rebuild@700ms..1s"];
    assert!(found(&planted, &rebuild));
    assert!(!found(&honest, &rebuild) && !found(&planted, &["crash:client=server@700ms..1s"]));
}

/// The most frequent complaint about text of CRDTs: the server made the document anew, and everything is there twice.
#[cfg(feature = "diamond")]
#[test]
fn a_text_is_there_twice_after_its_document_was_made_anew() {
    let cell = Subject::new("crdt-diamond", "text").cell(&with(&["rebuild@700ms..1s"]), 1);
    assert!(has(&cell, DOUBLED.name), "{:?}", cell.findings);
}

/// Two clients that draw the same ids tell the same library different things under one name: y-crdt/y-crdt#361.
#[test]
fn clients_with_the_same_ids_end_in_different_states() {
    for strategy in strategies().filter(|name| ["crdt-yrs", "crdt-automerge"].contains(name)) {
        let apart = |faults: &[&str]| {
            (1..=3)
                .filter(|seed| {
                    let cell = Subject::new(strategy, "record").cell(&with(faults), *seed);
                    cell.converged == Some(false)
                })
                .count()
        };
        assert!(apart(&["twin:client=2,of=1"]) > 0 && apart(&[]) == 0, "{strategy}");
    }
    let named = Subject::new("serial", "record").cell(&with(&["twin"]), 1);
    assert!(named.reason.is_some_and(|reason| reason.contains("the server names its clients")));
}

#[test]
fn a_client_that_outlasts_the_tombstones_brings_back_what_was_deleted() {
    let parts = built_in("purged").unwrap();
    let found = |strategy: &str| {
        (1..=3).any(|seed| has(&Subject::new(strategy, "record").cell(&parts[0], seed), "resurrected record"))
    };
    assert!(found("lww-hlc:horizon=1s") && !found("lww-hlc"));
}

#[test]
fn the_scenario_of_server_losses_meets_every_strategy() {
    let parts = built_in("server-loss").unwrap();
    assert_eq!(
        parts.iter().map(|part| &*part.name).collect::<Vec<_>>(),
        ["server-outage", "server-crash", "server-backup", "server-rebuild"]
    );
    let cells: Vec<(String, &Scenario)> =
        parts.iter().flat_map(|part| strategies().map(move |name| (name.to_owned(), part))).collect();
    cells.into_par_iter().for_each(|(name, part)| {
        let cell = Subject::at_home(&name, "record").cell(part, 1);
        assert_eq!(cell.outcome, Outcome::Measured, "{name} {}", part.name);
        assert!(cell.coverage[0].operations_overlapped > 0, "{name} {}", part.name);
        let keeps = matches!(&*part.name, "server-outage" | "server-crash");
        if keeps {
            passed(&cell).unwrap();
            assert!(!has(&cell, ROLLED_BACK.name), "{name}");
        }
    });
}
