//! Users who mean the same item more often.

use super::*;
use crate::scenario::{Catalog, collect};

#[test]
fn the_more_users_mean_one_record_the_more_is_lost() {
    let shapes = ["uniform", "zipf", "zipf:2"];
    let scenario = Scenario {
        strategies: vec!["lww-property".into()],
        workloads: shapes.iter().map(|shape| format!("record:contention={shape}")).collect(),
        clients: 8,
        ops: 200,
        rate_per_s: 80.0,
        seeds: vec!["1..4".into()],
        ..Scenario::default()
    };
    let cells = collect(vec![scenario], &Catalog::default()).unwrap();
    let lost = shapes.map(|shape| -> u64 {
        let of_it = cells.iter().filter(|cell| cell.workload.ends_with(&format!("={shape}")));
        of_it.flat_map(|cell| &cell.findings).filter(|finding| finding.lost).map(|finding| finding.count).sum()
    });
    assert!(lost[0] < lost[1] && lost[1] < lost[2], "{lost:?}");
}
