//! Which figures share a table, and what a row says about itself.
use std::time::Duration;

use syncbench_harness::metrics::{LOST_INTENTS, REJECTED, VISIBLE_MS};
use syncbench_harness::network::Transport;
use syncbench_harness::pace::Pace;
use syncbench_harness::results::{Cell, Metric, Outcome, Results};
use syncbench_reports::aggregate::{Group, Summary};
use syncbench_reports::columns::{COLUMNS, Filled};
use syncbench_reports::table;
use syncbench_strategies::replica::Topology;

use crate::support::{Plan, THREE};

/// Three strategies under one condition.
fn one_condition(seeds: u64) -> Results {
    Plan { strategies: THREE, workloads: &["stack"], parts: &["rough"], sizes: &[], seeds }.results()
}

fn titles(results: &Results) -> Vec<String> {
    Summary::new(results).groups.into_iter().map(|group| group.title).collect()
}

fn filled(group: &Group<'_>, head: &str) -> Filled {
    let column = COLUMNS.iter().find(|column| column.head == head).expect("a column of this name");
    Filled::new(column, group).expect("figures")
}

#[test]
fn figures_of_different_conditions_never_share_a_table() {
    type Change = (fn(&mut Cell), [&'static str; 2]);
    let changes: &[Change] = &[
        (|cell| cell.settings.network = "lan".into(), ["lan", "4g"]),
        (|cell| cell.settings.faults.clear(), ["no faults", "partition:halves@2s..5s"]),
        (|cell| cell.settings.transport = Transport::Datagram { loss: 0.5, duplicate: 0.0 }, ["datagram", "stream"]),
        (|cell| cell.settings.clients = 9, ["9 clients", "4 clients"]),
        (|cell| cell.settings.ops = 7, ["7 operations", "400 operations"]),
        (|cell| cell.settings.rate_per_s = 2000.0, ["2000/s", "20/s"]),
        (|cell| cell.settings.pace = Pace::Closed, ["closed pace", "poisson pace"]),
        (|cell| cell.settings.undo = 0.25, ["25% undone", "no undo"]),
        (|cell| cell.settings.budget = Duration::from_secs(3600), ["budget 3600 s", "budget 60 s"]),
        (
            |cell| cell.settings.sample_every = Some(Duration::from_millis(50)),
            ["every 50 ms", "as often as the size allows"],
        ),
        (|cell| cell.topology = Topology::Mesh, ["mesh", "star"]),
    ];
    for (change, [new, old]) in changes {
        let mut results = one_condition(2);
        let mut others = results.cells.clone();
        others.iter_mut().for_each(change);
        results.cells.extend(others);
        let titles = titles(&results);
        assert_eq!(titles.len(), 2, "{titles:?}");
        assert!(titles[0].contains(old) && !titles[0].contains(new), "{titles:?}");
        assert!(titles[1].contains(new), "{titles:?}");
        let text = table::summary(&results, 200, false);
        assert!(!text.contains("4 seeds"), "{text}");
    }
    assert_eq!(titles(&one_condition(2)), ["stack (rough)"]);
}

/// The large ones are sampled, because they are large.
#[test]
fn sizes_make_one_sweep_however_often_their_states_are_looked_at() {
    let sizes = [10, 1000, 100_000];
    let mut results = Plan { strategies: THREE, workloads: &[], parts: &[], sizes: &sizes, seeds: 2 }.results();
    for cell in &mut results.cells {
        cell.settings.sample_every = cell.settings.usual_sampling();
    }
    let summary = Summary::new(&results);
    let sizes: Vec<usize> = summary.sweeps.iter().map(|sweep| sweep.groups.len()).collect();
    assert_eq!((sizes, summary.groups.len()), (vec![3, 3], 0));
    assert_eq!(summary.sweeps[0].groups[0].sizeless, "text (growth)");
}

#[test]
fn figures_of_different_builds_never_share_a_table() {
    let mut results = one_condition(2);
    let mut environment = results.environment.clone();
    environment.commit = "beefbeef".into();
    results.cells.iter_mut().for_each(|cell| cell.build = results.environment.build());
    let others: Vec<_> = results.cells.clone();
    let build = environment.build();
    results.other_machines.push(environment);
    results.cells.extend(others.into_iter().map(|cell| Cell { machine: 1, build, ..cell }));
    let titles = titles(&results);
    assert!(titles.len() == 2 && titles[0].contains("c8314c2f00d1") && titles[1].contains("beefbeef"), "{titles:?}");
}

#[test]
fn a_mesh_says_that_it_is_one_even_alone() {
    let mut results = one_condition(1);
    results.cells.iter_mut().for_each(|cell| cell.topology = Topology::Mesh);
    assert_eq!(titles(&results), ["stack (rough, mesh)"]);
    assert!(table::summary(&results, 80, false).contains("mesh: clients talk to each other"));
}

/// It sent nothing over any path.
#[test]
fn what_is_not_carried_has_no_heading_of_its_own() {
    let mut results = one_condition(1);
    let last = results.cells.last_mut().expect("cells");
    (last.topology, last.outcome) = (Topology::Mesh, Outcome::Unsupported);
    assert_eq!(titles(&results), ["stack (rough)"]);
    results.cells[0].topology = Topology::Mesh;
    assert_eq!(titles(&results), ["stack (rough, mesh)", "stack (rough, star)"]);
}

#[test]
fn a_row_says_its_window() {
    let mut results = one_condition(1);
    results.cells[0].window_ms = 33.0;
    results.cells[1].window_ms = 50.0;
    results.cells[1].strategy = "crdt-automerge:window=50ms".into();
    let text = table::summary(&results, 100, false);
    assert!(text.contains("window 33 ms") && !text.contains("window 50 ms"), "{text}");
}

#[test]
fn one_of_a_thing_is_one_thing() {
    let mut results = one_condition(1);
    for cell in &mut results.cells {
        (cell.settings.clients, cell.settings.ops) = (1, 1);
        cell.outcome = Outcome::Unsupported;
    }
    let text = table::summary(&results, 100, false);
    assert!(text.contains("1 client, 1 operation at") && text.contains("measured with no seed"), "{text}");
}

#[test]
fn a_note_explains_a_column_only_where_it_is_shown() {
    let results = one_condition(2);
    for width in 60..160 {
        let text = table::summary(&results, width, false);
        let (shown, explained) = (text.contains("not kept"), text.contains("Not kept: lost and rejected together."));
        assert_eq!(shown, explained, "{width}: {text}");
        assert!(shown || !(text.contains("confirmed") || text.contains("replicated")), "{text}");
    }
}

/// Sums over one seed and over four once stood side by side.
#[test]
fn rows_of_unequal_seeds_say_theirs_and_show_no_sums() {
    let mut results = one_condition(4);
    let last = results.cells.last().expect("cells").strategy.clone();
    results.cells.retain(|cell| cell.strategy != last || cell.seed == 2);
    let text = table::summary(&results, 160, false);
    assert!(text.contains("4 seeds, not all of them in every row"), "{text}");
    assert!(text.contains("1 of 4 seeds") && text.contains("4 of 4 seeds") && text.contains("ops/seed"), "{text}");
    assert!(text.contains("counts of ops are means per seed.") && !text.contains("sums over the seeds"), "{text}");
    let summary = Summary::new(&results);
    let lost = filled(&summary.groups[0], "lost");
    let row = &summary.groups[0].rows[1];
    assert_eq!(lost.estimates[1][0].value, row.total(&LOST_INTENTS, "total").expect("judged") / 4.0);
    for column in COLUMNS {
        let ranked = Filled::new(column, &summary.groups[0]).is_some_and(|filled| filled.best.contains(&true));
        assert!(!ranked, "{}", column.head);
    }
}

#[test]
fn refusing_everything_is_no_victory() {
    let mut results = one_condition(10);
    for cell in results.cells.iter_mut().filter(|cell| cell.strategy == "serial") {
        cell.metrics.insert(LOST_INTENTS.name, Metric::Counts([("x".to_owned(), 0)].into_iter().collect()));
        cell.metrics.insert(REJECTED.name, Metric::Counts([("busy".to_owned(), 390)].into_iter().collect()));
    }
    let summary = Summary::new(&results);
    let group = &summary.groups[0];
    assert_eq!(group.rows[0].strategy, "serial");
    assert!(!filled(group, "lost").best.contains(&true));
    let not_kept = filled(group, "not kept");
    assert!(!not_kept.best[0] && not_kept.best.contains(&true) && not_kept.texts[0] == "3900");
    let said: Vec<_> =
        syncbench_reports::headline::headlines(&summary).into_iter().flat_map(|one| one.sentences).collect();
    assert!(said.iter().any(|one| one == "serial lost nothing and rejected 3,900 of 4,000."), "{said:?}");
}

#[test]
fn a_99th_percentile_needs_samples_beyond_it() {
    let unit = |seeds: u64| {
        let results = one_condition(seeds);
        filled(&Summary::new(&results).groups[0], "visible").unit
    };
    assert_eq!((unit(3), unit(10), unit(25)), ("ms p50/p90".into(), "ms p50/p90".into(), "ms p50/p99".into()));
}

/// Paired by seed, a small difference that every seed shows is one, and a large one that they do not is none.
#[test]
fn the_best_of_a_column_is_what_every_seed_tells() {
    let mut results = one_condition(3);
    for cell in &mut results.cells {
        let luck = cell.seed * 1_000_000_000;
        let ns = match cell.strategy.as_str() {
            "serial" => 50_000_000 + luck,
            "crdt-automerge" => 40_000_000 + luck,
            _ => 200_000_000 + luck,
        };
        cell.series_mut().histograms.insert(VISIBLE_MS.name.into(), vec![(ns, 400)]);
    }
    let best = |results: &Results| filled(&Summary::new(results).groups[0], "visible").best;
    assert_eq!(best(&results), [false, true, false]);
    // In one seed it is the slowest.
    let cell =
        results.cells.iter_mut().find(|cell| cell.strategy == "crdt-automerge" && cell.seed == 3).expect("a cell");
    cell.series_mut().histograms.insert(VISIBLE_MS.name.into(), vec![(9_000_000_000, 400)]);
    assert!(!best(&results)[2]);
}
