//! Files that a flag names: what may be written over, and what a failure to write is.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use std::path::Path;

use crate::failure::Failure;

/// Writes a file that ends in `mark`. What is there already is written over only where it is empty or ends in the mark,
/// too: then an earlier call wrote it. `what` says what such a file is.
pub(crate) fn write(path: &Path, text: &str, mark: &str, what: &str) -> Result<(), Failure> {
    free(path, mark, what)?;
    fs::write(path, format!("{text}{mark}")).map_err(|error| failed(error, "a writable file"))
}

/// Makes the folder of a file.
pub(crate) fn folder_of(path: &Path) -> Result<(), Failure> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    folder.map_or(Ok(()), fs::create_dir_all).map_err(|error| failed(error, "a writable file"))
}

/// Refuses a path at which something else lies. Only a regular file is opened, and at most its end is read.
pub(crate) fn free(path: &Path, mark: &str, what: &str) -> Result<(), Failure> {
    if path == Path::new("-") {
        return Err(Failure::usage("stdout has the text; expected a file"));
    }
    let there = match fs::metadata(path) {
        Ok(there) => there,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(failed(error, "a writable file")),
    };
    if !there.is_file() {
        return Err(Failure::usage("is not a regular file; expected a writable file"));
    }
    match there.len() == 0 || ends_with(path, there.len(), mark).map_err(|error| failed(error, "a writable file"))? {
        true => Ok(()),
        false => Err(Failure::usage(format!("exists already and is not {what}; expected another path"))),
    }
}

fn ends_with(path: &Path, length: u64, mark: &str) -> io::Result<bool> {
    let Some(start) = length.checked_sub(mark.len() as u64) else { return Ok(false) };
    let (mut file, mut end) = (File::open(path)?, Vec::new());
    file.seek(SeekFrom::Start(start))?;
    file.take(mark.len() as u64 + 1).read_to_end(&mut end)?;
    Ok(end == mark.as_bytes())
}

/// A path, quoted for a shell.
pub(crate) fn quoted(path: &Path) -> String {
    let path = path.display().to_string();
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-:+=".contains(c);
    if path.chars().all(plain) { path } else { format!("'{}'", path.replace('\'', "'\\''")) }
}

/// Wrong use, unless there was no room.
pub(crate) fn failed(error: io::Error, expected: &str) -> Failure {
    match full(&error) {
        true => Failure::Broken(error.into()),
        false => Failure::usage(format!("{error}; expected {expected}")),
    }
}

/// Whether there was no room: no wrong use.
pub(crate) fn full(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_room_is_no_wrong_use() {
        let of = |kind: ErrorKind| failed(kind.into(), "a writable file");
        assert!(matches!(of(ErrorKind::StorageFull), Failure::Broken(_)));
        assert!(matches!(of(ErrorKind::PermissionDenied), Failure::Usage(_)));
    }
}
