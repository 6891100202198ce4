//! Runs that are killed, continued, spread over machines, and put together again.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;
use syncbench_harness::results::{self, Cell};

use crate::common::{Place, Said, is_file, skipped};

/// What a clock measured: it differs from run to run.
const TIMINGS: [&str; 4] = ["ops_per_cpu_s", "cpu_us_local", "cpu_us_remote", "reference_us"];

/// Everything in a folder of results but for timings and which machine it was.
fn content(dir: &Path) -> Vec<Value> {
    let results = results::read(dir).unwrap_or_else(|error| panic!("{error}"));
    let plain = |cell: &Cell| {
        let mut value = cell.detailed().unwrap();
        for group in ["metrics", "histograms"] {
            TIMINGS.iter().for_each(|name| drop(value[group].as_object_mut().unwrap().remove(*name)));
        }
        value["machine"] = Value::Null;
        value
    };
    let cells = results.cells.iter().map(plain).collect();
    assert_eq!(results.series_error(), None);
    cells
}

/// The lines of the file, without what a clock measured.
fn lines(dir: &Path) -> Vec<Value> {
    let text = fs::read_to_string(dir.join("cells.jsonl")).unwrap();
    let parsed = text.lines().map(|line| {
        let mut value: Value = serde_json::from_str(line).unwrap();
        TIMINGS.iter().for_each(|name| drop(value["metrics"].as_object_mut().unwrap().remove(*name)));
        value
    });
    parsed.collect()
}

const PLAN: &str = "run -s serial,lww-property -w stack,record -n wifi --ops 30 --threads 2 --seeds";

fn plan<'a>(seeds: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    PLAN.split(' ').chain([seeds]).chain(more.iter().copied()).collect()
}

#[track_caller]
fn fine(said: Said) -> Said {
    assert_eq!(said.code, Some(0), "{said:?}");
    said
}

#[track_caller]
fn refused(said: &Said, words: &[&str]) {
    assert_eq!((said.code, said.out.as_str()), (Some(2), ""), "{said:?}");
    words.iter().for_each(|word| assert!(said.err.contains(word), "no {word:?} in {}", said.err));
}

#[cfg(unix)]
#[test]
fn a_run_that_is_killed_twenty_times_equals_one_that_is_not() {
    let place = Place::new();
    fine(place.run(&plan("1..40", &["--out", "whole"])));
    let cells = place.path("cut").join("cells.jsonl");
    let size = || fs::metadata(&cells).map_or(0, |data| data.len());
    let (mut kills, mut draw) = (0, 12345_u64);
    while kills < 20 {
        draw = draw.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let (before, more) = (size(), (draw >> 33) % 15_000);
        let mut child = place
            .command(&plan("1..40", &["--out", "cut", "--resume"]))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // A moment somewhere between two cells, in one, or before the first.
        let ended = loop {
            if let Some(status) = child.try_wait().unwrap() {
                break Some(status);
            }
            if size() >= before + more {
                break None;
            }
            std::thread::yield_now();
        };
        assert_eq!(ended, None, "the run ended before it was killed {kills} times");
        child.kill().unwrap();
        child.wait().unwrap();
        kills += 1;
    }
    let said = fine(place.run(&plan("1..40", &["--out", "cut", "--resume"])));
    assert!(said.out.contains("40 seeds"), "{}", said.out);
    let [whole, cut] = ["whole", "cut"].map(|dir| place.path(dir));
    assert!(lines(&whole) == lines(&cut));
    assert!(content(&whole) == content(&cut));
    let names =
        |dir: &Path| fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name()).collect::<BTreeSet<_>>();
    assert_eq!(names(&whole), names(&cut));
    // Continuing what is complete measures nothing.
    let before = fs::read(&cells).unwrap();
    fine(place.run(&plan("1..40", &["--out", "cut", "--resume"])));
    assert!(fs::read(&cells).unwrap() == before);
}

