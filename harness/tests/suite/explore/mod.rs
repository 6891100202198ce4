//! Every schedule of small cases: the notebook's fifteen orders, the anomalies of the table, and reductions that change nothing.

mod sessions;

use std::collections::BTreeMap;
use std::time::Duration;

use syncbench_harness::explore::{
    Anomaly, Bounds, Case, Disturbance, Explored, Progress, Refused, Script, Severity, explore, explore_script,
};
use syncbench_harness::workload::{Intent, Letter, Small};
use syncbench_harness::workloads;
use syncbench_harness::workloads::stack::{StackOp, genesis};
use syncbench_strategies::registry;
use syncbench_strategies::spec::Configured;

const FOREVER: Duration = Duration::from_secs(3_600);

fn bounds(ops: u32) -> Bounds {
    Bounds { clients: 2, ops, disturbance: None, reduced: true, budget: FOREVER }
}

fn explored(strategy: &str, workload: &str, bounds: &Bounds) -> Explored {
    let strategy = registry::configure(&strategy.parse().unwrap()).unwrap();
    let (spec, workload) = workloads::configure(&workload.parse().unwrap()).unwrap();
    let case = Case::new(&strategy, spec, &*workload, bounds.clients).unwrap();
    explore(&case, bounds, 2, &|_| true).unwrap()
}

/// The letters of the notebook's demonstration.
const NOTEBOOK: &[Letter] = &[
    Letter::new("push-1", |_, _| Some(Intent::blind(&StackOp::Push(1)))),
    Letter::new("push-2", |_, _| Some(Intent::blind(&StackOp::Push(2)))),
    Letter::new("push-3", |_, _| Some(Intent::blind(&StackOp::Push(3)))),
    Letter::new("reverse", |_, _| Some(Intent::blind(&StackOp::Reverse))),
    Letter::new("pop", |_, _| Some(Intent::blind(&StackOp::Pop))),
];

#[test]
fn the_notebook_has_fifteen_orders_and_three_ends() {
    let strategy = registry::configure(&"serial".parse().unwrap()).unwrap();
    let (_, workload) = workloads::configure(&"stack".parse().unwrap()).unwrap();
    let case = Case::of(&strategy, &*workload, Small { genesis: genesis(0), letters: NOTEBOOK }, 2);
    // Green pushes 1 and pops; yellow pushes 2 and 3, reverses and pops.
    let found = explore_script(&case, &bounds(6), vec![vec![0, 4], vec![1, 2, 3, 4]]).unwrap();
    assert!(found.complete && found.anomalies.is_empty(), "{:?}", found.anomalies);
    let mut orders: BTreeMap<&str, u64> = BTreeMap::new();
    for ended in &found.ends {
        let [state] = &ended.end.states[..] else { panic!("replicas differ: {:?}", ended.end) };
        *orders.entry(state).or_default() += ended.orders;
    }
    assert_eq!(found.orders, 15);
    assert_eq!(orders, BTreeMap::from([("[3]", 11), ("[1]", 3), ("[2]", 1)]));
}

#[test]
fn a_search_that_is_told_to_stop_is_no_proof() {
    let strategy = registry::configure(&"serial".parse().unwrap()).unwrap();
    let (spec, workload) = workloads::configure(&"stack".parse().unwrap()).unwrap();
    let case = Case::new(&strategy, spec, &*workload, 2).unwrap();
    let asked = |progress: Progress| progress.schedules < 10;
    let found = explore(&case, &bounds(3), 1, &asked).unwrap();
    assert!(!found.complete && found.complete_ops < 3);
    assert!((10..1_266).contains(&found.schedules), "{}", found.schedules);
}

/// What both ways of searching must agree on.
fn outcomes(found: &Explored) -> (Vec<Vec<String>>, BTreeMap<&str, u64>) {
    let mut ends: Vec<Vec<String>> =
        found.ends.iter().map(|ended| [&ended.end.states[..], &ended.end.fates].concat()).collect();
    ends.sort();
    (ends, found.anomalies.iter().map(|anomaly| (anomaly.kind.as_str(), anomaly.ops)).collect())
}

