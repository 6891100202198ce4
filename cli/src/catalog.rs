//! What the commands choose from: what is built in, and what a product brings.

use syncbench_harness::faults::FaultSpec;
use syncbench_harness::network::NetworkSpec;
use syncbench_harness::results::{Cell, Environment, ProductBuild};
use syncbench_harness::scenario::{self, Scenario, ScenarioError};
use syncbench_harness::workload::WorkloadSpec;
use syncbench_reports::charts::{CHARTS, Chart};
use syncbench_strategies::spec::Spec;

use crate::environment;
use crate::failure::Failure;
use crate::product::Product;

/// What the commands choose from: what is built in, and what a product brings. What is added replaces what has the same name.
///
/// ```no_run
/// use syncbench_cli::{Catalog, main_with, product};
///
/// fn main() -> std::process::ExitCode {
///     main_with(&Catalog::of(product!()))
/// }
/// ```
#[derive(Clone)]
pub struct Catalog {
    /// What a plan chooses from.
    pub(crate) plans: scenario::Catalog,
    /// The charts of a report, in its order.
    pub(crate) charts: Vec<&'static Chart>,
    /// Whose catalog it is; `None` for syncbench's own, or where a product did not say.
    product: Option<Product>,
    /// Whether it has more than what is built in.
    extended: bool,
}

impl Default for Catalog {
    /// What is built in.
    fn default() -> Self {
        Self { plans: scenario::Catalog::default(), charts: CHARTS.to_vec(), product: None, extended: false }
    }
}

impl Catalog {
    /// What is built in, for the command line of a product.
    pub fn of(product: Product) -> Self {
        Self::default().product(product)
    }

    /// Says whose catalog it is.
    #[must_use]
    pub fn product(self, product: Product) -> Self {
        Self { product: Some(product), ..self }
    }

    /// Adds a strategy.
    #[must_use]
    pub fn strategy(mut self, spec: &'static Spec) -> Self {
        self.plans = self.plans.strategy(spec);
        Self { extended: true, ..self }
    }

    /// Adds a workload.
    #[must_use]
    pub fn workload(mut self, spec: &'static WorkloadSpec) -> Self {
        self.plans = self.plans.workload(spec);
        Self { extended: true, ..self }
    }

    /// Adds a network.
    #[must_use]
    pub fn network(mut self, spec: &'static NetworkSpec) -> Self {
        self.plans = self.plans.network(spec);
        Self { extended: true, ..self }
    }

    /// Adds a fault.
    #[must_use]
    pub fn fault(mut self, spec: &'static FaultSpec) -> Self {
        self.plans = self.plans.fault(spec);
        Self { extended: true, ..self }
    }

    /// Adds a chart, which reports draw behind the built-in ones.
    #[must_use]
    pub fn chart(mut self, chart: &'static Chart) -> Self {
        match self.charts.iter_mut().find(|other| other.name == chart.name) {
            Some(other) => *other = chart,
            None => self.charts.push(chart),
        }
        Self { extended: true, ..self }
    }

    /// Runs a scenario with what is in it and gives all cells in order: for a product's tests.
    pub fn collect(&self, scenario: Scenario) -> Result<Vec<Cell>, ScenarioError> {
        scenario::collect(vec![scenario], &self.plans)
    }

    /// The same for a program of this name, which replays its cells.
    pub(crate) fn program(self, program: &str) -> Self {
        Self { plans: self.plans.program(program), ..self }
    }

    /// The environment of a run that starts now.
    pub(crate) fn environment(&self) -> Environment {
        environment::now(self.build(), self.plans.strategies())
    }

    /// Checks that every name can be written on a command line.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        self.plans.check().map_err(Failure::usage)
    }

    /// What results say of the product: nothing for syncbench itself, and that it is unknown where a product did not say.
    pub(crate) fn build(&self) -> Option<ProductBuild> {
        let unknown = || ProductBuild { name: self.plans.program_name().to_owned(), ..ProductBuild::default() };
        self.product.map(|product| product.build()).or_else(|| self.extended.then(unknown))
    }
}

#[cfg(test)]
mod tests {
    use syncbench_harness::network::NETWORKS;
    use syncbench_strategies::replica::Topology;
    use syncbench_strategies::spec::Guarantees;

    use super::*;

    static LAN: NetworkSpec =
        NetworkSpec { name: "lan", summary: "ours", source: "", params: &[], build: |_| NETWORKS[0].default_profile() };
    static MISNAMED: Spec =
        Spec::own("own: one", "a name of two words", Topology::Star, Guarantees::NONE, |_| unreachable!("never made"));

    #[test]
    fn what_is_added_replaces_what_has_its_name_and_says_that_the_product_is_unknown() {
        let catalog = Catalog::default();
        assert_eq!((catalog.build(), catalog.plans.networks().len()), (None, NETWORKS.len()));
        let own = catalog.network(&LAN).program("notes");
        let lan: Vec<_> =
            own.plans.networks().iter().filter(|spec| spec.name == "lan").map(|spec| spec.summary).collect();
        assert_eq!((lan, own.plans.networks().len()), (vec!["ours"], NETWORKS.len()));
        assert_eq!(own.build().unwrap().to_string(), "notes unknown, commit unknown");
        let product = Product { name: "notes", version: "2", commit: Some("abc") };
        assert_eq!(own.product(product).build().unwrap().to_string(), "notes 2, commit abc");
    }

    #[test]
    fn a_name_that_cannot_be_written_is_refused() {
        let Err(Failure::Usage(said)) = Catalog::default().strategy(&MISNAMED).check() else { panic!("accepted") };
        assert!(said.contains("strategy: `own: one`") && said.contains("letters, digits"), "{said}");
    }
}
