//! Every decoder of what somebody else may have written, with real inputs from which hostile ones are made.

use std::cell::{Cell, OnceCell};
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use syncbench_harness::capsule::Capsule;
use syncbench_harness::faults::{self, FAULTS, Scope};
use syncbench_harness::network;
use syncbench_harness::results::{Environment, Header, PlanMark, SCHEMA, Writer, read, visit};
use syncbench_harness::run::run_cell;
use syncbench_harness::scenario::{Catalog, Plan, Scenario};
use syncbench_harness::shrink::{Target, targets};
use syncbench_harness::trace::{Trace, Units};
use syncbench_harness::workloads::{self, WORKLOADS};
use syncbench_strategies::document::Document;
use syncbench_strategies::registry;
use syncbench_strategies::selector::{Selector, split};

/// A decoder.
pub struct Decoder {
    /// What it decodes.
    pub name: &'static str,
    /// Decodes. An error is what a user reads.
    pub decode: fn(&[u8]) -> Result<(), String>,
    /// Real inputs.
    pub seeds: fn() -> Vec<Vec<u8>>,
    /// What every error tells, besides that something is wrong: one of these words.
    pub told: &'static [&'static str],
}

/// One line per decoder. Messages and saved states are decoded by strategies, which [`super::claims`] holds to the same.
pub const DECODERS: &[Decoder] = &[
    Decoder { name: "document", decode: document, seeds: documents, told: &[""] },
    Decoder { name: "scenario", decode: scenario, seeds: scenarios, told: &["line", "expected"] },
    Decoder { name: "selectors", decode: selectors, seeds: selector_texts, told: &["expected", "did you mean", ": "] },
    Decoder { name: "trace", decode: trace, seeds: traces, told: &["hostile.json"] },
    Decoder { name: "capsule", decode: capsule, seeds: capsules, told: &["line", "expected", ": "] },
    Decoder { name: "results", decode: results, seeds: result_files, told: &["run.json", "cells.jsonl", "series.bin"] },
];

/// Most bytes that decoding an input of this length may take: a document decoded from it (at worst 1,400 times its length),
/// the same again for a copy, what decoders set aside for a list of unknown length, and for packed inputs a thousand times
/// their length of small numbers.
pub fn bound(len: usize) -> u64 {
    (4 << 20) + 12_000 * len as u64
}

fn text(bytes: &[u8]) -> Result<&str, String> {
    std::str::from_utf8(bytes).map_err(|_| "expected text: line ?".to_owned())
}

/// A document, and the same bytes again where it is one.
pub fn document(bytes: &[u8]) -> Result<(), String> {
    let document = Document::decode(bytes).map_err(|error| error.to_string())?;
    assert_eq!(document.encode(), bytes, "a document has two encodings");
    Ok(())
}

pub fn documents() -> Vec<Vec<u8>> {
    let genesis = |name: &&str| {
        let (spec, workload) = workloads::configure(&name.parse().unwrap()).unwrap();
        workload.genesis(spec.default_size.min(20)).encode()
    };
    WORKLOADS.iter().map(|spec| spec.name).collect::<Vec<_>>().iter().map(genesis).collect()
}

/// A scenario, and itself again where it is one.
pub fn scenario(bytes: &[u8]) -> Result<(), String> {
    let scenario = Scenario::from_toml(text(bytes)?).map_err(|error| error.to_string())?;
    for fault in &scenario.faults {
        let _ = fault.parse::<Selector>();
    }
    Ok(())
}

pub fn scenarios() -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(SCENARIOS);
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.iter().map(|path| fs::read(path).unwrap()).collect()
}

/// The folder of scenarios, from this crate or from its neighbours.
const SCENARIOS: &str = "../harness/scenarios";

/// What stands after `--strategy`, `--workload`, `--network` and `--fault`, each of them taken for each.
pub fn selectors(bytes: &[u8]) -> Result<(), String> {
    let mut first = Ok(());
    for name in split([text(bytes)?]) {
        let told = |error: syncbench_strategies::selector::SelectorError| error.to_string();
        let selector: Selector = name.parse().map_err(told)?;
        assert_eq!(selector.to_string().parse::<Selector>().map_err(told), Ok(selector.clone()));
        let scope = Scope::new(3, FAULTS);
        let results = [
            registry::configure(&selector).map(drop),
            workloads::configure(&selector).map(drop),
            network::configure(&selector).map(drop),
            faults::configure(&selector, &scope).map(drop),
        ];
        if results.iter().all(Result::is_err) {
            first = first.and(results.into_iter().next().unwrap().map_err(told));
        }
    }
    first
}

pub fn selector_texts() -> Vec<Vec<u8>> {
    let scenarios = scenarios().into_iter().filter_map(|bytes| Scenario::from_toml(text(&bytes).ok()?).ok());
    let written = scenarios.flat_map(|it| [it.strategies, it.networks, it.faults, it.workloads].concat());
    let mut all: Vec<String> = written.chain(FAULTS.iter().map(|spec| spec.name.to_owned())).collect();
    all.extend(super::subject::variants());
    all.sort();
    all.dedup();
    // Words for several names, such as `all`, are a scenario's.
    all.into_iter().map(String::into_bytes).filter(|text| selectors(text).is_ok()).collect()
}

/// An editing trace, in both units of positions: it is one in either.
pub fn trace(bytes: &[u8]) -> Result<(), String> {
    let read = |units| Trace::from_reader("hostile.json", bytes, units).map(drop).map_err(|error| error.to_string());
    let utf16 = read(Units::Utf16);
    read(Units::CodePoints).or(utf16)
}

