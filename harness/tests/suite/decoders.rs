//! Files and texts from strangers: real ones, damaged in many ways.

use std::panic::catch_unwind;
use std::path::Path;

use rand::RngExt;
use syncbench_harness::rng::{below, stream};
use syncbench_harness::stopwatch::processor_ns;
use syncbench_strategies::replica::Rng;

use crate::common::claims::mutate;
use crate::common::decoders::{DECODERS, Decoder, bound};
use crate::common::seeds::Seeds;

/// Most processor time that an input may take, in nanoseconds.
const SECOND_NS: u64 = 1_000_000_000;

/// Numbers at which counts, lengths and times go wrong.
const EXTREMES: [&str; 10] = [
    "18446744073709551615",
    "-9223372036854775808",
    "9223372036854775807",
    "4294967296",
    "-1",
    "0",
    "1e308",
    "-0.0",
    "1e-320",
    "99999999999999999999999999",
];

/// A damaged copy: bits, cuts and splices of bytes, and what is hostile in text.
fn damaged(rng: &mut Rng, original: &[u8], other: &[u8]) -> Vec<u8> {
    let at = below(rng, original.len().max(1)).min(original.len());
    match below(rng, 12) {
        // A number gives way to an extreme one.
        0..=3 if original.iter().any(u8::is_ascii_digit) => {
            let digits: Vec<usize> = (0..original.len()).filter(|at| original[*at].is_ascii_digit()).collect();
            let start = digits[below(rng, digits.len())];
            let rest = &original[start..];
            let end = start + rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
            [&original[..start], EXTREMES[below(rng, EXTREMES.len())].as_bytes(), &original[end..]].concat()
        }
        // Deep nesting.
        4 => {
            let open = [&b"["[..], b"{\"a\":", b"[[a", b"{a=", b"\x06\x01"][below(rng, 5)];
            [&original[..at], &open.repeat(1 << below(rng, 13)), &original[at..]].concat()
        }
        // A part of it many times.
        5 => {
            let end = at + below(rng, (original.len() - at).min(200) + 1);
            [&original[..end], &original[at..end].repeat(1 << below(rng, 8)), &original[end..]].concat()
        }
        // A line is missing, or another file's is in its place.
        6 | 7 => {
            let lines: Vec<&[u8]> = original.split(|byte| *byte == b'\n').collect();
            let others: Vec<&[u8]> = other.split(|byte| *byte == b'\n').collect();
            let skip = below(rng, lines.len());
            let mut kept: Vec<&[u8]> = [&lines[..skip], &lines[skip + 1..]].concat();
            if rng.random() {
                kept.insert(skip, others[below(rng, others.len())]);
            }
            kept.join(&b'\n')
        }
        _ => mutate(rng, original, other),
    }
}

/// Damaged inputs are decoded or refused: no panic, memory in proportion to the input, a second at most, and an error that
/// names the place.
fn hold(decoder: &Decoder) {
    let seeds = (decoder.seeds)();
    assert!(!seeds.is_empty(), "{}: no real input", decoder.name);
    for seed in &seeds {
        (decoder.decode)(seed).unwrap_or_else(|error| panic!("{}: a real input: {error}", decoder.name));
    }
    let mut refused = 0;
    for number in Seeds::from_env().times(20).iter() {
        let mut rng = stream(number, "damage", 0, 0);
        for _ in 0..20 {
            let (original, other) = (&seeds[below(&mut rng, seeds.len())], &seeds[below(&mut rng, seeds.len())]);
            let mut bytes = damaged(&mut rng, original, other);
            if below(&mut rng, 3) == 0 {
                bytes = damaged(&mut rng, &bytes, other);
            }
            let shown = || String::from_utf8_lossy(&bytes[..bytes.len().min(2_000)]).into_owned();
            let (mut decoded, mut spent_ns) = (Ok(Ok(())), 0);
            let memory = allocation_counter::measure(|| {
                spent_ns = processor_ns(|| decoded = catch_unwind(|| (decoder.decode)(&bytes)));
            });
            let Ok(decoded) = decoded else { panic!("{}: panicked on {}", decoder.name, shown()) };
            let (name, len) = (decoder.name, bytes.len());
            assert!(memory.bytes_max <= bound(len), "{name}: {} bytes for {len}: {}", memory.bytes_max, shown());
            assert!(spent_ns < SECOND_NS, "{name}: {spent_ns} ns for {len} bytes: {}", shown());
            if let Err(error) = decoded {
                refused += 1;
                assert!(decoder.told.iter().any(|word| error.contains(word)), "{name}: {error}: {}", shown());
                assert!(error.chars().count() < 2_000, "{name}: an error of {} bytes: {}", error.len(), shown());
            }
        }
    }
    assert!(refused > 0, "{}: nothing was refused", decoder.name);
}

macro_rules! held {
    ($($name:ident)*) => {
        $(#[test]
        fn $name() {
            hold(DECODERS.iter().find(|decoder| decoder.name == stringify!($name)).unwrap());
        })*

        #[test]
        fn every_decoder_is_held() {
            assert_eq!(DECODERS.iter().map(|decoder| decoder.name).collect::<Vec<_>>(), [$(stringify!($name)),*]);
        }
    };
}

held!(document scenario selectors trace capsule results);

#[test]
fn every_decoder_is_fuzzed() {
    for name in DECODERS.iter().map(|decoder| decoder.name).chain(["answers", "message", "saved"]) {
        let target = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../fuzz/fuzz_targets/{name}.rs"));
        assert!(target.exists(), "{name}: expected {}", target.display());
    }
}
