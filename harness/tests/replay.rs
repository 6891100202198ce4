//! Recorded traces, replayed by real strategies in the simulator.
//!
//! The large recorded traces are not part of this repository: what needs them is skipped, and says so, where they do not
//! lie beside it.
#![allow(clippy::print_stderr, reason = "a skipped test says so, and the measurement prints what it measured")]

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use syncbench_harness::clock::Moment;
use syncbench_harness::engines::load::Pace;
use syncbench_harness::engines::{Ran, Task, sim};
use syncbench_harness::event::{Event, What};
use syncbench_harness::ledger::{Fate, Ledger};
use syncbench_harness::network::{self, Transport};
use syncbench_harness::probe::{End, Figures, Probe};
use syncbench_harness::results::Finding;
use syncbench_harness::trace::{Replay, Trace};
use syncbench_harness::workload::{History, Workload};
use syncbench_strategies::registry::Configured;
use syncbench_strategies::selector::Selector;
use syncbench_strategies::spec::{Params, Spec};

fn strategy(written: &str) -> Configured {
    let selector: Selector = written.parse().unwrap();
    let specs: &[&'static Spec] = &[
        &syncbench_strategies::serial::reducer::SPEC,
        &syncbench_strategies::lww::document::SPEC,
        #[cfg(feature = "automerge")]
        &syncbench_strategies::crdt::automerge::SPEC,
    ];
    let spec = specs.iter().copied().find(|spec| spec.name == selector.name).unwrap();
    let params = Params::check(&selector, spec.params).unwrap();
    Configured { label: selector.to_string(), spec, params: params.shown(), strategy: (spec.build)(&params) }
}

struct Replayed {
    ran: Ran,
    findings: Vec<Finding>,
    took: Duration,
    costs: [Duration; 3],
}

impl Replayed {
    fn count(&self, kind: &str) -> u64 {
        self.findings.iter().find(|finding| finding.kind == kind).map_or(0, |finding| finding.count)
    }
}

fn replay(replay: &Replay, written: &str, profile: &str, rate_per_s: f64, clients: u32) -> Replayed {
    let strategy = strategy(written);
    let genesis = replay.genesis(0);
    let task = Task {
        genesis_bytes: strategy.strategy.genesis(&genesis).into(),
        strategy: &strategy,
        workload: replay,
        model: replay.model(),
        genesis: &genesis,
        clients,
        ops: replay.ops(),
        rate_per_s,
        pace: Pace::Recorded,
        profile: network::configure(&profile.parse().unwrap()).unwrap(),
        transport: Transport::Stream,
        faults: Vec::new(),
        seed: 1,
        sample_every: Some(Duration::from_secs(3600)),
        budget: Duration::from_secs(600),
        blind: false,
    };
    let costs = Arc::new(Mutex::new([0; 4]));
    let begun = Moment::now();
    let ran = sim::run(&task, &mut [Box::new(Costs(costs.clone()))]);
    let took = begun.elapsed();
    let history = History { genesis: &genesis, last: ran.last(), ledger: &ran.ledger };
    let findings = replay.judge(&history);
    let [submit, receive, timer, link] = *costs.lock().unwrap();
    let costs = [submit, receive, timer + link].map(Duration::from_nanos);
    Replayed { ran, findings, took, costs }
}

/// What handlers cost: submit, receive, timer, link.
struct Costs(Arc<Mutex<[u64; 4]>>);

impl Probe for Costs {
    fn event(&mut self, event: &Event, _: &Ledger) {
        if let What::Cost { call, cpu_ns, .. } = event.what {
            self.0.lock().unwrap()[call as usize] += cpu_ns;
        }
    }

    fn finish(&mut self, _: &End<'_>, _: &mut Figures) {}
}

/// A recorded trace that may lie beside the repository.
fn beside(name: &str) -> Option<Trace> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/editing-traces");
    let path: PathBuf = folder.join(format!("{name}.json.gz"));
    if !path.exists() {
        eprintln!("skipped: no {name}.json.gz in ../shared/data/editing-traces beside the repository");
        return None;
    }
    Some(Trace::read(path).unwrap())
}

#[test]
#[ignore = "takes minutes without --release; prints times"]
fn measure() {
    let only = std::env::var("ONLY").unwrap_or_default();
    for (name, strategies, rate) in [
        ("friendsforever", ["serial", "lww-document", "crdt-automerge"].as_slice(), 100.0),
        ("clownschool", &["serial", "lww-document", "crdt-automerge"], 100.0),
        ("sveltecomponent", &["serial", "lww-document", "crdt-automerge"], 100.0),
        ("automerge-paper", &["serial", "crdt-automerge:batch=1s"], 1000.0),
    ] {
        let begun = Moment::now();
        let Some(trace) = beside(name) else { continue };
        eprintln!("{name}: read in {:?}, {} clients", begun.elapsed(), trace.schedule.clients());
        let limit = std::env::var("OPS").ok().and_then(|ops| ops.parse().ok()).unwrap_or(usize::MAX);
        let trace = Replay::new(trace.first(limit));
        for written in strategies {
            for profile in ["instant"] {
                if !format!("{name} {written} {profile}").contains(&only) {
                    continue;
                }
                let done = replay(&trace, written, profile, rate, trace.clients().max(2));
                eprintln!(
                    "{name} {written} {profile}: {:.2?} of which submit, receive, timer {:.2?}; refused {}, converged {}, inexact {:?}, \
                     reference {}, {:?}",
                    done.took,
                    done.costs,
                    done.ran.ledger.entries().filter(|entry| matches!(entry.fate, Fate::Rejected(_))).count(),
                    done.ran.converged(),
                    done.ran.inexact,
                    Some(done.ran.last()) == trace.reference().as_ref(),
                    done.findings,
                );
            }
        }
    }
}
