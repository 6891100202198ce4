use std::io::{Seek, SeekFrom, Write};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tempfile::TempDir;

use super::*;
use crate::network::Transport;
use crate::pace::Pace;
use crate::results::{Metric, Part, PlanMark, Results, Series, merge, read};
use crate::settings::{Engine, Settings};

fn settings(seed: u64) -> Settings {
    Settings {
        network: "wifi".into(),
        faults: Vec::new(),
        transport: Transport::Stream,
        engine: Engine::Sim,
        clients: 4,
        ops: 400,
        rate_per_s: 20.0,
        pace: Pace::Poisson,
        undo: 0.0,
        size: 3,
        seed,
        sample_every: None,
        budget: Duration::from_secs(60),
    }
}

fn cell(index: u64) -> Cell {
    let histogram = (0..20).map(|n| (1000 * n + index, 1 + n % 2)).collect();
    let mut cell = Cell {
        id: Digest(u128::from(index) + 100),
        index,
        part: "calm".into(),
        strategy: "ot".into(),
        workload: "stäck".into(),
        outcome: Outcome::Measured,
        series: Series { histograms: [("visible_ms".to_owned(), histogram)].into(), ..Series::default() }.into(),
        ..Cell::new(settings(index))
    };
    cell.metrics.insert("ops_issued", Metric::Number(400.0));
    if index == 2 {
        (cell.outcome, cell.reason, cell.series) = (Outcome::Failed, Some("it broke".into()), Default::default());
    }
    cell
}

fn header() -> Header {
    Header {
        schema: super::super::SCHEMA,
        environment: Environment { version: "1".into(), cpu: "one".into(), ..Environment::default() },
        other_machines: Vec::new(),
        scenario: serde_json::json!([{"name": "calm", "ops": 400}]),
        plan: PlanMark::of(&[Digest(100)]),
        partition: None,
        cells_planned: 5,
        facts: Default::default(),
    }
}

fn files(dir: &Path) -> [Vec<u8>; 3] {
    [RUN, CELLS, SERIES].map(|name| fs::read(dir.join(name)).unwrap())
}

/// A finished run of five cells that were measured in this order.
fn run(dir: &Path, order: [u64; 5]) -> [Vec<u8>; 3] {
    let mut writer = Writer::create(dir, &header()).unwrap();
    order.iter().for_each(|index| writer.append(&cell(*index)).unwrap());
    writer.finish().unwrap();
    files(dir)
}

fn shown(results: &Results) -> Vec<(u64, usize)> {
    let samples = |cell: &Cell| cell.series().histograms.get("visible_ms").map_or(0, Vec::len);
    results.cells.iter().map(|cell| (cell.index, samples(cell))).collect()
}

#[test]
fn a_folder_has_the_order_of_the_plan_whatever_finished_first() {
    let dir = TempDir::new().unwrap();
    let straight = run(&dir.path().join("straight"), [0, 1, 2, 3, 4]);
    let mixed = run(&dir.path().join("mixed"), [3, 0, 4, 2, 1]);
    assert!(straight == mixed);
    let results = read(&dir.path().join("mixed")).unwrap();
    assert_eq!(shown(&results), [(0, 20), (1, 20), (2, 0), (3, 20), (4, 20)]);
    assert_eq!(results.cells[3].series().histograms["visible_ms"][1], (1003, 2));
    assert_eq!(results.series_error(), None);
}

#[test]
fn of_two_processes_one_has_the_folder() {
    let dir = TempDir::new().unwrap();
    let writers = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| Writer::create(dir.path(), &header()))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
    });
    assert_eq!(writers.iter().filter(|writer| writer.is_ok()).count(), 1);
    assert!(matches!(Writer::resume(dir.path(), &header()), Err(ResultsError::Busy(_))));
    drop(writers);
    assert!(Writer::resume(dir.path(), &header()).is_ok());
}

