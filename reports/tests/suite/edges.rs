//! Results at the edges: nothing, one, many, broken, hostile.
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::support::{Plan, TWELVE, large, results, small};
use syncbench_harness::metrics::*;
use syncbench_harness::results::{ByName, LazySeries, Metric, Outcome, Results};
use syncbench_harness::settings::Engine;
use syncbench_reports::aggregate::Summary;
use syncbench_reports::charts::{CHARTS, Data};
use syncbench_reports::draw::palette::KNOWN;
use syncbench_reports::draw::panel::PANELS;
use syncbench_reports::draw::{Rect, Scene};
use syncbench_reports::format::NONE;
use syncbench_reports::{html, report, scalability, table};
use syncbench_strategies::replica::Topology;

/// Draws everything once and checks every picture.
fn draw_all(results: &Results) -> Vec<(&'static str, Scene)> {
    let criterion = crate::support::criterion(results);
    let data = Data::new(results, &criterion);
    let scenes: Vec<_> = CHARTS.iter().map(|chart| (chart.name, chart.scene(&data))).collect();
    scenes.iter().for_each(|(name, scene)| check_picture(name, scene));
    let page = html::page(results, &criterion);
    assert!(page.ends_with("</html>") && !page.contains("NaN"));
    // Its own, which holds no data.
    assert_eq!((page.matches("<script").count(), page.matches("</script").count()), (1, 1));
    for width in [60, 80, 200] {
        assert!(!table::summary(results, width, false).contains('\u{1b}'));
    }
    scenes
}

/// Whether a chart shows runs in virtual time: one is of criterion's estimates, and two are of the throughput engine.
fn drawn(name: &str) -> bool {
    !["estimates", "scalability", "batches"].contains(&name)
}

fn check_picture(name: &str, scene: &Scene) {
    let svg = scene.svg();
    assert!(svg.ends_with("</svg>\n") && !svg.contains("NaN") && !svg.contains("<script"), "{name}");
    // Large pictures are slow to draw; the small ones prove as much.
    assert!(scene.height > 600.0 || scene.png().starts_with(b"\x89PNG"), "{name}");
    check_texts(name, scene);
}

/// Every text lies within the picture, and none covers another.
fn check_texts(name: &str, scene: &Scene) {
    let texts = scene.texts();
    let picture = Rect::new(0.0, 0.0, scene.width, scene.height);
    for (index, (rect, text)) in texts.iter().enumerate() {
        assert!(picture.holds(rect), "{name}: {text:?} leaves the picture: {rect:?}");
        for (other, covered) in &texts[..index] {
            assert!(rect.overlap(other) < 6.0, "{name}: {text:?} {rect:?} covers {covered:?} {other:?}");
        }
    }
}

#[test]
fn no_cells_at_all() {
    let results = results(Vec::new());
    for (name, scene) in draw_all(&results) {
        assert!(scene.empty.is_some(), "{name}");
    }
    assert!(table::summary(&results, 80, false).starts_with("Nothing was measured."));
    assert!(html::page(&results, &[]).contains("Nothing was measured."));
    let files: Vec<_> = report::files(&results, &[]).into_iter().map(|file| file.path).collect();
    assert_eq!(files, ["report.html", "summary.txt"]);
}

#[test]
fn one_strategy_one_seed() {
    let plan = Plan { strategies: &["serial"], workloads: &["stack"], parts: &["calm"], sizes: &[10], seeds: 1 };
    let results = plan.results();
    draw_all(&results);
    assert!(table::summary(&results, 80, false).contains("One seed only"));
}

#[test]
fn twelve_strategies_in_three_parts() {
    let parts = &["calm", "rough", "offline"];
    let plan = Plan { strategies: TWELVE, workloads: &["stack", "text"], parts, sizes: &[10, 1000, 100_000], seeds: 2 };
    let results = plan.results();
    // Two charts are of the throughput engine alone.
    for (name, scene) in draw_all(&results).into_iter().filter(|(name, _)| drawn(name)) {
        assert_eq!(scene.empty, None, "{name}");
    }
    for line in table::summary(&results, 80, false).lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
}

