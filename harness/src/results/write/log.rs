//! A file that only grows, and in which a record is whole or absent.

use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use crate::results::ResultsError;
use crate::results::error::io;

/// Where a log writes to. A file is one.
pub trait Sink: Write + Seek + Send {
    /// Shortens it to so many bytes.
    fn cut(&mut self, length: u64) -> io::Result<()>;

    /// Waits until the storage has everything.
    fn sync(&mut self) -> io::Result<()>;
}

impl Sink for File {
    fn cut(&mut self, length: u64) -> io::Result<()> {
        self.set_len(length)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.sync_all()
    }
}

pub(super) struct Log {
    sink: Box<dyn Sink>,
    path: PathBuf,
    length: u64,
}

impl Log {
    pub(super) fn new(mut sink: Box<dyn Sink>, path: PathBuf) -> Result<Self, ResultsError> {
        let length = sink.seek(SeekFrom::End(0)).map_err(io(&path))?;
        Ok(Self { sink, path, length })
    }

    /// How many bytes count.
    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// Adds a record. After a failure none of it counts, and the next one is written in its place.
    pub(super) fn append(&mut self, record: &[u8]) -> Result<(), ResultsError> {
        let at = |path: &Path| io(path);
        self.sink.seek(SeekFrom::Start(self.length)).map_err(at(&self.path))?;
        if let Err(error) = self.sink.write_all(record).and_then(|()| self.sink.flush()) {
            // If it cannot be cut off, readers pass over the unfinished record.
            let _ = self.sink.cut(self.length);
            return Err(at(&self.path)(error));
        }
        self.length += record.len() as u64;
        Ok(())
    }

    /// Forgets everything from this byte on.
    pub(super) fn cut(&mut self, length: u64) -> Result<(), ResultsError> {
        self.length = length;
        self.sink.cut(length).map_err(io(&self.path))
    }

    pub(super) fn sync(&mut self) -> Result<(), ResultsError> {
        self.sink.sync().map_err(io(&self.path))
    }
}
