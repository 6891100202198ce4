//! How late the delay lines of the threads engine are.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use syncbench_strategies::registry;
use syncbench_strategies::replica::{NodeId, Time};

use super::{Clock, Measurement, Target};
use crate::event::{Event, What};
use crate::ledger::Ledger;
use crate::network::Transport;
use crate::pace::Pace;
use crate::probe::{End, Figures, Probe};
use crate::settings::{Engine, Settings};
use crate::task::Task;
use crate::{engines, workloads};

pub(super) static DELAYS: Measurement = Measurement {
    name: "threads-delay",
    what: "how late messages of 20 ms arrive on threads, 32 clients, 200 operations a second: the 99th percentile",
    unit: "ms",
    target: Target::AtMost(1.0),
    source: "what a wait may add to a network's delay without being taken for it",
    clock: Clock::Real,
    share: Duration::from_secs(8),
    apart: None,
    once: false,
    begin: || Ok(Box::new(late)),
};

/// What every message takes.
const DELAY: Duration = Duration::from_millis(20);

/// When messages were sent that have not arrived, by link, and how much longer than the delay those took that have.
#[derive(Default)]
struct Late {
    sent: BTreeMap<(NodeId, NodeId), VecDeque<Time>>,
    late: Vec<Duration>,
}

struct Watching(Arc<Mutex<Late>>);

impl Probe for Watching {
    fn event(&mut self, event: &Event, _: &Ledger) {
        let mut watched = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match event.what {
            What::Sent { to, .. } => watched.sent.entry((event.node, to)).or_default().push_back(event.at),
            // Links keep their order.
            What::Delivered { from } => {
                let sent = watched.sent.get_mut(&(from, event.node)).and_then(VecDeque::pop_front);
                watched.late.extend(sent.map(|sent| event.at.since(sent).saturating_sub(DELAY)));
            }
            _ => {}
        }
    }

    fn finish(&mut self, _: &End<'_>, _: &mut Figures) {}
}

fn late() -> Result<f64, String> {
    let (spec, workload) = workloads::configure(&"stack".parse().expect("a name")).expect("a workload");
    let strategy = registry::configure(&"serial".parse().expect("a name")).expect("a strategy");
    let settings = Settings {
        network: format!("constant:{}ms", DELAY.as_millis()),
        faults: Vec::new(),
        transport: Transport::Stream,
        engine: Engine::Threads,
        clients: 32,
        ops: 200,
        rate_per_s: 200.0,
        pace: Pace::Periodic,
        undo: 0.0,
        size: spec.default_size,
        seed: 1,
        // At the end only: a look takes time.
        sample_every: Some(Duration::from_secs(3_600)),
        budget: Duration::from_secs(60),
    };
    let task = Task::new(&strategy, &*workload, settings).expect("a built-in profile");
    let watched = Arc::new(Mutex::new(Late::default()));
    let ran = engines::run(&task, &mut [Box::new(Watching(watched.clone()))]);
    if !ran.quiescent() {
        return Err(format!("not everything was delivered within a minute: {}", ran.pending()));
    }
    let mut late = std::mem::take(&mut watched.lock().unwrap_or_else(PoisonError::into_inner).late);
    late.sort_unstable();
    let rank = (late.len() as f64 * 0.99).ceil() as usize;
    let p99 = rank.checked_sub(1).and_then(|place| late.get(place)).ok_or("no message arrived")?;
    Ok(p99.as_secs_f64() * 1e3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_late_by_what_it_takes_beyond_its_delay() {
        let watched = Arc::new(Mutex::new(Late::default()));
        let mut probe = Watching(watched.clone());
        let ledger = Ledger::new(2);
        let mut at = |ms: u64, node: u32, what: What| {
            probe.event(&Event { at: Time(ms * 1_000_000), node: NodeId(node), what }, &ledger);
        };
        let sent = |to: u32| What::Sent { to: NodeId(to), payload_bytes: 1, wire_bytes: 1, hash: 0 };
        at(0, 1, sent(2));
        at(5, 1, sent(2));
        at(5, 2, sent(1));
        at(20, 2, What::Delivered { from: NodeId(1) });
        at(27, 2, What::Delivered { from: NodeId(1) });
        at(28, 1, What::Delivered { from: NodeId(2) });
        assert_eq!(watched.lock().unwrap().late, [0, 2, 3].map(Duration::from_millis));
    }
}
