//! A product's own crate: everything that `syncbench` does, with its own model, strategy, network, fault and chart.
//!
//! Each is one file here and one line below. Take out what you do not need; only the workload is needed to compare sync
//! models on your own data.

mod chart;
mod fault;
mod model;
mod network;
mod strategy;
mod workload;

use std::process::ExitCode;

use syncbench_cli::{Catalog, main_with, product};

fn main() -> ExitCode {
    main_with(&catalog())
}

/// What is built in, and what this product brings.
fn catalog() -> Catalog {
    Catalog::of(product!())
        .workload(&workload::SPEC)
        .strategy(&strategy::SPEC)
        .network(&network::SPEC)
        .fault(&fault::SPEC)
        .chart(&chart::CHART)
}

#[cfg(test)]
mod tests;
