#![no_main]

use libfuzzer_sys::fuzz_target;
use syncbench_fuzz::targets::{message, seeds, write_seeds};

fuzz_target!(init: write_seeds(seeds::message), |bytes: &[u8]| message(bytes));
