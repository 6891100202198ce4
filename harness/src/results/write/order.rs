//! Putting the records of a file into order. A process that is killed meanwhile leaves the file as it was.

use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use syncbench_strategies::document::Digest;

use crate::results::ResultsError;
use crate::results::error::io;

/// Where a cell lies in the two files.
#[derive(Clone, Copy, Debug)]
pub(super) struct Record {
    pub(super) id: Digest,
    /// Its place in the plan.
    pub(super) index: u64,
    pub(super) line: (u64, u64),
    pub(super) frame: Option<(u64, u64)>,
}

/// Whether both files hold these records in the order of the plan, and nothing else.
pub(super) fn ordered(records: &[Record], first_frame: u64, cells: u64, series: u64) -> bool {
    let (mut line, mut frame) = (0, first_frame);
    let follows = |record: &Record| {
        let follows = record.line.0 == line && record.frame.is_none_or(|(start, _)| start == frame);
        line = record.line.1;
        frame = record.frame.map_or(frame, |(_, end)| end);
        follows
    };
    records.iter().all(follows) && records.is_sorted_by_key(|record| record.index) && (line, frame) == (cells, series)
}

/// Writes a file anew: `head`, then these stretches of the old one.
pub(super) fn rewrite(
    path: &Path,
    head: &[u8],
    stretches: impl Iterator<Item = (u64, u64)>,
) -> Result<(), ResultsError> {
    let copy = |file: &mut File| {
        let mut old = BufReader::new(File::open(path)?);
        let mut new = BufWriter::new(file);
        new.write_all(head)?;
        for (start, end) in stretches {
            old.seek(SeekFrom::Start(start))?;
            let copied = io::copy(&mut old.by_ref().take(end - start), &mut new)?;
            if copied != end - start {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        new.flush()
    };
    replace(path, copy).map_err(io(path))
}

/// Replaces a file by what `write` writes: wholly or not at all.
pub(super) fn replace(path: &Path, write: impl FnOnce(&mut File) -> io::Result<()>) -> io::Result<()> {
    let new = new_name(path);
    let written = File::create(&new).and_then(|mut file| {
        write(&mut file)?;
        file.sync_all()
    });
    let replaced = written.and_then(|()| fs::rename(&new, path));
    if replaced.is_err() {
        let _ = fs::remove_file(&new);
    }
    replaced
}

/// Where the new content of a file is written.
pub(super) fn new_name(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    path.with_file_name(name)
}
