//! What replicas hold when the document keeps its size.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use syncbench_harness::event::{Event, What};
use syncbench_harness::ledger::Ledger;
use syncbench_harness::pace::Pace;
use syncbench_harness::probe::{End, Figures, Probe};
use syncbench_harness::workload::Workload;
use syncbench_strategies::replica::NodeId;

use crate::common::Case;
use crate::common::subject::{Checked, Subject};
use crate::common::workloads::{Erasing, Reserving, Shared, Steady};

/// Enough to fill every bounded history of the defaults several times over, the server's included.
const OPS: u64 = 4_000;

/// `grows`: in the second half of a long run at constant size, memory grows where that is claimed, and only there.
pub fn history(subject: &Subject) -> Checked {
    let claims = subject.claims().grows;
    let on = |workload| Subject { strategy: subject.strategy.clone(), ..Subject::new("serial", workload) };
    // Data of two kinds, because a strategy may treat texts differently; else whatever it is made for.
    let steady: Vec<Subject> = ["stack", "text", "booking", "presence"].map(on).to_vec();
    let steady: Vec<Subject> = steady.into_iter().filter(Subject::supported).take(2).collect();
    if claims.operations.is_some() || claims.removals.is_some() {
        grown(&steady, OPS, &[], "as much is removed as made", true)?;
        let adding = [on("counter:like=0")];
        // Memory that grows with operations grows here too. A strategy that carries no counters has nothing to check.
        return match adding[0].supported() {
            true => grown(&adding, OPS, &[], "nothing is removed", claims.operations.is_some()),
            false => Ok(()),
        };
    }
    grown(&steady, OPS, &[], "as much is removed as made", false)?;
    // Two of three users are left to act.
    let crash = ["crash:client=3@1s".to_owned()];
    grown(&steady, OPS * 2 / 3, &crash, "a client never recovers", claims.absence.is_some())
}

/// An error unless memory grows in the second half of some run of `ops` operations exactly where it is `claimed`.
fn grown(subjects: &[Subject], ops: u64, faults: &[String], when: &str, claimed: bool) -> Checked {
    let mut seen = Vec::new();
    for subject in subjects {
        let held = Arc::new(Mutex::new(Held { half_at: ops / 2, ..Held::default() }));
        case(subject, faults).run_unwatched(&subject.strategy, vec![Box::new(Scales(held.clone()))]);
        let held = held.lock().unwrap();
        for (node, end) in &held.now {
            let half = held.half[node];
            // Chunks of shared vectors and the last messages may add a quarter; history alone would double it.
            if *end <= half + half / 4 + 16_384 {
                seen.push((*node, half, *end));
            } else if claimed {
                return Ok(());
            } else {
                let on = &subject.workload.label;
                return Err(format!(
                    "on {on}, where {when}, {node} held {half} bytes after half of it and {end} at its end"
                ));
            }
        }
    }
    if claimed { Err(format!("claims to grow where {when}: {seen:?}")) } else { Ok(()) }
}

/// Users act in turn: concurrent ones leave items behind, and the document would grow.
fn case(subject: &Subject, faults: &[String]) -> Case {
    let (workload, size): (Box<dyn Workload>, u64) = match subject.workload.spec.name {
        "stack" => (Box::new(Steady), 40),
        "text" => (Box::new(Erasing), 40),
        "booking" => (Box::new(Reserving(subject.workload.clone())), 40),
        _ => (Box::new(Shared(subject.workload.clone())), subject.workload.spec.default_size),
    };
    Case {
        workload,
        size,
        clients: 3,
        ops: OPS,
        rate_per_s: 200.0,
        faults: faults.to_vec(),
        pace: Pace::Turns,
        network: "lan".into(),
        sample_every: Some(Duration::from_secs(1)),
        ..Case::new("serial", "stack")
    }
}

#[derive(Default)]
struct Held {
    half_at: u64,
    issued: u64,
    now: BTreeMap<NodeId, u64>,
    half: BTreeMap<NodeId, u64>,
}

struct Scales(Arc<Mutex<Held>>);

impl Probe for Scales {
    fn event(&mut self, event: &Event, _: &Ledger) {
        let mut held = self.0.lock().unwrap();
        match event.what {
            What::Issued { .. } => {
                held.issued += 1;
                if held.issued == held.half_at {
                    held.half = held.now.clone();
                }
            }
            What::Cost { resident_bytes, .. } => {
                held.now.insert(event.node, resident_bytes);
            }
            // A crashed replica holds no memory.
            What::Crashed { .. } => {
                held.now.remove(&event.node);
            }
            _ => {}
        }
    }

    fn finish(&mut self, _: &End<'_>, _: &mut Figures) {}
}
