//! What replicas hold when the document stays as small as it is.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use syncbench_harness::engines::load::Pace;
use syncbench_harness::event::{Event, What};
use syncbench_harness::ledger::Ledger;
use syncbench_harness::probe::{End, Figures, Probe};
use syncbench_harness::workload::Workload;
use syncbench_strategies::replica::NodeId;

use crate::common::Case;
use crate::common::subject::{Checked, Subject};
use crate::common::workloads::{Reserving, Shared, Steady};

/// Fill every bounded history of the defaults several times over, server's included.
const OPS: u64 = 4_000;

/// `grows_with_history`: between the half and the end of a long run at constant size, memory grows with the claim and only
/// with it.
pub fn history(subject: &Subject) -> Checked {
    let held: Arc<Mutex<Held>> = Arc::default();
    let (workload, size): (Box<dyn Workload>, u64) = match subject.workload.spec.name {
        "stack" => (Box::new(Steady), 40),
        "booking" => (Box::new(Reserving(subject.workload.clone())), 40),
        // Everybody's own entry, and nothing else: it does not grow.
        "presence" => (Box::new(Shared(subject.workload.clone())), subject.workload.spec.default_size),
        other => return Err(format!("no workload of constant size stands for {other}")),
    };
    let case = Case {
        workload,
        size,
        clients: 2,
        ops: OPS,
        rate_per_s: 200.0,
        // One after the other: an anomaly that leaves items behind makes the document grow, and that is not asked here.
        pace: Pace::Turns,
        network: "lan".into(),
        sample_every: Some(Duration::from_secs(1)),
        ..Case::new("serial", "stack")
    };
    case.run_unwatched(&subject.strategy, vec![Box::new(Scales(held.clone()))]);
    let held = held.lock().unwrap();
    let mut grown = false;
    for (node, end) in &held.now {
        let half = held.half[node];
        // A quarter more is what chunks of shared vectors and the last messages may add; history alone would double it.
        let grows = *end > half + half / 4 + 16_384;
        grown |= grows;
        if grows && !subject.claims().grows_with_history {
            return Err(format!("{node} held {half} bytes after half of the run and {end} at its end"));
        }
    }
    if grown == subject.claims().grows_with_history { Ok(()) } else { Err(format!("claims to grow: {:?}", held.now)) }
}

#[derive(Default)]
struct Held {
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
                if held.issued == OPS / 2 {
                    held.half = held.now.clone();
                }
            }
            What::Cost { resident_bytes, .. } => {
                held.now.insert(event.node, resident_bytes);
            }
            _ => {}
        }
    }

    fn finish(&mut self, _: &End<'_>, _: &mut Figures) {}
}
