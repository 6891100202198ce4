use rayon::prelude::*;
use syncbench_strategies::registry;

use super::*;
use crate::mutants::{self, Mutant, trial};
use crate::pace::Pace::{self, Poisson, Turns};
use crate::run::{self, Planned};
use crate::scenario::{Catalog, Plan, Scenario};
use crate::settings::Vocabulary;
use crate::workloads::stack::{ITEM_DELIVERED_TWICE, ITEM_LOST};

fn planned(part: &str, strategy: &str, workload: &str, seed: u64) -> Planned {
    let part = FAULT_SETS.iter().flat_map(|set| set.parts).find(|known| known.name == part).expect("a part");
    let scenario = part.scenario(&[strategy.to_owned()], &seed.to_string(), &Catalog::default()).expect("a scenario");
    let scenario = Scenario { workloads: vec![workload.into()], ..scenario };
    Plan::new(vec![scenario]).expect("a valid plan").cells.remove(0)
}

fn cell(strategy: &str, workload: &str, pace: Pace) -> (Cell, Guarantees) {
    let mut planned = planned("halves", strategy, workload, 1);
    planned.settings.pace = pace;
    let claims = registry::find(strategy).expect("a strategy").guarantees;
    (run::run_cell(&planned), claims)
}

fn finding(kind: &Kind) -> Finding {
    let (kind, lost) = (kind.name.to_owned(), kind.lost);
    Finding { kind, count: 1, example: "planted".into(), lost, ops: Vec::new() }
}

const CALM: Mishaps = Mishaps { clocks: false, server: false, device: false, twins: false };
const SERVER: Mishaps = Mishaps { server: true, ..CALM };

#[test]
fn what_a_strategy_claims_rules_findings_out() {
    let (together, weak) = cell("lww-document", "record", Poisson);
    let lost = finding(&ITEM_LOST);
    let none = Map::default();
    assert_eq!(explained(&together, &weak, CALM, &lost, &none), Some(Why::NotClaimed("serializable")));
    // In turn nothing is concurrent.
    let (mut in_turn, _) = cell("lww-document", "record", Turns);
    in_turn.metrics.insert("concurrency", crate::metric::Metric::Number(0.0));
    assert_eq!(explained(&in_turn, &weak, CALM, &lost, &none), None);
    // A strategy that claims serializability may overwrite, and nothing else, unless a small case has shown it.
    let (serial, strong) = cell("serial", "record", Poisson);
    assert_eq!(explained(&serial, &strong, CALM, &finding(&OVERWRITTEN), &none), Some(Why::AnyOrder));
    let twice = finding(&ITEM_DELIVERED_TWICE);
    assert_eq!(explained(&serial, &strong, CALM, &twice, &none), None);
    let mut map = Map::default();
    map.insert("serial", "record", ITEM_DELIVERED_TWICE.name);
    assert_eq!(explained(&serial, &strong, CALM, &twice, &map), Some(Why::Mapped));
}

#[test]
fn what_a_server_or_a_device_lost_explains_what_is_gone_with_it() {
    let (serial, strong) = cell("serial", "record", Poisson);
    let (rolled_back, map) = (finding(&ROLLED_BACK), Map::default());
    let device = Mishaps { device: true, ..CALM };
    assert_eq!(explained(&serial, &strong, SERVER, &rolled_back, &map), Some(Why::ServerLost));
    // A server has what it confirms.
    assert_eq!(explained(&serial, &strong, device, &rolled_back, &map), None);
    let alone = Guarantees { confirms_alone: true, ..strong };
    let predicted = Some(Why::NotClaimed("replicated once confirmed"));
    assert_eq!(explained(&serial, &alone, device, &rolled_back, &map), predicted);
    for mishaps in [CALM, Mishaps { clocks: true, ..CALM }, Mishaps { twins: true, ..CALM }] {
        assert_eq!(explained(&serial, &alone, mishaps, &rolled_back, &map), None, "{mishaps:?}");
        assert_eq!(explained(&serial, &strong, mishaps, &finding(&DOUBLED), &map), None, "{mishaps:?}");
    }
}

#[test]
fn a_broken_claim_is_predicted_by_a_server_that_went_back_and_by_nothing_else() {
    let (cell, claims) = cell("serial", "record", Poisson);
    let map = Map::default();
    let judged = |cell: &Cell, mishaps| verdict(cell, &claims, mishaps, &map);
    assert!(matches!(judged(&cell, CALM), Verdict::Predicted(_)), "{:?}", cell.findings);
    let broken = |oracle: &'static Oracle| Cell {
        claims_kept: Some(ClaimsKept::No),
        objections: vec![oracle],
        claims_reasons: vec!["planted".to_owned()],
        ..cell.clone()
    };
    let unexplained = Verdict::Unexplained(vec!["planted".to_owned()]);
    for oracle in oracle::CLAIMS {
        let among_replicas = LOST_WITH_THE_SERVER.contains(oracle);
        assert_eq!(judged(&broken(oracle), CALM), unexplained, "{}", oracle.name);
        assert_eq!(judged(&broken(oracle), SERVER) == unexplained, !among_replicas, "{}", oracle.name);
    }
    let failed = Cell { outcome: Outcome::Failed, reason: Some("a panic".into()), ..cell.clone() };
    assert_eq!(judged(&failed, SERVER), Verdict::Unexplained(vec!["a panic".into()]));
    // A fault that touched nothing hides no finding.
    let mut open = Cell { objections: vec![&oracle::FAULT_COVERAGE], claims_kept: Some(ClaimsKept::Unknown), ..cell };
    assert!(matches!(judged(&open, CALM), Verdict::Open(_)));
    open.findings.push(finding(&ITEM_DELIVERED_TWICE));
    assert!(matches!(judged(&open, CALM), Verdict::Unexplained(_)));
}

