//! Editing traces as files: JSON, plain or gzip, with one author or with several who worked at the same time.
//!
//! One author: `{"startContent", "endContent", "txns": [{"patches": [[position, deleted, "inserted"]]}]}`.
//! Several: `{"kind": "concurrent", "endContent", "numAgents", "txns": [{"parents", "numChildren", "agent", "patches"}]}`;
//! parents are indices of `txns`: none means the start, several mean that they were merged first. Positions are code points,
//! each patch applies to the text after the one before. Times are not read: most txns have none.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use flate2::read::MultiGzDecoder;
use syncbench_strategies::document::Digest;
use thiserror::Error;
use xxhash_rust::xxh3::xxh3_128;

use super::merge::merge;
use super::op::TraceOp;
use super::raw::RawTrace;
use crate::schedule::Schedule;

/// Largest trace that is read, unpacked: ten times the largest known, and small enough for any machine.
pub const MAX_BYTES: u64 = 256 << 20;

/// A recorded editing trace, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    /// The file's name without its endings.
    pub name: String,
    /// Of the unpacked bytes: tells whether two runs replayed the same trace.
    pub digest: Digest,
    /// The text at the start.
    pub start: String,
    /// The text at the end; `None` where it was not recorded.
    pub end: Option<String>,
    /// Whether several authors worked at the same time.
    pub concurrent: bool,
    /// The txns, parents before children.
    pub txns: Vec<TraceOp>,
    /// Who had seen what.
    pub schedule: Schedule,
}

/// What is wrong with a trace: which file, where in it, and what was expected. One line.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("`{file}`: {reason}")]
pub struct TraceError {
    /// The file.
    pub file: String,
    /// Where and what.
    pub reason: String,
}

impl TraceError {
    fn new(path: &Path, reason: impl fmt::Display) -> Self {
        Self { file: one_line(&path.display().to_string()), reason: one_line(&reason.to_string()) }
    }
}

/// Parsers quote their input: a short line of it is enough.
fn one_line(text: &str) -> String {
    const LONGEST: usize = 300;
    let mut line: String = text.chars().take(LONGEST).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.chars().nth(LONGEST).is_some() {
        line.push_str(" ...");
    }
    line
}

impl Trace {
    /// A trace without txns.
    pub fn empty() -> Self {
        Self {
            name: String::new(),
            digest: Digest(0),
            start: String::new(),
            end: Some(String::new()),
            concurrent: false,
            txns: Vec::new(),
            schedule: Schedule::default(),
        }
    }

    /// Reads and checks a trace.
    ///
    /// Every position is checked by applying all txns, and the end must be the recorded one, unless authors wrote at one spot
    /// without having seen each other.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, TraceError> {
        let path = path.as_ref();
        let file =
            File::open(path).map_err(|error| TraceError::new(path, format_args!("cannot be opened: {error}")))?;
        Self::from_reader(path, file)
    }

    /// Reads and checks the trace that `contents` holds; `path` names it.
    pub fn from_reader(path: impl AsRef<Path>, contents: impl Read) -> Result<Self, TraceError> {
        let path = path.as_ref();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let name = name.strip_suffix(".gz").unwrap_or(&name);
        let name = name.strip_suffix(".json").unwrap_or(name);
        unpack(contents).and_then(|bytes| Self::parse(name, &bytes)).map_err(|reason| TraceError::new(path, reason))
    }

    fn parse(name: &str, bytes: &[u8]) -> Result<Self, String> {
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return Err("the file is empty: expected an editing trace as JSON, plain or gzip".into());
        }
        let mut raw: RawTrace = serde_json::from_slice(bytes).map_err(explain)?;
        let concurrent = match raw.kind.as_deref() {
            None | Some("sequential") => false,
            Some("concurrent") => true,
            Some(other) => return Err(format!("kind `{other}`: expected `concurrent`, `sequential` or none")),
        };
        let schedule = if concurrent { raw.order()? } else { raw.one_author()? };
        let trace = Self {
            name: name.to_owned(),
            digest: Digest(xxh3_128(bytes)),
            start: std::mem::take(&mut raw.start_content),
            end: Some(std::mem::take(&mut raw.end_content)),
            concurrent,
            schedule,
            txns: raw.into_ops(),
        };
        trace.check_end()?;
        Ok(trace)
    }

    /// The first `ops` txns as a trace. Its end is the text after them; `None` where that is arbitrary.
    #[must_use]
    pub fn first(mut self, ops: usize) -> Self {
        if ops >= self.txns.len() {
            return self;
        }
        self.txns.truncate(ops);
        self.schedule = self.schedule.first(ops);
        // Each txn was applied when the whole trace was checked.
        self.end = self.merged().ok().flatten();
        self
    }

    /// The text after all txns; `None` where it is arbitrary.
    fn merged(&self) -> Result<Option<String>, String> {
        let merged = merge(&self.start, &self.txns, &self.schedule)?;
        Ok((merged.ties == 0).then_some(merged.text))
    }

    fn check_end(&self) -> Result<(), String> {
        let end = self.end.as_deref().unwrap_or_default();
        let Some(text) = self.merged()?.filter(|text| text != end) else { return Ok(()) };
        let same = text.chars().zip(end.chars()).take_while(|(a, b)| a == b).count();
        Err(format!(
            "after the last txn the text has {} characters and endContent {}: they differ at character {same}",
            text.chars().count(),
            end.chars().count(),
        ))
    }
}

/// The parser's error, with what a trace looks like.
fn explain(error: serde_json::Error) -> String {
    // The error of a txn gets its number in front, which loses the kind of error.
    if error.is_eof() || error.to_string().contains("EOF while") {
        return format!("{error}: the file is cut off, expected a whole trace");
    }
    format!("{error}: expected {{startContent, endContent, txns}}, or the same with kind \"concurrent\"")
}

/// All bytes, unpacked if they are packed.
fn unpack(mut contents: impl Read) -> Result<Vec<u8>, String> {
    const GZIP: [u8; 2] = [0x1f, 0x8b];
    let cannot = |error: io::Error| format!("cannot be read: {error}");
    let mut magic = Vec::new();
    (&mut contents).take(2).read_to_end(&mut magic).map_err(cannot)?;
    let packed = magic == GZIP;
    let whole = io::Cursor::new(magic).chain(contents);
    let mut bytes = Vec::new();
    let read = if packed {
        MultiGzDecoder::new(whole).take(MAX_BYTES + 1).read_to_end(&mut bytes)
    } else {
        whole.take(MAX_BYTES + 1).read_to_end(&mut bytes)
    };
    match read {
        Ok(_) if bytes.len() as u64 <= MAX_BYTES => Ok(bytes),
        Ok(_) => Err(format!("expected at most {} MiB, unpacked", MAX_BYTES >> 20)),
        Err(error) if packed => Err(format!("expected whole gzip data: after {} unpacked bytes: {error}", bytes.len())),
        Err(error) => Err(cannot(error)),
    }
}

#[cfg(test)]
mod tests;
