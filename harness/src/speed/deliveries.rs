//! How many messages the simulator delivers in a second of processor time: a replica that does next to nothing, with and
//! without probes, and `serial` on `counter`.
//!
//! A run counts from its first event to its last, with the opening of its connections.

use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use syncbench_strategies::registry;
use syncbench_strategies::spec::Configured;

use super::gossip::{self, HOPS, TOKENS};
use super::{Clock, Measurement, Repeat, Target};
use crate::event::{Event, What};
use crate::ledger::Ledger;
use crate::network::Transport;
use crate::pace::Pace;
use crate::probe::{End, Figures, Probe};
use crate::settings::{Engine, Settings};
use crate::stopwatch::processor_ns;
use crate::task::Task;
use crate::workload::{Workload, WorkloadSpec};
use crate::{engines, probes, workloads};

/// Readings of rates on one thread.
const RATE: Measurement = Measurement {
    name: "",
    what: "",
    unit: "deliveries/s",
    target: Target::AtLeast(0.0),
    source: "",
    clock: Clock::Processor,
    share: Duration::from_secs(10),
    apart: None,
    once: false,
    begin: || Err(String::new()),
};

pub(super) static GOSSIP_100: Measurement = Measurement {
    name: "gossip-100",
    what: "the simulator on a gossip of 64 bytes among 100 hosts at 10 to 50 ms, without probes",
    target: Target::AtLeast(5e6),
    source: "half of the 10.2 million that a bare loop over a binary heap carries",
    begin: || run(Group { probes: false, sample_every: SECOND, ..GOSSIP }),
    ..RATE
};

pub(super) static GOSSIP_100_PROBES: Measurement = Measurement {
    name: "gossip-100-probes",
    what: "the same gossip with all probes",
    target: Target::AtLeast(2e6),
    source: "probes may take as much again as the simulator, and half more",
    begin: || run(GOSSIP),
    ..RATE
};

pub(super) static GOSSIP_1000: Measurement = Measurement {
    name: "gossip-1000",
    what: "the same gossip among 1,000 hosts, each connected to every other, without probes",
    target: Target::AtLeast(3e6),
    source: "more than a third of the 8.4 million that a bare loop over a binary heap carries",
    share: Duration::from_secs(25),
    begin: || run(Group { clients: 1_000, probes: false, sample_every: SECOND, ..GOSSIP }),
    ..RATE
};

pub(super) static SERIAL_100: Measurement = Measurement {
    name: "serial-100",
    what: "the simulator with serial on counter, 100 clients, all probes",
    target: Target::AtLeast(1.5e6),
    source: "seven times the 221 thousand of the first version that was measured",
    begin: || run(SERIAL),
    ..RATE
};

pub(super) static LOOKING_1000: Measurement = Measurement {
    name: "serial-1000",
    what: "serial on counter, 1,000 clients, 10,000 operations, looked at after every event: the whole run",
    unit: "s",
    target: Target::AtMost(60.0),
    source: "a minute for a run, however many clients it has",
    share: Duration::ZERO,
    apart: Some("a run takes minutes"),
    once: true,
    begin: || time(Group { clients: 1_000, ops: 10_000, ..SERIAL }),
    ..RATE
};

pub(super) static STAR_10000: Measurement = Measurement {
    name: "serial-10000",
    what: "serial on counter, 10,000 clients, 10,000 operations, looked at once a second: the whole run",
    unit: "s",
    target: Target::AtMost(60.0),
    source: "a minute for a run, however many clients it has",
    share: Duration::ZERO,
    apart: Some("a run takes minutes"),
    once: true,
    begin: || time(Group { clients: 10_000, ops: 10_000, sample_every: SECOND, ..SERIAL }),
    ..RATE
};

/// A run.
#[derive(Clone, Copy)]
struct Group {
    strategy: &'static str,
    clients: u32,
    ops: u64,
    probes: bool,
    sample_every: Option<Duration>,
}

