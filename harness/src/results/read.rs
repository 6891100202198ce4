//! Reading a run's folder. Cells come line by line, their series when asked for.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;
use std::sync::Arc;

use serde::de::IgnoredAny;

use super::error::{ResultsError, io};
use super::facts::Restorer;
use super::header::{CELLS, Header, SERIES};
use super::series::{LazySeries, SeriesFile};
use super::{Cell, Outcome, Results};

/// Reads a run's folder. A last line of any bytes that a killed run left unfinished is passed over, and so is a cell whose
/// series are missing or damaged: it was not measured. Of two lines of one cell the later one counts.
pub fn read(dir: &Path) -> Result<Results, ResultsError> {
    let header = Header::read(dir)?;
    let (path, series) = (dir.join(CELLS), dir.join(SERIES));
    let mut cells = Vec::new();
    let mut lines = Lines::new(&path).map_err(io(&path))?;
    let file = match SeriesFile::open(&series) {
        Ok(file) => Some(Arc::new(file)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(io(&series)(error)),
    };
    let mut restorer = Restorer::new(&header.facts);
    let mut places = BTreeMap::new();
    while let Some(line) = lines.next(&path)? {
        let mut cell: Cell = line.value;
        restorer.restore(&mut cell);
        if cell.outcome == Outcome::Measured {
            let file = file.as_ref();
            let file = file.ok_or_else(|| ResultsError::NoSeries { path: series.clone(), line: line.number })?;
            if !file.has(cell.id) {
                continue;
            }
            cell.series = LazySeries::stored(file.clone(), cell.id);
        }
        match places.entry(cell.id) {
            Entry::Vacant(place) => {
                place.insert(cells.len());
                cells.push(cell);
            }
            Entry::Occupied(place) => cells[*place.get()] = cell,
        }
    }
    cells.sort_by_key(|cell: &Cell| cell.index);
    Ok(Results {
        schema: header.schema,
        environment: header.environment,
        other_machines: header.other_machines,
        scenario: header.scenario,
        plan: header.plan,
        partition: header.partition,
        cells_planned: header.cells_planned,
        facts: header.facts,
        cells,
        files: file.into_iter().collect(),
    })
}

/// The lines of a file of cells.
pub(super) struct Lines {
    reader: Option<BufReader<File>>,
    buffer: Vec<u8>,
    number: usize,
    start: u64,
}

/// One line, parsed.
pub(super) struct Line<T> {
    pub(super) value: T,
    /// From 1.
    pub(super) number: usize,
    /// Its first byte.
    pub(super) start: u64,
    /// The byte after it.
    pub(super) end: u64,
    /// Whether it ends as every line does.
    pub(super) finished: bool,
}

impl Lines {
    /// A run that was killed before its first cell has no file yet.
    pub(super) fn new(path: &Path) -> io::Result<Self> {
        let reader = match File::open(path) {
            Ok(file) => Some(BufReader::new(file)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        Ok(Self { reader, buffer: Vec::new(), number: 0, start: 0 })
    }

    /// The next line; none at the end, or where only an unfinished line is left. A line that is JSON was finished.
    pub(super) fn next<T: serde::de::DeserializeOwned>(
        &mut self,
        path: &Path,
    ) -> Result<Option<Line<T>>, ResultsError> {
        let Some(reader) = &mut self.reader else { return Ok(None) };
        self.buffer.clear();
        let read = reader.read_until(b'\n', &mut self.buffer).map_err(io(path))?;
        if read == 0 {
            return Ok(None);
        }
        self.number += 1;
        let (number, start) = (self.number, self.start);
        self.start += read as u64;
        match serde_json::from_slice(&self.buffer) {
            Ok(value) => {
                Ok(Some(Line { value, number, start, end: self.start, finished: self.buffer.ends_with(b"\n") }))
            }
            Err(error) => match reader.fill_buf().map_err(io(path))? {
                [] if serde_json::from_slice::<IgnoredAny>(&self.buffer).is_err() => Ok(None),
                _ => Err(ResultsError::Format { path: path.to_owned(), line: number, reason: error.to_string() }),
            },
        }
    }
}
