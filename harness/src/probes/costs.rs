//! Processor time in strategy code, over all replicas, the server included.
//!
//! Remote time is that of all calls that were not for the replica's own user, shared evenly among the operations that they
//! brought in: a strategy that collects messages and applies them at once is measured fairly.

use syncbench_strategies::replica::{NodeId, OpId, Report};
use syncbench_strategies::sidecar::Clock;

use crate::event::{Call, Event, What};
use crate::ledger::Ledger;
use crate::metric::metrics;
use crate::node_table::NodeMap;
use crate::probe::{Distribution, End, Figures, Probe, ProbeSpec};

metrics! {
    OPS_PER_CPU_S = {
        name: "ops_per_cpu_s",
        unit: "operations per second",
        better: High,
        form: Number,
        meaning: "Operations of the whole group per second of processor time in strategy code, all replicas and the \
                  server together.",
        measured: Processor,
    };
    CPU_US_LOCAL = {
        name: "cpu_us_local",
        unit: "µs",
        better: Low,
        form: Distribution,
        meaning: "Processor time of an operation at its issuer.",
        measured: Processor,
    };
    CPU_US_REMOTE = {
        name: "cpu_us_remote",
        unit: "µs",
        better: Low,
        form: Distribution,
        meaning: "Processor time of an operation at each other replica: the time of a call, shared among the \
                  operations that it brought in.",
        measured: Processor,
    };
}

pub(super) static PROBE: ProbeSpec = ProbeSpec {
    metrics: DECLARED,
    make: || {
        Box::new(Costs {
            total_ns: 0,
            local: Distribution::cost(),
            remote: Distribution::cost(),
            nodes: NodeMap::default(),
        })
    },
};

struct Costs {
    total_ns: u64,
    local: Distribution,
    remote: Distribution,
    nodes: NodeMap<Account>,
}

#[derive(Default)]
struct Account {
    /// Time spent on other users' operations since the last of them came in.
    spent_ns: u64,
    /// Other users' operations that came in during the current call.
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
            What::Report(Report::Reflected(op)) => self.nodes.or_default(node).bring_in(node, *op),
            What::Report(Report::ReflectedTags(first, last)) => {
                let account = self.nodes.or_default(node);
                ledger.tagged_within(*first, *last).for_each(|op| account.bring_in(node, op));
            }
            What::Report(Report::ReflectedThrough(clock)) => {
                let account = self.nodes.or_default(node);
                for (client, n) in clock.iter().filter(|(client, _)| **client != node) {
                    let seen = account.seen.entry(*client).or_default();
                    account.brought_in += n.saturating_sub(*seen);
                    *seen = (*seen).max(*n);
                }
            }
            What::Cost { call, cpu_ns, .. } => {
                self.total_ns += cpu_ns;
                let account = self.nodes.or_default(node);
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
        figures.number(&OPS_PER_CPU_S, end.ledger.issued() as f64 / seconds);
        figures.distribution(&CPU_US_LOCAL, &self.local);
        figures.distribution(&CPU_US_REMOTE, &self.remote);
    }
}
