//! Golden outputs: `INSTA_UPDATE=always cargo test -p syncbench-reports` blesses what is there.
#![allow(missing_docs)]

mod support;

use support::{Plan, THREE};
use syncbench_harness::results::{Outcome, Results};
use syncbench_reports::aggregate::Summary;
use syncbench_reports::charts::{self, Data};
use syncbench_reports::{headline, html, table};

/// Three strategies under two conditions; one broke, one is not carried, one did not converge.
fn mixed() -> Results {
    let strategies = &["serial", "crdt-automerge:batch=50ms", "causal-mesh", "patches", "event-log"];
    let plan = Plan { strategies, workloads: &["stack"], parts: &["calm", "rough"], sizes: &[10, 1000], seeds: 3 };
    let mut results = plan.results();
    for cell in &mut results.cells {
        match cell.strategy.as_str() {
            "patches" => {
                support::drop_cell(cell, Outcome::Unsupported, "a stack has no patches: an index is not a path")
            }
            "event-log" => support::drop_cell(cell, Outcome::Failed, "receive: 17 bytes left over"),
            _ => {}
        }
    }
    results
}

#[test]
fn table_of_80_columns() {
    insta::assert_snapshot!(table::summary(&mixed(), 80, false));
}

#[test]
fn table_of_140_columns() {
    insta::assert_snapshot!(table::summary(&mixed(), 140, false));
}

#[test]
fn table_in_color() {
    let plan = Plan { strategies: THREE, workloads: &["stack"], parts: &["rough"], sizes: &[], seeds: 1 };
    insta::assert_snapshot!(table::summary(&plan.results(), 80, true).replace('\u{1b}', "ESC"));
}

#[test]
fn headlines() {
    let results = mixed();
    insta::assert_debug_snapshot!(headline::headlines(&Summary::new(&results)));
}

#[test]
fn page_without_pictures_and_style() {
    let page = html::page(&mixed(), &[]);
    let page = without(&without(&page, "<style>", "</style>"), "<svg", "</svg>");
    insta::assert_snapshot!(page.replace("<tr", "\n<tr").replace("<section", "\n\n<section").replace("<li", "\n<li"));
}

#[test]
fn pictures() {
    let plan = Plan { strategies: THREE, workloads: &["stack"], parts: &["rough"], sizes: &[10, 1000], seeds: 2 };
    let results = plan.results();
    let data = Data::new(&results, &[]);
    for name in ["throughput", "losses", "pareto", "growth"] {
        let chart = charts::find(name).expect("registered");
        insta::assert_snapshot!(name, chart.scene(&data).svg());
    }
    insta::assert_snapshot!("spacetime", support::story().scene().svg());
}

/// `text` without everything between `start` and `end`.
fn without(text: &str, start: &str, end: &str) -> String {
    let mut pieces = text.split(start);
    let first = pieces.next().unwrap_or_default().to_owned();
    first + &pieces.filter_map(|piece| piece.split_once(end)).map(|(_, rest)| rest).collect::<String>()
}
