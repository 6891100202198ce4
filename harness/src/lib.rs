//! Scenarios, engines, networks, faults, workloads, probes and oracles.
//!
//! The harness holds everything equal but the strategy: the same users with the same intents at the same times, the same
//! network luck, the same faults, the same measurements.

pub mod clock;
pub mod engines;
pub mod event;
pub mod faults;
pub mod finding;
pub mod history;
pub mod ledger;
pub mod metric;
pub mod metrics;
pub mod network;
pub mod oracles;
pub mod prelude;
pub mod probe;
pub mod probes;
pub mod queue;
pub mod results;
pub mod rng;
pub mod run;
pub mod scenario;
pub mod stopwatch;
pub mod stories;
#[cfg(test)]
mod testing;
pub mod trace;
pub mod tracer;
pub mod typing;
pub mod wire;
pub mod workload;
pub mod workloads;