/// Cut off anywhere, with anything behind: what was finished is shown, and a resumed run has equal files.
#[test]
fn a_run_that_was_cut_off_anywhere_is_read_and_resumed() {
    let dir = TempDir::new().unwrap();
    let whole = run(&dir.path().join("whole"), [0, 1, 2, 3, 4]);
    let cut = dir.path().join("cut");
    let tails: [&[u8]; 5] = [b"", &[0; 700], &[0xc3], b"{\"id\":", &[0xff, 0x00, b'{', 0xe2, 0x82]];
    for (case, end) in (0..whole[1].len()).step_by(97).enumerate() {
        let tail = tails[case % tails.len()];
        // The series of a cell are written before its line.
        let series_end = if case % 3 == 0 { whole[2].len() } else { whole[2].len() * (end + 500) / whole[1].len() };
        fs::create_dir(&cut).unwrap();
        fs::write(cut.join(RUN), &whole[0]).unwrap();
        fs::write(cut.join(CELLS), [&whole[1][..end], tail].concat()).unwrap();
        fs::write(cut.join(SERIES), [&whole[2][..series_end.min(whole[2].len())], tail].concat()).unwrap();
        let lines = whole[1][..end].split_inclusive(|byte| *byte == b'\n').filter(|line| line.ends_with(b"\n")).count();
        let shown = read(&cut).unwrap().cells.len();
        assert!(shown >= lines || (shown < 5 && case % 3 != 0), "{end}: {shown} cells");
        let mut writer = Writer::resume(&cut, &header()).unwrap();
        let finished = writer.finished();
        for index in (0..5).rev().filter(|index| !finished.contains(&cell(*index).id)) {
            writer.append(&cell(index)).unwrap();
        }
        writer.finish().unwrap();
        assert!(files(&cut) == whole, "cut at {end}");
        fs::remove_dir_all(&cut).unwrap();
    }
}

#[test]
fn a_header_that_was_cut_off_is_written_again() {
    let dir = TempDir::new().unwrap();
    for cut in [0, 1, 30] {
        let text = header().text().unwrap();
        fs::write(dir.path().join(RUN), &text[..cut]).unwrap();
        drop(Writer::resume(dir.path(), &header()).unwrap());
        assert_eq!(fs::read_to_string(dir.path().join(RUN)).unwrap(), text);
        fs::remove_file(dir.path().join(CELLS)).unwrap();
        fs::remove_file(dir.path().join(SERIES)).unwrap();
    }
    fs::write(dir.path().join(RUN), "no header").unwrap();
    assert!(matches!(Writer::resume(dir.path(), &header()), Err(ResultsError::Header { .. })));
}

#[test]
fn a_damaged_header_is_named_with_what_to_do() {
    let dir = TempDir::new().unwrap();
    let whole = run(dir.path(), [0, 1, 2, 3, 4]);
    let path = dir.path().join(RUN);
    let wrong_kind =
        String::from_utf8(whole[0].clone()).unwrap().replace("\"cells_planned\": 5", "\"cells_planned\": \"x\"");
    let half = &whole[0][..whole[0].len() / 2];
    let texts =
        [Some(&b""[..]), Some(half), Some(b"no header"), Some(&[0xff, 0xfe]), Some(wrong_kind.as_bytes()), None];
    for (text, found) in texts.into_iter().zip(["empty", "cut off in line", "damaged", "damaged", "damaged", "missing"])
    {
        match text {
            Some(text) => fs::write(&path, text).unwrap(),
            None => fs::remove_file(&path).unwrap(),
        }
        for error in [read(dir.path()).err(), Writer::resume(dir.path(), &header()).err()] {
            let error = error.unwrap().to_string();
            let words =
                [&*path.display().to_string(), found, "expected the header of a run", "restore the file", "--out"];
            assert!(words.iter().all(|word| error.contains(word)) && !error.contains("line 0"), "{error}");
        }
    }
}

#[test]
fn a_line_that_is_no_cell_is_refused_before_anything_is_changed() {
    let dir = TempDir::new().unwrap();
    let whole = run(dir.path(), [0, 1, 2, 3, 4]);
    let text = String::from_utf8(whole[1].clone()).unwrap();
    for (seed, line) in [("\"seed\":1,", "line 2"), ("\"seed\":4,", "line 5")] {
        fs::write(dir.path().join(CELLS), text.replace(seed, "\"seed\":1e308,")).unwrap();
        let before = files(dir.path());
        for error in [read(dir.path()).err(), Writer::resume(dir.path(), &header()).err()] {
            let error = error.unwrap().to_string();
            assert!([CELLS, line, "expected a cell"].iter().all(|word| error.contains(word)), "{error}");
        }
        assert!(files(dir.path()) == before);
    }
}

