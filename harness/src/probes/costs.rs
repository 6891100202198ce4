//! `ops_per_cpu_s`, `cpu_us_local`, `cpu_us_remote`: time spent in strategy code, over all replicas, the server included.
//!
//! Local is what the issuer's own handler takes for an operation. Remote is what another replica takes to receive and
//! apply it: the time of all its calls that were not for its own user, shared evenly among the operations that they
//! brought in, so that a strategy that collects and applies in one go is measured fairly.

use std::collections::BTreeMap;

use syncbench_strategies::replica::{NodeId, OpId, Report};
use syncbench_strategies::sidecar::Clock;

use crate::event::{Call, Event, What};
use crate::ledger::Ledger;
use crate::probe::{Distribution, End, Figures, Probe};

pub(super) fn probe() -> Box<dyn Probe> {
    Box::new(Costs {
        total_ns: 0,
        local: Distribution::cost_us(),
        remote: Distribution::cost_us(),
        nodes: BTreeMap::new(),
    })
}

struct Costs {
    total_ns: u64,
    local: Distribution,
    remote: Distribution,
    nodes: BTreeMap<NodeId, Account>,
}

#[derive(Default)]
struct Account {
    /// Spent for others since the last operation of theirs came in.
    spent_ns: u64,
    /// Operations of others that came in during the current call.
    brought_in: u64,
    seen: Clock,
}

impl Account {
    fn bring_in(&mut self, node: NodeId, op: OpId) {
        self.brought_in += u64::from(op.client != node);
    }
}

impl Probe for Costs {
    fn event(&mut self, event: &Event, ledger: &Ledger) {
        let node = event.node;
        match &event.what {
            What::Report(Report::Reflected(op)) => self.nodes.entry(node).or_default().bring_in(node, *op),
            What::Report(Report::ReflectedTags(first, last)) => {
                let account = self.nodes.entry(node).or_default();
                ledger.tagged_within(*first, *last).for_each(|op| account.bring_in(node, op));
            }
            What::Report(Report::ReflectedThrough(clock)) => {
                let account = self.nodes.entry(node).or_default();
                for (client, n) in clock.iter().filter(|(client, _)| **client != node) {
                    let seen = account.seen.entry(*client).or_default();
                    account.brought_in += n.saturating_sub(*seen);
                    *seen = (*seen).max(*n);
                }
            }
            What::Cost { call, cpu_ns, .. } => {
                self.total_ns += cpu_ns;
                let account = self.nodes.entry(node).or_default();
                if *call == Call::Submit {
                    self.local.record(*cpu_ns);
                    return;
                }
                account.spent_ns += cpu_ns;
                if let Some(share) = account.spent_ns.checked_div(account.brought_in) {
                    (0..account.brought_in).for_each(|_| self.remote.record(share));
                    account.brought_in = 0;
                    account.spent_ns = 0;
                }
            }
            _ => {}
        }
    }

    fn finish(&mut self, end: &End<'_>, figures: &mut Figures) {
        let seconds = (self.total_ns as f64 / 1e9).max(1e-9);
        figures.number("ops_per_cpu_s", end.ledger.issued() as f64 / seconds);
        figures.distribution("cpu_us_local", &self.local);
        figures.distribution("cpu_us_remote", &self.remote);
    }
}
