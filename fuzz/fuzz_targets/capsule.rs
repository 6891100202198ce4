#![no_main]

use libfuzzer_sys::fuzz_target;
use syncbench_fuzz::targets::{capsule, seeds, write_seeds};

fuzz_target!(init: write_seeds(seeds::capsule), |bytes: &[u8]| capsule(bytes));
