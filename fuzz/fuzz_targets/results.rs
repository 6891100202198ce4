#![no_main]

use libfuzzer_sys::fuzz_target;
use syncbench_fuzz::targets::{results, seeds, write_seeds};

fuzz_target!(init: write_seeds(seeds::results), |bytes: &[u8]| results(bytes));