/// As many as a build with everything has, and as narrow as a phone.
#[test]
fn seventeen_strategies_are_drawn_at_every_width() {
    let mut names: Vec<_> = KNOWN.iter().map(|(name, ..)| *name).collect();
    names.push("crdt-yrs:topology=mesh");
    assert_eq!(names.len(), 17);
    let parts = &["calm", "rough"];
    let plan = Plan { strategies: &names, workloads: &["stack", "text", "board"], parts, sizes: &[10, 1000], seeds: 2 };
    let results = plan.results();
    let mut data = Data::new(&results, &[]);
    for (width, bare) in [(340.0, true), (390.0, false), (560.0, true), (1400.0, false), (0.0, true), (f64::NAN, false)]
    {
        (data.width, data.bare) = (width, bare);
        for chart in CHARTS.iter().filter(|chart| drawn(chart.name)) {
            let scene = chart.scene(&data);
            assert_eq!(scene.empty, None, "{}", chart.name);
            check_texts(chart.name, &scene);
        }
    }
}

#[test]
fn one_workload_alone_keeps_the_looks_of_the_whole_report() {
    let plan = Plan {
        strategies: TWELVE,
        workloads: &["stack", "text"],
        parts: &["calm", "rough"],
        sizes: &[10, 20],
        seeds: 1,
    };
    let results = plan.results();
    let all = Data::new(&results, &[]);
    let (text, none) = (all.only("text"), all.only("unheard of"));
    for chart in CHARTS.iter().filter(|chart| drawn(chart.name)) {
        let scene = chart.scene(&text);
        assert_eq!(scene.empty, None, "{}", chart.name);
        assert!(scene.height < chart.scene(&all).height, "{} has panels of other workloads", chart.name);
        assert!(!scene.texts().iter().any(|(_, text)| text.contains("stack")), "{}", chart.name);
        assert!(chart.scene(&none).empty.is_some(), "{}", chart.name);
        check_texts(chart.name, &scene);
    }
    assert!(TWELVE.iter().all(|name| all.palette.look(name) == text.palette.look(name)));
}

/// Rows that do not apply are dropped, and stay where another condition of the workload has them.
#[test]
fn rows_without_a_figure_are_dropped() {
    let mut results = small();
    let texts = |results: &Results, name: &str| -> Vec<String> {
        let data = Data::new(results, &[]);
        let chart = CHARTS.iter().find(|chart| chart.name == name).expect("registered");
        chart.scene(&data).texts().iter().map(|(_, text)| (*text).to_owned()).collect()
    };
    let drop = |results: &mut Results, part: &str| {
        let of = |cell: &&mut syncbench_harness::results::Cell| cell.strategy == "lww-document" && cell.part == part;
        let cells = results.cells.iter_mut().filter(of);
        cells.for_each(|cell| crate::support::drop_cell(cell, Outcome::Unsupported, "it does not apply"));
    };
    drop(&mut results, "calm");
    for name in ["losses", "visibility", "divergence", "throughput", "bytes", "memory"] {
        let told = texts(&results, name);
        assert_eq!(told.iter().filter(|text| *text == "lww-document").count(), 1, "{name}: {told:?}");
        assert_eq!(told.iter().filter(|text| *text == NONE).count(), 1, "{name}: {told:?}");
    }
    drop(&mut results, "rough");
    for name in ["losses", "visibility", "divergence", "throughput", "bytes", "memory", "pareto"] {
        let told = texts(&results, name);
        assert!(!told.iter().any(|text| text.contains("lww-document") || text == NONE), "{name}: {told:?}");
    }
}

#[test]
fn figures_from_a_billionth_to_a_trillion_and_zeros_have_their_places() {
    let mut results = small();
    for (index, cell) in results.cells.iter_mut().enumerate() {
        let value = [0.0, 1e-9, 1.0, 1e12, f64::MAX][index % 5];
        for metric in [&OPS_PER_CPU_S, &WIRE_BYTES_PER_OP, &DIVERGED_SHARE] {
            cell.metrics.insert(metric.name.to_owned(), Metric::Number(value));
        }
        let ns = [0, 1, 1_000, 1_000_000_000_000_000, u64::MAX / 2][index % 5];
        for metric in [&VISIBLE_MS, &ECHO_MS, &CPU_US_LOCAL] {
            cell.series_mut().histograms.insert(metric.name.to_owned(), vec![(0, 3), (ns, 400)]);
        }
        cell.series_mut().curves.insert(RESIDENT_BYTES.name.to_owned(), vec![(0.0, 0.0), (1e12, value)]);
        cell.series_mut().curves.insert(DIVERGENCE.name.to_owned(), vec![(0.0, value), (1e9, 1.0)]);
        let lost = [0, 1, 400, u64::from(u32::MAX)][index % 4];
        cell.metrics.insert(LOST_INTENTS.name.to_owned(), Metric::Counts(ByName::from_iter([("torn save", lost)])));
    }
    draw_all(&results);
}

