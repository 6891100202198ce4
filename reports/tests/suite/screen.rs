//! The first screen: as it looks at three widths, what it says, and results at the edges.
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use syncbench_harness::metric::Metric;
use syncbench_harness::metrics::{ECHO_MS, LOST_INTENTS, OPS_ISSUED, REJECTED};
use syncbench_harness::results::{Cell, ClaimsKept, Outcome, Results, StrategyFacts};
use syncbench_harness::workloads::WORKLOADS;
use syncbench_reports::aggregate::Summary;
use syncbench_reports::overview::{Overview, follow};
use syncbench_reports::screen::screen;

use crate::support::{Plan, THREE, drop_cell};

/// Fifteen strategies: as many as a build may have by default, and one more.
const FIFTEEN: &[&str] = &[
    "serial",
    "serial-optimistic",
    "serial-patches",
    "serial-cas",
    "ot",
    "hybrid",
    "text-ids",
    "crdt-one",
    "crdt-two",
    "crdt-three",
    "lww-document",
    "lww-property",
    "lww-hlc",
    "escrow",
    "presence",
];

fn claims(strategy: &str) -> BTreeSet<String> {
    let claims: &[&str] = match strategy {
        "serial" | "serial-cas" => &["converges", "can refuse", "needs a server", "serializable"],
        "serial-optimistic" => &["converges", "can refuse", "needs a server", "works offline"],
        "hybrid" => {
            &["converges", "can refuse", "needs a server", "works offline in part", "grows while a client is away"]
        }
        "escrow" => &["converges", "can refuse", "works offline", "confirms on one device", "grows with removals"],
        "presence" => &["converges", "works offline", "confirms on one device", "ephemeral"],
        "ot" | "serial-patches" => &["converges", "needs a server", "works offline"],
        _ => &["converges", "works offline", "confirms on one device", "grows with operations"],
    };
    claims.iter().map(|claim| (*claim).to_owned()).collect()
}

/// Results with what strategies and workloads say about themselves.
fn told(mut results: Results) -> Results {
    for cell in &mut results.cells {
        cell.family = cell.strategy.split(['-', ':']).next().unwrap_or_default().to_owned();
        let facts = StrategyFacts {
            name: cell.strategy.clone(),
            params: BTreeMap::new(),
            library: None,
            support: BTreeMap::new(),
            saved: String::new(),
            versions: String::new(),
            family: cell.family.clone(),
            claims: claims(&cell.strategy),
        };
        results.facts.strategies.insert(cell.strategy.clone(), facts);
        if let Some(spec) = WORKLOADS.iter().find(|spec| spec.name == cell.workload) {
            results.facts.workloads.insert(cell.workload.clone(), spec.facts());
        }
    }
    results
}

fn lose(cell: &mut Cell, lost: u64) {
    let counts = [("overwritten".to_owned(), lost)].into_iter().filter(|(_, lost)| *lost > 0).collect();
    cell.metrics.insert(LOST_INTENTS.name.to_owned(), Metric::Counts(counts));
}

/// The default comparison, as it might come out.
fn default_like() -> Results {
    let workloads: Vec<&str> = WORKLOADS.iter().map(|spec| spec.name).collect();
    let plan = Plan { strategies: FIFTEEN, workloads: &workloads, parts: &["calm", "rough"], sizes: &[], seeds: 3 };
    let mut results = told(plan.results());
    for cell in &mut results.cells {
        let strategy = cell.strategy.clone();
        let only = match strategy.as_str() {
            "escrow" => Some("booking"),
            "presence" => Some("presence"),
            _ => None,
        };
        if only.is_some_and(|only| only != cell.workload) {
            drop_cell(cell, Outcome::Unsupported, "made for something else");
            continue;
        }
        let refuses = claims(&strategy).contains("can refuse");
        let exclusive = ["stack", "counter", "booking"].contains(&cell.workload.as_str());
        if refuses && exclusive {
            let refused = [("taken".to_owned(), 3)].into_iter().collect();
            cell.metrics.insert(REJECTED.name, Metric::Counts(refused));
        }
        let base = match cell.workload.as_str() {
            "text" if strategy == "ot" || strategy == "text-ids" || strategy.starts_with("crdt-") => 0,
            "stack" | "counter" | "booking" if refuses => 0,
            "presence" if strategy != "lww-document" => 0,
            _ if strategy == "serial" || strategy == "hybrid" => 20,
            _ => 40 + strategy.len() as u64,
        };
        let rough = if cell.part == "rough" { 2 } else { 1 };
        lose(cell, if base == 0 { 0 } else { base * rough + cell.seed });
        cell.claims_kept = Some(ClaimsKept::Yes);
        if strategy == "lww-hlc" || strategy == "escrow" || cell.workload == "counter" {
            cell.support = Arc::default();
        }
    }
    results
}