#[test]
fn only_the_same_run_is_continued() {
    let place = Place::new();
    fine(place.run(&plan("1..2", &["--out", "out"])));
    let before = place.files();
    refused(&place.run(&plan("1..2", &["--out", "out"])), &["out", "--resume"]);
    refused(&place.run(&plan("1..3", &["--out", "out", "--resume"])), &["out", "seeds", "1..2", "1..3"]);
    let part = plan("1..2", &["--out", "out", "--resume", "--partition", "1/2"]);
    refused(&place.run(&part), &["out", "whole plan", "1/2"]);
    assert!(place.files() == before);
    refused(&place.run(&plan("1..2", &["--resume"])), &["--out"]);
}

#[test]
fn parts_make_a_whole_in_any_order() {
    let place = Place::new();
    fine(place.run(&plan("1..6", &["--out", "whole"])));
    for part in ["1/3", "2/3", "3/3"] {
        fine(place.run(&plan("1..6", &["--partition", part, "--out", &part.replace('/', "of")])));
    }
    fine(place.run(&["merge", "3of3", "1of3", "2of3", "--out", "merged"]));
    let [whole, merged] = ["whole", "merged"].map(|dir| place.path(dir));
    assert!(content(&whole) == content(&merged));
    let results = results::read(&merged).unwrap();
    assert_eq!((results.machines().count(), results.cells_planned), (3, 24));
    // What is compared is on one machine.
    let mut machines: BTreeSet<(String, u64, usize)> = BTreeSet::new();
    machines.extend(results.cells.iter().map(|cell| (cell.workload.clone(), cell.seed, cell.machine)));
    assert_eq!(machines.len(), 12);
    fine(place.run(&["report", "merged"]));
    assert!(is_file(&merged.join("report.html")));
    // A part stays where it is when others are left out.
    let fewer = ["run", "-s", "serial", "-w", "record", "-n", "wifi", "--ops", "30", "--seeds", "2..5", "--partition"];
    fine(place.run(&[&fewer[..], &["2/3", "--out", "fewer"]].concat()));
    let key = |cell: &Cell| (cell.workload.clone(), cell.seed);
    let seeds = |dir: &str, of: &dyn Fn(&Cell) -> bool| -> BTreeSet<_> {
        results::read(&place.path(dir)).unwrap().cells.iter().filter(|cell| of(cell)).map(key).collect()
    };
    let kept = seeds("2of3", &|cell| cell.workload == "record" && (2..=5).contains(&cell.seed));
    assert_eq!(seeds("fewer", &|_| true), kept);
}

#[test]
fn what_does_not_belong_together_is_not_merged() {
    let place = Place::new();
    for part in ["1/3", "2/3", "3/3"] {
        fine(place.run(&plan("1..6", &["--partition", part, "--out", &part.replace('/', "of")])));
    }
    let before = place.files();
    let said = place.run(&["merge", "1of3", "2of3", "--out", "merged"]);
    refused(&said, &["missing", "--partition 3/3", "syncbench run --strategy serial"]);
    refused(&place.run(&["merge", "1of3", "2of3", "3of3", "2of3", "--out", "merged"]), &["in two folders", "2of3"]);
    refused(&place.run(&["merge", "1of3", "nowhere", "--out", "merged"]), &["nowhere"]);
    refused(&place.run(&["merge", "1of3"]), &["--out"]);
    assert!(place.files() == before);
    let header = place.path("2of3").join("run.json");
    let text = fs::read_to_string(&header).unwrap();
    for (from, to, word) in [
        ("\"commit\": \"", "\"commit\": \"abc", "commit"),
        ("\"schema\": 2", "\"schema\": 1", "schema 1"),
        ("\"features\": [", "\"features\": [\"other\",", "features"),
    ] {
        assert!(text.contains(from), "{text}");
        // An empty list closes at once.
        fs::write(&header, text.replacen(from, to, 1).replace("\"other\",]", "\"other\"]")).unwrap();
        refused(&place.run(&["merge", "1of3", "2of3", "3of3", "--out", "merged"]), &["2of3", word]);
    }
    fs::write(&header, &text).unwrap();
    fine(place.run(&plan("1..5", &["--partition", "2/3", "--out", "other"])));
    refused(&place.run(&["merge", "1of3", "other", "3of3", "--out", "merged"]), &["1of3", "other", "seeds", "1..5"]);
    let cells = place.path("3of3").join("cells.jsonl");
    let whole = fs::read_to_string(&cells).unwrap();
    let (kept, _) = whole.trim_end().rsplit_once('\n').unwrap();
    fs::write(&cells, format!("{kept}\n")).unwrap();
    refused(
        &place.run(&["merge", "1of3", "2of3", "3of3", "--out", "merged"]),
        &["1 of 24 cells missing", "3of3", "--resume"],
    );
    fine(place.run(&plan("1..6", &["--partition", "3/3", "--out", "3of3", "--resume"])));
    fine(place.run(&["merge", "1of3", "2of3", "3of3", "--out", "merged"]));
}