const SECOND: Option<Duration> = Some(Duration::from_secs(1));
const GOSSIP: Group = Group { strategy: "gossip", clients: 100, ops: 0, probes: true, sample_every: None };
const SERIAL: Group = Group { strategy: "serial", clients: 100, ops: 1_000, probes: true, sample_every: None };

impl Group {
    fn settings(&self, size: u64) -> Settings {
        Settings {
            // 10 to 50 ms from client to client.
            network: "custom:delay=5ms..25ms".into(),
            faults: Vec::new(),
            transport: Transport::Stream,
            engine: Engine::Sim,
            clients: self.clients,
            ops: self.ops,
            rate_per_s: 100.0,
            pace: Pace::Poisson,
            undo: 0.0,
            size,
            seed: 1,
            sample_every: self.sample_every,
            budget: Duration::from_secs(1_000_000),
        }
    }

    fn configured(&self) -> Configured {
        let selector = self.strategy.parse().expect("a name");
        if self.strategy == gossip::SPEC.name {
            return gossip::SPEC.configure(&selector).expect("no parameters");
        }
        registry::configure(&selector).expect("a strategy")
    }

    fn configured_workload() -> (&'static WorkloadSpec, Box<dyn Workload>) {
        workloads::configure(&"counter".parse().expect("a name")).expect("a workload")
    }

    /// How many messages arrive.
    fn deliveries(&self) -> u64 {
        // Nothing is lost, and a token that has come as often as it should is not sent on.
        if self.strategy == gossip::SPEC.name { u64::from(self.clients) * TOKENS * HOPS } else { self.counted() }
    }

    /// The same, counted in a run: all runs of the same settings are the same.
    fn counted(&self) -> u64 {
        let (spec, workload) = Self::configured_workload();
        let strategy = self.configured();
        let task = Task::new(&strategy, &*workload, self.settings(spec.default_size)).expect("a built-in profile");
        let counted = Arc::new(AtomicU64::new(0));
        engines::run(&task, &mut [Box::new(Counting(counted.clone()))]);
        counted.load(Ordering::Relaxed)
    }

    /// Seconds of processor time of a run.
    fn seconds(&self) -> Result<f64, String> {
        let (spec, workload) = Self::configured_workload();
        let strategy = self.configured();
        let task = Task::new(&strategy, &*workload, self.settings(spec.default_size)).expect("a built-in profile");
        let mut all = if self.probes { probes::all() } else { Vec::new() };
        let mut ran = None;
        let ns = processor_ns(|| ran = Some(black_box(engines::run(&task, &mut all))));
        match ran.filter(|ran| ran.quiescent() && ran.converged()) {
            Some(_) => Ok(ns as f64 / 1e9),
            None => Err("the run did not end with all messages delivered".into()),
        }
    }
}

/// Counts the messages that arrive.
struct Counting(Arc<AtomicU64>);

impl Probe for Counting {
    fn event(&mut self, event: &Event, _: &Ledger) {
        if matches!(event.what, What::Delivered { .. }) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn finish(&mut self, _: &End<'_>, _: &mut Figures) {}
}

/// Deliveries a second.
fn run(group: Group) -> Result<Repeat, String> {
    let deliveries = group.deliveries();
    Ok(Box::new(move || Ok(deliveries as f64 / group.seconds()?)))
}

/// Seconds.
fn time(group: Group) -> Result<Repeat, String> {
    Ok(Box::new(move || group.seconds()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_messages_arrive_as_are_counted() {
        let gossip = Group { clients: 4, ..GOSSIP };
        assert_eq!(gossip.counted(), gossip.deliveries());
        // Each operation goes up once and down to everybody who has joined by then; each client joins and is answered.
        let serial = Group { clients: 5, ops: 40, ..SERIAL };
        let most = 2 * 5 + 40 * (1 + 5);
        assert!((most - 10..=most).contains(&serial.deliveries()), "{}", serial.deliveries());
    }
}