fn lines(text: &str) -> Vec<&str> {
    text.lines().collect()
}

fn widest(text: &str) -> usize {
    text.lines().map(|line| line.chars().count()).max().unwrap_or(0)
}

#[test]
fn screen_of_80_columns() {
    let text = screen(&default_like(), 80, false);
    // The path of the page follows, and the prompt.
    assert!(lines(&text).len() <= 24 - 2 + 1, "{text}");
    insta::assert_snapshot!(text);
}

#[test]
fn screen_of_120_columns() {
    insta::assert_snapshot!(screen(&default_like(), 120, false));
}

#[test]
fn screen_of_160_columns() {
    insta::assert_snapshot!(screen(&default_like(), 160, false));
}

#[test]
fn screen_in_color() {
    let mut results = default_like();
    drop_cell(&mut results.cells[0], Outcome::Failed, "receive: 17 bytes left over");
    let cell = results.cells.iter_mut().find(|cell| cell.strategy == "ot").expect("a cell");
    cell.claims_kept = Some(ClaimsKept::No);
    cell.claims_reasons = vec!["claims to converge, but 2 states were left after heal".into()];
    insta::assert_snapshot!(screen(&results, 80, true).replace('\u{1b}', "ESC"));
}

#[test]
fn a_wider_terminal_shows_more_and_no_line_is_too_long() {
    let results = default_like();
    let mut columns = 0;
    for width in [60, 80, 100, 120, 160, 300] {
        let text = screen(&results, width, false);
        assert!(widest(&text) <= usize::from(width), "{width}: {text}");
        assert!(FIFTEEN.iter().all(|name| text.contains(name)), "{width}: {text}");
        let fields =
            lines(&text).iter().find(|line| line.contains("text-ids ")).expect("a row").split_whitespace().count();
        assert!(fields >= columns, "{width} shows fewer columns: {text}");
        columns = fields;
        let all = !text.split_whitespace().collect::<Vec<_>>().join(" ").contains("more column");
        assert_eq!(all, width >= 120, "{width}: {text}");
    }
}

#[test]
fn what_follows_is_told_by_kind_of_data() {
    let results = default_like();
    let summary = Summary::new(&results);
    let said: Vec<String> = follow(&Overview::new(&summary)).iter().map(|line| line.sentence(9, 99)).collect();
    for expected in
        ["running text: 0 lost with ot, text-ids, crdt-* (emulated)", "presence: 0 lost with all but lww-document"]
    {
        assert!(said.iter().any(|line| line.starts_with(expected)), "{expected}: {said:#?}");
    }
    let refusing = said.iter().find(|line| line.contains("all that can refuse")).expect("a line");
    assert!(refusing.starts_with("a queue, unique likes and bookings of a stock: 0 lost"), "{refusing}");
    let rest = said.iter().find(|line| line.contains("none kept all")).expect("a line");
    assert!(rest.contains("records"), "{rest}");
}

/// What strategies without losses have in common is no reason where it did nothing.
#[test]
fn that_a_strategy_can_refuse_is_no_reason_where_nothing_was_refused() {
    let mut results = default_like();
    for cell in results.cells.iter_mut().filter(|cell| cell.workload == "counter") {
        cell.metrics.insert(REJECTED.name, Metric::Counts(Default::default()));
    }
    let summary = Summary::new(&results);
    let said: Vec<String> = follow(&Overview::new(&summary)).iter().map(|line| line.sentence(9, 99)).collect();
    let about = |word: &str| said.iter().find(|line| line.split(':').next().is_some_and(|holds| holds.contains(word)));
    assert!(about("queue").is_some_and(|line| line.contains("all that can refuse")), "{said:#?}");
    let counters = about("likes").expect("a line");
    assert!(!counters.contains("can refuse") && counters.contains("0 lost with serial, "), "{counters}");
}

/// What broke a claim may have kept the most by chance.
#[test]
fn a_strategy_that_broke_a_claim_is_not_proposed() {
    let plan = Plan { strategies: THREE, workloads: &["text"], parts: &["calm"], sizes: &[], seeds: 2 };
    let said = |lost: [u64; 3], broken: &[&str]| {
        let mut results = told(plan.results());
        for cell in &mut results.cells {
            let place = THREE.iter().position(|name| *name == cell.strategy).expect("one of three");
            lose(cell, lost[place]);
            if broken.contains(&&*cell.strategy) {
                cell.claims_kept = Some(ClaimsKept::No);
            }
        }
        let summary = Summary::new(&results);
        let lines: Vec<String> = follow(&Overview::new(&summary)).iter().map(|line| line.sentence(9, 99)).collect();
        lines.join("\n")
    };
    let [first, second, third] = [THREE[0], THREE[1], THREE[2]];
    assert_eq!(said([0, 0, 9], &[first]), format!("running text: 0 lost with {second}*"));
    let most = said([5, 7, 90], &[first]);
    assert!(most.contains(&format!("most kept: {second}")) && !most.contains(first), "{most}");
    assert_eq!(said([5, 7, 9], &[first, second, third]), "running text: every strategy broke a claim");
}

