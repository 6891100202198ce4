//! Editing traces as files, plain or gzip, with one author or with several who worked at the same time.
//!
//! One author: `{"startContent", "endContent", "txns": [{"patches": [[position, deleted, "inserted"]]}]}`.
//! Several: `{"kind": "concurrent", "endContent", "numAgents", "txns": [{"parents", "numChildren", "agent", "patches"}]}`;
//! parents are indices of `txns`: none means the start, several mean that they were merged first. Each patch applies to the
//! text after the one before. A txn may have a `"time"`, as RFC 3339 writes it. Both are the forms of josephg/editing-traces.
//!
//! Edits: `{"edits": [[position, deleted, "inserted", ...]], "finalText"}`, the list alone, or both as JavaScript, the form of
//! automerge/automerge-perf.
//!
//! Positions are code points, or UTF-16 units where [`Units`] says so.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use flate2::read::MultiGzDecoder;
use syncbench_strategies::document::Digest;
use syncbench_strategies::names::short;
use thiserror::Error;
use xxhash_rust::xxh3::xxh3_128_with_seed;

use super::merge::{How, Recording, TieOrder, accept, merge};
use super::op::TraceOp;
use super::raw::{RawEdits, RawTrace};
use super::script;
use super::text::{Units, replace_stand_ins};
use crate::schedule::Schedule;
use crate::times::{Moments, Stamp};

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
    /// What clocks showed when the txns were made, by txn; empty where none showed anything.
    pub(super) stamps: Vec<Option<Stamp>>,
    /// How often authors wrote at one spot without having seen each other.
    pub ties: u64,
    /// How many halves of surrogate pairs stood alone; each is U+FFFD now.
    pub lone_surrogates: u64,
    /// The order of ties in which all positions lie in the text.
    order: TieOrder,
    /// Whether that order gives the recorded end.
    verified: bool,
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
            stamps: Vec::new(),
            ties: 0,
            lone_surrogates: 0,
            order: TieOrder::AuthorsAscending,
            verified: true,
        }
    }

    /// Reads and checks a trace.
    ///
    /// Every position is checked by applying all txns, and the end must be the recorded one in some order of ties, as far as
    /// orders can be tried.
    pub fn read(path: impl AsRef<Path>, units: Units) -> Result<Self, TraceError> {
        let path = path.as_ref();
        let file =
            File::open(path).map_err(|error| TraceError::new(path, format_args!("cannot be opened: {error}")))?;
        Self::from_reader(path, file, units)
    }

    /// Reads and checks the trace that `contents` holds; `path` names it.
    pub fn from_reader(path: impl AsRef<Path>, contents: impl Read, units: Units) -> Result<Self, TraceError> {
        let path = path.as_ref();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let name = name.strip_suffix(".gz").unwrap_or(&name);
        let name = name.strip_suffix(".json").or(name.strip_suffix(".js")).unwrap_or(name);
        let parsed = unpack(contents).and_then(|bytes| Self::parse(name, &bytes, units));
        parsed.map_err(|reason| TraceError::new(path, reason))
    }

    fn parse(name: &str, bytes: &[u8], units: Units) -> Result<Self, String> {
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return Err("the file is empty: expected an editing trace as JSON, plain or gzip".into());
        }
        let Written { mut start, end, mut txns, schedule, stamps, concurrent } = Written::parse(bytes)?;
        let recording = Recording { start: &start, txns: &txns, schedule: &schedule, units };
        let accepted = accept(recording, end.as_deref())?;
        // Halves of a pair that met are two characters here.
        let mut end = end.filter(|_| !accepted.verified).unwrap_or_else(|| accepted.merged.string());
        if units == Units::Utf16 {
            txns = accepted.merged.converted;
        }
        let inserted = txns.iter_mut().flat_map(|txn| &mut txn.0).map(|splice| &mut splice.insert);
        let lone_surrogates = inserted.chain([&mut start]).map(replace_stand_ins).sum();
        replace_stand_ins(&mut end);
        Ok(Self {
            name: name.to_owned(),
            digest: Digest(xxh3_128_with_seed(bytes, units as u64)),
            start,
            end: Some(end),
            concurrent,
            txns,
            schedule,
            stamps,
            ties: accepted.merged.notes.ties.len() as u64,
            lone_surrogates,
            order: accepted.order,
            verified: accepted.verified,
        })
    }

    /// The first `ops` txns as a trace. Its end is the text after them; `None` where that is not known.
    #[must_use]
    pub fn first(mut self, ops: usize) -> Self {
        if ops >= self.txns.len() {
            return self;
        }
        self.txns.truncate(ops);
        self.stamps.truncate(ops);
        self.schedule = self.schedule.first(ops);
        // Each txn was applied when the whole trace was checked.
        let merged = merge(self.recording(), How { order: &self.order, lenient: false }).ok();
        self.ties = merged.as_ref().map_or(0, |merged| merged.notes.ties.len() as u64);
        self.end = merged.filter(|_| self.verified || self.ties == 0).map(|merged| merged.string());
        self
    }

    /// The same on so many clients, shared by authors who were never active at the same time; `None` if more were.
    pub fn on_clients(self, clients: u32) -> Option<Self> {
        let schedule = self.schedule.folded(clients)?;
        Some(Self { schedule, ..self })
    }

    /// When the txns were made, by txn; `None` where the trace has no times.
    pub fn moments(&self) -> Option<Moments> {
        // The latest operation of each client that was seen: it has seen all before it.
        let seen = |at: usize| {
            let version = self.schedule.row(at).unwrap_or(&[]).iter().enumerate();
            let latest = version.filter_map(|(client, n)| {
                let slots = self.schedule.slots_of(client);
                slots.get((*n as usize).checked_sub(1)?).map(|slot| *slot as usize)
            });
            latest.collect()
        };
        Moments::of(&self.stamps, seen)
    }

    /// What to merge.
    pub(super) fn recording(&self) -> Recording<'_> {
        Recording { start: &self.start, txns: &self.txns, schedule: &self.schedule, units: Units::CodePoints }
    }
}

