//! The page in a browser: what is seen at which size, by keyboard, on paper and by a screen reader.
//!
//! Without Chromium, and without axe-core in `SYNCBENCH_AXE`, these say that they were skipped.

mod access;
mod browser;
mod charts;
mod keys;
mod paper;
mod screen;

use browser::Browser;
use syncbench_harness::results::{Facts, Results, StrategyFacts, WorkloadFacts};
use syncbench_reports::html;

use crate::support::Plan;

/// Seventeen strategies, as many as a build with everything has.
const SEVENTEEN: &[&str] = &[
    "serial",
    "serial-optimistic",
    "serial-patches",
    "serial-cas",
    "ot",
    "hybrid",
    "text-ids",
    "crdt-automerge",
    "crdt-yrs",
    "crdt-loro",
    "crdt-diamond",
    "lww-document",
    "lww-property",
    "lww-hlc",
    "escrow",
    "presence",
    "crdt-yrs:topology=mesh",
];

const NINE: &[&str] = &["stack", "text", "kanban", "booking", "counter", "record", "json", "notebook", "presence"];

/// A run as large as the default one, in its strategies, workloads and modes.
fn large() -> Results {
    let plan = Plan { strategies: SEVENTEEN, workloads: NINE, parts: &["calm", "rough"], sizes: &[10, 1000], seeds: 2 };
    with_facts(plan.results())
}

/// A run that a page has few sections for.
fn small() -> Results {
    let plan = Plan {
        strategies: &["serial", "ot", "crdt-yrs", "lww-document"],
        workloads: &["stack", "text"],
        parts: &["calm", "rough"],
        sizes: &[10, 1000],
        seeds: 2,
    };
    with_facts(plan.results())
}

fn with_facts(mut results: Results) -> Results {
    let family = |label: &str| label.split(['-', ':']).next().unwrap_or(label).to_owned();
    let mut facts = Facts::default();
    for cell in &mut results.cells {
        cell.family = family(&cell.strategy);
        let claims = ["converges", if cell.family == "serial" { "can refuse" } else { "works offline" }];
        let of = StrategyFacts {
            name: cell.strategy.clone(),
            params: Default::default(),
            library: None,
            support: Default::default(),
            saved: "the server has it".into(),
            versions: String::new(),
            family: cell.family.clone(),
            claims: claims.map(str::to_owned).into(),
        };
        facts.strategies.insert(cell.strategy.clone(), of);
        let holds = WorkloadFacts { holds: format!("what {} holds", cell.workload), ..WorkloadFacts::default() };
        facts.workloads.insert(cell.workload.clone(), holds);
    }
    results.facts = facts;
    results
}

/// The page of some results in a browser.
fn shown(results: &Results) -> Option<Browser> {
    Browser::open(&html::page(results, &[]))
}
