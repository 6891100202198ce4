//! A comparison as text, Markdown, JSON and a picture.

use syncbench_harness::metric::Metric;
use syncbench_harness::metrics::*;
use syncbench_harness::results::Results;
use syncbench_reports::compare::{Comparison, markdown, picture, text};

use super::{Run, cells, compared};

/// Something of everything, with names that are hard to show.
fn rich() -> Comparison {
    let long = "crdt-automerge:sync=protocol,batch=50ms,window=100ms,topology=mesh|<b>".to_owned();
    let run = |luck, slower| Run {
        strategies: vec!["serial".into(), long.clone(), "ot".into()],
        luck,
        slower,
        ..Run::default()
    };
    let mut is = run(2, 1.4).results();
    for cell in cells(&mut is, &long, "calm") {
        cell.metrics.insert(WIRE_BYTES_PER_OP.name, Metric::Number(90.0));
        cell.metrics.insert(CONVERGENCE_MS.name, Metric::Number(1e12));
    }
    for cell in cells(&mut is, "serial", "rough") {
        cell.metrics.insert(LOST_INTENTS.name, Metric::Counts([("torn save", 2u64)].into_iter().collect()));
    }
    compared(&run(1, 1.0).results(), &is, &["lost>0", "ops_per_cpu_s<-10%", "visible_ms.p99>+5%"]).expect("comparable")
}

fn none() -> Comparison {
    let results: Results = Run::default().results();
    compared(&results, &results, &[]).expect("comparable")
}

#[test]
fn the_text_answers_first_and_fits() {
    for width in [60, 80, 120] {
        let text = text(&rich(), width, true);
        let first = text.lines().next().expect("a line");
        assert!(first.contains("worse"), "{first}");
        // A command is one line, so that it can be copied.
        for line in text.lines().filter(|line| !line.contains("replay: ")) {
            let words = line.split_whitespace().any(|word| word.chars().count() > width - 8);
            assert!(line.chars().count() <= width || words, "{width}: {line}");
        }
    }
    insta::assert_snapshot!("compare-text", text(&rich(), 80, false));
    insta::assert_snapshot!("compare-text-none", text(&none(), 80, false));
}

#[test]
fn markdown_has_tables_that_names_cannot_break() {
    let text = markdown(&rich());
    let columns = |line: &str| line.replace("\\|", "").matches('|').count();
    for line in text.lines().filter(|line| line.starts_with('|')) {
        assert_eq!(columns(line), 7, "{line}");
    }
    assert!(text.contains("mesh\\|\\<b\\>") && text.len() < 65_536);
    insta::assert_snapshot!("compare-markdown", text);
}

#[test]
fn json_has_every_figure_and_is_the_same_twice() {
    let json = serde_json::to_string(&rich()).expect("plain data");
    assert_eq!(json, serde_json::to_string(&rich()).expect("plain data"));
    let value: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(value["schema"], 1);
    let counted: u64 = value["counts"].as_object().expect("counts").values().filter_map(|count| count.as_u64()).sum();
    assert_eq!(value["changes"].as_array().expect("changes").len() as u64, counted);
}

#[test]
fn no_text_of_the_picture_leaves_it_or_touches_another() {
    for comparison in [rich(), none()] {
        let scene = picture(&comparison);
        let texts = scene.texts();
        for (index, (area, text)) in texts.iter().enumerate() {
            assert!(area.x >= 0.0 && area.right() <= scene.width && area.bottom() <= scene.height, "{text}");
            for (other, more) in &texts[..index] {
                let apart = area.right() <= other.x
                    || other.right() <= area.x
                    || area.bottom() <= other.y
                    || other.bottom() <= area.y;
                assert!(apart, "{text} and {more}");
            }
        }
    }
    assert!(picture(&none()).empty.is_some());
}
