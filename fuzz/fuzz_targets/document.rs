#![no_main]

use libfuzzer_sys::fuzz_target;
use syncbench_fuzz::targets::{document, seeds, write_seeds};

fuzz_target!(init: write_seeds(seeds::document), |bytes: &[u8]| document(bytes));
