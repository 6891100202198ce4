//! `syncbench cost`, through the binary.

use serde_json::Value;
use syncbench_harness::by_name::ByName;
use syncbench_harness::growth::{Axis, Curve, Curves, FIGURES, Held, Point, SCHEMA};
use syncbench_harness::results::Environment;

use crate::common::Place;

/// A million people, of whom 5 % are online, 20 in a document, with an operation every five seconds.
const MILLION: [&str; 9] = ["cost", "--people", "1M", "--online", "5%", "--per-document", "20", "--rate", "0.2"];

/// A file of curves of two strategies: every figure of `serial` is the same everywhere, and `ot` grows with its clients.
fn curves(place: &Place) -> String {
    let curve = |strategy: &str, axis: Axis| {
        let figures = |at: u64| FIGURES.iter().map(move |figure| (figure.name, vec![value(strategy, axis, at)]));
        let point = |at: u64| Point { at, figures: ByName::from_iter(figures(at)) };
        let held = |of: Axis, value: u64| (axis != of).then_some(value);
        Curve {
            strategy: strategy.to_owned(),
            workload: "counter".to_owned(),
            axis,
            held: Held {
                operations: held(Axis::Operations, 1_000),
                clients: held(Axis::Clients, 10),
                items: held(Axis::Items, 100),
                rate_per_s: 20.0,
                network: "lan".to_owned(),
            },
            points: [1, 10, 100, 1_000].map(point).into(),
            stopped: (strategy == "ot" && axis == Axis::Clients).then(|| "at 3,000: too slow".to_owned()),
        }
    };
    fn value(strategy: &str, axis: Axis, at: u64) -> f64 {
        if strategy == "ot" && axis == Axis::Clients { 10.0 * at as f64 } else { 100.0 }
    }
    let all = ["serial", "ot"].into_iter().flat_map(|strategy| Axis::ALL.map(|axis| curve(strategy, axis)));
    let curves = Curves {
        schema: SCHEMA,
        environment: Environment::default(),
        reference_us: 100.0,
        budget_s: 60.0,
        curves: all.collect(),
    };
    place.write("growth.json", serde_json::to_vec(&curves).unwrap())
}

fn with<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&MILLION[..], more].concat()
}

#[test]
fn the_answer_comes_first_and_fits_a_terminal() {
    let place = Place::new();
    let file = curves(&place);
    let said = place.run(&with(&["--curves", &file]));
    assert_eq!((said.code, said.err.as_str()), (Some(0), ""), "{}", said.out);
    assert!(said.out.lines().all(|line| line.chars().count() <= 80 && !line.contains('\u{1b}')), "{}", said.out);
    let screen: Vec<_> = said.out.lines().take(24).collect();
    for word in ["Servers take from ", "breaks first", "strategy", "serial ", "ot "] {
        assert!(screen.iter().any(|line| line.contains(word)), "{word}: {}", said.out);
    }
    assert!(
        said.out.contains("too slow") && said.out.contains("core-load 50%") && said.out.contains("(M/M/1)"),
        "{}",
        said.out
    );
    let details = place.run(&with(&["--curves", &file, "--details", "-s", "ot"]));
    assert!(details.out.contains("exponent 1.00 (") && !details.out.contains("\nserial"), "{}", details.out);
}

#[test]
fn the_committed_curves_answer_for_every_strategy_that_they_have() {
    let place = Place::new();
    let said = place.run(&with(&["--json"]));
    assert_eq!((said.code, said.err.as_str()), (Some(0), ""));
    let answer: Value = serde_json::from_str(&said.out).expect("one document");
    assert!(answer["strategies"].as_array().unwrap().len() >= 10);
    assert!(place.files().is_empty());
    let told = place.run(&MILLION);
    assert!(told.out.contains("Curves: built in, measured by syncbench "), "{}", told.out);
    assert!(told.out.lines().all(|line| line.chars().count() <= 80), "{}", told.out);
}

#[test]
fn every_need_lies_within_its_interval() {
    let place = Place::new();
    let file = curves(&place);
    let said = place.run(&with(&["--curves", &file, "--json"]));
    assert_eq!((said.code, said.err.as_str()), (Some(0), ""));
    let answer: Value = serde_json::from_str(&said.out).expect("one document");
    assert_eq!(answer["product"]["per_document"], 20.0);
    let strategies = answer["strategies"].as_array().unwrap();
    assert_eq!(strategies.len(), 2);
    for one in strategies {
        for need in one["needs"].as_array().unwrap() {
            let number = |name: &str| need[name].as_f64();
            if let (Some(low), Some(value), Some(high)) = (number("low"), number("value"), number("high")) {
                assert!(low <= value && value <= high, "{one}");
            }
        }
    }
}

