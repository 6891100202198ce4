//! A plan without the strategies that do not meet what a product requires.

use serde::Serialize;
use syncbench_strategies::replica::Topology;
use syncbench_strategies::requirements::Requirement;
use syncbench_strategies::selector::Selector;
use syncbench_strategies::spec::Configured;

use super::{Catalog, Plan, ScenarioError};

/// A strategy that was left out, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LeftOut {
    /// Its label.
    pub strategy: String,
    /// What it lacks, each in a clause after its name.
    pub missing: Vec<&'static str>,
    /// How it would be written as a mesh, if that lacks nothing.
    pub mesh: Option<String>,
}

impl Plan {
    /// The same plan without strategies that lack something, and those strategies. Scenarios that have none left are gone.
    pub fn require(
        self,
        requirements: &[&'static Requirement],
        catalog: &Catalog,
    ) -> Result<(Self, Vec<LeftOut>), ScenarioError> {
        let mut left_out: Vec<LeftOut> = Vec::new();
        let mut kept: Vec<(&str, Vec<String>)> = Vec::new();
        for cell in &self.cells {
            let label = &cell.strategy.label;
            let lacks = requirements.iter().filter(|requirement| !(requirement.met)(&cell.strategy));
            let mut missing: Vec<&'static str> = Vec::new();
            for lack in lacks.map(|requirement| requirement.missing) {
                if !missing.contains(&lack) {
                    missing.push(lack);
                }
            }
            if missing.is_empty() {
                match kept.iter_mut().find(|(part, _)| *part == cell.part) {
                    Some((_, labels)) if !labels.contains(label) => labels.push(label.clone()),
                    Some(_) => {}
                    None => kept.push((&cell.part, vec![label.clone()])),
                }
            } else if !left_out.iter().any(|one| one.strategy == *label) {
                left_out.push(LeftOut { strategy: label.clone(), missing, mesh: mesh(&cell.strategy, requirements) });
            }
        }
        if left_out.is_empty() {
            return Ok((self, left_out));
        }
        let mut scenarios = Vec::new();
        for mut scenario in self.scenarios {
            if let Some((_, labels)) = kept.iter().find(|(part, _)| *part == scenario.name) {
                scenario.strategies.clone_from(labels);
                scenarios.push(scenario);
            }
        }
        Ok((Self::with(scenarios, catalog)?, left_out))
    }
}

/// The strategy as a mesh, if it can be one that meets all of this.
fn mesh(strategy: &Configured, requirements: &[&'static Requirement]) -> Option<String> {
    let name = "topology";
    let takes = strategy.spec.params.iter().any(|param| param.name == name);
    let mut selector: Selector = strategy.label.parse().ok().filter(|_| takes)?;
    selector.named.insert(name.to_owned(), Topology::Mesh.to_string());
    let mesh = strategy.spec.configure(&selector).ok()?;
    requirements.iter().all(|requirement| (requirement.met)(&mesh)).then_some(mesh.label)
}