#[test]
fn another_run_is_not_continued_and_its_difference_is_named() {
    let dir = TempDir::new().unwrap();
    let before = run(dir.path(), [0, 1, 2, 3, 4]);
    let refused = |change: fn(&mut Header)| {
        let mut other = header();
        change(&mut other);
        match Writer::resume(dir.path(), &other) {
            Ok(_) => panic!("resumed"),
            Err(error) => error.to_string(),
        }
    };
    let plan = refused(|header| {
        header.scenario = serde_json::json!([{"name": "calm", "ops": 9}]);
        header.plan = PlanMark::of(&[]);
    });
    assert!(plan.contains("ops is 400 there and 9 here"), "{plan}");
    let parts = refused(|header| {
        let part = |name: &str| serde_json::json!({"name": name, "ops": 400, "strategies": ["serial"]});
        header.scenario = serde_json::json!([part("rough"), part("growth"), part("long"), part("far"), part("near")]);
        header.plan = PlanMark::of(&[]);
    });
    let said = "scenario is `calm` there and `rough`, `growth`, `long` and 2 more here";
    assert!(parts.contains(said), "{parts}");
    let build = refused(|header| header.environment.commit = "abc".into());
    assert!(build.contains("commit `` and `abc`"), "{build}");
    let part = refused(|header| header.partition = Some("1/2".into()));
    assert!(part.contains("the whole plan") && part.contains("1/2"), "{part}");
    assert!(files(dir.path()) == before);
}

#[test]
fn a_run_that_goes_on_elsewhere_says_so() {
    let dir = TempDir::new().unwrap();
    run(dir.path(), [0, 1, 2, 3, 4]);
    let mut other = header();
    other.environment.cpu = "another".into();
    assert_eq!(Writer::resume(dir.path(), &other).unwrap().machine(), 1);
    assert_eq!(Writer::resume(dir.path(), &other).unwrap().machine(), 1);
    assert_eq!(
        read(dir.path()).unwrap().machines().map(|machine| machine.cpu.as_str()).collect::<Vec<_>>(),
        ["one", "another"]
    );
}

/// A sink with room for so many bytes.
#[derive(Clone)]
struct Cramped {
    bytes: Arc<Mutex<Vec<u8>>>,
    room: Arc<Mutex<usize>>,
    at: usize,
    cuts: bool,
}

impl Cramped {
    fn new(room: usize, cuts: bool) -> Self {
        Self { bytes: Arc::default(), room: Arc::new(Mutex::new(room)), at: 0, cuts }
    }
}

