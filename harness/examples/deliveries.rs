//! How many messages the simulator delivers in a second: a replica that does next to nothing, with and without probes, and
//! `serial` on `counter`.
//!
//! `cargo run --release --example deliveries -p syncbench-harness [-- NAME]` prints a line for each case whose name is
//! NAME. The time is processor time of one run on one thread: a ratio of two builds means something, a line alone little.

#![allow(clippy::print_stdout, reason = "the table is what this program is for")]

use std::hint::black_box;
use std::time::Duration;

use syncbench_harness::network::Transport;
use syncbench_harness::pace::Pace;
use syncbench_harness::settings::{Engine, Settings};
use syncbench_harness::stopwatch::processor_ns;
use syncbench_harness::task::Task;
use syncbench_harness::{engines, probes, workloads};
use syncbench_strategies::registry;
use syncbench_strategies::spec::Configured;

#[path = "deliveries/gossip.rs"]
mod gossip;

/// One line.
struct Case {
    name: &'static str,
    clients: u32,
    ops: u64,
    strategy: &'static str,
    probes: bool,
    sample_every: Option<Duration>,
}

const SECOND: Option<Duration> = Some(Duration::from_secs(1));

const CASES: &[Case] = &[
    Case { name: "gossip-100-bare", clients: 100, ops: 0, strategy: "gossip", probes: false, sample_every: SECOND },
    Case { name: "gossip-100", clients: 100, ops: 0, strategy: "gossip", probes: true, sample_every: None },
    Case { name: "serial-32", clients: 32, ops: 1_000, strategy: "serial", probes: true, sample_every: None },
    Case { name: "serial-100-bare", clients: 100, ops: 1_000, strategy: "serial", probes: false, sample_every: SECOND },
    Case { name: "serial-100", clients: 100, ops: 1_000, strategy: "serial", probes: true, sample_every: None },
    Case { name: "serial-1000", clients: 1_000, ops: 200, strategy: "serial", probes: true, sample_every: None },
    Case { name: "long-1000", clients: 1_000, ops: 10_000, strategy: "serial", probes: true, sample_every: None },
    Case { name: "star-10000", clients: 10_000, ops: 10_000, strategy: "serial", probes: true, sample_every: SECOND },
];

impl Case {
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

    /// How many messages arrive; known in advance, since nothing is lost.
    fn deliveries(&self) -> u64 {
        if self.strategy == gossip::SPEC.name {
            return u64::from(self.clients) * gossip::TOKENS * gossip::HOPS;
        }
        // A join and its answer for each client; each operation goes up once and down to everybody.
        2 * u64::from(self.clients) + self.ops * (1 + u64::from(self.clients))
    }

    fn run(&self) {
        let (spec, workload) = workloads::configure(&"counter".parse().expect("a name")).expect("a workload");
        let strategy = self.configured();
        let task = Task::new(&strategy, &*workload, self.settings(spec.default_size)).expect("a built-in profile");
        let mut all = if self.probes { probes::all() } else { Vec::new() };
        let seconds = processor_ns(|| _ = black_box(engines::run(&task, &mut all))) as f64 / 1e9;
        let deliveries = self.deliveries();
        let per_s = deliveries as f64 / seconds;
        println!("{:16} {deliveries:>10} deliveries {seconds:>8.2} s {:>8.3} M/s", self.name, per_s / 1e6);
    }
}

fn main() {
    // The two long ones take minutes: they run where they are named.
    let wanted = std::env::args().nth(1);
    let long = |case: &&Case| case.ops * u64::from(case.clients) <= 1_000_000;
    match &wanted {
        Some(name) => CASES.iter().filter(|case| case.name == name).for_each(Case::run),
        None => CASES.iter().filter(long).for_each(Case::run),
    }
}
