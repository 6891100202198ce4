#![no_main]

use libfuzzer_sys::fuzz_target;
use syncbench_fuzz::targets::{seeds, trace, write_seeds};

fuzz_target!(init: write_seeds(seeds::trace), |bytes: &[u8]| trace(bytes));
