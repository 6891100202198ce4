//! Bugs of the registry of mutants on any strategy and workload, and models for the checks.

use std::collections::BTreeMap;
use std::sync::Arc;

use syncbench_harness::mutants::{self, Bug, Twist, Wrapped};
use syncbench_harness::run::PlannedWorkload;
use syncbench_strategies::model::{ErasedModel, ModelRef, Operation, Plan, Rejected};
use syncbench_strategies::registry;
use syncbench_strategies::spec::Configured;
use syncbench_strategies::view::View;

use super::subject::{Subject, planned_workload};

/// No bug: the wrapper alone, for the control.
pub const INERT: &str = "inert";

struct Inert;

impl Twist for Inert {}

/// A subject whose replicas have the bug of the mutant with this name.
pub fn mutant(strategy: &str, workload: &str, bug: &str) -> Subject {
    let wrapped = match mutants::find(bug).map(|mutant| mutant.bug) {
        Some(Bug::Replica(wrapped)) => wrapped,
        None if bug == INERT => Wrapped::with(|_, _| Box::new(Inert)),
        _ => panic!("{bug} is no bug of replicas"),
    };
    let inner = Arc::new(registry::configure(&strategy.parse().unwrap()).unwrap());
    let (label, spec, params) = (format!("{strategy} ({bug})"), inner.spec, BTreeMap::new());
    let strategy = Configured { label, spec, params, strategy: wrapped.around(inner) };
    Subject { strategy: Arc::new(strategy), workload: planned_workload(workload) }
}

/// The same subject on another model than the one that its oracle knows.
pub fn with_model(
    workload: &str,
    model: impl Fn(ModelRef) -> ModelRef + Send + Sync + 'static,
) -> Arc<PlannedWorkload> {
    let inner = planned_workload(workload);
    let workload = super::workloads::remodelled(inner.clone(), model);
    Arc::new(PlannedWorkload::new(&inner.label, inner.spec, workload))
}

/// Takes bytes that are no operation for one that changes nothing.
pub struct Lenient(pub ModelRef);

impl ErasedModel for Lenient {
    fn plan(&self, view: &dyn View, operation: &Operation) -> Result<Plan, Rejected> {
        match self.0.plan(view, operation) {
            Err(reason) if reason.code == "malformed" => Ok(Plan::new(Vec::new())),
            planned => planned,
        }
    }

    fn describe(&self, operation: &Operation) -> String {
        self.0.describe(operation)
    }
}
