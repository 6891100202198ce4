//! What the commands choose from: what is built in, and what a product brings.

use syncbench_harness::scenario;
use syncbench_harness::workload::WorkloadSpec;
use syncbench_strategies::spec::Spec;

/// What the commands choose from: what is built in, and what a product brings.
#[derive(Clone, Default)]
pub struct Catalog {
    /// What a plan chooses from.
    pub(crate) plans: scenario::Catalog,
}

impl Catalog {
    /// Adds a strategy; it replaces one of the same name.
    #[must_use]
    pub fn strategy(mut self, spec: &'static Spec) -> Self {
        self.plans = self.plans.strategy(spec);
        self
    }

    /// Adds a workload; it replaces one of the same name.
    #[must_use]
    pub fn workload(mut self, spec: &'static WorkloadSpec) -> Self {
        self.plans = self.plans.workload(spec);
        self
    }
}
