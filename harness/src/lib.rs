//! Scenarios, engines, networks, faults, workloads, probes and oracles.

pub mod results;
