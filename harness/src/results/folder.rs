//! A run's folder: `run.json` and `cells.jsonl`.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::{Cell, Header, Results, SCHEMA};

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
    #[error("{}: holds a run already; choose another folder with --out", .0.display())]
    Exists(PathBuf),
    /// A file is not what it should be.
    #[error("{}: line {line}: {reason}", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        reason: String,
    },
}

/// Writes a run's folder, cell by cell.
pub struct Writer {
    path: PathBuf,
    file: File,
}

impl Writer {
    /// Makes the folder and its header. Fails if the folder holds a run already.
    pub fn create(dir: &Path, header: &Header) -> Result<Self, ResultsError> {
        let io = |path: &Path| {
            let path = path.to_owned();
            move |error| ResultsError::Io { path, error }
        };
        fs::create_dir_all(dir).map_err(io(dir))?;
        let (head, path) = (dir.join("run.json"), dir.join("cells.jsonl"));
        if head.exists() || path.exists() {
            return Err(ResultsError::Exists(dir.to_owned()));
        }
        let text = serde_json::to_string_pretty(header).map_err(|error| io(&head)(error.into()))?;
        fs::write(&head, text + "\n").map_err(io(&head))?;
        let file = OpenOptions::new().create_new(true).append(true).open(&path).map_err(io(&path))?;
        Ok(Self { path, file })
    }

    /// Adds one cell; it is on disk when this returns.
    pub fn append(&mut self, cell: &Cell) -> Result<(), ResultsError> {
        let line = serde_json::to_string(cell).map_err(io::Error::from);
        line.and_then(|line| self.file.write_all((line + "\n").as_bytes()))
            .map_err(|error| ResultsError::Io { path: self.path.clone(), error })
    }
}

/// Reads a run's folder. A last line that a killed run left unfinished is passed over.
pub fn read(dir: &Path) -> Result<Results, ResultsError> {
    let head = dir.join("run.json");
    let text = fs::read_to_string(&head).map_err(|error| ResultsError::Io { path: head.clone(), error })?;
    let header: Header = serde_json::from_str(&text).map_err(|error| ResultsError::Format {
        path: head.clone(),
        line: error.line(),
        reason: error.to_string(),
    })?;
    if header.schema != SCHEMA {
        let reason = format!("schema {}, and this version reads schema {SCHEMA}: run it again", header.schema);
        return Err(ResultsError::Format { path: head, line: 1, reason });
    }
    let path = dir.join("cells.jsonl");
    let io = |error| ResultsError::Io { path: path.clone(), error };
    let lines = BufReader::new(File::open(&path).map_err(io)?).lines().collect::<Result<Vec<_>, _>>().map_err(io)?;
    let mut cells = Vec::with_capacity(lines.len());
    for (index, line) in lines.iter().enumerate() {
        match serde_json::from_str(line) {
            Ok(cell) => cells.push(cell),
            Err(error) if error.is_eof() && index + 1 == lines.len() => {}
            Err(error) => {
                return Err(ResultsError::Format { path, line: index + 1, reason: error.to_string() });
            }
        }
    }
    cells.sort_by_key(|cell: &Cell| cell.index);
    Ok(Results {
        schema: header.schema,
        environment: header.environment,
        scenario: header.scenario,
        cells_planned: header.cells_planned,
        cells,
    })
}
