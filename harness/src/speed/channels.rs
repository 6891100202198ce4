//! What the threads engine delivers, beside bare channels with the same fan-out.
//!
//! Users offer all operations at once. A delivery is an operation that comes to a client from the server. The engine runs in
//! its latency mode, the only one: a thread for each replica, every event in a journal, and each operation of its own in a
//! message. Looks at states are left out.

use std::sync::{Arc, Barrier};
use std::time::Duration;

use crossbeam_channel::unbounded;
use syncbench_strategies::registry;
use syncbench_strategies::replica::Time;

use super::{Clock, Measurement, Repeat, Target};
use crate::clock::Moment;
use crate::network::Transport;
use crate::pace::Pace;
use crate::settings::{Engine, Settings};
use crate::task::Task;
use crate::{engines, workloads};

pub(super) static THREADS: Measurement = Measurement {
    name: "threads",
    what: "deliveries of the threads engine in its latency mode, serial on stack, 32 clients, beside bare crossbeam \
           channels",
    unit: "times",
    target: Target::AtLeast(0.25),
    source: "what a replica may cost beside the channel that it uses",
    clock: Clock::Real,
    share: Duration::from_secs(20),
    apart: None,
    once: false,
    begin: beside_channels,
};

const CLIENTS: u32 = 32;
/// Operations of the engine, all clients together.
const OPS: u64 = 3_200;
/// Operations of the channels: as long as a thread's slice of the processor several times over.
const CHANNEL_OPS: u64 = 64_000;

fn beside_channels() -> Result<Repeat, String> {
    let mut engine_first = false;
    Ok(Box::new(move || {
        engine_first = !engine_first;
        let (engine, channels) = if engine_first {
            (engine()?, channels(CLIENTS, CHANNEL_OPS))
        } else {
            let channels = channels(CLIENTS, CHANNEL_OPS);
            (engine()?, channels)
        };
        Ok(engine / channels)
    }))
}

/// Clients on threads without a network, looked at only at the end, whose users offer ten times what the channels carry.
pub(super) fn settings(size: u64) -> Settings {
    Settings {
        network: "instant".into(),
        faults: Vec::new(),
        transport: Transport::Stream,
        engine: Engine::Threads,
        clients: CLIENTS,
        ops: OPS,
        rate_per_s: 1e7,
        pace: Pace::Periodic,
        undo: 0.0,
        size,
        seed: 1,
        sample_every: Some(Duration::from_secs(3_600)),
        budget: Duration::from_secs(60),
    }
}

/// Deliveries of the engine in a second, from the first operation to the last delivery.
fn engine() -> Result<f64, String> {
    let (spec, workload) = workloads::configure(&"stack".parse().expect("a name")).expect("a workload");
    let strategy = registry::configure(&"serial".parse().expect("a name")).expect("a strategy");
    let task = Task::new(&strategy, &*workload, settings(spec.default_size)).expect("a built-in profile");
    let ran = engines::run(&task, &mut []);
    if !ran.quiescent() || !ran.converged() {
        return Err(format!("the engine did not deliver everything within a minute: {}", ran.pending()));
    }
    let begun = ran.ledger.entries().map(|entry| entry.intended).min().unwrap_or(Time::ZERO);
    Ok((OPS * u64::from(CLIENTS)) as f64 / ran.ended_at.since(begun).as_secs_f64())
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
}
