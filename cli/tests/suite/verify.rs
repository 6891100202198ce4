//! `verify --cell`: one cell in two processes, event by event; and `export --histories`.

use std::fs;

use serde_json::Value;

use crate::common::{Place, quick};

const CELL: &str = "syncbench run --strategy serial --workload stack --network lan --ops 20 --seeds 3";

#[test]
fn a_cell_is_compared_with_itself_in_another_process() {
    let said = Place::new().run(&["verify", "--cell", CELL]);
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(said.out.ends_with(" events in the same order in both processes\n"), "{said:?}");
    let wrong = Place::new().run(&["verify", "--cell", "run --strategy serial --workload stack"]);
    assert_eq!(wrong.code, Some(2), "{wrong:?}");
    assert!(wrong.err.contains("--cell: this command runs"), "{wrong:?}");
    let real = Place::new().run(&["verify", "--cell", &format!("{CELL} --engine threads")]);
    assert_eq!(real.code, Some(2), "{real:?}");
}

/// The other program is this one, and something changes its hundredth event.
#[cfg(unix)]
#[test]
fn the_first_differing_event_is_named() {
    use std::os::unix::fs::PermissionsExt;

    let place = Place::new();
    let program = env!("CARGO_BIN_EXE_syncbench");
    let other = place.path("other");
    fs::write(&other, format!("#!/bin/sh\n'{program}' \"$@\" | sed '100s/$/, or so/; 120s/$/, or so/'\n")).unwrap();
    fs::set_permissions(&other, fs::Permissions::from_mode(0o755)).unwrap();
    let said = place.run(&["verify", "--cell", CELL, "--against", other.to_str().unwrap()]);
    assert_eq!(said.code, Some(1), "{said:?}");
    let lines: Vec<&str> = said.out.lines().collect();
    assert!(lines[0].starts_with("first differing event: number 100, at "), "{said:?}");
    assert_eq!((lines[1], lines.len()), ("  the same in both:", 9));
    assert!(lines[2..7].iter().all(|line| line.starts_with("    ") && !line.contains("the instant ends")), "{said:?}");
    let here = lines[7].strip_prefix("  here:  ").unwrap();
    assert_eq!(lines[8], format!("  there: {here}, or so"));
    let json = place.run(&["verify", "--cell", CELL, "--against", other.to_str().unwrap(), "--json"]);
    let json: Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!((&json["verified"], &json["difference"]["number"]), (&false.into(), &100.into()));
    // A program that cannot run it is a failure, and no difference.
    fs::write(&other, "#!/bin/sh\nexit 7\n").unwrap();
    let failed = place.run(&["verify", "--cell", CELL, "--against", other.to_str().unwrap()]);
    assert_eq!(failed.code, Some(1), "{failed:?}");
    assert!(failed.err.contains("does not run this cell"), "{failed:?}");
    fs::write(&other, "#!/bin/sh\nexit 0\n").unwrap();
    let failed = place.run(&["verify", "--cell", CELL, "--against", other.to_str().unwrap()]);
    assert_eq!(failed.code, Some(1), "{failed:?}");
    assert!(failed.err.contains("prints no events: expected another build"), "{failed:?}");
}

#[test]
fn histories_are_what_checkers_read() {
    let place = Place::new();
    assert_eq!(place.run(&quick("there", &[])).code, Some(0));
    let said = place.run(&["export", "there", "--out", "tables", "--histories"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(said.out.contains("4 histories in tables/histories"), "{said:?}");
    let files: Vec<_> =
        fs::read_dir(place.path("tables/histories")).unwrap().map(|file| file.unwrap().path()).collect();
    assert_eq!(files.len(), 4);
    for file in files {
        let text = fs::read_to_string(file).unwrap();
        let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let finished: Vec<&Value> = lines.iter().filter(|line| line["type"] == "ok").collect();
        let does = |what: &str| finished.iter().filter(|line| line["value"][0][0] == what).count();
        assert!(does("w") > 5 && does("r") > 10, "{} {}", does("w"), does("r"));
        assert!(lines.iter().enumerate().all(|(index, line)| line["index"] == index));
    }
}

#[test]
fn a_strategy_is_held_to_what_is_predicted_under_every_set_of_faults() {
    let place = Place::new();
    let said = place.run(&["verify", "--full", "-s", "serial,lww-hlc", "--seeds", "1", "--json"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    let json: Value = serde_json::from_str(&said.out).unwrap();
    let sweep = &json["sweep"];
    assert_eq!((&sweep["seeds"], &sweep["unexplained"]), (&"1".into(), &Value::Array(Vec::new())));
    // Planted bugs have nothing to do with a choice of strategies.
    assert_eq!(json["planted_bugs"], Value::Array(Vec::new()));
    let sets = sweep["fault_sets"].as_array().unwrap();
    assert_eq!(sets.len(), 8);
    for set in sets {
        assert!(set["cells"].as_u64() > set["unsupported"].as_u64(), "{set}");
    }
    let whys: Vec<&str> =
        sweep["predicted"].as_array().unwrap().iter().filter_map(|kind| kind["why"].as_str()).collect();
    assert!(
        whys.contains(&"the server lost what it had") && whys.contains(&"concurrent, in any serial order"),
        "{whys:?}"
    );
    let wrong = place.run(&["verify", "--full", "--seeds", "9..1"]);
    assert_eq!(wrong.code, Some(2), "{wrong:?}");
}
