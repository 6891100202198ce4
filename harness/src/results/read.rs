//! Reading a run's folder. Cells come line by line, their series when asked for.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;
use serde::de::IgnoredAny;
use syncbench_strategies::document::Digest;
use syncbench_strategies::names::short;

use super::error::{ResultsError, io};
use super::facts::Restorer;
use super::header::{CELLS, Header, SERIES};
use super::series::{LazySeries, SeriesFile};
use super::{Cell, Outcome, Results};

/// Reads a run's folder. A last line of any bytes that a killed run left unfinished is passed over, and so is a cell whose
/// series are missing or damaged: it was not measured. Of two lines of one cell the later one counts.
pub fn read(dir: &Path) -> Result<Results, ResultsError> {
    let header = Header::read(dir)?;
    let mut reader = Reader::open(dir, &header)?;
    let mut cells = Vec::new();
    let mut places = BTreeMap::new();
    while let Some((_, cell)) = reader.next()? {
        match places.entry(cell.id) {
            Entry::Vacant(place) => {
                place.insert(cells.len());
                cells.push(cell);
            }
            Entry::Occupied(place) => cells[*place.get()] = cell,
        }
    }
    let file = reader.file;
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

/// Reads the cells of a run's folder one by one, the same ones as [`read`] and in the order of their lines: none of them stays
/// in memory.
pub fn visit<E: From<ResultsError>>(
    dir: &Path,
    header: &Header,
    each: &mut dyn FnMut(Cell) -> Result<(), E>,
) -> Result<(), E> {
    let mut last = BTreeMap::new();
    let mut lines = Reader::open(dir, header)?;
    while let Some((line, id)) = lines.next_id()? {
        last.insert(id, line);
    }
    let mut reader = Reader::open(dir, header)?;
    while let Some((line, cell)) = reader.next()? {
        if last.get(&cell.id) == Some(&line) {
            each(cell)?;
        }
    }
    match reader.file.and_then(|file| file.error()) {
        Some(reason) => Err(ResultsError::Header { path: dir.join(SERIES), reason }.into()),
        None => Ok(()),
    }
}

/// Reads cells line by line and completes each.
struct Reader<'h> {
    cells: PathBuf,
    series: PathBuf,
    lines: Lines,
    file: Option<Arc<SeriesFile>>,
    restorer: Restorer<'h>,
}

/// What tells cells apart.
#[derive(Deserialize)]
struct Named {
    id: Digest,
    outcome: Outcome,
}

impl<'h> Reader<'h> {
    fn open(dir: &Path, header: &'h Header) -> Result<Self, ResultsError> {
        let (cells, series) = (dir.join(CELLS), dir.join(SERIES));
        let lines = Lines::new(&cells).map_err(io(&cells))?;
        let file = match SeriesFile::open(&series) {
            Ok(file) => Some(Arc::new(file)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(io(&series)(error)),
        };
        Ok(Self { cells, series, lines, file, restorer: Restorer::new(&header.facts) })
    }

    /// The next cell with the number of its line.
    fn next(&mut self) -> Result<Option<(usize, Cell)>, ResultsError> {
        while let Some(line) = self.lines.next::<Cell>(&self.cells)? {
            let mut cell = line.value;
            self.restorer.restore(&mut cell);
            if cell.outcome == Outcome::Measured {
                let Some(file) = self.with_series(cell.id, line.number)? else { continue };
                cell.series = LazySeries::stored(file, cell.id);
            }
            return Ok(Some((line.number, cell)));
        }
        Ok(None)
    }

    /// The id of the next cell with the number of its line.
    fn next_id(&mut self) -> Result<Option<(usize, Digest)>, ResultsError> {
        while let Some(line) = self.lines.next::<Named>(&self.cells)? {
            let Named { id, outcome } = line.value;
            if outcome == Outcome::Measured && self.with_series(id, line.number)?.is_none() {
                continue;
            }
            return Ok(Some((line.number, id)));
        }
        Ok(None)
    }

    /// The file, if it has the series of this cell.
    fn with_series(&self, id: Digest, line: usize) -> Result<Option<Arc<SeriesFile>>, ResultsError> {
        let file = self.file.as_ref().ok_or_else(|| ResultsError::NoSeries { path: self.series.clone(), line })?;
        Ok(file.has(id).then(|| file.clone()))
    }
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
                _ => Err(ResultsError::Format {
                    path: path.to_owned(),
                    line: number,
                    reason: short(&error.to_string(), 600),
                }),
            },
        }
    }
}
