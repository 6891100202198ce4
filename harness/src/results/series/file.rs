//! `series.bin`: after eight bytes that name the format, a frame for each cell: its id (16 bytes), the length of its series (4
//! bytes), their checksum (8 bytes), all little-endian, and the series.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use syncbench_strategies::document::Digest;
use xxhash_rust::xxh3::xxh3_64;

use super::{Series, codec};

/// The first bytes of the file.
pub(in crate::results) const MAGIC: [u8; 8] = *b"syncser1";

/// Bytes of a frame before its series.
const HEAD: usize = 16 + 4 + 8;

/// Most bytes of one frame; a length beyond is no length.
const MAX_FRAME: u64 = 1 << 30;

/// About so many bytes of series stay in memory, so that drawing metric by metric reads them once: those of a part of the
/// default comparison, or of eight thousand small cells.
const KEPT_BYTES: usize = 64 << 20;

/// The frame of a cell's series.
pub(in crate::results) fn frame(id: Digest, series: &Series) -> io::Result<Vec<u8>> {
    let body = codec::encode(series)?;
    let length = u32::try_from(body.len()).map_err(|_| io::Error::other("more series than a frame holds"))?;
    let mut frame = Vec::with_capacity(HEAD + body.len());
    frame.extend(id.0.to_le_bytes());
    frame.extend(length.to_le_bytes());
    frame.extend(xxh3_64(&body).to_le_bytes());
    frame.extend(body);
    Ok(frame)
}

/// Where a frame lies, head included.
#[derive(Clone, Copy, Debug)]
pub(in crate::results) struct Frame {
    /// Whose it is.
    pub(in crate::results) id: Digest,
    /// Its first byte.
    pub(in crate::results) start: u64,
    /// The byte after it.
    pub(in crate::results) end: u64,
}

/// The whole frames of a file, in order. A damaged one is passed over; what follows the last of them was not finished.
pub(in crate::results) fn scan(file: &mut File) -> io::Result<Vec<Frame>> {
    file.seek(SeekFrom::Start(0))?;
    let mut reader = BufReader::new(file);
    let mut magic = [0; MAGIC.len()];
    if !filled(&mut reader, &mut magic)? || magic != MAGIC {
        return Ok(Vec::new());
    }
    let (mut frames, mut start) = (Vec::new(), MAGIC.len() as u64);
    let (mut head, mut body) = ([0; HEAD], Vec::new());
    while filled(&mut reader, &mut head)? {
        let (id, length, checksum) = parts(&head);
        if u64::from(length) > MAX_FRAME {
            break;
        }
        body.clear();
        let read = reader.by_ref().take(length.into()).read_to_end(&mut body)?;
        if read < length as usize {
            break;
        }
        let end = start + HEAD as u64 + u64::from(length);
        if xxh3_64(&body) == checksum {
            frames.push(Frame { id, start, end });
        }
        start = end;
    }
    Ok(frames)
}

fn parts(head: &[u8; HEAD]) -> (Digest, u32, u64) {
    let mut id = [0; 16];
    let mut length = [0; 4];
    let mut checksum = [0; 8];
    id.copy_from_slice(&head[..16]);
    length.copy_from_slice(&head[16..20]);
    checksum.copy_from_slice(&head[20..]);
    (Digest(u128::from_le_bytes(id)), u32::from_le_bytes(length), u64::from_le_bytes(checksum))
}

/// Fills the buffer; false at the end of the file.
fn filled(reader: &mut impl Read, buffer: &mut [u8]) -> io::Result<bool> {
    match reader.read_exact(buffer) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

/// A file of series, from which the series of a cell are read when asked for.
pub struct SeriesFile {
    path: PathBuf,
    frames: BTreeMap<Digest, (u64, u64)>,
    state: Mutex<State>,
}

struct State {
    file: File,
    kept: Kept,
    error: Option<String>,
}

/// Series that were read; the oldest go first.
#[derive(Default)]
struct Kept {
    series: BTreeMap<Digest, Arc<Series>>,
    order: VecDeque<Digest>,
    bytes: usize,
}

impl Kept {
    fn add(&mut self, id: Digest, series: Arc<Series>) {
        self.bytes += size(&series);
        self.series.insert(id, series);
        self.order.push_back(id);
        while self.bytes > KEPT_BYTES
            && let Some(oldest) = self.order.pop_front()
        {
            let gone = self.series.remove(&oldest);
            self.bytes -= gone.map_or(0, |series| size(&series));
        }
    }
}

/// About how many bytes a series takes: its points, and what the allocator was seen to take for each of its lists, for their
/// names and for two maps.
fn size(series: &Series) -> usize {
    let points = series.histograms.values().map(Vec::len).chain(series.curves.values().map(Vec::len));
    points.map(|points| 600 + 16 * points).sum::<usize>() + 2_000
}

impl SeriesFile {
    /// Opens a file and finds its frames. Every frame is whole; what an interrupted run left behind them is passed over.
    pub fn open(path: &Path) -> io::Result<Self> {
        let mut file = File::open(path)?;
        // Of two frames of one cell the later one counts: a run that was resumed measured it again.
        let frames = scan(&mut file)?.into_iter().map(|frame| (frame.id, (frame.start, frame.end))).collect();
        let state = Mutex::new(State { file, kept: Kept::default(), error: None });
        Ok(Self { path: path.to_owned(), frames, state })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether it has the series of this cell.
    pub fn has(&self, id: Digest) -> bool {
        self.frames.contains_key(&id)
    }

    /// The series of a cell. If they can no longer be read they are empty, and [`SeriesFile::error`] says why.
    pub fn get(&self, id: Digest) -> Arc<Series> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(series) = state.kept.series.get(&id) {
            return series.clone();
        }
        let series = match self.read(&mut state.file, id) {
            Ok(series) => Arc::new(series),
            Err(error) => {
                state.error.get_or_insert(format!("{}: {error}", self.path.display()));
                return Arc::default();
            }
        };
        state.kept.add(id, series.clone());
        series
    }

    /// What went wrong when series were read.
    pub fn error(&self) -> Option<String> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).error.clone()
    }

    fn read(&self, file: &mut File, id: Digest) -> io::Result<Series> {
        let (start, end) = self.frames.get(&id).ok_or_else(|| io::Error::other(format!("no series of cell {id}")))?;
        let mut frame = vec![0; usize::try_from(end - start).map_err(io::Error::other)?];
        file.seek(SeekFrom::Start(*start))?;
        file.read_exact(&mut frame)?;
        codec::decode(&frame[HEAD..])
    }
}

impl fmt::Debug for SeriesFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} series in {}", self.frames.len(), self.path.display())
    }
}