#[test]
fn a_reduced_search_finds_the_same_and_stands_for_all_schedules() {
    use Disturbance::{Break, Crash, Late};
    for (strategy, workload, ops, disturbance) in [
        ("serial", "stack", 2, None),
        ("ot", "stack", 2, None),
        ("lww-document", "stack", 2, None),
        ("lww-property", "stack", 2, None),
        // It breaks a session guarantee that it does not claim.
        ("lww-property", "record", 2, None),
        // Its retries wait for a timer.
        ("serial-cas", "stack", 2, None),
        ("serial", "stack", 1, Some(Break)),
        ("ot", "stack", 1, Some(Break)),
        ("lww-document", "stack", 1, Some(Crash)),
        ("serial-optimistic", "stack", 1, Some(Crash)),
        ("serial", "stack", 1, Some(Late)),
    ] {
        let bounds = Bounds { disturbance, ..bounds(ops) };
        let reduced = explored(strategy, workload, &bounds);
        let all = explored(strategy, workload, &Bounds { reduced: false, ..bounds });
        let what = format!("{strategy} on {workload} {disturbance:?}");
        assert_eq!(outcomes(&reduced), outcomes(&all), "{what}");
        assert_eq!(reduced.stand_for, Some(all.schedules), "{what}");
        assert!(reduced.schedules < all.schedules, "{what}");
    }
}

/// What two users do at the same time under a strategy, all in one script, and the anomaly that comes of it in some schedule;
/// `None` for none that loses an operation.
type Row = (&'static str, &'static str, &'static [&'static str], Option<&'static str>);

/// The anomalies that people report of libraries, and the same under a server's order. Both users do the same.
const TABLE: &[Row] = &[
    ("serial", "stack", &["pop"], None),
    ("crdt-automerge", "stack", &["pop"], Some("item delivered twice")),
    ("crdt-yrs", "stack", &["pop"], Some("item delivered twice")),
    ("crdt-loro", "stack", &["pop"], Some("item delivered twice")),
    ("serial", "stack", &["reverse"], None),
    ("crdt-automerge", "stack", &["reverse"], Some("stack duplicated")),
    ("crdt-yrs", "stack", &["reverse"], Some("stack duplicated")),
    // Within a column and to another one: only a library with a move of its own keeps the first to one card.
    ("crdt-automerge", "kanban", &["reorder"], Some("duplicate on move")),
    ("crdt-yrs", "kanban", &["reorder"], Some("duplicate on move")),
    ("crdt-loro", "kanban", &["reorder"], None),
    ("serial", "counter", &["add"], None),
    ("crdt-automerge", "counter", &["add"], None),
    ("crdt-loro", "counter", &["add"], None),
    ("crdt-yrs:counter=sum", "counter", &["add"], Some("lost increment")),
    ("crdt-automerge", "json", &["tag"], Some("hidden subtree")),
    ("serial", "json", &["tag"], None),
    ("serial", "booking", &["book-hour"], None),
    ("crdt-automerge", "booking", &["book-hour"], Some("oversold")),
    // Two runs are shuffled where both are split: four operations.
    ("crdt-automerge", "text", &["type-before", "type-before"], Some("interleaved run")),
    ("crdt-yrs", "text", &["type-before", "type-before"], None),
    ("crdt-loro", "text", &["type-before", "type-before"], None),
];

#[test]
fn the_anomalies_that_people_report_come_out_and_no_others() {
    for (label, workload, letters, expected) in TABLE {
        // Some builds leave libraries out.
        let Ok(strategy) = registry::configure(&label.parse().unwrap()) else { continue };
        let (spec, workload_of) = workloads::configure(&workload.parse().unwrap()).unwrap();
        let case = Case::new(&strategy, spec, &*workload_of, 2).unwrap();
        let place = |name: &&str| case.letters().iter().position(|letter| letter.name == *name).unwrap();
        let word: Vec<usize> = letters.iter().map(place).collect();
        let found = explore_script(&case, &bounds(4), vec![word.clone(), word]).unwrap();
        let lost = |anomaly: &&Anomaly| anomaly.severity <= Severity::Lost && anomaly.kind != "move overwritten";
        let kinds: Vec<&str> = found.anomalies.iter().filter(lost).map(|anomaly| anomaly.kind.as_str()).collect();
        assert_eq!(kinds, expected.iter().copied().collect::<Vec<_>>(), "{label} on {workload}: {letters:?}");
    }
}

#[test]
fn what_cannot_be_explored_says_why() {
    let strategy = registry::configure(&"escrow".parse().unwrap()).unwrap();
    let (spec, workload) = workloads::configure(&"text".parse().unwrap()).unwrap();
    assert!(matches!(Case::new(&strategy, spec, &*workload, 2), Err(Refused::Unsupported(_))));
}