/// Losses that nobody judged are not zero.
#[test]
fn nothing_is_called_clean_that_was_not_judged() {
    let plan = Plan { strategies: THREE, workloads: &["text"], parts: &["calm"], sizes: &[], seeds: 2 };
    let mut results = told(plan.results());
    results.cells.iter_mut().for_each(|cell| drop(cell.metrics.remove(LOST_INTENTS.name)));
    let text = screen(&results, 80, false);
    assert!(!text.contains("0 lost") && text.contains('?') && text.contains("? not known"), "{text}");
    let mut results = told(plan.results());
    results.cells.iter_mut().for_each(|cell| lose(cell, 0));
    assert!(screen(&results, 80, false).contains("running text: 0 lost with any"));
    // One that did not run at all in one part is not clean.
    drop_cell(&mut results.cells[0], Outcome::NotRun, "stopped");
    drop_cell(&mut results.cells[1], Outcome::Failed, "broken");
    let text = screen(&results, 80, false);
    assert!(text.contains("fail") && text.contains("FAILED: serial in text (calm): broken"), "{text}");
    assert!(text.contains("running text: 0 lost with any") && text.contains("fail: a cell failed"), "{text}");
}

#[test]
fn seeds_that_do_not_tell_are_said_not_to() {
    let plan = Plan { strategies: THREE, workloads: &["record"], parts: &["calm"], sizes: &[], seeds: 4 };
    let mut results = told(plan.results());
    for cell in &mut results.cells {
        cell.metrics.insert(REJECTED.name, Metric::Counts(Default::default()));
        // The second and third differ by luck, the first loses more with each seed.
        lose(
            cell,
            match cell.strategy.as_str() {
                "serial" => 50 + cell.seed,
                "crdt-automerge" => 10 + cell.seed,
                _ => 9 + if cell.seed % 2 == 0 { cell.seed + 4 } else { cell.seed - 1 },
            },
        );
    }
    let text = screen(&results, 80, false);
    assert!(
        text.contains("records: none kept all; most kept: crdt-automerge, lww-document (not told apart)"),
        "{text}"
    );
}

#[test]
fn broken_claims_stand_above_the_caveats() {
    let mut results = default_like();
    for cell in results.cells.iter_mut().filter(|cell| cell.workload == "text" && cell.outcome == Outcome::Measured) {
        cell.claims_kept = Some(ClaimsKept::No);
        cell.claims_reasons = vec!["claims to converge, but 2 states were left after heal".into()];
    }
    let text = screen(&results, 80, false);
    let place = |word: &str| text.find(word).unwrap_or_else(|| panic!("no {word}: {text}"));
    assert!(place("BROKE A CLAIM: serial in text (calm)") < place("caveat"), "{text}");
    assert!(text.contains("10 more strategies FAILED or BROKE CLAIMS") && widest(&text) <= 80, "{text}");
}

#[test]
fn with_one_workload_the_columns_are_the_modes() {
    let plan = Plan { strategies: THREE, workloads: &["stack"], parts: &["calm", "rough"], sizes: &[], seeds: 2 };
    let text = screen(&told(plan.results()), 80, false);
    let head = lines(&text)[1..3].concat();
    assert!(head.contains("calm") && head.contains("rough") && text.contains("operations on stack"), "{text}");
}

#[test]
fn sizes_alone_are_modes() {
    let plan = Plan { strategies: THREE, workloads: &[], parts: &[], sizes: &[10, 1000], seeds: 2 };
    let mut results = plan.results();
    results.cells.retain(|cell| cell.workload == "stack");
    let text = screen(&results, 100, false);
    assert!(text.contains("size 10") && text.contains("size 1000"), "{text}");
}

