//! Writing a run's folder, cell by cell.

mod log;
mod order;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use syncbench_strategies::document::Digest;

use super::error::{ResultsError, io};
use super::header::{CELLS, Header, RUN, SERIES, difference_in_words};
use super::read::Lines;
use super::series::{self, Frame, MAGIC};
use super::{Cell, Environment, Outcome};
use log::Log;
pub use log::Sink;
use order::Record;

/// Writes a run's folder, cell by cell.
pub struct Writer {
    dir: PathBuf,
    cells: Log,
    series: Log,
    /// The lines and frames that count, in the order in which they were written.
    records: Vec<Record>,
    machine: usize,
}

impl Writer {
    /// Makes the folder and its header. Of two processes at once, one succeeds; where there is a run already, nothing is
    /// written.
    pub fn create(dir: &Path, header: &Header) -> Result<Self, ResultsError> {
        fs::create_dir_all(dir).map_err(io(dir))?;
        for name in [CELLS, SERIES] {
            if dir.join(name).exists() {
                return Err(ResultsError::Exists(dir.to_owned()));
            }
        }
        let path = dir.join(RUN);
        let text = header.text().map_err(|error| io(&path)(error.into()))?;
        let file = OpenOptions::new().write(true).create_new(true).open(&path);
        let mut file = file.map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => ResultsError::Exists(dir.to_owned()),
            _ => io(&path)(error),
        })?;
        if let Err(error) = io::Write::write_all(&mut file, text.as_bytes()) {
            let _ = fs::remove_file(&path);
            return Err(io(&path)(error));
        }
        Self::open(dir, 0)
    }

    /// Continues the run in this folder, or begins it where there is none. What was not finished is cut off, and measured
    /// again. Refuses a run of another plan or build, and one that another process is writing.
    pub fn resume(dir: &Path, header: &Header) -> Result<Self, ResultsError> {
        let path = dir.join(RUN);
        let begun = dir.join(CELLS).metadata().is_ok_and(|data| data.len() > 0);
        match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound && !begun => return Self::create(dir, header),
            // Killed while it wrote its header, before any cell.
            Ok(text) if !begun && cut_off(&text) => {
                fs::remove_file(&path).map_err(io(&path))?;
                let _ = fs::remove_file(dir.join(CELLS));
                let _ = fs::remove_file(dir.join(SERIES));
                return Self::create(dir, header);
            }
            _ => {}
        }
        let mut there = Header::read(dir)?;
        if let Some(difference) = difference(&there, header) {
            return Err(ResultsError::Differs { path: dir.to_owned(), difference });
        }
        let mut machines = std::iter::once(&there.environment).chain(&there.other_machines);
        let machine = machines.position(|machine| machine.same_machine(&header.environment));
        let count = 1 + there.other_machines.len();
        let mut writer = Self::open(dir, machine.unwrap_or(count))?;
        writer.recover()?;
        if machine.is_none() {
            there.other_machines.push(header.environment.clone());
            let text = there.text().map_err(|error| io(&path)(error.into()))?;
            order::replace(&path, |file| io::Write::write_all(file, text.as_bytes())).map_err(io(&path))?;
        }
        Ok(writer)
    }

    /// The cells that [`Self::resume`] would not run again, or its refusal. Writes nothing.
    pub fn would_resume(dir: &Path, header: &Header) -> Result<BTreeSet<Digest>, ResultsError> {
        let begun = dir.join(CELLS).metadata().is_ok_and(|data| data.len() > 0);
        match fs::read(dir.join(RUN)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound && !begun => return Ok(BTreeSet::new()),
            Ok(text) if !begun && cut_off(&text) => return Ok(BTreeSet::new()),
            _ => {}
        }
        if let Some(difference) = difference(&Header::read(dir)?, header) {
            return Err(ResultsError::Differs { path: dir.to_owned(), difference });
        }
        if !dir.join(CELLS).exists() {
            return Ok(BTreeSet::new());
        }
        let done = super::read(dir)?.cells.into_iter().filter(|cell| cell.outcome != Outcome::NotRun);
        Ok(done.map(|cell| cell.id).collect())
    }

    fn open(dir: &Path, machine: usize) -> Result<Self, ResultsError> {
        let open = |name: &str| {
            let path = dir.join(name);
            let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path);
            file.map_err(io(&path))
        };
        let cells = open(CELLS)?;
        match cells.try_lock() {
            Err(TryLockError::WouldBlock) => return Err(ResultsError::Busy(dir.to_owned())),
            // Some filesystems have no locks.
            Ok(()) | Err(TryLockError::Error(_)) => {}
        }
        let series = open(SERIES)?;
        Self::over(dir, machine, Box::new(cells), Box::new(series))
    }

    /// Over sinks of one's own.
    fn over(dir: &Path, machine: usize, cells: Box<dyn Sink>, series: Box<dyn Sink>) -> Result<Self, ResultsError> {
        let log = |sink, name| Log::new(sink, dir.join(name));
        let (cells, mut series) = (log(cells, CELLS)?, log(series, SERIES)?);
        if series.length() == 0 {
            series.append(&MAGIC)?;
        }
        Ok(Self { dir: dir.to_owned(), cells, series, records: Vec::new(), machine })
    }

    /// Finds what was finished, and cuts off what was not.
    fn recover(&mut self) -> Result<(), ResultsError> {
        for name in [CELLS, SERIES] {
            // Most runs were not interrupted while their files were put into order.
            let _ = fs::remove_file(order::new_name(&self.dir.join(name)));
        }
        let path = self.dir.join(SERIES);
        let frames = File::open(&path).and_then(|mut file| series::scan(&mut file)).map_err(io(&path))?;
        let frames_end = frames.last().map(|frame| frame.end);
        // Of two records of one cell the later one counts.
        let frames: BTreeMap<Digest, Frame> = frames.into_iter().map(|frame| (frame.id, frame)).collect();
        let mut records = BTreeMap::new();
        let path = self.dir.join(CELLS);
        let mut lines = Lines::new(&path).map_err(io(&path))?;
        let mut end = 0;
        while let Some(line) = lines.next::<Cell>(&path)? {
            if !line.finished {
                break;
            }
            end = line.end;
            let Cell { id, index, outcome, .. } = line.value;
            let frame = frames.get(&id).copied();
            let whole = outcome != Outcome::NotRun && (outcome != Outcome::Measured || frame.is_some());
            if whole {
                records.insert(id, Record { id, index, line: (line.start, line.end), frame: frame.map(span) });
            }
        }
        // Nothing is changed before every line was read.
        match frames_end {
            Some(end) => self.series.cut(end)?,
            None => {
                self.series.cut(0)?;
                self.series.append(&MAGIC)?;
            }
        }
        self.records = records.into_values().collect();
        self.records.sort_by_key(|record| record.line);
        self.cells.cut(end)
    }

    /// The ids of the cells that need not be run again.
    pub fn finished(&self) -> BTreeSet<Digest> {
        self.records.iter().map(|record| record.id).collect()
    }

    /// Which machine this is: see [`Cell::machine`].
    pub fn machine(&self) -> usize {
        self.machine
    }

    /// Adds one cell. When this returns, the system has it. After a failure the folder is as before.
    pub fn append(&mut self, cell: &Cell) -> Result<(), ResultsError> {
        let before = self.series.length();
        let frame = match cell.outcome {
            Outcome::Measured => {
                let path = self.dir.join(SERIES);
                let frame = series::frame(cell.id, &cell.series()).map_err(io(&path))?;
                self.series.append(&frame)?;
                Some((before, self.series.length()))
            }
            _ => None,
        };
        let start = self.cells.length();
        let line = serde_json::to_string(cell).map_err(|error| io(&self.dir.join(CELLS))(error.into()));
        let written = line.and_then(|line| self.cells.append((line + "\n").as_bytes()));
        if let Err(error) = written {
            // What cannot be cut off is written over by the next cell.
            let _ = self.series.cut(before);
            return Err(error);
        }
        let line = (start, self.cells.length());
        self.records.push(Record { id: cell.id, index: cell.index, line, frame });
        Ok(())
    }

    /// Puts the cells into the order of the plan, so that equal runs have equal files.
    pub fn finish(mut self) -> Result<(), ResultsError> {
        if order::ordered(&self.records, MAGIC.len() as u64, self.cells.length(), self.series.length()) {
            return self.series.sync().and_then(|()| self.cells.sync());
        }
        self.records.sort_by_key(|record| record.index);
        let frames = self.records.iter().filter_map(|record| record.frame);
        order::rewrite(&self.dir.join(SERIES), &MAGIC, frames)?;
        order::rewrite(&self.dir.join(CELLS), &[], self.records.iter().map(|record| record.line))
    }
}