pub fn traces() -> Vec<Vec<u8>> {
    let traces = [
        r#"{"startContent":"a","endContent":"abc","txns":[{"time":"2021-04-19T06:06:59.000Z","patches":[[1,0,"b"],[2,0,"c"]]}]}"#,
        r#"{"kind":"concurrent","endContent":"hi","numAgents":2,"txns":[{"parents":[],"numChildren":1,"agent":0,"patches":[[0,0,"h"]]},{"parents":[0],"numChildren":0,"agent":1,"patches":[[1,0,"i"]]}]}"#,
        "const edits = [[0, 0, \"a\"], [1, 0, \"b\"], [0, 1]]\nconst finalText = \"b\"\n",
        r#"{"startContent":"","endContent":"🦀","txns":[{"patches":[[0,0,"🦀🦀"],[1,1,""]]}]}"#,
    ];
    traces.map(|trace| trace.as_bytes().to_vec()).to_vec()
}

/// A capsule, up to the run that it is of.
pub fn capsule(bytes: &[u8]) -> Result<(), String> {
    let capsule = Capsule::read(bytes).map_err(|error| error.to_string())?;
    // A capsule of a trace names a file.
    if capsule.scenario.trace.is_none() {
        capsule.planned(&Catalog::default()).map_err(|error| error.to_string())?;
    }
    Ok(())
}

fn planned() -> syncbench_harness::run::Planned {
    let scenario = Scenario {
        strategies: vec!["lww-document".into()],
        workloads: vec!["stack".into()],
        faults: vec!["offline".into()],
        seeds: vec!["1".into()],
        ops: 60,
        ..Scenario::default()
    };
    Plan::new(vec![scenario]).unwrap().cells.remove(0)
}

pub fn capsules() -> Vec<Vec<u8>> {
    let planned = planned();
    let cell = run_cell(&planned);
    let of = |kind: &&str| {
        let target = Target::of(&cell, kind).unwrap();
        Capsule::of(&planned, &cell, &target, &Environment::default()).to_json().into_bytes()
    };
    targets(&cell).iter().map(of).collect()
}

/// The files of a run's folder.
const FILES: [&str; 3] = ["run.json", "cells.jsonl", "series.bin"];

/// A finished run of one cell.
static RUN: LazyLock<[Vec<u8>; 3]> = LazyLock::new(|| {
    let planned = planned();
    let cell = run_cell(&planned);
    let header = Header {
        schema: SCHEMA,
        environment: Environment { version: "1".into(), ..Environment::default() },
        other_machines: Vec::new(),
        scenario: serde_json::json!([{"name": "calm"}]),
        plan: PlanMark::of(&[cell.id]),
        partition: None,
        cells_planned: 1,
        facts: Default::default(),
    };
    let folder = tempfile::tempdir().unwrap();
    let mut writer = Writer::create(folder.path(), &header).unwrap();
    writer.append(&cell).unwrap();
    writer.finish().unwrap();
    FILES.map(|name| fs::read(folder.path().join(name)).unwrap())
});

thread_local! {
    /// A folder with that run, of which one file may have other contents: the file of this index.
    static FOLDER: OnceCell<(tempfile::TempDir, Cell<usize>)> = const { OnceCell::new() };
}

/// A run's folder of which one file, that of the first byte, holds the other bytes: as they are, or for `3` as series with
/// a valid checksum.
pub fn results(bytes: &[u8]) -> Result<(), String> {
    let Some((which, contents)) = bytes.split_first() else { return Err("run.json".into()) };
    // The series, as they are or sealed.
    let (index, is_sealed) = if which % 4 == 3 { (2, true) } else { (usize::from(which % 4), false) };
    FOLDER.with(|folder| {
        let memory = Path::new("/dev/shm");
        let made = || {
            let folder = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.unwrap();
            for (name, contents) in FILES.iter().zip(RUN.iter()) {
                fs::write(folder.path().join(name), contents).unwrap();
            }
            (folder, Cell::new(index))
        };
        let (folder, other) = folder.get_or_init(made);
        let write = |index: usize, contents: &[u8]| fs::write(folder.path().join(FILES[index]), contents).unwrap();
        let before = other.replace(index);
        if before != index {
            write(before, &RUN[before]);
        }
        if is_sealed {
            write(index, &framed(contents))
        } else {
            write(index, contents)
        }
        decoded(folder.path())
    })
}

fn decoded(folder: &Path) -> Result<(), String> {
    let told = |error: syncbench_harness::results::ResultsError| error.to_string();
    let results = read(folder).map_err(told)?;
    let mut cells = results.cells.len();
    for cell in &results.cells {
        let _ = cell.series();
    }
    let header = Header::read(folder).map_err(told)?;
    let visited = visit(folder, &header, &mut |_| {
        cells -= 1;
        Ok(())
    });
    visited.map_err(told)?;
    assert_eq!(cells, 0, "cells that are read at once and one by one differ");
    match results.files.iter().find_map(|file| file.error()) {
        Some(error) => Err(error),
        None => Ok(()),
    }
}

/// The real file of series, whose first frame has this body and its checksum.
fn framed(body: &[u8]) -> Vec<u8> {
    let mut file = RUN[2][..8 + 16].to_vec();
    file.extend((body.len() as u32).to_le_bytes());
    file.extend(xxhash_rust::xxh3::xxh3_64(body).to_le_bytes());
    file.extend(body);
    file
}

pub fn result_files() -> Vec<Vec<u8>> {
    let tagged = |(tag, contents): (u8, &[u8])| [&[tag], contents].concat();
    let body = &RUN[2][8 + 28..];
    [(0, &*RUN[0]), (1, &*RUN[1]), (2, &*RUN[2]), (3, body)].into_iter().map(tagged).collect()
}
