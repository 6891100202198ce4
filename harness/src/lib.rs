//! Scenarios, engines, networks, faults, workloads, probes and oracles.
//!
//! The harness holds everything equal but the strategy: the same users with the same intents at the same times, the same
//! network luck, the same faults, the same measurements.
//!
//! Layers point one way, from [`clock`] and [`settings`] over [`workload`], [`oracles`] and [`engines`] to [`run`] and
//! [`scenario`]; a test of the command line's crate holds the order.

pub mod actions;
pub mod by_name;
pub mod capsule;
pub mod clock;
pub mod contention;
pub mod engines;
pub mod event;
pub mod explore;
pub mod faults;
pub mod finding;
pub mod findings;
pub mod growth;
pub mod history;
pub mod ledger;
pub mod lockstep;
pub mod metric;
pub mod metrics;
pub mod mutants;
pub mod network;
pub mod node_table;
pub mod op_set;
pub mod oracle;
pub mod oracles;
pub mod pace;
pub mod predictions;
pub mod prelude;
pub mod probe;
pub mod probes;
pub mod queue;
pub mod results;
pub mod rng;
pub mod run;
pub mod run_result;
pub mod sabotage;
pub mod scenario;
pub mod schedule;
pub mod sessions;
pub mod settings;
pub mod shrink;
pub mod speed;
pub mod stopwatch;
pub mod stories;
pub mod task;
#[cfg(test)]
mod testing;
pub mod times;
pub mod trace;
pub mod tracer;
pub mod typing;
pub mod wire;
pub mod workload;
pub mod workloads;
