//! What a plan chooses from.

use syncbench_strategies::registry::STRATEGIES;
use syncbench_strategies::spec::Spec;

use super::error::{ScenarioError, value};
use crate::faults::FaultSpec;
use crate::network::NetworkSpec;
use crate::run::Product;
use crate::workload::WorkloadSpec;
use crate::workloads::WORKLOADS;

/// What a plan chooses from: what is built in, and what a product brings. What is added replaces what has the same name.
#[derive(Clone)]
pub struct Catalog {
    pub(super) strategies: Vec<&'static Spec>,
    pub(super) workloads: Vec<&'static WorkloadSpec>,
    pub(super) product: Product,
}

impl Default for Catalog {
    /// Everything that is compiled in.
    fn default() -> Self {
        Self { strategies: STRATEGIES.to_vec(), workloads: WORKLOADS.to_vec(), product: Product::default() }
    }
}

impl Catalog {
    /// Adds a strategy.
    #[must_use]
    pub fn strategy(mut self, spec: &'static Spec) -> Self {
        add(&mut self.strategies, spec, |spec| spec.name);
        self
    }

    /// Adds a workload.
    #[must_use]
    pub fn workload(mut self, spec: &'static WorkloadSpec) -> Self {
        add(&mut self.workloads, spec, |spec| spec.name);
        self
    }

    /// Adds a network.
    #[must_use]
    pub fn network(mut self, spec: &'static NetworkSpec) -> Self {
        add(&mut self.product.known.networks, spec, |spec| spec.name);
        self
    }

    /// Adds a fault.
    #[must_use]
    pub fn fault(mut self, spec: &'static FaultSpec) -> Self {
        add(&mut self.product.known.faults, spec, |spec| spec.name);
        self
    }

    /// Sets the program that replays cells.
    #[must_use]
    pub fn program(mut self, program: &str) -> Self {
        program.clone_into(&mut self.product.program);
        self
    }

    /// The program that replays cells.
    pub fn program_name(&self) -> &str {
        &self.product.program
    }

    /// All strategies.
    pub fn strategies(&self) -> &[&'static Spec] {
        &self.strategies
    }

    /// All workloads.
    pub fn workloads(&self) -> &[&'static WorkloadSpec] {
        &self.workloads
    }

    /// All networks.
    pub fn networks(&self) -> &[&'static NetworkSpec] {
        &self.product.known.networks
    }

    /// All faults.
    pub fn faults(&self) -> &[&'static FaultSpec] {
        &self.product.known.faults
    }

    /// Checks that every name can be written on a command line.
    pub fn check(&self) -> Result<(), ScenarioError> {
        let strategies = self.strategies.iter().map(|spec| ("strategy", spec.name));
        let workloads = self.workloads.iter().map(|spec| ("workload", spec.name));
        let networks = self.networks().iter().map(|spec| ("network", spec.name));
        let faults = self.faults().iter().map(|spec| ("fault", spec.name));
        let mut names = strategies.chain(workloads).chain(networks).chain(faults);
        match names.find(|(_, name)| !writable(name)) {
            Some((field, name)) => Err(value(field, name, NAMES)),
            None => Ok(()),
        }
    }
}

/// What a name consists of.
const NAMES: &str =
    "cannot be written on a command line: expected a name of letters, digits, `-`, `_` and `.`, and not `all`";

fn writable(name: &str) -> bool {
    let usual = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    !name.is_empty() && name != "all" && !name.starts_with('-') && name.chars().all(usual)
}

fn add<T>(all: &mut Vec<&'static T>, spec: &'static T, name: fn(&T) -> &'static str) {
    match all.iter_mut().find(|other| name(other) == name(spec)) {
        // Where it stood, so that lists keep their order.
        Some(other) => *other = spec,
        None => all.push(spec),
    }
}
