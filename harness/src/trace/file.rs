//! Editing traces as files: JSON, plain or gzip, with one author or with several who worked at the same time.
//!
//! One author: `{"startContent", "endContent", "txns": [{"patches": [[position, deleted, "inserted"]]}]}`.
//! Several: `{"kind": "concurrent", "endContent", "numAgents", "txns": [{"parents", "numChildren", "agent", "patches"}]}`;
//! parents are places in `txns`, none means the start, several mean that they were merged first. Positions are code
//! points, each patch on the text after the one before. Times are not read: they are too thin to replay.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use flate2::read::MultiGzDecoder;
use syncbench_strategies::document::{Digest, Document, Edit, Path as Place};
use thiserror::Error;
use xxhash_rust::xxh3::xxh3_128;

use super::raw::RawTrace;
use super::replay::{Splice, TraceOp};
use super::schedule::Schedule;

/// Largest trace that is read, unpacked: ten times the largest that is known, and small enough for any machine.
pub const MAX_BYTES: u64 = 256 << 20;

/// Most clients that a trace may need.
pub const MAX_CLIENTS: usize = 1000;

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
    /// What was done, in an order in which nothing comes before what it was made upon.
    pub txns: Vec<TraceOp>,
    /// Who had seen what.
    pub schedule: Schedule,
}

/// What is wrong with a trace: which file, where in it, and what was expected. One line.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("trace `{file}`: {reason}")]
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

/// Parsers quote what they met: a short line of it is enough.
fn one_line(text: &str) -> String {
    const LONGEST: usize = 300;
    let mut line: String = text.chars().take(LONGEST).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.chars().nth(LONGEST).is_some() {
        line.push_str(" ...");
    }
    line
}

impl Trace {
    /// A trace in which nobody does anything.
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
    /// With one author every position is checked by replaying the whole, and the end must be the recorded one. With
    /// several that would take a merge: what is checked is who built upon what, and that no position lies beyond everything
    /// that was ever written.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, TraceError> {
        let path = path.as_ref();
        let bytes = unpacked(path).map_err(|error| TraceError::new(path, error))?;
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let name = name.strip_suffix(".gz").unwrap_or(&name);
        Self::parse(name.strip_suffix(".json").unwrap_or(name), &bytes).map_err(|reason| TraceError::new(path, reason))
    }

    fn parse(name: &str, bytes: &[u8]) -> Result<Self, String> {
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return Err("the file is empty: expected an editing trace as JSON, plain or gzip".into());
        }
        let mut raw: RawTrace = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
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
        if concurrent {
            trace.check_reach()?
        } else {
            trace.check_replay()?
        }
        Ok(trace)
    }

    /// The first `ops` txns as a trace of their own. With several authors nobody recorded where that ends.
    #[must_use]
    pub fn first(mut self, ops: usize) -> Self {
        if ops >= self.txns.len() {
            return self;
        }
        self.txns.truncate(ops);
        self.schedule = self.schedule.first(ops);
        // Each txn was applied when the whole trace was checked.
        self.end = if self.concurrent { None } else { self.replayed().ok().map(|text| text_of(&text)) };
        self
    }

    /// The text after all txns, one after the other: what it means when there is one author.
    fn replayed(&self) -> Result<Document, String> {
        let mut text = Document::text(&self.start);
        for (at, txn) in self.txns.iter().enumerate() {
            for splice in &txn.0 {
                let Splice { pos, delete, insert } = splice.clone();
                let len = text.size().unwrap_or(0);
                text.apply(&Edit::TextSplice { path: Place::root(), pos, delete, insert })
                    .map_err(|_| outside(at, splice, format_args!("the text has {len} characters there")))?;
            }
        }
        Ok(text)
    }

    fn check_replay(&self) -> Result<(), String> {
        let (text, end) = (text_of(&self.replayed()?), self.end.as_deref().unwrap_or_default());
        if text == end {
            return Ok(());
        }
        let same = text.chars().zip(end.chars()).take_while(|(a, b)| a == b).count();
        Err(format!(
            "after the last txn the text has {} characters and endContent {}: they differ at character {same}",
            text.chars().count(),
            end.chars().count(),
        ))
    }

    /// No text is ever longer than all that was written.
    fn check_reach(&self) -> Result<(), String> {
        let mut written = self.start.chars().count();
        for (at, txn) in self.txns.iter().enumerate() {
            for splice in &txn.0 {
                if splice.pos.saturating_add(splice.delete) > written {
                    return Err(outside(at, splice, format_args!("{written} characters were written before it")));
                }
                written += splice.insert.chars().count();
            }
        }
        match self.end.as_deref().unwrap_or_default().chars().count() {
            end if end > written => Err(format!("endContent has {end} characters: {written} were ever written")),
            _ => Ok(()),
        }
    }
}

fn text_of(document: &Document) -> String {
    match document {
        Document::Text(rope) => rope.to_string(),
        _ => String::new(),
    }
}

fn outside(at: usize, splice: &Splice, have: fmt::Arguments<'_>) -> String {
    format!("txn {at}: a patch at {} deletes {}: {have}", splice.pos, splice.delete)
}

/// The file's bytes, unpacked if they are packed.
fn unpacked(path: &Path) -> Result<Vec<u8>, String> {
    const GZIP: [u8; 2] = [0x1f, 0x8b];
    let cannot = |error: io::Error| format!("cannot be read: {error}");
    let mut file = File::open(path).map_err(cannot)?;
    let mut magic = Vec::new();
    (&mut file).take(2).read_to_end(&mut magic).map_err(cannot)?;
    let packed = magic == GZIP;
    let whole = io::Cursor::new(magic).chain(file);
    let mut bytes = Vec::new();
    let read = if packed {
        MultiGzDecoder::new(whole).take(MAX_BYTES + 1).read_to_end(&mut bytes)
    } else {
        whole.take(MAX_BYTES + 1).read_to_end(&mut bytes)
    };
    match read {
        Ok(_) if bytes.len() as u64 <= MAX_BYTES => Ok(bytes),
        Ok(_) => Err(format!("expected at most {} MiB, unpacked", MAX_BYTES >> 20)),
        Err(error) if packed => Err(format!("expected whole gzip data, after {} unpacked bytes: {error}", bytes.len())),
        Err(error) => Err(cannot(error)),
    }
}
