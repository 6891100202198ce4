mod contention;
mod recorded;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use syncbench_strategies::document::Digest;
use syncbench_strategies::registry::STRATEGIES;

use super::*;
use crate::pace::PACES;
use crate::run::Planned;

fn broken(change: impl FnOnce(&mut Scenario)) -> String {
    let mut scenario = Scenario { strategies: vec!["serial".into()], ..Scenario::default() };
    change(&mut scenario);
    match Plan::new(vec![scenario]) {
        Ok(_) => panic!("accepted"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn built_in_scenarios_are_plans() {
    let parts = default_comparison();
    assert_eq!(parts.iter().map(|part| part.name.as_str()).collect::<Vec<_>>(), ["calm", "rough", "growth"]);
    let plan = Plan::new(parts).unwrap();
    assert!(plan.cells.iter().enumerate().all(|(index, cell)| cell.index == index));
    assert!(plan.cells.len() < 5000);
    let seeds = |part: &str| plan.cells.iter().filter(|cell| cell.part == part).map(|cell| cell.settings.seed).max();
    assert!(["calm", "rough", "growth"].iter().all(|part| seeds(part) == Some(10)));
}

#[test]
fn the_long_run_has_every_strategy_once_on_what_it_carries() {
    let parts = built_in("long").unwrap();
    let plan = Plan::new(parts).unwrap();
    let mut names: Vec<_> = plan.cells.iter().map(|cell| cell.strategy.spec.name).collect();
    names.sort_unstable();
    let mut every: Vec<_> = STRATEGIES.iter().map(|spec| spec.name).collect();
    every.sort_unstable();
    assert_eq!(names, every);
    for cell in &plan.cells {
        assert_eq!(crate::run::lacks(&cell.strategy, cell.workload.spec), None, "{}", cell.strategy.label);
        assert_eq!((cell.part.as_str(), cell.settings.ops), ("long", 1_000_000));
    }
}

#[test]
fn products_send_in_their_own_windows_and_the_comparison_in_none() {
    let plan = Plan::new(built_in("product").unwrap()).unwrap();
    let windows = |plan: Plan| -> BTreeMap<String, u128> {
        let window = |cell: &Planned| cell.strategy.strategy.send_window().as_millis();
        plan.cells.iter().map(|cell| (cell.strategy.label.clone(), window(cell))).collect()
    };
    let products = windows(plan);
    assert_eq!(products["serial-optimistic:window=10ms"], 10);
    assert_eq!((products["lww-property:window=100ms"], products["ot"]), (100, 0));
    for (label, window) in &products {
        assert_eq!(label.contains("window="), *window > 0, "{label}");
    }
    assert!(windows(Plan::new(default_comparison()).unwrap()).values().all(|window| *window == 0));
}

#[test]
fn built_in_scenarios_are_found_by_name() {
    for (name, _) in DEFAULT_PARTS.iter().chain(LONG_PARTS).chain(OTHER_PARTS) {
        assert_eq!(built_in(name).map(|parts| parts.len()), Some(1), "{name}");
    }
    assert_eq!(built_in("short"), None);
    assert_eq!(built_in("throughput").map(|parts| parts.len()), Some(8));
    assert_eq!(["offline", "server-loss"].map(|name| built_in(name).map(|parts| parts.len())), [Some(4); 2]);
    assert_eq!((built_in("off"), built_in("calm-"), built_in("")), (None, None, None));
}

#[test]
fn parts_keep_those_of_the_asked_workloads_that_are_their_own() {
    let chosen = |asked: &[&str]| {
        let mut parts = built_in("offline").unwrap();
        choose_workloads(&mut parts, &asked.iter().map(|asked| (*asked).to_owned()).collect::<Vec<_>>());
        parts.into_iter().map(|part| (part.name, part.sizes[0], part.workloads.join(" "))).collect::<Vec<_>>()
    };
    let row = |name: &str, size, workloads: &str| (name.to_owned(), size, workloads.to_owned());
    assert_eq!(
        chosen(&["record:contention=one:0", "text"]),
        [
            row("away-1h", 250, "record:contention=one:0"),
            row("away-1h", 20_000, "text"),
            row("away-3w", 250, "record:contention=one:0"),
            row("away-3w", 20_000, "text")
        ]
    );
    assert_eq!(chosen(&["kanban"]), [row("away-1h", 250, "kanban")]);
    assert_eq!(chosen(&["counter"]), [row("away-1h", 250, "counter"), row("away-3w", 250, "counter")]);
}

#[test]
fn errors_name_the_field_the_words_and_what_is_right() {
    let crashes = |s: &mut Scenario| s.faults = vec!["crash@1s".into(), "crash:2@2s".into()];
    let cases: [(String, [&str; 3]); 20] = [
        (broken(|s| s.strategies = vec!["serail".into()]), ["strategy", "serail", "serial"]),
        (broken(|s| s.workloads = vec!["stak".into()]), ["workload", "stak", "stack"]),
        (broken(|s| s.networks = vec!["6g".into()]), ["network", "6g", "4g"]),
        (broken(|s| s.faults = vec!["flood".into()]), ["fault", "flood", "partition"]),
        (broken(|s| s.faults = vec!["late:9".into()]), ["fault", "late:9", "4 clients"]),
        (broken(|s| s.faults = vec!["crash".into()]), ["fault", "crash", "@3s..6s"]),
        (broken(|s| (s.clients, s.faults) = (1, vec!["crash@1s".into()])), ["fault", "crash@1s", "at the end"]),
        (broken(|s| (crashes(s), s.engine = Engine::Threads).1), ["fault", "crash@1s", "--engine sim"]),
        (broken(|s| s.faults = vec!["offline:mean=1ns".into()]), ["fault", "mean", "at least 1 ms"]),
        (broken(|s| s.faults = vec!["burst:mean=1us".into()]), ["fault", "mean", "at least 1 ms"]),
        (broken(|s| s.faults = vec!["flapping:period=2ns".into()]), ["fault", "period", "at least 1 ms"]),
        (broken(|s| s.faults = vec!["churn:gap=1us".into()]), ["fault", "gap", "at least 1 ms"]),
        (broken(|s| s.faults = vec!["twin:2,of=1".into(), "twin:1,of=3".into()]), ["fault", "twin:1", "in one twin"]),
        (broken(|s| s.faults = vec!["burst".into(), "late:3@3650d".into()]), ["fault", "burst", "at most 2000000"]),
        (
            broken(|s| s.networks = vec!["custom:name=a,delay=1ms".into(), "custom:name=a".into()]),
            ["network", "`a`", "own"],
        ),
        (broken(|s| s.sample_ms = Some(1e-9)), ["sample", "0.01 to", "or 0 for every event"]),
        (broken(|s| s.clients = 0), ["clients", "0", "1 to"]),
        (broken(|s| s.rate_per_s = f64::NAN), ["rate", "NaN", "expected"]),
        (broken(|s| s.seeds = vec!["5..1".into()]), ["seeds", "5..1", "1..30"]),
        (broken(|s| s.transport = "pigeon".into()), ["transport", "pigeon", "datagram"]),
    ];
    for (error, words) in cases {
        assert!(words.iter().all(|word| error.contains(word)), "{error}");
    }
}

#[test]
fn a_partition_of_a_plan_is_complete_and_disjoint() {
    let cells = |part, of| {
        let mut plan = Plan::new(vec![Scenario::default()]).unwrap();
        plan.partition(part, of);
        plan.cells.iter().map(|cell| cell.index).collect::<Vec<_>>()
    };
    let mut all: Vec<_> = (0..3).flat_map(|part| cells(part, 3)).collect();
    all.sort();
    assert_eq!(all, cells(0, 1));
}

#[test]
fn unknown_keys_are_rejected_with_their_line() {
    let error = Scenario::from_toml("name = \"x\"\nclents = 3\n").unwrap_err().to_string();
    assert!(error.contains("line 2") && error.contains("clents"), "{error}");
}

#[test]
fn a_trace_beside_a_file_brings_its_own_defaults() {
    let path = Path::new("some.json");
    let recorded = Scenario::of_trace(path.into());
    for text in
        ["strategies = [\"serial\"]", "strategies = [\"serial\"]\nworkloads = [\"text\"]", "trace = \"other.json\""]
    {
        let strategies = if text.contains("serial") { vec!["serial".into()] } else { vec!["all".into()] };
        assert_eq!(
            Scenario::replaying(text, Some(path)).unwrap(),
            Scenario { strategies, ..recorded.clone() },
            "{text}"
        );
    }
    assert_eq!(Scenario::from_toml("trace = \"some.json\"").unwrap(), recorded);
    let text = "networks = [\"4g\"]\npace = \"poisson\"\nunits = \"utf16\"\ntrace_clients = 3\nops = 7\n";
    let written = Scenario::replaying(text, Some(path)).unwrap();
    let expected = Scenario {
        networks: vec!["4g".into()],
        pace: Pace::Poisson,
        units: Units::Utf16,
        trace_clients: Some(3),
        ops: 7,
        ..recorded.clone()
    };
    assert_eq!(written, expected);
    // What it prints reads as what it was.
    assert_eq!(Scenario::from_toml(&toml::to_string(&expected).unwrap()).unwrap(), expected);
    for (name, parts) in [("calm", 1), ("long", LONG_PARTS.len())] {
        let parts_of = built_in_replaying(name, Some(path)).unwrap();
        assert_eq!(parts_of.len(), parts);
        assert!(parts_of.iter().all(|part| part.trace.as_deref() == Some(path) && part.workloads.is_empty()));
    }
}

#[test]
fn what_belongs_to_a_trace_needs_one() {
    for (error, words) in [
        (broken(|s| s.trace_clients = Some(3)), ["trace-clients", "`3`", "expected a trace"]),
        (broken(|s| s.units = Units::Utf16), ["units", "`utf16`", "expected a trace"]),
        (broken(|s| s.pace = Pace::Causal), ["pace", "`causal`", "only a trace has a causal order"]),
        (broken(|s| s.pace = PACES[4]), ["pace", "`recorded`", "expected --trace FILE"]),
        (broken(|s| s.times = Some("x.csv".into())), ["times", "`x.csv`", "expected --pace recorded"]),
        (broken(|s| (s.times, s.pace) = (Some("x.csv".into()), PACES[4])), ["times", "`x.csv`", "cannot be opened"]),
        (
            broken(|s| (s.trace, s.pace) = (Some("x.json".into()), Pace::Causal)),
            ["workload", "`all`", "instead of workloads"],
        ),
        (
            broken(|s| *s = Scenario { pace: Pace::Turns, ..Scenario::of_trace("x.json".into()) }),
            ["pace", "`turns`", "causal order"],
        ),
    ] {
        assert!(words.iter().all(|word| error.contains(word)), "{error}");
    }
}

#[test]
fn a_network_and_a_fault_are_measured_once_however_they_are_written() {
    let written = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    let plan = |networks: &[&str], faults: &[&str]| {
        let (networks, faults) = (written(networks), written(faults));
        let strategies = written(&["serial"]);
        let scenario = Scenario { strategies, workloads: written(&["stack"]), networks, faults, ..Scenario::default() };
        Plan::new(vec![scenario]).unwrap()
    };
    let one = plan(&["constant:40ms", "constant", "constant:delay=40ms", "constant:41ms"], &["late@5s", "late:0@5s"]);
    let other = plan(&["constant"], &["late:client=0@5s"]);
    let networks: BTreeSet<_> = one.cells.iter().map(|cell| cell.settings.network.as_str()).collect();
    assert_eq!(networks, ["constant:40ms", "constant:41ms"].into());
    let (first, same) = (&one.cells[0], &other.cells[0]);
    assert_eq!(first.settings.faults, ["late@5s"]);
    assert_eq!((first.id(Digest(0)), first.deal()), (same.id(Digest(0)), same.deal()));
}

#[test]
fn no_thread_starts_without_a_cell() {
    let written = |text: &str| vec![text.to_owned()];
    let (strategies, workloads) = (written("serial"), written("stack"));
    let scenario = Scenario { strategies, workloads, ops: 5, seeds: written("1..2"), ..Scenario::default() };
    let plan = Plan::new(vec![scenario]).unwrap();
    let threads = std::sync::Mutex::new(Vec::new());
    crate::run::run(&plan.cells, 2_000, &std::sync::atomic::AtomicBool::new(false), &|_| {
        threads.lock().unwrap().push(rayon::current_num_threads());
    });
    assert_eq!(*threads.lock().unwrap(), [2, 2]);
}