impl Write for Cramped {
    fn write(&mut self, new: &[u8]) -> io::Result<usize> {
        let (mut bytes, room) = (self.bytes.lock().unwrap(), *self.room.lock().unwrap());
        let fits = new.len().min(room.saturating_sub(self.at));
        if fits == 0 {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let end = self.at + fits;
        let length = bytes.len().max(end);
        bytes.resize(length, 0);
        bytes[self.at..end].copy_from_slice(&new[..fits]);
        self.at = end;
        Ok(fits)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for Cramped {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.at = match to {
            SeekFrom::Start(at) => at as usize,
            _ => self.bytes.lock().unwrap().len(),
        };
        Ok(self.at as u64)
    }
}

impl Sink for Cramped {
    fn cut(&mut self, length: u64) -> io::Result<()> {
        if !self.cuts {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.bytes.lock().unwrap().truncate(length as usize);
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Wherever the disk is full, and whether or not the torn record can be cut off: the cells before it stay readable, the next
/// one that fits begins a line of its own, and the one that failed can be tried again.
#[test]
fn a_full_disk_tears_nothing() {
    let dir = TempDir::new().unwrap();
    let whole = run(&dir.path().join("whole"), [0, 1, 2, 3, 4]);
    let folder = dir.path().join("full");
    for (cells_room, series_room) in (0..whole[1].len())
        .step_by(61)
        .map(|room| (room, usize::MAX))
        .chain((0..whole[2].len()).step_by(13).map(|room| (usize::MAX, room)))
    {
        for cuts in [true, false] {
            let (cells, series) = (Cramped::new(cells_room, cuts), Cramped::new(usize::MAX, cuts));
            let writer = Writer::over(&folder, 0, Box::new(cells.clone()), Box::new(series.clone()));
            let mut writer = writer.unwrap();
            *series.room.lock().unwrap() = series_room;
            let failed: Vec<u64> = (0..5).filter(|index| writer.append(&cell(*index)).is_err()).collect();
            assert!(!failed.is_empty());
            let keep = |to: &str| {
                fs::create_dir_all(&folder).unwrap();
                fs::write(folder.join(RUN), &whole[0]).unwrap();
                fs::write(folder.join(CELLS), &*cells.bytes.lock().unwrap()).unwrap();
                fs::write(folder.join(SERIES), &*series.bytes.lock().unwrap()).unwrap();
                read(&folder).unwrap_or_else(|error| panic!("{to}, room {cells_room} {series_room}: {error}"))
            };
            assert_eq!(keep("full").cells.len(), 5 - failed.len());
            for sink in [&cells, &series] {
                *sink.room.lock().unwrap() = usize::MAX;
            }
            failed.iter().for_each(|index| writer.append(&cell(*index)).unwrap());
            assert_eq!(shown(&keep("again")), [(0, 20), (1, 20), (2, 0), (3, 20), (4, 20)]);
        }
    }
}

#[test]
fn older_forms_are_refused_in_a_line() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join(RUN);
    for (text, found) in [
        (r#"{"schema": 1, "environment": {}}"#, "schema 1"),
        (r#"{"schema": 2, "environment": {}, "scenario": [], "cells_planned": 3}"#, "schema 2 in an earlier form"),
        (r#"{"schema": 3, "plan": {}}"#, "schema 3"),
        ("[]", "no schema"),
    ] {
        fs::write(&path, text).unwrap();
        let error = read(dir.path()).unwrap_err().to_string();
        let words = [path.display().to_string(), found.to_owned(), "run it again".to_owned()];
        assert!(words.iter().all(|word| error.contains(word)) && !error.contains('\n'), "{error}");
    }
}

#[test]
fn a_cell_whose_series_are_gone_is_measured_again() {
    let dir = TempDir::new().unwrap();
    let whole = run(dir.path(), [0, 1, 2, 3, 4]);
    let series = dir.path().join(SERIES);
    let mut flipped = whole[2].clone();
    flipped[60] ^= 1;
    let indices = |results: &Results| results.cells.iter().map(|cell| cell.index).collect::<Vec<_>>();
    for (damaged, left) in
        [(&whole[2][..whole[2].len() / 2], &[0, 2][..]), (&flipped, &[1, 2, 3, 4]), (b"another file", &[2])]
    {
        fs::write(&series, damaged).unwrap();
        let results = read(dir.path()).unwrap();
        assert_eq!((indices(&results).as_slice(), results.cells_planned), (left, 5));
        let mut writer = Writer::resume(dir.path(), &header()).unwrap();
        let finished = writer.finished();
        let lost: Vec<_> = (0..5).filter(|index| !finished.contains(&cell(*index).id)).collect();
        assert_eq!(lost.len(), 5 - left.len());
        lost.iter().for_each(|index| writer.append(&cell(*index)).unwrap());
        // Killed before its files are in order: each cell has one place.
        drop(writer);
        assert_eq!(shown(&read(dir.path()).unwrap()), [(0, 20), (1, 20), (2, 0), (3, 20), (4, 20)]);
        Writer::resume(dir.path(), &header()).unwrap().finish().unwrap();
        assert!(files(dir.path()) == whole);
    }
    fs::remove_file(&series).unwrap();
    assert!(matches!(read(dir.path()), Err(ResultsError::NoSeries { .. })));
}

#[test]
fn a_cell_of_another_build_than_its_folder_is_not_merged() {
    let build = header().environment.build();
    let merged = |builds: [Digest; 2]| {
        let mut results = Results::new(header().environment, header().scenario);
        results.cells = [0, 1].map(|index| Cell { build: builds[index as usize], ..cell(index) }).into();
        merge(vec![Part { dir: "there".into(), results }], |_| None)
    };
    assert!(merged([build, build]).is_ok());
    let error = merged([build, Digest(7)]).expect_err("another build").to_string();
    assert!(error.contains("there") && error.contains("another build"), "{error}");
}
