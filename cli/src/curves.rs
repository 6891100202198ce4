//! The curves that a command rests on, and other small files that it reads.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use syncbench_harness::growth::{self, Curves};
use syncbench_reports::cost::committed;

use crate::failure::Failure;

/// The curves in a file, or the committed ones.
pub(crate) fn measured(path: Option<&Path>) -> Result<Curves, Failure> {
    let Some(path) = path else { return Ok(committed().clone()) };
    let bytes = bounded("--curves", path, growth::MOST_BYTES, "the growth.json of `growth --out DIR`")?;
    growth::read(&bytes).map_err(|reason| Failure::usage(format!("--curves {}: {reason}", path.display())))
}

/// The bytes of a file that a flag names, and one more than `most` of a larger one: enough to tell that it is too large.
pub(crate) fn bounded(flag: &str, path: &Path, most: usize, expected: &str) -> Result<Vec<u8>, Failure> {
    let unreadable =
        |error: std::io::Error| Failure::usage(format!("{flag} {}: {error}; expected {expected}", path.display()));
    let mut bytes = Vec::new();
    File::open(path).map_err(unreadable)?.take(most as u64 + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    Ok(bytes)
}