/// A part may have no cell at all, where a plan has fewer conditions than there are machines.
#[test]
fn a_part_without_cells_is_a_part() {
    let place = Place::new();
    let dirs: Vec<String> = (1..=4).map(|part| format!("part-{part}")).collect();
    for (part, dir) in (1..=4).map(|part| format!("{part}/4")).zip(&dirs) {
        fine(place.run(&[
            "run",
            "-s",
            "serial",
            "-w",
            "stack",
            "-n",
            "lan",
            "--ops",
            "9",
            "--seeds",
            "1",
            "--partition",
            &part,
            "--out",
            dir,
        ]));
    }
    let mut merge = vec!["merge", "--out", "whole"];
    merge.extend(dirs.iter().map(String::as_str));
    fine(place.run(&merge));
    assert_eq!(results::read(&place.path("whole")).unwrap().cells.len(), 1);
}

#[test]
fn a_cell_is_taken_once() {
    let place = Place::new();
    fine(
        place
            .run(&["run", "-s", "serial", "-w", "stack", "-n", "wifi", "--ops", "20", "--seeds", "1..2", "--out", "a"]),
    );
    let one = fine(place.run(&["report", "a"]));
    let twice = fine(place.run(&["report", "a", "a", "a", "--out", "x"]));
    assert_eq!(one.out.replace("a/report", "x/report"), twice.out);
    let twice =
        ["run", "-s", "serial,serial:history=1000,serial", "-w", "stack,stack", "-n", "wifi,wifi", "--size", "3,3"];
    let twice = [&twice[..], &["--ops", "20", "--seeds", "1,1..2,2", "--out", "b"]].concat();
    fine(place.run(&twice));
    assert_eq!(results::read(&place.path("b")).unwrap().cells.len(), 2);
}

#[test]
fn every_condition_and_build_has_a_key_of_its_own() {
    let place = Place::new();
    let base = ["run", "-s", "serial", "-w", "stack", "-n", "wifi", "--ops", "20", "--seeds", "1", "--out"];
    let others: [&[&str]; 9] = [
        &[],
        &["--rate", "30"],
        &["--pace", "closed"],
        &["--undo", "0.2"],
        &["--transport", "datagram"],
        &["--budget", "61"],
        &["--sample", "7"],
        &["--clients", "3"],
        &["--fault", "late:2@500ms"],
    ];
    let mut keys = BTreeSet::new();
    let mut ids = BTreeSet::new();
    for (number, other) in others.into_iter().enumerate() {
        let out = number.to_string();
        place.run(&[&base[..], &[&out], other].concat());
        let cell = results::read(&place.path(&out)).unwrap().cells.remove(0);
        assert!(keys.insert(cell.key()) && ids.insert(cell.id), "{other:?}");
    }
    let mut cell = results::read(&place.path("0")).unwrap().cells.remove(0);
    let key = cell.key();
    cell.settings.seed = 9;
    cell.strategy = "ot".into();
    assert_eq!(cell.key(), key);
    cell.build.0 += 1;
    assert_ne!(cell.key(), key);
}

/// Two traces of one name are two workloads.
#[test]
fn traces_of_one_name_are_told_apart() {
    let place = Place::new();
    for (dir, text) in [("one", "ab"), ("two", "ba")] {
        fs::create_dir(place.path(dir)).unwrap();
        let trace = format!(
            r#"{{"startContent":"","endContent":"{text}","txns":[{{"time":"2024-01-01T00:00:00Z","patches":[[0,0,"{text}"]]}}]}}"#
        );
        let file = place.write(&format!("{dir}/t.json"), trace);
        fine(place.run(&["run", "--trace", &file, "-s", "serial", "--out", &format!("{dir}/out")]));
    }
    let [one, two] = ["one/out", "two/out"].map(|dir| results::read(&place.path(dir)).unwrap());
    assert_ne!(one.cells[0].key(), two.cells[0].key());
    let said = fine(place.run(&["report", "one/out", "two/out", "--out", "both"]));
    for results in [one, two] {
        let digest = results.cells[0].trace.as_ref().unwrap().digest.to_string();
        assert!(said.out.contains(&format!("trace t ({}", &digest[..8])), "{}", said.out);
    }
}