/// Client 1 has no answer to its twelfth operation when the server rebuilds its document, which has it, from plain data.
#[test]
fn an_operation_that_counts_twice_after_a_rebuild_is_in_no_serial_order() {
    let cell = run::run_cell(&planned("rebuild", "serial", "json", 3));
    assert_eq!(cell.objections, [&oracle::SERIAL_ORDER]);
    assert!(cell.claims_reasons[0].contains("taken again"), "{:?}", cell.claims_reasons);
    let claims = registry::find("serial").expect("a strategy").guarantees;
    let judged = verdict(&cell, &claims, SERVER, &Map::default());
    assert!(matches!(judged, Verdict::Predicted(_)), "{judged:?}");
    // The same without a server that lost anything would be a bug.
    assert!(matches!(verdict(&cell, &claims, CALM, &Map::default()), Verdict::Unexplained(_)));
}

/// The device of client 1 is wiped, and its user writes again into places where it had written before.
#[test]
fn what_a_user_writes_again_after_a_new_install_is_no_loss() {
    let claims = registry::find("serial").expect("a strategy").guarantees;
    for (workload, seed) in [("json", 4), ("record", 6)] {
        let cell = run::run_cell(&planned("new-install", "serial", workload, seed));
        let judged = verdict(&cell, &claims, Mishaps { device: true, ..CALM }, &Map::default());
        assert!(matches!(judged, Verdict::Predicted(_)), "{judged:?}");
    }
}

/// Planted bugs that findings or broken claims give away, and that the sets of faults predict all the same: why.
const PREDICTED: &[(&str, &str)] = &[
    ("undo-without-effect", "nobody undoes in the sets of faults"),
    ("confirmed-before-applied", "what it breaks, read your writes, is nothing that `serial` claims"),
    ("newer-first", "what it breaks, monotonic writes, is nothing that `lww-hlc` claims"),
];

/// Parts in which planted bugs are looked for: nobody acts concurrently, connections break, clients return.
const PARTS: [&str; 4] = ["in-turn", "halves", "flapping", "sessions"];

/// The map of anomalies that is committed.
fn committed() -> Map {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../bench-results/anomalies/map.json");
    let written: serde_json::Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let mut map = Map::default();
    for pair in written["pairs"].as_array().unwrap() {
        for anomaly in pair["found"]["anomalies"].as_array().into_iter().flatten() {
            let text = |value: &serde_json::Value| value.as_str().expect("a text").to_owned();
            map.insert(&text(&pair["strategy"]), &text(&pair["workload"]), &text(&anomaly["kind"]));
        }
    }
    assert!(map.0.len() > 100);
    map
}

/// Whether a run gives a planted bug away that would be predicted without it.
fn unexplained(mutant: &'static Mutant, part: &str, seed: u64, map: &Map) -> bool {
    let settings = planned(part, "serial", "stack", seed).settings;
    let cell = trial::cell(mutant, &settings).expect("a run");
    let claims = mutant.base.configure().expect("a strategy").guarantees();
    let mishaps = Mishaps::of(&cell.settings, &Vocabulary::default()).expect("faults");
    matches!(verdict(&cell, &claims, mishaps, map), Verdict::Unexplained(_))
}

#[test]
fn no_prediction_excuses_a_planted_bug() {
    let map = committed();
    let judges = |mutant: &&Mutant| {
        let of_a_cell = *mutant.oracle == oracle::FINDINGS || oracle::CLAIMS.contains(&mutant.oracle);
        of_a_cell && mutant.base.configure().is_ok()
    };
    let missed = |mutant: &&'static Mutant| {
        let runs = (1..=SEEDS).flat_map(|seed| PARTS.map(|part| (part, seed)));
        let found = runs.into_iter().any(|(part, seed)| unexplained(mutant, part, seed, &map));
        (!found).then_some(mutant.name)
    };
    let bugs: Vec<&Mutant> = mutants::all().filter(judges).collect();
    let missed: Vec<&str> = bugs.par_iter().with_max_len(1).filter_map(missed).collect();
    let predicted: Vec<&str> = PREDICTED.iter().map(|(name, _)| *name).collect();
    assert_eq!(missed, predicted, "of {} bugs", bugs.len());
}

/// Seeds that a planted bug gets.
const SEEDS: u64 = 20;
