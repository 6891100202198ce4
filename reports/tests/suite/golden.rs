//! Golden outputs: `INSTA_UPDATE=always cargo test -p syncbench-reports` blesses the present output.
use crate::support::{Plan, THREE};
use syncbench_harness::results::{Outcome, Results};
use syncbench_harness::stories::{self, Told};
use syncbench_reports::aggregate::Summary;
use syncbench_reports::anomalies::{Map, Maps};
use syncbench_reports::charts::{self, Data};
use syncbench_reports::draw::geometry::{Anchor, Rect, at};
use syncbench_reports::draw::scene::{INK, Scene};
use syncbench_reports::{headline, html, story, table};
use syncbench_strategies::registry::STRATEGIES;

/// Five strategies under two conditions: one failed, one is unsupported, one did not converge.
fn mixed() -> Results {
    let strategies = &["serial", "crdt-automerge:batch=50ms", "causal-mesh", "patches", "event-log"];
    let plan = Plan { strategies, workloads: &["stack"], parts: &["calm", "rough"], sizes: &[10, 1000], seeds: 3 };
    let mut results = plan.results();
    for cell in &mut results.cells {
        match cell.strategy.as_str() {
            "patches" => {
                crate::support::drop_cell(cell, Outcome::Unsupported, "a stack has no patches: an index is not a path")
            }
            "event-log" => crate::support::drop_cell(cell, Outcome::Failed, "receive: 17 bytes left over"),
            _ => {}
        }
    }
    results
}

/// The committed map, which does not say here of which versions it was made.
fn maps() -> Maps {
    Maps::with("map.json", Map { made_by: None, ..Map::committed().clone() })
}

#[test]
fn table_of_80_columns() {
    insta::assert_snapshot!(table::summary_with(&mixed(), &maps(), 80, false));
}

#[test]
fn table_of_140_columns() {
    insta::assert_snapshot!(table::summary_with(&mixed(), &maps(), 140, false));
}

#[test]
fn table_in_color() {
    let plan = Plan { strategies: THREE, workloads: &["stack"], parts: &["rough"], sizes: &[], seeds: 1 };
    insta::assert_snapshot!(table::summary_with(&plan.results(), &maps(), 80, true).replace('\u{1b}', "ESC"));
}

#[test]
fn headlines() {
    let results = mixed();
    insta::assert_debug_snapshot!(headline::headlines(&Summary::new(&results)));
}

#[test]
fn page_without_pictures_and_style() {
    let page = html::page_with(&mixed(), &[], charts::CHARTS, &maps());
    let page = without(&without(&page, "<style>", "</style>"), "<svg", "</svg>");
    let page = without(&page, "<script>", "</script>");
    insta::assert_snapshot!(page.replace("<tr", "\n<tr").replace("<section", "\n\n<section").replace("<li", "\n<li"));
}

#[test]
fn pictures() {
    let plan = Plan { strategies: THREE, workloads: &["stack"], parts: &["rough"], sizes: &[10, 1000], seeds: 2 };
    let results = plan.results();
    let data = Data::new(&results, &[]);
    for name in ["throughput", "losses", "pareto", "growth", "memory"] {
        let chart = charts::find(name).expect("registered");
        insta::assert_snapshot!(name, chart.scene(&data).svg());
    }
    insta::assert_snapshot!("spacetime", crate::support::story().scene().svg());
}

/// `text` without everything between `start` and `end`.
pub(crate) fn without(text: &str, start: &str, end: &str) -> String {
    let mut pieces = text.split(start);
    let first = pieces.next().unwrap_or_default().to_owned();
    let rest: String = pieces.filter_map(|piece| piece.split_once(end)).map(|(_, rest)| rest).collect();
    [first, rest].concat()
}

/// A story under strategies that every build has, so that its picture does not depend on features.
fn told(name: &str, strategies: &[&str]) -> Told {
    let names: Vec<String> = strategies.iter().map(|name| (*name).to_owned()).collect();
    let story = stories::find(name).expect("a story");
    (story.tell)(&names, STRATEGIES).expect("strategies that are always here")
}

#[test]
fn story_of_a_stack() {
    insta::assert_snapshot!(story::scene(&told("stack", &["serial"]), true).svg());
}

#[test]
fn story_of_a_race() {
    insta::assert_snapshot!(story::scene(&told("race", &["serial", "lww-document"]), true).svg());
}

#[test]
fn no_text_of_a_story_covers_another() {
    for scene in [
        story::scene(&told("stack", &["serial"]), true),
        story::scene(&told("race", &["serial", "lww-document"]), true),
    ] {
        assert_eq!(clash(&scene), None);
    }
}

#[test]
fn a_text_on_another_and_one_outside_are_noticed() {
    let mut scene = story::scene(&told("stack", &["serial"]), true);
    scene.text(at(40.0, 40.0), "on the title", 20.0, Anchor::Start, INK);
    assert!(clash(&scene).is_some_and(|clash| clash.contains("on the title")));
    let mut scene = story::scene(&told("stack", &["serial"]), true);
    scene.text(at(scene.width - 5.0, 60.0), "outside", 20.0, Anchor::Start, INK);
    assert!(clash(&scene).is_some_and(|clash| clash.contains("outside")));
}

/// The first text that covers another one or leaves the picture.
fn clash(scene: &Scene) -> Option<String> {
    let texts = scene.texts();
    for (index, (rect, text)) in texts.iter().enumerate() {
        // Boxes are as high as the tallest letter, so a sliver in common is still air.
        if let Some((_, below)) = texts[..index].iter().find(|(other, _)| rect.overlap(other) > 12.0) {
            return Some(format!("{text:?} covers {below:?}"));
        }
        if !Rect::new(0.0, 0.0, scene.width, scene.height).holds(rect) {
            return Some(format!("{text:?} leaves the picture"));
        }
    }
    None
}
