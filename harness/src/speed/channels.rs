//! What the throughput engine delivers, beside bare channels with the same fan-out.
//!
//! A delivery is an operation that comes to a client from the server. In the engine every client reduces it; channels hand on
//! eight bytes that nobody reads, and their users offer everything at once. The stack stays short, since its users push as often
//! as they pop: to reverse a long one takes time that is no delivery's.

use std::sync::{Arc, Barrier};
use std::time::Duration;

use crossbeam_channel::unbounded;
use syncbench_strategies::registry;

use super::{Clock, Measurement, Repeat, Target};
use crate::clock::Moment;
use crate::engines::throughput;
use crate::network::Transport;
use crate::pace::{Inflight, Pace};
use crate::settings::{Engine, Settings};
use crate::task::Task;
use crate::workloads;

pub(super) static THREADS: Measurement = Measurement {
    name: "threads",
    what: "deliveries of the throughput engine, serial on stack, beside bare crossbeam channels: the lowest ratio of 2, \
           8, 32 and 128 clients",
    unit: "times",
    target: Target::AtLeast(0.25),
    source: "what a replica may cost beside the channel that it uses",
    clock: Clock::Real,
    share: Duration::from_secs(20),
    apart: None,
    once: false,
    begin: beside_channels,
};

/// How many clients, from a pair to a large meeting.
pub(super) const CLIENTS: [u32; 4] = [2, 8, 32, 128];

/// Operations of a user on their way: as many as by default.
pub(super) const INFLIGHT: Inflight = Inflight::USUAL;

/// Deliveries of the engine in a run: many times as long as a thread's slice of the processor.
const DELIVERIES: u64 = 1_000_000;
/// Deliveries of the channels: as long as a thread's slice of the processor several times over.
const CHANNEL_DELIVERIES: u64 = 4_000_000;

fn beside_channels() -> Result<Repeat, String> {
    let mut engine_first = false;
    Ok(Box::new(move || {
        engine_first = !engine_first;
        let mut lowest = f64::INFINITY;
        for clients in CLIENTS {
            let engine = || carried("serial", clients, DELIVERIES / u64::from(clients), INFLIGHT);
            let channels = || channels(clients, CHANNEL_DELIVERIES / u64::from(clients));
            let (engine, channels) = if engine_first {
                let engine = engine()?;
                (engine, channels())
            } else {
                let channels = channels();
                (engine()?, channels)
            };
            lowest = lowest.min(engine / channels);
        }
        Ok(lowest)
    }))
}

/// Deliveries of the throughput engine in a second.
pub(super) fn carried(strategy: &str, clients: u32, ops: u64, inflight: Inflight) -> Result<f64, String> {
    let (spec, workload) = workloads::configure(&"stack:pop=0.49".parse().expect("a name")).expect("a workload");
    let strategy = registry::configure(&strategy.parse().expect("a name")).expect("a strategy");
    let settings = Settings {
        network: "instant".into(),
        faults: Vec::new(),
        transport: Transport::Stream,
        engine: Engine::Throughput,
        clients,
        ops,
        rate_per_s: 1.0,
        pace: Pace::Eager(inflight),
        undo: 0.0,
        size: spec.default_size,
        seed: 1,
        sample_every: None,
        budget: Duration::from_secs(60),
    };
    let task = Task::new(&strategy, &*workload, settings).expect("a built-in profile");
    let carried = throughput::run(&task, false);
    if !carried.quiescent() || !carried.converged() {
        return Err("the engine did not deliver everything".into());
    }
    Ok(carried.deliveries_per_s())
}

/// Deliveries of bare channels in a second: a server's thread that hands on what comes, and a thread for each client.
fn channels(clients: u32, ops: u64) -> f64 {
    let (to_server, at_server) = unbounded::<Arc<[u8]>>();
    let (to_clients, at_clients): (Vec<_>, Vec<_>) = (0..clients).map(|_| unbounded::<Arc<[u8]>>()).unzip();
    let each = ops / u64::from(clients);
    let all = each * u64::from(clients);
    let together = Barrier::new(clients as usize + 2);
    let begun = std::thread::scope(|scope| {
        for inbox in at_clients {
            let (outbox, together) = (to_server.clone(), &together);
            scope.spawn(move || {
                together.wait();
                // The server listens until all have come.
                (0..each).for_each(|n| _ = outbox.send(n.to_le_bytes().as_slice().into()));
                inbox.iter().take(all as usize).for_each(|message| _ = std::hint::black_box(message));
            });
        }
        scope.spawn(|| {
            together.wait();
            for message in at_server.iter().take(all as usize) {
                to_clients.iter().for_each(|client| _ = client.send(message.clone()));
            }
        });
        together.wait();
        Moment::now()
    });
    // The scope has ended with the last thread.
    (all * u64::from(clients)) as f64 / begun.elapsed().as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_hand_everything_to_everybody_and_end() {
        assert!(channels(3, 30) > 0.0);
    }

    #[test]
    fn the_engine_carries_what_is_measured() {
        assert!(carried("serial", 3, 30, INFLIGHT).is_ok_and(|rate| rate > 0.0));
    }
}
