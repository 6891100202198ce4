//! What a plan chooses from.

use syncbench_strategies::registry::STRATEGIES;
use syncbench_strategies::spec::Spec;

use crate::workload::WorkloadSpec;
use crate::workloads::WORKLOADS;

/// What a plan chooses from: what is built in, and what a product brings.
#[derive(Clone)]
pub struct Catalog {
    pub(super) strategies: Vec<&'static Spec>,
    pub(super) workloads: Vec<&'static WorkloadSpec>,
}

impl Default for Catalog {
    /// Everything that is compiled in.
    fn default() -> Self {
        Self { strategies: STRATEGIES.to_vec(), workloads: WORKLOADS.to_vec() }
    }
}

impl Catalog {
    /// Adds a strategy; it replaces one of the same name.
    #[must_use]
    pub fn strategy(mut self, spec: &'static Spec) -> Self {
        self.strategies.retain(|other| other.name != spec.name);
        self.strategies.push(spec);
        self
    }

    /// Adds a workload; it replaces one of the same name.
    #[must_use]
    pub fn workload(mut self, spec: &'static WorkloadSpec) -> Self {
        self.workloads.retain(|other| other.name != spec.name);
        self.workloads.push(spec);
        self
    }

    /// The strategies, in the order of lists.
    pub fn strategies(&self) -> &[&'static Spec] {
        &self.strategies
    }
}