/// A star and a mesh have other paths: they are compared with their own kind only.
#[test]
fn a_star_and_a_mesh_never_share_a_front() {
    let strategies = &["serial", "ot", "crdt-yrs", "crdt-yrs:topology=mesh"];
    let plan = Plan { strategies, workloads: &["stack"], parts: &["rough"], sizes: &[], seeds: 1 };
    let mut results = plan.results();
    for cell in results.cells.iter_mut().filter(|cell| cell.strategy.ends_with("mesh")) {
        cell.topology = Topology::Mesh;
    }
    let data = Data::new(&results, &[]);
    let pareto = CHARTS.iter().find(|chart| chart.name == "pareto").expect("registered").scene(&data);
    let of = |name: &str| {
        let place = pareto.texts().into_iter().find(|(_, text)| text.contains(name)).map(|(rect, _)| rect);
        place.unwrap_or_else(|| panic!("{name} is not named")).y
    };
    let heading = of("rough, mesh");
    assert!(of("crdt-yrs:topology=mesh") > heading && of("serial") < heading, "each below its own heading");
}

/// A thousand conditions once made pictures so large that drawing them failed.
#[test]
fn a_thousand_conditions_are_drawn_in_part() {
    let plan =
        Plan { strategies: &["lww-document"], workloads: &["stack"], parts: &["rough"], sizes: &[10, 20], seeds: 1 };
    let one = plan.results();
    let with = |network: usize| {
        one.cells.iter().cloned().map(move |mut cell| {
            cell.settings.network = format!("constant:{network}ms");
            cell
        })
    };
    let results = results((1..=1000).flat_map(with).collect());
    let data = Data::new(&results, &[]);
    for chart in CHARTS.iter().filter(|chart| drawn(chart.name)) {
        let scene = chart.scene(&data);
        assert_eq!(scene.empty, None, "{}", chart.name);
        check_texts(chart.name, &scene);
        assert!(scene.height < 12_000.0, "{}: {}", chart.name, scene.height);
        let some = format!("The first {PANELS} of ");
        let note = scene.texts().into_iter().any(|(_, text)| text.starts_with(&some));
        assert!(note, "{} does not say that panels are missing", chart.name);
    }
    let text = table::summary(&results, 80, false);
    assert!((1..=1000).all(|network| text.contains(&format!("constant:{network}ms"))), "the table has all of them");
}

#[test]
fn hundreds_of_strategies_are_drawn_in_part() {
    let names: Vec<_> = (0..300).map(|n| format!("strategy-{n}")).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    let plan = Plan { strategies: &names, workloads: &["stack"], parts: &["rough"], sizes: &[10, 20], seeds: 1 };
    let results = plan.results();
    for (name, scene) in draw_all(&results).into_iter().filter(|(name, _)| drawn(name)) {
        assert_eq!(scene.empty, None, "{name}");
        assert!(scene.height < 12_000.0, "{name}: {}", scene.height);
        let note = scene.texts().into_iter().any(|(_, text)| text.starts_with("The first 56 of 300 strategies"));
        assert!(note, "{name} does not say that strategies are missing");
    }
}

#[test]
fn a_picture_of_any_size_is_drawn() {
    for (width, height) in [(0.0, 0.0), (9.0, 159_000.0), (1e9, 9.0), (f64::NAN, f64::INFINITY)] {
        let scene = Scene { width, height, ..Scene::new("large", 10.0, 10.0) };
        assert!(scene.svg().ends_with("</svg>\n") && scene.png().starts_with(b"\x89PNG"), "{width} x {height}");
    }
}

#[test]
fn results_without_figures_say_why() {
    for outcome in [Outcome::Unsupported, Outcome::Failed, Outcome::NotRun] {
        let mut results = small();
        results.cells.iter_mut().for_each(|cell| crate::support::drop_cell(cell, outcome, "because of this"));
        for (name, scene) in draw_all(&results) {
            assert!(scene.empty.is_some(), "{name}");
        }
        let table = table::summary(&results, 80, false);
        assert!(table.lines().filter(|line| line.contains("because of this")).count() >= 6, "{table}");
    }
}

