//! The committed anomaly map: it has every strategy and workload, and it says what exploring finds.

use std::time::Duration;

use syncbench_harness::explore::{Bounds, Case, explore};
use syncbench_harness::workloads::{self, WORKLOADS};
use syncbench_reports::anomalies::Map;
use syncbench_strategies::registry::{self, OPTIONAL, STRATEGIES};

#[test]
fn no_strategy_and_no_workload_is_missing() {
    let map = Map::committed();
    let compiled = STRATEGIES.iter().map(|spec| spec.name);
    for name in compiled.chain(OPTIONAL.iter().map(|optional| optional.name)) {
        assert!(map.strategies.iter().any(|other| other == name), "{name}: run `explore --all` again");
    }
    let workloads: Vec<&str> = WORKLOADS.iter().map(|spec| spec.name).collect();
    assert_eq!(map.workloads, workloads, "run `explore --all` again");
}

#[test]
fn three_pairs_are_found_as_they_are_in_the_map() {
    for (name, workload) in [("serial", "counter"), ("lww-document", "counter"), ("presence", "presence")] {
        let strategy = registry::configure(&name.parse().unwrap()).unwrap();
        let (spec, configured) = workloads::configure(&workload.parse().unwrap()).unwrap();
        let case = Case::new(&strategy, spec, &*configured, 2).unwrap();
        let committed = Map::committed().pair(name, workload).unwrap().found.as_ref().unwrap();
        let budget = Duration::from_secs(3_600);
        let bounds = Bounds { clients: 2, ops: committed.ops, disturbance: None, reduced: true, budget };
        let found = explore(&case, &bounds, 2, &|_| true).unwrap();
        assert!(found.complete);
        assert_eq!((found.schedules, found.stand_for), (committed.schedules, committed.stand_for), "{name}");
        assert_eq!(found.anomalies, committed.anomalies, "{name} on {workload}");
    }
}
