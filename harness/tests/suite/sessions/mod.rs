//! Session guarantees: reports against documents, an independent checker as the referee, and planted bugs.

mod planted;
mod referee;
mod witness;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use syncbench_harness::event::Event;
use syncbench_harness::ledger::Ledger;
use syncbench_harness::network::Transport;
use syncbench_harness::probe::{End, Figures, Probe};
use syncbench_harness::sessions::{Break, Guarantee, Watch, Why, history};
use syncbench_strategies::document::EditKind;
use syncbench_strategies::registry::{self, STRATEGIES};
use syncbench_strategies::spec::{Configured, Content, Support};

use crate::common::Case;
use witness::{Reader, Witness};

/// What a watch saw.
#[derive(Clone, Debug, Default)]
struct Seen {
    broken: Vec<Break>,
    history: Vec<String>,
}

type SharedSeen = Arc<Mutex<Seen>>;

impl Seen {
    fn of(watch: &mut Watch, ledger: &Ledger) -> Self {
        let broken = watch.broken(ledger);
        Self { broken, history: history::lines(watch.steps(), ledger) }
    }

    /// How each guarantee was broken, whenever that was.
    fn how(&self) -> BTreeSet<String> {
        self.broken.iter().map(|Break { client, why, .. }| format!("{client}: {why:?}")).collect()
    }

    fn count(&self, guarantee: Guarantee) -> usize {
        self.broken.iter().filter(|broken| broken.guarantee() == guarantee).count()
    }
}

/// Keeps what a watch sees of reports.
struct Kept(Watch, SharedSeen);

impl Probe for Kept {
    fn event(&mut self, event: &Event, ledger: &Ledger) {
        self.0.event(event, ledger);
    }

    fn finish(&mut self, end: &End<'_>, _: &mut Figures) {
        *self.1.lock().unwrap() = Seen::of(&mut self.0, end.ledger);
    }
}

/// A run: what its strategy reported, and what its documents said.
struct Observed {
    reported: Seen,
    read: Seen,
}

/// Runs a case whose operations are all visible in the state.
fn observe(case: Case, strategy: &Configured) -> Observed {
    let (reported, read) = (SharedSeen::default(), SharedSeen::default());
    let witness = Witness::default();
    let case = Case { workload: Box::new(witness.clone()), ..case };
    let reader = Reader::new(&witness, case.clients, read.clone());
    case.run_probed(strategy, vec![Box::new(Kept(Watch::keeping_steps(), reported.clone())), Box::new(reader)]);
    let taken = |seen: SharedSeen| std::mem::take(&mut *seen.lock().unwrap());
    Observed { reported: taken(reported), read: taken(read) }
}

/// Every strategy that carries entries of a map, with its defaults, and those that may be a mesh as one.
fn carriers() -> Vec<String> {
    let carries = |support: Support| !matches!(support, Support::Unsupported(_));
    let specs = STRATEGIES
        .iter()
        .filter(|spec| carries((spec.support)(EditKind::Put)) && carries((spec.content)(Content::Data)));
    let meshes = |spec: &str| registry::configure(&format!("{spec}:topology=mesh").parse().unwrap()).is_ok();
    let labels = specs.flat_map(|spec| {
        [Some(spec.name.to_owned()), meshes(spec.name).then(|| format!("{}:topology=mesh", spec.name))]
    });
    labels.flatten().collect()
}

/// Rough conditions that a strategy tolerates.
fn conditions(strategy: &Configured, seed: u64) -> Vec<Case> {
    let label = &strategy.label;
    let case = || Case { seed, ops: 45, ..Case::new(label, "record") };
    let claims = strategy.guarantees();
    let mut all = vec![
        Case { network: "4g".into(), faults: vec!["partition:halves@500ms..1s".into()], ..case() },
        Case { faults: vec!["crash:client=2@400ms..900ms".into(), "late:3@500ms".into()], ..case() },
    ];
    if claims.tolerates_reordering {
        let duplicate = if claims.tolerates_duplicates { 0.1 } else { 0.0 };
        let loss = if claims.tolerates_loss { 0.1 } else { 0.0 };
        let transport = Transport::Datagram { loss, duplicate };
        all.push(Case { network: "custom:delay=20ms,jitter=100ms".into(), transport, ..case() });
    }
    all
}
