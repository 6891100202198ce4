//! Stories of runs, as several commands tell them.

use std::path::{Path, PathBuf};

use syncbench_harness::results::Cell;
use syncbench_harness::run::Planned;
use syncbench_harness::shrink::FAILED;
use syncbench_harness::stories::Told;
use syncbench_harness::stories::cell::first_loss;
use syncbench_reports::story;

use crate::failure::Failure;
use crate::out::{eprintln, print, println};
use crate::written;

/// Diagrams of runs.
pub(super) const DIAGRAM: Diagram =
    Diagram { mark: "<!-- a diagram of syncbench demo -->\n", what: "a diagram of a demo" };

/// Writes the diagram of a story to the file of `--svg`.
pub(super) fn draw_into(path: &Path, told: &Told) -> Result<(), Failure> {
    let svg = story::scene(told, true).svg();
    let made = written::folder_of(path).and_then(|()| written::write(path, &svg, DIAGRAM.mark, DIAGRAM.what));
    made.map_err(|failure| failure.at(format!("--svg {}", path.display())))
}

/// A diagram that a command writes: its last line, without which a file is not overwritten, and its name in errors.
pub(super) struct Diagram {
    pub(super) mark: &'static str,
    pub(super) what: &'static str,
}

impl Diagram {
    /// Writes the diagram to the file of `--svg`, otherwise to its default place; `None` where neither is written. The user did
    /// not ask for the default one, so a failure there is only said.
    pub(super) fn write(&self, svg: &str, given: Option<&Path>, usual: PathBuf) -> Result<Option<PathBuf>, Failure> {
        let write = |path: &Path| {
            written::folder_of(path)?;
            written::write(path, svg, self.mark, self.what)
        };
        if let Some(path) = given {
            write(path).map_err(|failure| failure.at(format!("--svg {}", path.display())))?;
            return Ok(Some(path.to_owned()));
        }
        match write(&usual).map_err(|failure| failure.at(usual.display())) {
            Ok(()) => return Ok(Some(usual)),
            Err(Failure::Usage(reason) | Failure::No(reason)) => eprintln!("no diagram: {reason}"),
            Err(Failure::Broken(error)) => eprintln!("no diagram: {error:#}"),
        }
        Ok(None)
    }
}

/// The run as a story, or why there is none.
pub(super) fn tell(planned: &Planned, cell: &Cell, kind: &str) -> Result<Told, String> {
    if kind == FAILED {
        return Err(cell.reason.clone().unwrap_or_else(|| "the run ended without failing".to_owned()));
    }
    // A run without such a finding is told by its first loss.
    first_loss(planned, Some(kind)).or_else(|_| first_loss(planned, None))
}

/// Prints a story, or why there is none.
pub(super) fn show(told: &Result<Told, String>) {
    match told {
        Ok(told) => story::parts(told, true, true).iter().for_each(|part| print!("{part}")),
        Err(reason) => println!("{reason}"),
    }
}
