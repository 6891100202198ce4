use super::*;
use crate::scenario::{DEFAULT_PARTS, LONG_PARTS, OTHER_PARTS, Pace, built_in, default_comparison};

/// A scenario that is fine.
fn fine() -> Scenario {
    let one = |name: &str| vec![name.to_owned()];
    Scenario { strategies: one("serial"), workloads: one("record"), seeds: one("1..2"), ..Scenario::default() }
}

fn advice(change: impl FnOnce(&mut Scenario)) -> Vec<String> {
    let mut scenario = fine();
    change(&mut scenario);
    Plan::new(vec![scenario]).unwrap().advice()
}

#[test]
fn every_check_is_registered() {
    crate::testing::assert_registered("src/scenario/advice", &["mod", "tests"], CHECKS.len());
}

#[test]
fn built_in_scenarios_need_no_advice() {
    assert_eq!(Plan::new(default_comparison()).unwrap().advice(), [""; 0]);
    for (name, _) in DEFAULT_PARTS.iter().chain(LONG_PARTS).chain(OTHER_PARTS) {
        assert_eq!(Plan::new(built_in(name).unwrap()).unwrap().advice(), [""; 0], "{name}");
    }
    assert_eq!(advice(|_| ()), [""; 0]);
}

/// What each check says about a scenario that it is made for, and nothing about one that is nearly the same.
#[test]
fn every_check_says_what_to_do_and_gives_no_false_alarm() {
    type Case = (&'static str, fn(&mut Scenario), fn(&mut Scenario), &'static [&'static str]);
    let cases: &[Case] = &[
        (
            "late_fault",
            |s| s.faults = vec!["partition@20s..30s".into()],
            |s| s.faults = vec!["partition@19s..30s".into()],
            &["begins after the last operation", "about 20 s", "raise --ops", "partition@7s..15s"],
        ),
        (
            "late_fault",
            |s| s.faults = vec!["late@30s".into()],
            |s| s.faults = vec!["late@3s".into()],
            &["late@30s: that client joins when all is done"],
        ),
        (
            "unending_fault",
            |s| s.faults = vec!["partition:isolate".into()],
            |s| s.faults = vec!["skew:2s".into(), "crash@19s..".into()],
            &["has no end", "partition:isolate@6s..14s"],
        ),
        (
            "absence",
            |s| (s.faults, s.ops, s.rate_per_s) = (vec!["partition:isolate@5s..125s".into()], 1200, 8.0),
            |s| (s.faults, s.ops, s.sizes) = (vec!["partition:isolate@5s..125s".into()], 1200, vec![200]),
            &["8 records and 120 s away", "most will be deleted", "try --size 400"],
        ),
        (
            "bandwidth",
            |s| (s.networks, s.rate_per_s, s.ops) = (vec!["custom:up=10kbps".into()], 100.0, 4000),
            |s| (s.networks, s.rate_per_s, s.ops) = (vec!["custom:up=1Mbps".into()], 100.0, 4000),
            &["more than custom:up=10kbps carries", "lower --rate"],
        ),
        (
            "carried",
            |s| s.strategies = vec!["serial".into(), "presence".into()],
            |s| s.strategies = vec!["all".into()],
            &["presence: none of these workloads is carried"],
        ),
        ("small_size", |s| s.sizes = vec![1], |s| s.sizes = vec![4], &["1 record for 4 clients", "--size 8 is usual"]),
        (
            "idle_clients",
            |s| (s.clients, s.ops, s.seeds) = (9, 8, vec!["1..100".into()]),
            |s| (s.clients, s.ops, s.seeds) = (8, 8, vec!["1..100".into()]),
            &["9 clients and 8 operations: some never act", "--ops to 90"],
        ),
        ("alone", |s| s.clients = 1, |s| s.clients = 2, &["nothing is concurrent", "--clients 2"]),
        (
            "undo",
            |s| (s.undo, s.workloads) = (0.5, vec!["record".into(), "booking".into()]),
            |s| s.undo = 0.5,
            &["--undo 0.5 changes nothing in booking"],
        ),
        ("closed_loop", |s| s.pace = Pace::Closed, |s| s.pace = Pace::Periodic, &["--pace poisson"]),
        (
            "few_samples",
            |s| s.ops = 49,
            |s| s.ops = 50,
            &["98 operations of each strategy in all", "raise --ops or --seeds"],
        ),
        (
            "one_seed",
            |s| (s.seeds, s.workloads) = (vec!["2".into()], vec!["record".into(), "text".into()]),
            |s| (s.seeds, s.workloads) = (vec!["1".into()], vec!["record".into(), "text".into()]),
            &["one seed, number 2; --seeds 1..2"],
        ),
        (
            "growth",
            |s| (s.name, s.sizes) = ("growth".into(), vec![100, 1000, 10_000]),
            |s| (s.name, s.sizes) = ("custom".into(), vec![100, 1000, 10_000]),
            &["growth too (sizes to 10000)", "`run calm -w record`"],
        ),
    ];
    for (name, wrong, right, words) in cases {
        let check = CHECKS.iter().find(|(known, _)| known == name).unwrap().1;
        let said = |change: fn(&mut Scenario)| {
            let mut scenario = fine();
            change(&mut scenario);
            let plan = Plan::new(vec![scenario]).unwrap();
            check(&Planning { plan: &plan, scenario: &plan.scenarios[0], cells: plan.cells.iter().collect() })
        };
        let text = said(*wrong).unwrap_or_else(|| panic!("{name} says nothing"));
        assert!(words.iter().all(|word| text.contains(word)), "{name}: {text}");
        assert_eq!(said(*right), None, "{name}");
        assert!(advice(*wrong).contains(&text), "{name} is not asked");
    }
    let met: BTreeSet<_> = cases.iter().map(|(name, ..)| *name).collect();
    assert_eq!(met.len(), CHECKS.len(), "every check has a case");
}