#[test]
fn a_products_file_and_prices_give_a_month_its_price() {
    let place = Place::new();
    let file = curves(&place);
    place.write("p.toml", "people = \"1M\"\nonline = \"5%\"\nper_document = 20\nrate = 0.1\ncore_load = 0.5\n");
    place.write("prices.toml", include_str!("../../../examples/prices.toml"));
    let args = ["cost", "--product", "p.toml", "--curves", &file, "--prices", "prices.toml"];
    let said = place.run(&[&args[..], &["--rate", "0.2", "--assume", "core-load=25%", "--json"]].concat());
    assert_eq!((said.code, said.err.as_str()), (Some(0), ""), "{}", said.out);
    let answer: Value = serde_json::from_str(&said.out).unwrap();
    let product = |name: &str| answer["product"][name].as_f64().unwrap();
    assert_eq!((product("rate"), product("core_load")), (0.2, 0.25), "flags override the file");
    let money = &answer["strategies"][0]["money"];
    assert_eq!(money["currency"], "EUR");
    let parts: f64 = money["parts"].as_object().unwrap().values().map(|part| part["value"].as_f64().unwrap()).sum();
    assert!((parts / money["total"]["value"].as_f64().unwrap() - 1.0).abs() < 1e-9);
    assert!(place.run(&args).out.contains("EUR/month"));
}

#[test]
fn the_page_is_written_with_its_charts_and_over_no_other_page() {
    let place = Place::new();
    let file = curves(&place);
    let args = with(&["--curves", &file, "--page", "scale"]);
    let said = place.run(&args);
    assert_eq!((said.code, said.err.as_str()), (Some(0), ""), "{}", said.out);
    let page = std::fs::read_to_string(place.path("scale/README.md")).unwrap();
    for chart in ["people.svg", "document.svg", "months.svg"] {
        assert!(page.contains(chart) && place.path(&format!("scale/{chart}")).is_file(), "{chart}");
    }
    assert!(page.contains("`syncbench cost --people 1000000 --online 0.05 --per-document 20 --rate 0.2"), "{page}");
    assert_eq!(place.run(&args).code, Some(0), "our own page is written again");
    place.write("scale/README.md", "mine");
    let refused = place.run(&args);
    assert_eq!(refused.code, Some(2));
    assert!(refused.err.contains("is not the page of a cost"), "{}", refused.err);
}

#[test]
fn wrong_use_is_told_in_a_line() {
    let place = Place::new();
    let file = curves(&place);
    place.write("bad.toml", "peeple = 5");
    place.write("bad.json", "{}");
    for (args, words) in [
        (vec!["cost", "--people", "0"], vec!["'0' for '--people", "a whole number from 1 on"]),
        (vec!["cost", "--online", "500%"], vec!["500%", "at most 100%"]),
        (vec!["cost", "--people", "1M"], vec!["--online is missing", "--per-document 20"]),
        (with(&["--curves", &file, "--strategy", "serail"]), vec!["serail", "did you mean `serial`"]),
        (with(&["--curves", &file, "-s", "serial-cas"]), vec!["serial-cas", "growth --strategy serial-cas"]),
        (with(&["--curves", &file, "-s", "ot:window=50ms"]), vec!["growth --strategy ot:window=50ms", "serial, ot"]),
        (with(&["--curves", "none.json"]), vec!["--curves none.json", "growth --out DIR"]),
        (with(&["--curves", "bad.json"]), vec!["--curves bad.json", "growth.json"]),
        (with(&["--curves", &file, "--prices", "bad.toml"]), vec!["--prices bad.toml", "core_hour"]),
        (vec!["cost", "--product", "bad.toml"], vec!["--product bad.toml, line 1", "did you mean `people`"]),
        (with(&["--assume", "core-laod=1"]), vec!["core-laod", "did you mean `core-load`"]),
        (with(&["--assume", "core-load"]), vec!["--assume core-load", "NAME=VALUE"]),
        (with(&["--assume", "core-load=200%"]), vec!["core-load=200%", "at most 100%"]),
    ] {
        let said = place.run(&args);
        assert_eq!((said.code, said.out.as_str()), (Some(2), ""), "{args:?}: {}", said.err);
        assert_eq!(said.err.trim_end().lines().count(), 1, "{args:?}: {}", said.err);
        for word in words {
            assert!(said.err.contains(word), "{args:?}: no {word:?} in {}", said.err);
        }
    }
}
