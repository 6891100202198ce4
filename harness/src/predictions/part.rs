//! One set of conditions, as a scenario.

use syncbench_strategies::registry;
use syncbench_strategies::replica::Topology;
use syncbench_strategies::selector::Selector;
use syncbench_strategies::spec::ParamKind;

use crate::pace::Pace;
use crate::scenario::{Catalog, Scenario};

/// Conditions of runs.
pub struct Part {
    /// The name of its scenario.
    pub name: &'static str,
    /// Faults that happen together.
    pub faults: &'static [&'static str],
    /// The network.
    pub network: &'static str,
    /// What links promise.
    pub transport: &'static str,
    /// How users come to act.
    pub pace: Pace,
    /// How many clients.
    pub clients: u32,
    /// Operations of all clients together.
    pub ops: u64,
    /// Operations per second of all clients together.
    pub rate_per_s: f64,
    /// How long the group may take to quiesce, in seconds of virtual time.
    pub budget_s: f64,
    /// Clients have connections to each other: for strategies that can do without a server.
    pub mesh: bool,
}

/// Three clients on a network with jitter and loss, and about a second of work: enough for every window to meet operations.
pub(super) const USUAL: Part = Part {
    name: "",
    faults: &[],
    network: "4g",
    transport: "stream",
    pace: Pace::Poisson,
    clients: 3,
    ops: 60,
    rate_per_s: 60.0,
    budget_s: 60.0,
    mesh: false,
};

impl Part {
    /// The scenario of these strategies on every workload; `None` where none of them has the connections that it needs.
    pub fn scenario(&self, strategies: &[String], seeds: &str, catalog: &Catalog) -> Option<Scenario> {
        let strategies = if self.mesh { meshes(strategies, catalog) } else { strategies.to_vec() };
        (!strategies.is_empty()).then(|| Scenario {
            name: self.name.into(),
            strategies,
            networks: vec![self.network.into()],
            faults: self.faults.iter().map(|fault| (*fault).to_owned()).collect(),
            transport: self.transport.into(),
            pace: self.pace,
            clients: self.clients,
            ops: self.ops,
            rate_per_s: self.rate_per_s,
            budget_s: self.budget_s,
            seeds: vec![seeds.into()],
            ..Scenario::default()
        })
    }
}

/// Of these strategies, those whose clients connect to each other, or do with a parameter. What cannot be read is kept, for the
/// plan to say so.
fn meshes(strategies: &[String], catalog: &Catalog) -> Vec<String> {
    let all = || catalog.strategies().iter().map(|spec| spec.name.to_owned()).collect();
    let written = strategies.iter().flat_map(|written| if written == "all" { all() } else { vec![written.clone()] });
    written.filter_map(|written| mesh(written, catalog)).collect()
}

fn mesh(written: String, catalog: &Catalog) -> Option<String> {
    let Ok(mut selector) = written.parse::<Selector>() else { return Some(written) };
    let configured = registry::configure_from(catalog.strategies(), &selector);
    let Some(configured) = configured.ok().filter(|configured| configured.topology() == Topology::Star) else {
        return Some(written);
    };
    let param = configured.spec.params.iter().find(|param| {
        param.name == "topology" && matches!(param.kind, ParamKind::Choice(words) if words.contains(&"mesh"))
    })?;
    // A star that was asked for stays one.
    let asked = selector.named.insert(param.name.to_owned(), "mesh".to_owned()).is_some();
    (!asked).then(|| selector.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strategies_without_a_server_run_as_a_mesh() {
        let catalog = Catalog::default();
        let names = |written: &[&str]| {
            let written: Vec<String> = written.iter().map(|name| (*name).to_owned()).collect();
            meshes(&written, &catalog)
        };
        assert_eq!(names(&["serial", "lww-hlc"]), ["lww-hlc:topology=mesh"]);
        assert_eq!(names(&["serial", "lww-hlc:topology=star"]), [""; 0]);
        assert_eq!(names(&["lww-hlc:topology=mesh", "unknown"]), ["lww-hlc:topology=mesh", "unknown"]);
        let all = names(&["all"]);
        assert!(all.contains(&"lww-hlc:topology=mesh".to_owned()) && !all.iter().any(|name| name.starts_with("ot")));
        let part = Part { name: "ring", faults: &["partition:ring"], clients: 4, mesh: true, ..USUAL };
        assert_eq!(part.scenario(&["serial".to_owned()], "1", &catalog), None);
        let scenario = part.scenario(&["all".to_owned()], "1..2", &catalog).unwrap();
        assert_eq!((scenario.strategies, scenario.clients), (all, 4));
    }
}