#[test]
fn hostile_strings_are_escaped() {
    let hostile = "<script>alert('x')</script>&\"\u{1b}[31m\n\u{7}".to_owned();
    let mut results = small();
    for cell in results.cells.iter_mut().filter(|cell| cell.strategy != "serial") {
        cell.strategy = format!("{hostile}{}", cell.strategy);
        cell.workload = hostile.clone();
        cell.settings.faults = vec![hostile.clone()];
        cell.replay = hostile.clone();
        cell.claims_reasons = vec![hostile.clone()];
        cell.support = Arc::new(BTreeMap::from([(hostile.clone(), hostile.clone())]));
        for coverage in &mut cell.coverage {
            (coverage.fault, coverage.effect) = (hostile.clone(), hostile.clone());
        }
        cell.findings.iter_mut().for_each(|finding| finding.example = hostile.clone());
        cell.metrics.insert(LOST_INTENTS.name.to_owned(), Metric::Counts(ByName::from_iter([(hostile.clone(), 7)])));
    }
    crate::support::drop_cell(&mut results.cells[8], Outcome::Failed, &hostile);
    results.environment.cpu = hostile.clone();
    results.scenario = serde_json::json!({ "label": hostile });
    draw_all(&results);
    let page = html::page(&results, &[]);
    assert!(page.matches("&lt;script&gt;").count() > 20, "the text is shown, not dropped");
}

#[test]
fn long_names_are_cut() {
    let mut results = small();
    for cell in &mut results.cells {
        cell.strategy = format!("{}-{}", cell.strategy, "long".repeat(40));
        cell.workload = "workload ".repeat(40);
    }
    draw_all(&results);
}

#[test]
fn figures_that_are_no_numbers_do_no_harm() {
    let mut results = small();
    for (index, cell) in results.cells.iter_mut().enumerate() {
        for metric in [&OPS_PER_CPU_S, &WIRE_BYTES_PER_OP, &OPS_ISSUED, &DIVERGED_SHARE] {
            let value = [f64::NAN, f64::INFINITY, 0.0, -1.0][index % 4];
            cell.metrics.insert(metric.name.to_owned(), Metric::Number(value));
        }
        cell.metrics.insert(CONVERGENCE_MS.name.to_owned(), Metric::Absent);
        cell.series_mut().histograms.insert(VISIBLE_MS.name.to_owned(), vec![(0, 3)]);
        cell.series_mut().curves.insert(DIVERGENCE.name.to_owned(), vec![(0.0, 0.5)]);
        let memory = [vec![(0.0, 0.0)], vec![(0.0, f64::NAN)], vec![], vec![(0.0, 1e12)]];
        cell.series_mut().curves.insert(RESIDENT_BYTES.name.to_owned(), memory[index % 4].clone());
    }
    draw_all(&results);
}

#[test]
fn a_cell_without_any_metric_does_no_harm() {
    let mut results = small();
    for cell in &mut results.cells {
        cell.metrics.clear();
        cell.series = LazySeries::default();
    }
    draw_all(&results);
}

#[test]
fn the_same_results_give_the_same_bytes() {
    let results = small();
    assert_eq!(report::files(&results, &[]), report::files(&results, &[]));
}

#[test]
fn charts_of_flips_and_ratios_keep_their_labels_apart() {
    let usual = (crate::support::pictures::flip(), crate::support::pictures::ratios());
    for (flip, ratios) in crate::support::pictures::edges().into_iter().chain([usual]) {
        for width in [340.0, 560.0, 1000.0] {
            for bare in [false, true] {
                check_picture("flip", &flip.scene(width, bare));
                check_picture("ratio", &ratios.scene(width, bare));
            }
        }
    }
}

#[test]
fn a_flip_says_where_the_proposal_changes() {
    let texts = |scene: &Scene| scene.texts().iter().map(|(_, text)| (*text).to_owned()).collect::<Vec<_>>().join("|");
    let mut flip = crate::support::pictures::flip();
    let text = texts(&flip.scene(1000.0, false));
    assert!(text.contains("changes between 20 and 40, and between 160 and 320"), "{text}");
    assert!(text.contains("marks the answers: 40") && text.contains("|serial|"), "{text}");
    flip.proposals.iter_mut().for_each(|(_, proposal)| *proposal = Some("ot".into()));
    let text = texts(&flip.scene(1000.0, false));
    assert!(text.contains("stays over the whole range"), "{text}");
}

