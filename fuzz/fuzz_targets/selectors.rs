#![no_main]

use libfuzzer_sys::fuzz_target;
use syncbench_fuzz::targets::{seeds, selectors, write_seeds};

fuzz_target!(init: write_seeds(seeds::selectors), |bytes: &[u8]| selectors(bytes));