/// A trace as its file has it.
struct Written {
    start: String,
    end: Option<String>,
    txns: Vec<TraceOp>,
    schedule: Schedule,
    stamps: Vec<Option<Stamp>>,
    concurrent: bool,
}

impl Written {
    fn parse(bytes: &[u8]) -> Result<Self, String> {
        if !matches!(first(bytes), Some(b'{' | b'['))
            && let Some(json) = script::as_json(bytes)
        {
            return Self::edits(serde_json::from_slice(&json?).map_err(explain)?);
        }
        let error = match serde_json::from_slice::<RawTrace>(bytes) {
            Ok(raw) => return Self::txns(raw),
            Err(error) => error,
        };
        // Another form, or none.
        if first(bytes) == Some(b'[') {
            return Self::edits(RawEdits::bare(bytes).map_err(explain)?);
        }
        match serde_json::from_slice(bytes) {
            Ok(edits) => Self::edits(edits),
            Err(_) => Err(explain(error)),
        }
    }

    fn txns(mut raw: RawTrace) -> Result<Self, String> {
        let concurrent = match raw.kind.as_deref() {
            None | Some("sequential") => false,
            Some("concurrent") => true,
            Some(other) => return Err(format!("kind `{other}`: expected `concurrent`, `sequential` or none")),
        };
        let schedule = if concurrent { raw.order()? } else { raw.one_author()? };
        let (start, end) = (std::mem::take(&mut raw.start_content).0, std::mem::take(&mut raw.end_content).0);
        let stamps = raw.stamps();
        Ok(Self { start, end: Some(end), txns: raw.into_ops(), schedule, stamps, concurrent })
    }

    fn edits(raw: RawEdits) -> Result<Self, String> {
        let (txns, end) = raw.into_ops();
        if txns.is_empty() {
            return Err("expected at least one edit".into());
        }
        // Bounded when it was parsed.
        let schedule = Schedule::sequential(txns.len() as u32);
        Ok(Self { start: String::new(), end, txns, schedule, stamps: Vec::new(), concurrent: false })
    }
}

/// The first byte that is no space.
fn first(bytes: &[u8]) -> Option<u8> {
    bytes.iter().copied().find(|byte| !byte.is_ascii_whitespace())
}

/// The parser's error, with what a trace looks like.
fn explain(error: serde_json::Error) -> String {
    let told = short(&error.to_string(), 600);
    // The error of a txn gets its number in front, which loses the kind of error.
    if error.is_eof() || error.to_string().contains("EOF while") {
        return format!("{told}: the file is cut off, expected a whole trace");
    }
    format!(
        "{told}: expected {{startContent, endContent, txns}}, the same with kind \"concurrent\", or a list of edits"
    )
}

/// All bytes, unpacked if they are packed.
pub(crate) fn unpack(mut contents: impl Read) -> Result<Vec<u8>, String> {
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
