#![no_main]

use libfuzzer_sys::fuzz_target;
use syncbench_fuzz::targets::{saved, seeds, write_seeds};

fuzz_target!(init: write_seeds(seeds::saved), |bytes: &[u8]| saved(bytes));
