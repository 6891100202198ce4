//! Recorded keystrokes, or generated ones.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::{env, iter};

use flate2::read::GzDecoder;
use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt, SeedableRng};
use serde::Deserialize;

/// Position, number of deleted characters, inserted characters.
pub(crate) type Splice = (usize, usize, String);

#[derive(Deserialize)]
struct Txn {
    patches: Vec<Splice>,
}

#[derive(Deserialize)]
struct Trace {
    txns: Vec<Txn>,
}

/// The edits of the trace, each alone; generated ones if there is no file.
pub(crate) fn splices() -> Vec<Splice> {
    let named = env::var_os("SYNCBENCH_TRACE").map(PathBuf::from);
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/editing-traces/automerge-paper.json.gz");
    match File::open(named.as_ref().unwrap_or(&beside)) {
        Ok(file) => {
            let trace: Trace = serde_json::from_reader(GzDecoder::new(file)).expect("an editing trace of one author");
            trace.txns.into_iter().flat_map(|txn| txn.patches).collect()
        }
        Err(error) => match named {
            Some(path) => panic!("SYNCBENCH_TRACE names {}: {error}", path.display()),
            None => typed(20_000),
        },
    }
}

/// Typing and erasing in runs, three keys to one, as in the paper.
fn typed(keys: usize) -> Vec<Splice> {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(1);
    let (mut len, mut cursor, mut left, mut erase) = (0_usize, 0_usize, 0, false);
    iter::repeat_with(|| {
        if left == 0 || (erase && cursor == 0) {
            (left, erase) = (rng.random_range(1..30), rng.random_range(0..4) == 0);
            if rng.random_range(0..5) == 0 {
                cursor = rng.random_range(0..=len);
            }
            erase &= cursor > 0;
        }
        left -= 1;
        if erase {
            (len, cursor) = (len - 1, cursor - 1);
            return (cursor, 1, String::new());
        }
        (len, cursor) = (len + 1, cursor + 1);
        (cursor - 1, 0, char::from(rng.random_range(b'a'..=b'z')).to_string())
    })
    .take(keys)
    .collect()
}