#[test]
fn a_story_keeps_its_labels_apart() {
    check_texts("story", &crate::support::story().scene());
}

#[test]
fn a_story_may_be_empty_or_name_missing_lanes() {
    let mut story = crate::support::story();
    story.lanes.pop();
    story.events[0].at_ms = f64::NAN;
    assert!(story.scene().svg().ends_with("</svg>\n"));
    story.lanes.clear();
    assert!(story.scene().png().starts_with(b"\x89PNG"));
}

#[test]
#[should_panic(expected = "covers")]
fn a_covered_text_is_noticed() {
    let mut scene = crate::support::story().scene();
    let place = scene.texts()[3].0;
    scene.heading(syncbench_reports::draw::Point { x: place.x, y: place.bottom() }, "on top", 14.0);
    check_texts("planted", &scene);
}

#[test]
#[should_panic(expected = "leaves the picture")]
fn a_clipped_text_is_noticed() {
    let mut scene = crate::support::story().scene();
    scene.heading(syncbench_reports::draw::Point { x: scene.width - 20.0, y: 60.0 }, "out of sight", 14.0);
    check_texts("planted", &scene);
}

/// Every link within a page leads somewhere, whatever was measured.
#[test]
fn no_link_of_a_page_leads_nowhere() {
    for measured in [small(), large(), results(Vec::new())] {
        let page = html::page(&measured, &[]);
        let after = |start: &str| -> Vec<String> {
            page.split(start).skip(1).filter_map(|rest| Some(rest.split_once('"')?.0.to_owned())).collect()
        };
        let ids = after(" id=\"");
        let dead: Vec<String> = after(" href=\"#").into_iter().filter(|link| !ids.contains(link)).collect();
        assert_eq!(dead, Vec::<String>::new());
    }
}

#[test]
fn what_the_throughput_engine_carried_is_drawn_and_told() {
    let strategies = ["serial", "serial:window=1ms", "ot"];
    let plan = |sizes| Plan { strategies: &strategies, workloads: &["stack"], parts: &["calm"], sizes, seeds: 3 };
    // Gunther's law with its peak at 10 clients, a little faster for each seed.
    let law = |n: f64, seed: u64| (1_000.0 + seed as f64) * n / (1.0 + 0.01 * n * (n - 1.0));
    let with = |sizes, clients: u32| {
        plan(sizes).results().cells.into_iter().map(move |mut cell| {
            (cell.settings.engine, cell.settings.clients) = (Engine::Throughput, clients);
            let batch = if cell.strategy.contains("window") { 40.0 } else { 1.0 };
            let carried = law(clients.into(), cell.seed) * if cell.strategy == "ot" { 0.5 } else { 1.0 };
            cell.metrics.insert(CARRIED_OPS_PER_S.name, Metric::Number(carried));
            cell.metrics.insert(CARRIED_DELIVERIES_PER_S.name, Metric::Number(carried * f64::from(clients) * batch));
            cell.metrics.insert(OPS_PER_MESSAGE.name, Metric::Number(batch));
            cell
        })
    };
    const CLIENTS: [u32; 5] = [2, 4, 8, 16, 32];
    let told = |results: &Results| scalability::told(&scalability::series(&Summary::new(results)));
    let results_of =
        |sizes: &'static [u64]| results(CLIENTS.into_iter().flat_map(|clients| with(sizes, clients)).collect());
    let results = results_of(&[]);
    for (name, scene) in draw_all(&results).into_iter().filter(|(name, _)| !drawn(name) && *name != "estimates") {
        assert_eq!(scene.empty, None, "{name}");
        check_texts(name, &scene);
    }
    let lines = told(&results);
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert!(lines[0].starts_with("serial: up to 10 (range 10–10) clients pay"), "{lines:?}");
    assert!(lines.iter().all(|line| line.contains("; fit within ") && line.chars().count() <= 80), "{lines:?}");
    // With more workloads and sizes, each line says which it is of.
    let more = told(&results_of(&[10]));
    assert_eq!((more.len(), more.iter().collect::<BTreeSet<_>>().len()), (9, 9), "{more:?}");
    assert!(more[0].starts_with("serial, size 1,000 on stack: up to 10 "), "{more:?}");
}
