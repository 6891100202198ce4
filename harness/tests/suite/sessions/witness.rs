//! A workload whose state says which operations it has: each puts an entry of its own, and nothing is removed. What clients
//! show is read from their documents here, and not from what strategies report.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use serde::{Deserialize, Serialize};
use syncbench_harness::event::{Event, What};
use syncbench_harness::ledger::{Action, Ledger};
use syncbench_harness::probe::{End, Figures, Probe};
use syncbench_harness::results::Finding;
use syncbench_harness::sessions::Watch;
use syncbench_harness::workload::{History, Intent, Standing, User, Workload};
use syncbench_strategies::document::{Digest, Document, Edit};
use syncbench_strategies::model::{Model, ModelRef, Operation, Plan, Rejected, erase};
use syncbench_strategies::path;
use syncbench_strategies::replica::{NodeId, OpId, Report, Rng};
use syncbench_strategies::view::View;

use super::{Seen, SharedSeen};

/// Put an entry under this name.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Sign(String);

struct Signing;

impl Model for Signing {
    type Op = Sign;

    fn plan(&self, _: &dyn View, Sign(name): &Sign) -> Result<Plan, Rejected> {
        Ok(Plan::new(vec![Edit::Put { path: path!["signed", name.as_str()], value: true.into() }]))
    }
}

/// By the digest of every state that a client showed: the operations in it.
type States = Arc<Mutex<BTreeMap<u128, BTreeSet<OpId>>>>;

/// The workload, and the states that its clients showed.
#[derive(Clone, Default)]
pub(super) struct Witness(States);

impl Workload for Witness {
    fn model(&self) -> ModelRef {
        erase(Signing)
    }

    fn genesis(&self, _: u64) -> Document {
        Document::map([("signed", Document::map::<&str, bool>([]))])
    }

    fn user(&self, client: NodeId, _: u32) -> Box<dyn User> {
        Box::new(Signer { client, next: 1 })
    }

    fn judge(&self, _: &History<'_>) -> Vec<Finding> {
        Vec::new()
    }

    /// Asked for every state that a client shows.
    fn invariant(&self, document: &Document) -> Result<(), String> {
        let names = View::keys(document, &path!["signed"]).unwrap_or_default();
        let ops = names.iter().map(|name| read(name).ok_or_else(|| format!("{name} is no operation")));
        self.0.lock().unwrap().insert(document.digest().0, ops.collect::<Result<_, _>>()?);
        Ok(())
    }
}

fn read(name: &str) -> Option<OpId> {
    let (client, n) = name.strip_prefix('c')?.split_once('.')?;
    Some(OpId { client: NodeId(client.parse().ok()?), n: n.parse().ok()? })
}

struct Signer {
    client: NodeId,
    next: u64,
}

impl User for Signer {
    fn standing(&mut self, standing: Standing) {
        self.next = standing.next;
    }

    fn next(&mut self, _: &dyn View, _: &mut Rng) -> Option<Intent> {
        let name = OpId { client: self.client, n: self.next }.to_string();
        Some(Intent { operation: Operation::encode(&Sign(name)), seen: Document::Null })
    }
}

/// Keeps a ledger and a watch of what the documents say.
pub(super) struct Reader {
    states: States,
    ledger: Ledger,
    watch: Watch,
    shows: BTreeMap<NodeId, BTreeSet<OpId>>,
    seen: SharedSeen,
}

impl Reader {
    pub(super) fn new(witness: &Witness, clients: u32, seen: SharedSeen) -> Self {
        let states = witness.0.clone();
        Self { states, ledger: Ledger::new(clients), watch: Watch::keeping_steps(), shows: BTreeMap::new(), seen }
    }

    fn enter(&mut self, event: &Event, what: What) {
        let event = Event { what, ..*event };
        self.ledger.enter(&event);
        self.watch.event(&event, &self.ledger);
    }

    fn state(&mut self, event: &Event, digest: Digest) {
        let now = self.states.lock().unwrap()[&digest.0].clone();
        let before = self.shows.insert(event.node, now.clone()).unwrap_or_default();
        for op in now.difference(&before) {
            if op.client == event.node {
                self.enter(event, What::Report(Report::Shown(*op)));
            }
            self.enter(event, What::Report(Report::Reflected(*op)));
        }
        for op in before.difference(&now) {
            self.enter(event, What::Report(Report::RolledBack(*op)));
        }
    }
}

impl Probe for Reader {
    fn event(&mut self, event: &Event, _: &Ledger) {
        match &event.what {
            What::State(digest) => self.state(event, *digest),
            What::Issued { op, intended } => {
                let action = Action::Operate { operation: Operation::from_bytes(&[]), seen: Document::Null };
                self.ledger.open(*op, action, event.at, *intended);
                self.enter(event, event.what.clone());
            }
            What::Live
            | What::Crashed { .. }
            | What::InstantEnd
            | What::Report(Report::Confirmed(..) | Report::Rejected(..) | Report::Void(_)) => {
                self.enter(event, event.what.clone());
            }
            _ => {}
        }
    }

    fn finish(&mut self, _: &End<'_>, _: &mut Figures) {
        *self.seen.lock().unwrap() = Seen::of(&mut self.watch, &self.ledger);
    }
}
