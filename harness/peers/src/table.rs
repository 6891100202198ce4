//! Readings in turns, and their table.

use std::process::ExitCode;

use syncbench_harness::speed;
use syncbench_harness::stopwatch::processor_ns;

use crate::{on_madsim, on_turmoil};

/// Another simulator.
struct Peer {
    name: &'static str,
    /// Runs the gossip, and gives how many messages arrived.
    run: fn() -> u64,
    /// How many times as fast this simulator is to be.
    target: f64,
}

const PEERS: [Peer; 2] = [
    Peer { name: "madsim", run: on_madsim::run, target: 10.0 },
    Peer { name: "turmoil", run: on_turmoil::run, target: 1_000.0 },
];

/// Deliveries a second of processor time.
fn rate(run: fn() -> u64) -> f64 {
    let mut delivered = 0;
    let ns = processor_ns(|| delivered = run());
    delivered as f64 / (ns as f64 / 1e9)
}

/// The version of a package that this program is built with.
fn version(package: &str) -> &'static str {
    let at = format!("name = \"{package}\"\nversion = \"");
    let (_, rest) = include_str!("../Cargo.lock").split_once(&at).expect("a dependency is in the lock file");
    rest.split('"').next().expect("splitting gives at least one part")
}

fn median(mut readings: Vec<f64>) -> f64 {
    readings.sort_by(f64::total_cmp);
    readings[readings.len() / 2]
}

/// Prints the table. The exit code is 3 where a target is missed, as that of `syncbench speed`.
pub fn main() -> Result<ExitCode, String> {
    let repetitions = match std::env::args().nth(1).map(|text| text.parse()) {
        None => 5,
        Some(Ok(number @ 1..=1_000)) => number,
        Some(_) => return Err("expected a number of repetitions, 1 to 1000".to_owned()),
    };
    let mut ours = (speed::find("gossip-100").ok_or("no gossip-100")?.begin)()?;
    let mut rates = vec![Vec::new(); 1 + PEERS.len()];
    for _ in 0..repetitions {
        rates[0].push(ours()?);
        for (peer, of) in PEERS.iter().zip(&mut rates[1..]) {
            of.push(rate(peer.run));
        }
    }
    println!("gossip of 64 bytes among 100 hosts, 10 to 50 ms, without probes; {repetitions} readings in turns\n");
    println!("{:14} {:>12} {:>6} {:>7}", "simulator", "deliveries/s", "times", "target");
    println!("{:14} {:>12.0}", "syncbench", median(rates[0].clone()));
    let mut missed = false;
    for (peer, of) in PEERS.iter().zip(&rates[1..]) {
        // In turns, so that a machine that slows down slows both.
        let times = median(rates[0].iter().zip(of).map(|(ours, theirs)| ours / theirs).collect());
        missed |= times < peer.target;
        let verdict = if times < peer.target { "missed" } else { "kept" };
        println!(
            "{:14} {:>12.0} {times:>6.1} {:>7} {verdict}",
            format!("{} {}", peer.name, version(peer.name)),
            median(of.clone()),
            peer.target
        );
    }
    Ok(if missed { ExitCode::from(3) } else { ExitCode::SUCCESS })
}
