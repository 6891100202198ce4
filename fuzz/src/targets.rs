//! All targets.

use std::path::{Path, PathBuf};
use std::{env, fs, process};

use syncbench_harness::workloads::WORKLOADS;

use crate::bounded::bounded;
use crate::common::decoders;

/// Each target with its real inputs, as `NAME` and `seeds::NAME`: add a file to `fuzz_targets` for each.
pub mod seeds {
    pub use super::answer_files as answers;
    pub use crate::common::decoders::{
        capsules as capsule, documents as document, result_files as results, scenarios as scenario,
        selector_texts as selectors, traces as trace,
    };
    pub use crate::replicas::{messages as message, saves as saved};
}

/// Writes real inputs into the folder that `SYNCBENCH_SEEDS_TO` names, and ends the program; does nothing without one.
pub fn write_seeds(seeds: fn() -> Vec<Vec<u8>>) {
    let Some(folder) = env::var_os("SYNCBENCH_SEEDS_TO").map(PathBuf::from) else { return };
    fs::create_dir_all(&folder).expect("a folder for real inputs");
    for (number, seed) in seeds().iter().enumerate() {
        fs::write(folder.join(format!("{number:04}")), seed).expect("a real input is written");
    }
    process::exit(0);
}

/// Answers of `choose`, in TOML or JSON.
pub fn answers(bytes: &[u8]) {
    bounded(bytes, || drop(syncbench_reports::choose::read::read(bytes, "answers", WORKLOADS)));
}

/// Answers of real products.
pub fn answer_files() -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/profiles");
    let mut paths: Vec<_> =
        fs::read_dir(folder).expect("a checkout").map(|entry| entry.expect("a file").path()).collect();
    paths.sort();
    paths.iter().map(|path| fs::read(path).expect("a file")).collect()
}

macro_rules! decoded {
    ($($name:ident)*) => {
        $(#[doc = concat!("Decodes what `decoders::", stringify!($name), "` does.")]
        pub fn $name(bytes: &[u8]) {
            bounded(bytes, || drop(decoders::$name(bytes)));
        })*
    };
}

decoded!(capsule document results scenario selectors trace);

pub use crate::replicas::{message, saved};
