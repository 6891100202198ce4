#![no_main]

use libfuzzer_sys::fuzz_target;
use syncbench_fuzz::targets::{scenario, seeds, write_seeds};

fuzz_target!(init: write_seeds(seeds::scenario), |bytes: &[u8]| scenario(bytes));