/// Runs without `--out` that begin in one second have a folder each.
#[test]
fn runs_that_begin_together_do_not_mix() {
    let place = Place::new();
    let args = ["run", "-s", "serial", "-w", "stack", "-n", "lan", "--ops", "9", "--seeds", "1"];
    let mut children: Vec<_> =
        (0..8).map(|_| place.command(&args).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()).collect();
    children.iter_mut().for_each(|child| assert!(child.wait().unwrap().success()));
    let runs: Vec<_> = fs::read_dir(place.path("bench-results/runs")).unwrap().map(|run| run.unwrap().path()).collect();
    assert_eq!(runs.len(), 8);
    runs.iter().for_each(|run| assert_eq!(results::read(run).unwrap().cells.len(), 1));
    // With one `--out`, one of them has it.
    let args = [&args[..], &["--out", "one"]].concat();
    let mut children: Vec<_> =
        (0..6).map(|_| place.command(&args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()).collect();
    let codes: Vec<_> = children.iter_mut().map(|child| child.wait().unwrap().code()).collect();
    assert_eq!(codes.iter().filter(|code| **code == Some(0)).count(), 1, "{codes:?}");
    assert_eq!(codes.iter().filter(|code| **code == Some(2)).count(), 5, "{codes:?}");
}

/// A filesystem of a few hundred kilobytes that fills up: the run stops, says so, shows what it has, and goes on later.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_stops_the_run() {
    let place = Place::new();
    let tiny = place.path("tiny");
    fs::create_dir(&tiny).unwrap();
    let mount = Command::new("mount").args(["-t", "tmpfs", "-o", "size=300k", "tmpfs"]).arg(&tiny).output();
    if !mount.is_ok_and(|output| output.status.success()) {
        skipped("a full disk: no right to mount a small filesystem");
        return;
    }
    struct Mounted<'a>(&'a Path);
    impl Drop for Mounted<'_> {
        fn drop(&mut self) {
            let _ = Command::new("umount").arg(self.0).status();
        }
    }
    let mounted = Mounted(&tiny);
    fs::write(tiny.join("filler"), vec![1; 270_000]).unwrap();
    let args = ["run", "-s", "serial,lww-property", "-w", "text", "-n", "wifi", "--ops", "400", "--seeds", "1..6"];
    let args = [&args[..], &["--threads", "1", "--out", "tiny/r"]].concat();
    let said = place.run(&args);
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(
        said.err.contains("tiny/r/") && said.err.contains("No space left") && said.err.contains("--resume"),
        "{said:?}"
    );
    assert!(said.out.contains("lww-property") && said.out.contains("cells not run"), "{}", said.out);
    let report = fine(place.run(&["report", "tiny/r", "--out", "drawn"]));
    assert!(report.out.contains("cells not run"), "{}", report.out);
    fs::remove_file(tiny.join("filler")).unwrap();
    let remount = Command::new("mount").args(["-o", "remount,size=20m"]).arg(&tiny).status().unwrap();
    assert!(remount.success());
    fine(place.run(&[&args[..], &["--resume"]].concat()));
    fine(place.run(&[&args[..args.len() - 1], &["whole"]].concat()));
    assert!(content(&tiny.join("r")) == content(&place.path("whole")));
    fs::write(tiny.join("more"), vec![1; 21_000_000]).unwrap_err();
    let merged = place.run(&["merge", "whole", "--out", "tiny/merged"]);
    assert_eq!(merged.code, Some(1), "{merged:?}");
    assert!(merged.err.contains("tiny/merged") && merged.err.contains("No space left"), "{merged:?}");
    drop(mounted);
}