fn span(frame: Frame) -> (u64, u64) {
    (frame.start, frame.end)
}

/// Whether this is the beginning of a JSON text, or bytes that were never written.
fn cut_off(text: &[u8]) -> bool {
    match serde_json::from_slice::<serde_json::Value>(text) {
        Ok(_) => false,
        Err(error) => error.is_eof() || text.iter().all(|byte| *byte == 0),
    }
}

/// In what the run that is there differs from the one that is asked for.
fn difference(there: &Header, asked: &Header) -> Option<String> {
    if let Some(build) = Environment::build_difference(&there.environment, &asked.environment) {
        return Some(format!("there and here: {build}"));
    }
    if there.partition != asked.partition {
        let part = |header: &Header| header.partition.clone().unwrap_or_else(|| "the whole plan".to_owned());
        return Some(format!("it is {}, and this is {}", part(there), part(asked)));
    }
    if there.plan == asked.plan {
        return None;
    }
    let key = difference_in_words(&there.scenario, &asked.scenario);
    let key = key.map(|(key, there, here)| format!("{key} is {there} there and {here} here"));
    let key = key.unwrap_or_else(|| "the scenario is the same, and its cells are not".to_owned());
    Some(format!("its plan has {} cells, this one {}; {key}", there.plan.cells, asked.plan.cells))
}

#[cfg(test)]
mod tests;
