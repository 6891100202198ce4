//! Why results cannot be written or read.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// Why results cannot be written or read.
#[derive(Debug, Error)]
pub enum ResultsError {
    /// The operating system said no.
    #[error("{}: {error}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What it said.
        error: io::Error,
    },
    /// The folder already holds a run.
    #[error("{}: holds a run already; choose another folder with --out, or continue that run with --resume", .0.display())]
    Exists(PathBuf),
    /// Another process is writing the folder.
    #[error("{}: another process is writing this run; wait for it, or choose another folder with --out", .0.display())]
    Busy(PathBuf),
    /// The header of a run is missing or no header.
    #[error("{}: {reason}; expected the header of a run; restore the file, or run again to another --out", path.display())]
    Header {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// A line of the file of cells is no cell.
    #[error("{}: line {line}: {reason}; expected a cell; restore the line, or remove it: `run --resume` measures it again", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        reason: String,
    },
    /// Results in a form that this version does not read.
    #[error("{}: {found}, and this version reads schema {}: run it again", path.display(), super::SCHEMA)]
    Schema {
        /// The file.
        path: PathBuf,
        /// What it says.
        found: String,
    },
    /// There is no file of series.
    #[error("{}: missing; expected the series of the cell in line {line} of cells.jsonl; `run --resume` measures it again", path.display())]
    NoSeries {
        /// The file of series.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
    },
    /// A run cannot be continued as another one.
    #[error("{}: holds another run: {difference}; choose another folder with --out", path.display())]
    Differs {
        /// The folder.
        path: PathBuf,
        /// In what they differ.
        difference: String,
    },
}

/// Says at which file it happened.
pub(super) fn io(path: &Path) -> impl Fn(io::Error) -> ResultsError + use<> {
    let path = path.to_owned();
    move |error| ResultsError::Io { path: path.clone(), error }
}
