//! What the throughput engine delivers, beside the Elixir program of the same stack in `stack.exs`.
//!
//! Both run the same number of operations with the same shares of pushes, pops and reverses, the same fan-out and the same bound
//! of operations on their way; the server and every client reduce each operation, and both clocks run from the first operation
//! until the last client has everything. What differs: the engine's messages are bytes, as they are on a network, and the
//! program's are terms of one machine; the engine counts confirmations and rejections; and the program draws its operations
//! before the clock starts.

use std::process::{Command, Stdio};
use std::time::Duration;

use super::channels::{CLIENTS, INFLIGHT, carried};
use super::{Clock, Measurement, Repeat, Target};
use crate::pace::Inflight;

pub(super) static ELIXIR: Measurement = Measurement {
    name: "threads-elixir",
    what: "deliveries of the throughput engine, serial on stack, beside the Elixir program of the same stack: the \
           lowest ratio of 2, 8, 32 and 128 clients",
    unit: "times",
    target: Target::AtLeast(2.0),
    source: "twice the program that the stack's users have",
    clock: Clock::Real,
    share: Duration::from_secs(20),
    apart: None,
    once: false,
    begin: || beside("serial", INFLIGHT),
};

pub(super) static ELIXIR_BATCHED: Measurement = Measurement {
    name: "threads-batched",
    what: "the same deliveries with several operations in a message, beside the Elixir program with one",
    target: Target::AtLeast(10.0),
    source: "ten times the program that the stack's users have",
    begin: || beside(BATCHED, "inflight=1k".parse()?),
    ..ELIXIR
};

/// What a user does within a millisecond goes out together. As many operations may be on their way as users make in that time, or
/// they would wait for the window and not for the group.
const BATCHED: &str = "serial:window=1ms";

/// Deliveries in a run of either.
const DELIVERIES: u64 = 1_000_000;

/// The source of the program.
const PROGRAM: &str = include_str!("stack.exs");

fn beside(strategy: &'static str, inflight: Inflight) -> Result<Repeat, String> {
    let paths = std::env::var_os("PATH").unwrap_or_default();
    if !std::env::split_paths(&paths).any(|folder| folder.join("elixir").is_file()) {
        return Err("no elixir on PATH".into());
    }
    let mut engine_first = false;
    Ok(Box::new(move || {
        engine_first = !engine_first;
        let mut lowest = f64::INFINITY;
        for clients in CLIENTS {
            let each = DELIVERIES / u64::from(clients * clients);
            let engine = || carried(strategy, clients, each * u64::from(clients), inflight);
            let (engine, elixir) = if engine_first {
                let engine = engine()?;
                (engine, elixir(clients, each)?)
            } else {
                let elixir = elixir(clients, each)?;
                (engine()?, elixir)
            };
            lowest = lowest.min(engine / elixir);
        }
        Ok(lowest)
    }))
}

/// Deliveries of the Elixir program in a second.
fn elixir(clients: u32, each: u64) -> Result<f64, String> {
    let numbers = [u64::from(clients), each, u64::from(INFLIGHT.get())].map(|number| number.to_string());
    let mut command = Command::new("elixir");
    command.args(["-e", PROGRAM, "--"]).args(numbers).stdin(Stdio::null());
    let output = command.output().map_err(|error| format!("elixir: {error}"))?;
    read(&String::from_utf8_lossy(&output.stdout))
        .ok_or_else(|| format!("elixir: {}", String::from_utf8_lossy(&output.stderr).trim()))
}

/// The deliveries a second that the program printed.
fn read(printed: &str) -> Option<f64> {
    printed.trim().parse().ok().filter(|rate: &f64| rate.is_finite() && *rate > 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_prints_a_rate_or_nothing_is_measured() {
        assert_eq!(read("950000.25\n"), Some(950_000.25));
        assert_eq!([read(""), read("no rate"), read("0.0"), read("inf")], [None; 4]);
    }

    #[test]
    fn what_is_told_of_the_clients_is_what_is_run() {
        assert!(ELIXIR.what.contains("2, 8, 32 and 128 clients") && CLIENTS == [2, 8, 32, 128]);
    }
}
