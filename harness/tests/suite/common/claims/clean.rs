//! What must make no difference: clocks, where a strategy does not depend on them, and what only probes may read.

use std::sync::{Arc, Mutex};

use syncbench_harness::event::{Event, What};
use syncbench_harness::ledger::{Fate, Ledger};
use syncbench_harness::probe::{End, Figures, Probe};
use syncbench_strategies::document::Digest;
use syncbench_strategies::replica::{NodeId, Time};

use crate::common::seeds::Seeds;
use crate::common::subject::{Checked, Subject, case, planned_workload};
use crate::common::{Case, Done};

/// `depends_on_clocks`: in some run, a clock that is off changes what survives; without the claim, it never changes
/// anything. A strategy that carries a table has to show it there, where two users often write one field: the items of
/// a list are each written once.
pub fn clocks(subject: &Subject, seeds: Seeds) -> Checked {
    let claimed = subject.claims().depends_on_clocks;
    let on_table = Subject { workload: planned_workload("record"), ..subject.clone() };
    let telling = subject.workload.spec.name == "record" || !on_table.supported();
    let mut differ = 0;
    for seed in seeds.iter() {
        let run = |faults: &[&str]| {
            let faults = faults.iter().map(|fault| (*fault).to_owned()).collect();
            outcome(
                subject,
                &Case { seed, faults, network: "4g".into(), ..case(subject) }.run_unwatched(&subject.strategy, vec![]),
            )
        };
        let skewed = run(&["skew:by=700ms,client=1", "skew:by=300ms,client=2,to=behind@400ms..900ms"]);
        if run(&[]) != skewed {
            differ += 1;
            if !claimed {
                return Err(format!("seed {seed}: the run with skewed clocks differs"));
            }
        }
    }
    if claimed && telling && differ == 0 { Err("claims that clocks matter, and they never did".into()) } else { Ok(()) }
}

type Outcome = (Vec<(NodeId, Digest)>, Vec<(Option<Time>, Fate)>, usize);

/// The final states, when users saw what, the fates, and how much the oracle found.
fn outcome(subject: &Subject, done: &Done) -> Outcome {
    let finals = done.ran.finals.iter().map(|(node, state)| (*node, state.digest())).collect();
    let fates = done.ran.ledger.entries().map(|entry| (entry.shown, entry.fate.clone())).collect();
    let (ledger, last) = (&done.ran.ledger, done.ran.last());
    let history = syncbench_harness::workload::History { genesis: &done.genesis, last, ledger };
    (finals, fates, subject.workload.workload.judge(&history).len())
}

/// No strategy reads a sidecar: with all of them emptied the same messages are sent.
pub fn blind(subject: &Subject, seeds: Seeds) -> Checked {
    for seed in seeds.iter() {
        let run = |blind| {
            let sent: Arc<Mutex<Vec<Sent>>> = Arc::default();
            let faults = vec!["partition:halves@300ms..900ms".into(), "late:3@200ms".into()];
            let case = Case { seed, blind, faults, network: "4g".into(), ..case(subject) };
            case.run_unwatched(&subject.strategy, vec![Box::new(Recorder(sent.clone()))]);
            std::mem::take(&mut *sent.lock().unwrap())
        };
        let (open, blind) = (run(false), run(true));
        if let Some((open, blind)) = open.iter().zip(&blind).find(|(open, blind)| open != blind) {
            return Err(format!("seed {seed}: {open:?} became {blind:?} with sidecars emptied"));
        }
        if open.len() != blind.len() || open.is_empty() {
            return Err(format!("seed {seed}: {} messages, {} with sidecars emptied", open.len(), blind.len()));
        }
    }
    Ok(())
}

/// At, from, to, hash, payload.
type Sent = (Time, NodeId, NodeId, u64, u64);

struct Recorder(Arc<Mutex<Vec<Sent>>>);

impl Probe for Recorder {
    fn event(&mut self, event: &Event, _: &Ledger) {
        if let What::Sent { to, payload_bytes, hash, .. } = event.what {
            self.0.lock().unwrap().push((event.at, event.node, to, hash, payload_bytes));
        }
    }

    fn finish(&mut self, _: &End<'_>, _: &mut Figures) {}
}
