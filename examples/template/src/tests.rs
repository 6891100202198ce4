//! The product's tests: its model does what it should, and its oracle finds what goes wrong.

use syncbench_cli::prelude::*;

use crate::catalog;
use crate::model::{Op, Rota, Rules};

#[test]
fn a_shift_has_one_person() {
    let mut rota = Rota { shifts: [("monday".to_owned(), None)].into() };
    let take = |person| Op::Take { shift: "monday".into(), person };
    assert!(Rules.reduce(&mut rota, &take(1)).is_ok());
    assert_eq!(Rules.reduce(&mut rota, &take(2)).unwrap_err().code, "taken");
    assert!(Rules.reduce(&mut rota, &Op::GiveBack { shift: "monday".into(), person: 1 }).is_ok());
    assert_eq!(rota.shifts["monday"], None);
}

/// Runs the rota under these strategies, three times each.
fn cells(strategies: &[&str], network: &str, faults: &[&str]) -> Vec<Cell> {
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    let scenario = Scenario {
        strategies: texts(strategies),
        workloads: texts(&["rota"]),
        networks: texts(&[network]),
        faults: texts(faults),
        ops: 100,
        seeds: texts(&["1..3"]),
        ..Scenario::default()
    };
    catalog().collect(scenario).expect("a scenario of this crate")
}

fn lost(cells: &[Cell]) -> u64 {
    cells.iter().flat_map(|cell| &cell.findings).filter(|finding| finding.lost).map(|finding| finding.count).sum()
}

/// An oracle that finds nothing anywhere has not been tried.
#[test]
fn one_order_loses_nothing_and_last_writer_wins_loses_shifts() {
    let tunnel = ["tunnel:every=4s,lasts=2s"];
    assert_eq!(lost(&cells(&["serial"], "shop", &tunnel)), 0);
    assert!(lost(&cells(&["lww-document"], "shop", &tunnel)) > 0);
}

#[test]
fn the_custom_strategy_keeps_its_claims() {
    for cell in cells(&["log-replay"], "wifi", &[]) {
        assert_eq!((cell.converged, &cell.claims_reasons), (Some(true), &Vec::new()), "{}", cell.replay);
    }
}
