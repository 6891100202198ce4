//! Memory does not grow while the document keeps its size, unless the strategy says what makes it grow.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use syncbench_strategies::replica::NodeId;
use syncbench_strategies::selector::SelectorError;
use syncbench_strategies::spec::Growth;

use super::{Subject, objection};
use crate::event::{Event, What};
use crate::ledger::Ledger;
use crate::oracle::MEMORY;
use crate::probe::{End, Figures, Probe};
use crate::run::{self, Objection};

/// Chunks of shared vectors and the last messages may add this many bytes, and a quarter; history alone would double it.
const SLACK: u64 = 16_384;

/// A node that holds much more at the end of a run than after half of it.
pub(super) fn bounded(subject: &Subject<'_>) -> Result<Option<Objection>, SelectorError> {
    let task = subject.task()?;
    if task.strategy.guarantees().grows != Growth::NONE {
        return Ok(None);
    }
    let held = Arc::new(Mutex::new(Held { half_at: task.ops / 2, ..Held::default() }));
    run::observe(&task, vec![Box::new(Scales(held.clone()))]);
    let held = held.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    let grown = held.now.iter().find_map(|(node, end)| {
        let half = held.half.get(node)?;
        (*end > half + half / 4 + SLACK)
            .then(|| format!("{node} held {half} bytes after half of the run and {end} at its end"))
    });
    Ok(grown.map(|said| objection(&MEMORY, said)))
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
        let mut held = self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        match event.what {
            What::Issued { .. } => {
                held.issued += 1;
                if held.issued == held.half_at {
                    held.half = held.now.clone();
                }
            }
            What::Cost { resident_bytes, .. } => _ = held.now.insert(event.node, resident_bytes),
            // A crashed replica holds no memory.
            What::Crashed { .. } => _ = held.now.remove(&event.node),
            _ => {}
        }
    }

    fn finish(&mut self, _: &End<'_>, _: &mut Figures) {}
}
