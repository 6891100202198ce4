#![no_main]

use libfuzzer_sys::fuzz_target;
use syncbench_fuzz::targets::{answers, seeds, write_seeds};

fuzz_target!(init: write_seeds(seeds::answers), |bytes: &[u8]| answers(bytes));
