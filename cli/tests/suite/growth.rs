//! `growth`: curves, their charts and their page. What a point costs in processor time depends on the machine, and is not
//! looked at.

use std::fs;

use serde_json::Value;

use crate::common::{Place, is_file};

const QUICK: &[&str] = &["growth", "-s", "serial,lww-property", "--most", "100", "--budget", "5m"];

#[test]
fn curves_are_written_with_their_charts_and_added_to_later() {
    let place = Place::new();
    let said = place.run(&[QUICK, &["--axis", "clients", "--out", "grown"]].concat());
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(said.out.starts_with("With clients, the cost that grows most is "), "{said:?}");
    assert!(said.out.lines().all(|line| line.chars().count() <= 100) && said.out.contains("Page: grown/README.md"));
    for file in ["growth.json", "README.md", "charts/clients-traffic.svg", "charts/clients-traffic.png"] {
        assert!(is_file(&place.path("grown").join(file)), "{file}");
    }
    let said = place.run(&[QUICK, &["--axis", "items", "--out", "grown", "--json"]].concat());
    assert_eq!(said.code, Some(0), "{said:?}");
    let curves: Value = serde_json::from_str(&said.out).unwrap_or_else(|error| panic!("{error}: {said:?}"));
    let axes: Vec<_> = curves["curves"].as_array().unwrap().iter().map(|curve| curve["axis"].as_str()).collect();
    assert_eq!(axes, [Some("items"), Some("items"), Some("clients"), Some("clients")]);
    // What follows from events is the same in every run: one message up, and one down to each client.
    let last = &curves["curves"][2]["points"][3];
    assert_eq!((&last["at"], &last["figures"]["messages_per_op"]), (&100.into(), &serde_json::json!([101.0])));
    let page = fs::read_to_string(place.path("grown/README.md")).unwrap();
    assert!(page.contains("](charts/items-memory.svg)") && page.contains("](charts/clients-traffic.svg)"), "{page}");
}

#[test]
fn wrong_use_is_told_and_writes_nothing() {
    let place = Place::new();
    place.write("taken.md", "mine");
    fs::create_dir(place.path("mine")).unwrap();
    fs::write(place.path("mine/README.md"), "mine").unwrap();
    fs::create_dir(place.path("other")).unwrap();
    fs::write(place.path("other/growth.json"), "{}").unwrap();
    let before = place.files();
    for (more, expected) in [
        (["--axis", "client"], "--axis client: no such axis: did you mean `clients`? "),
        (["--budget", "0s"], "--budget 0: expected a span above 0"),
        (["-s", "serail"], "--strategy `serail`: no such strategy: did you mean `serial`"),
        (["--most", "2"], "--most 2: the axis of operations begins at 100"),
        (["--workload", "recrod"], "--workload `recrod`: no such workload: did you mean `record`"),
        (["--out", "mine"], "mine/README.md: exists already and is not the page of curves"),
        (["--out", "other"], "other/growth.json: no curves (missing field `schema`"),
    ] {
        let said = place.run(&[&["growth"], &more[..]].concat());
        assert_eq!(said.code, Some(2), "{said:?}");
        assert!(said.err.contains(expected), "{said:?}");
    }
    let said = place.run(&["growth", "-s", "escrow", "-w", "record"]);
    assert!(said.code == Some(2) && said.err.contains("--workload escrow does not carry record: "), "{said:?}");
    assert_eq!(place.files(), before);
}
