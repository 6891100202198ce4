//! `export`: what is in the tables is what `--json` says, and DuckDB reads them.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::common::{Place, quick, skipped};

const TABLES: [&str; 4] = ["cells", "metrics", "findings", "histogram"];

/// A place with a run in `there`, and what `--json` says about it.
fn measured() -> (Place, Value) {
    let place = Place::new();
    let said = place.run(&quick("there", &["--json", "--details"]));
    assert_eq!(said.code, Some(0), "{said:?}");
    (place, serde_json::from_str(&said.out).unwrap())
}

/// Records of a table without its header; its texts have neither commas nor quotes.
fn records(place: &Place, table: &str) -> Vec<Vec<String>> {
    let text = fs::read_to_string(place.path(&format!("tables/{table}.csv"))).unwrap();
    text.lines().skip(1).map(|line| line.split(',').map(str::to_owned).collect()).collect()
}

#[test]
fn the_tables_say_what_json_says() {
    let (place, json) = measured();
    let said = place.run(&["export", "there", "--out", "tables"]);
    assert_eq!(
        (said.code, said.out.as_str()),
        (Some(0), "4 cells: cells, metrics, findings, histogram in tables\n"),
        "{said:?}"
    );
    let cells = json["cells"].as_array().unwrap();
    let (mut figures, mut samples, mut findings) = (BTreeSet::new(), BTreeSet::new(), 0);
    for cell in cells {
        let id = cell["id"].as_str().unwrap();
        for (metric, figure) in cell["metrics"].as_object().unwrap() {
            let mut add =
                |stat: &str, value: f64| figures.insert(format!("{id} {metric} {stat} {:016x}", value.to_bits()));
            match figure {
                Value::Number(value) => _ = add("value", value.as_f64().unwrap()),
                Value::Object(fields) => {
                    fields.iter().for_each(|(stat, value)| _ = add(stat, value.as_f64().unwrap()));
                    if ["lost_intents", "rejected", "counters"].contains(&metric.as_str()) {
                        add("total", fields.values().fold(0.0, |sum, value| sum + value.as_f64().unwrap()));
                    }
                }
                Value::Null => {}
                other => panic!("{other}"),
            }
        }
        for (metric, histogram) in cell["histograms"].as_object().unwrap() {
            let pairs = histogram.as_array().unwrap().iter();
            samples.extend(pairs.map(|pair| format!("{id} {metric} {} {}", pair[0], pair[1])));
        }
        findings += cell["findings"].as_array().unwrap().len();
    }
    let told: BTreeSet<_> = records(&place, "metrics")
        .iter()
        .map(|row| format!("{} {} {} {:016x}", row[0], row[1], row[2], row[4].parse::<f64>().unwrap().to_bits()))
        .collect();
    assert!(told == figures, "{:?}", told.symmetric_difference(&figures).next());
    let told: BTreeSet<_> = records(&place, "histogram").iter().map(|row| row.join(" ")).collect();
    assert!(told == samples, "{:?}", told.symmetric_difference(&samples).next());
    assert_eq!(records(&place, "findings").len(), findings);
    let ids: Vec<_> = records(&place, "cells").iter().map(|row| row[0].clone()).collect();
    assert_eq!(ids, cells.iter().map(|cell| cell["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>());
}

#[test]
fn nothing_is_overwritten_and_a_cell_comes_once() {
    let (place, _) = measured();
    assert_eq!(place.run(&["export", "there", "there", "--out", "tables"]).code, Some(0));
    assert_eq!(records(&place, "cells").len(), 4);
    let before = place.files();
    let again = place.run(&["export", "there", "--out", "tables"]);
    assert!(again.code == Some(2) && again.err.contains("tables/cells.csv: exists already"), "{again:?}");
    assert_eq!(place.files(), before);
}

#[test]
fn what_cannot_be_exported_is_said() {
    let place = Place::new();
    for (args, said) in [
        (&["export", "nowhere", "--out", "tables"][..], "expected the folder of a run"),
        (&["export", "nowhere", "--out", "tables", "--format", "xml"], "expected one of csv, parquet"),
    ] {
        let refused = place.run(args);
        assert!(refused.code == Some(2) && refused.err.contains(said), "{refused:?}");
        assert!(!place.path("tables").exists());
    }
    if !cfg!(feature = "parquet") {
        let refused = place.run(&["export", "nowhere", "--out", "tables", "--format", "csv,parquet"]);
        assert!(refused.code == Some(2) && refused.err.contains("a build with the feature `parquet`"), "{refused:?}");
    }
}

/// The queries of `bench-results/README.md`.
fn queries() -> Vec<String> {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("../bench-results/README.md");
    let text = fs::read_to_string(readme).unwrap();
    let blocks = text.split("```sql\n").skip(1).map(|block| block.split("```").next().unwrap().to_owned());
    blocks.collect()
}

/// Runs the queries that come on stdin, each after a line of dashes, and prints the number of rows and columns of each.
const ASK: &str = "
import sys, duckdb
for query in sys.stdin.read().split('----\\n'):
    rows = duckdb.sql(query).fetchall()
    print(len(rows), len(rows[0]) if rows else 0)
";

#[test]
fn the_queries_of_the_documentation_run_in_duckdb() {
    let queries = queries();
    assert_eq!(queries.len(), 3);
    let python = std::env::var("SYNCBENCH_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let has = Command::new(&python).args(["-c", "import duckdb"]).output();
    if !has.is_ok_and(|output| output.status.success()) {
        skipped("queries of bench-results/README.md: no duckdb for Python");
        return;
    }
    let place = Place::new();
    let run = ["run", "-s", "serial,lww-document", "-w", "stack", "--ops", "20", "--seeds", "1..2", "--out", "there"];
    assert_eq!(place.run(&run).code, Some(0));
    let formats: &[&str] = if cfg!(feature = "parquet") { &["csv", "parquet"] } else { &["csv"] };
    assert_eq!(place.run(&["export", "there", "--format", &formats.join(","), "--out", "tables"]).code, Some(0));
    let mut answers = Vec::new();
    for format in formats {
        for table in TABLES {
            assert!(place.path(&format!("tables/{table}.{format}")).exists());
        }
        place.write("queries.sql", queries.join("----\n").replace(".csv'", &format!(".{format}'")));
        let asked = fs::File::open(place.path("queries.sql")).unwrap();
        let answer =
            Command::new(&python).args(["-c", ASK]).current_dir(place.path("tables")).stdin(asked).output().unwrap();
        assert!(answer.status.success(), "{format}: {}", String::from_utf8_lossy(&answer.stderr));
        answers.push(String::from_utf8(answer.stdout).unwrap());
    }
    // Two strategies on one workload in calm, rough and three sizes of growth; one part; and one row for each condition.
    assert_eq!(answers[0].lines().next(), Some("6 4"), "{}", answers[0]);
    assert!(answers[0].lines().skip(1).all(|line| !line.starts_with('0')), "{}", answers[0]);
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
}

#[test]
fn a_failed_export_leaves_no_part_behind() {
    let (place, _) = measured();
    let mut cells = fs::read_to_string(place.path("there/cells.jsonl")).unwrap();
    cells = cells.replacen("\"seed\"", "\"sead\"", 1);
    fs::write(place.path("there/cells.jsonl"), cells).unwrap();
    let said = place.run(&["export", "there", "--out", "tables"]);
    assert_eq!(said.code, Some(2), "{said:?}");
    assert_eq!(fs::read_dir(place.path("tables")).unwrap().count(), 0);
}
