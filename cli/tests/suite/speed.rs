//! `speed`: figures beside their targets. The figures themselves depend on the machine, and are not looked at.

use serde_json::Value;

use crate::common::Place;

#[test]
fn a_measurement_has_its_figures_and_decides_the_exit_code() {
    let said = Place::new().run(&["speed", "reduce-push", "gossip-madsim", "--json"]);
    let json: Value = serde_json::from_str(&said.out).unwrap_or_else(|error| panic!("{error}: {said:?}"));
    assert_eq!(json["schema"], 1);
    let targets = json["targets"].as_array().unwrap();
    let [madsim, push] = &targets[..] else { panic!("{json}") };
    assert_eq!(
        (&push["name"], &push["unit"], &push["clock"]),
        (&"reduce-push".into(), &"times".into(), &"processor".into())
    );
    assert_eq!(push["target"], serde_json::json!({"at_most": 3.0}));
    let number = |field: &str| push[field].as_f64().unwrap();
    assert!(0.0 < number("least") && number("least") <= number("median") && number("median") <= number("greatest"));
    assert!(!push["readings"].as_array().unwrap().is_empty());
    assert!((number("reached") - 3.0 / number("median")).abs() < 1e-9);
    let kept = number("median") <= 3.0;
    assert_eq!(push["outcome"], if kept { "kept" } else { "missed" });
    assert_eq!(said.code, Some(if kept { 0 } else { 3 }), "{said:?}");
    assert_eq!(madsim["outcome"], "not_measured");
    assert!(madsim["reason"].as_str().unwrap().contains("madsim"), "{madsim}");
    assert_eq!((json["kept"].as_u64(), json["missed"].as_u64()), (Some(u64::from(kept)), Some(u64::from(!kept))));
    assert_eq!((&json["not_measured"], &json["furthest"]), (&1.into(), &"reduce-push".into()));
    assert!(json["environment"]["profile"].is_string() && json["machine"]["reference_us"].is_array(), "{json}");
    assert_eq!(json["debug"].as_bool(), Some(json["environment"]["profile"] == "debug"));
    assert_eq!(said.err.contains("debug build"), json["debug"] == true, "{said:?}");
}

#[test]
fn what_is_not_measured_is_neither_kept_nor_missed() {
    let said = Place::new().run(&["speed", "gossip-100000,gossip-madsim"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(said.out.starts_with("0 of 0 targets are kept, 2 not measured.\n"), "{said:?}");
    assert!(said.out.contains("gossip-100000 (at least 1.5M deliveries/s): "), "{said:?}");
}

#[test]
fn an_unknown_name_is_answered_with_similar_ones() {
    let said = Place::new().run(&["speed", "gosip-100"]);
    assert_eq!(said.code, Some(2), "{said:?}");
    assert!(said.err.contains("speed gosip-100: no such measurement: did you mean `gossip-100`? "), "{said:?}");
}
