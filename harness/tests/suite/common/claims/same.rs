//! Determinism: the same cell again, and on other threads.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;

use syncbench_harness::run;
use syncbench_harness::scenario::Scenario;
use syncbench_strategies::document::Digest;

use crate::common::seeds::Seeds;
use crate::common::subject::{Checked, Subject, scenario};

fn rough() -> Scenario {
    let faults = ["partition:halves@200ms..700ms", "late:2@300ms", "skew:by=300ms,client=1"];
    Scenario { faults: faults.map(String::from).to_vec(), networks: vec!["4g".into()], ..scenario() }
}

/// The same cell gives the same run twice; another seed gives another run.
pub fn same_again(subject: &Subject, seeds: Seeds) -> Checked {
    for seed in seeds.iter() {
        let digests = |seed| {
            let cell = subject.cell(&rough(), seed);
            (cell.trace_digest, cell.digest)
        };
        let first = digests(seed);
        if first != digests(seed) {
            return Err(format!("seed {seed}: the same run twice differs"));
        }
        if first.0 == digests(seed + 1_000_000).0 {
            return Err(format!("seed {seed}: another seed gives the same run"));
        }
    }
    Ok(())
}

/// All cells together on one thread and on four.
pub fn threads(subjects: &[Subject], seeds: Seeds) -> Checked {
    let digests = |threads| {
        let mut cells = Vec::new();
        for subject in subjects {
            cells.extend(seeds.iter().map(|seed| subject.planned(&rough(), seed)));
        }
        cells.iter_mut().enumerate().for_each(|(index, cell)| cell.index = index);
        let found: Mutex<BTreeMap<u64, (String, Option<Digest>)>> = Mutex::default();
        run::run(&cells, threads, &AtomicBool::new(false), &|cell| {
            found.lock().unwrap().insert(cell.index, (cell.replay, cell.trace_digest));
        });
        found.into_inner().unwrap()
    };
    let (one, four) = (digests(1), digests(4));
    match one.iter().zip(&four).find(|(one, four)| one != four) {
        Some((one, four)) => Err(format!("{one:?} on one thread is {four:?} on four")),
        None if one.len() as u64 != subjects.len() as u64 * seeds.count => Err("cells are missing".into()),
        None => Ok(()),
    }
}
