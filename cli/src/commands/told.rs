//! What commands do with the story of a run.

use std::path::Path;

use syncbench_harness::results::Cell;
use syncbench_harness::run::Planned;
use syncbench_harness::shrink::FAILED;
use syncbench_harness::stories::Told;
use syncbench_harness::stories::cell::first_loss;
use syncbench_reports::story;

use crate::failure::Failure;
use crate::out::{print, println};
use crate::written;

/// The last line of every diagram written here; a file without it is not overwritten.
pub(super) const MARK: &str = "<!-- a diagram of syncbench demo -->\n";

/// Writes the diagram of a story to the file of `--svg`.
pub(super) fn draw_into(path: &Path, told: &Told) -> Result<(), Failure> {
    let svg = story::scene(told, true).svg();
    let made = written::folder_of(path).and_then(|()| written::write(path, &svg, MARK, "a diagram of a demo"));
    made.map_err(|failure| failure.at(format!("--svg {}", path.display())))
}

/// The run as a story, or why there is none.
pub(super) fn tell(planned: &Planned, cell: &Cell, kind: &str) -> Result<Told, String> {
    if kind == FAILED {
        return Err(cell.reason.clone().unwrap_or_else(|| "the run came to its end".to_owned()));
    }
    // Where this run has no such finding, the story is that of its first loss.
    first_loss(planned, Some(kind)).or_else(|_| first_loss(planned, None))
}

/// Prints a story, or why there is none.
pub(super) fn show(told: &Result<Told, String>) {
    match told {
        Ok(told) => story::parts(told, true, true).iter().for_each(|part| print!("{part}")),
        Err(reason) => println!("{reason}"),
    }
}