#[test]
fn results_at_the_edges_fit() {
    let none = crate::support::results(Vec::new());
    assert!(screen(&none, 80, false).starts_with("Nothing was measured."));
    let one = Plan { strategies: &["serial"], workloads: &["stack"], parts: &["calm"], sizes: &[], seeds: 1 };
    let text = screen(&one.results(), 80, false);
    assert!(text.contains("serial") && text.contains("one seed"), "{text}");
    // A hundred strategies with long names, forty workloads, several modes.
    let names: Vec<String> =
        (0..100).map(|n| format!("family{}-strategy-{n}:window=10ms,topology=mesh", n % 7)).collect();
    let strategies: Vec<&str> = names.iter().map(String::as_str).collect();
    let works: Vec<String> = (0..40).map(|n| format!("workload-with-a-long-name-{n}:size=3")).collect();
    let workloads: Vec<&str> = works.iter().map(String::as_str).collect();
    let plan = |strategies, workloads| Plan { strategies, workloads, parts: &["calm"], sizes: &[], seeds: 1 }.results();
    for results in [plan(&strategies, &workloads[..1]), plan(&strategies[..2], &workloads)] {
        for width in [60, 80, 160] {
            let text = screen(&results, width, false);
            assert!(widest(&text) <= usize::from(width), "{width}: {text}");
            let named = |cell: &Cell| text.contains(cell.strategy.split(':').next().unwrap_or_default());
            assert!(
                results.cells.iter().all(named) && text.contains(":window=10ms") && text.contains(",topology=mesh"),
                "{text}"
            );
            assert!(results.cells.len() == 100 || text.contains("more columns in the report"), "{text}");
        }
    }
}

#[test]
fn hostile_figures_and_names_neither_panic_nor_reach_the_terminal() {
    let plan = Plan { strategies: THREE, workloads: &["stack", "text"], parts: &["calm"], sizes: &[], seeds: 2 };
    let mut results = told(plan.results());
    for cell in &mut results.cells {
        cell.strategy = format!("{}\u{1b}[2J\n", cell.strategy);
        cell.workload.push('\u{7}');
        for metric in [&OPS_ISSUED, &REJECTED] {
            cell.metrics.insert(metric.name.to_owned(), Metric::Number(f64::NAN));
        }
        cell.metrics.insert(LOST_INTENTS.name.to_owned(), Metric::Number(f64::INFINITY));
        cell.series_mut().histograms.insert(ECHO_MS.name.to_owned(), vec![(u64::MAX, 1), (0, u64::MAX / 4)]);
        cell.reason = Some("\u{1b}]0;title\u{7}".into());
        cell.outcome = if cell.seed == 1 { Outcome::Measured } else { Outcome::Failed };
    }
    let text = screen(&results, 80, false);
    assert!(
        !text.contains('\u{1b}') && !text.contains('\u{7}') && !text.contains("NaN") && widest(&text) <= 80,
        "{text}"
    );
}

#[test]
fn results_of_several_builds_are_modes_of_their_own() {
    let plan = Plan { strategies: THREE, workloads: &["stack", "text"], parts: &["calm"], sizes: &[], seeds: 2 };
    let mut results = told(plan.results());
    results.cells.iter_mut().for_each(|cell| cell.build = results.environment.build());
    let mut environment = results.environment.clone();
    environment.commit = "beefbeef".into();
    let build = environment.build();
    let others: Vec<_> = results.cells.clone();
    results.other_machines.push(environment);
    results.cells.extend(others.into_iter().map(|cell| Cell { machine: 1, build, ..cell }));
    let text = screen(&results, 80, false);
    assert!(text.contains("beefbeef") && text.contains("c8314c2f00d1"), "{text}");
}

/// Losses in the calm and the rough part, without the cells that `planned` leaves out.
fn mixed(planned: impl Fn(&Cell) -> bool) -> Results {
    let plan = Plan {
        strategies: &["ot", "crdt-one", "lww-hlc"],
        workloads: &["record", "stack"],
        parts: &["calm", "rough"],
        sizes: &[],
        seeds: 3,
    };
    let mut results = told(plan.results());
    for cell in &mut results.cells {
        lose(cell, if cell.part == "rough" { 50 } else { 0 });
    }
    results.cells.retain(planned);
    results
}

#[test]
fn the_worst_is_taken_over_conditions_that_all_share() {
    let results = mixed(|cell| cell.part == "calm" || cell.strategy != "ot");
    let text = screen(&results, 80, false);
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("; calm; 1 more condition lacks some strategies;"), "{text}");
    let text = screen(&results, 160, false);
    assert!(text.contains("0/·") && text.contains("· not measured") && !text.contains("– does"), "{text}");
    let summary = Summary::new(&results);
    let said: Vec<_> = follow(&Overview::new(&summary)).iter().map(|line| line.sentence(9, 9)).collect();
    assert!(said.iter().all(|line| line.contains("0 lost with any")), "{said:?}");
}

#[test]
fn figures_from_fewer_conditions_are_marked_and_nothing_follows_from_them() {
    let results = mixed(|cell| (cell.part == "calm") == (cell.strategy == "ot"));
    let summary = Summary::new(&results);
    let overview = Overview::new(&summary);
    assert!(overview.lost_at_most("ot", "record").1 && overview.lost_at_most("crdt-one", "record").1);
    assert_eq!(follow(&overview), []);
    let text = screen(&results, 60, false);
    assert!(text.contains("~ in fewer conditions") && text.contains("~0"), "{text}");
}
