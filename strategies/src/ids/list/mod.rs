//! A sequence of ids with tombstones: which id has which index, and which index has which id.
//!
//! Ids that one client made in a row and that are neighbours form one run, as in Weidner's `articulated`. Runs are kept in
//! chunks of at most [`CHUNK`]; a map from the first id of each stretch says in which chunk an id is. A search looks into
//! that map, walks over the heads of the chunks and then over one chunk's runs: a thousand chunks hold about a hundred
//! thousand runs, and the walk over their heads takes about a microsecond. A clone shares everything; a change after that
//! copies the heads and one chunk.

mod edit;
mod span;

use std::ops::{Bound, Range};
use std::sync::Arc;

use imbl::OrdMap;

pub(crate) use span::{Id, Run, Span};

/// Most runs in a chunk: large enough that chunks are few, small enough to be copied (3 KiB).
const CHUNK: usize = 128;

#[derive(Clone, Debug)]
struct Chunk {
    /// Names the chunk in `homes`.
    key: u32,
    shown: u64,
    runs: Arc<Vec<Run>>,
}

/// The place of an id.
#[derive(Clone, Copy, Debug)]
struct At {
    chunk: usize,
    run: usize,
    offset: u64,
}

/// Neighbouring ids with the same number of deletions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    pub(crate) span: Span,
    pub(crate) gone: u32,
    /// How many are shown before it.
    pub(crate) index: usize,
}

/// The sequence.
#[derive(Clone, Debug, Default)]
pub(crate) struct IdList {
    chunks: Arc<Vec<Chunk>>,
    /// From an id on, up to the next entry of its client: the chunk. Empty while there is one chunk only.
    homes: OrdMap<Id, u32>,
    keys: u32,
}

impl IdList {
    /// All of one span, shown.
    pub(crate) fn of(span: Span) -> Self {
        let mut list = Self::default();
        if span.len > 0 {
            list.insert_run(0, 0, Run { span, gone: 0 });
        }
        list
    }

    /// From saved runs. `None` for empty runs and for ids in two places.
    pub(crate) fn load(runs: Vec<Run>) -> Option<Self> {
        let mut spans: Vec<Span> = runs.iter().map(|run| run.span).collect();
        spans.sort_by_key(|span| span.first);
        let whole = |span: &Span| span.len > 0 && span.first.n.checked_add(span.len).is_some();
        let apart = |pair: &[Span]| pair[0].first.client != pair[1].first.client || pair[0].end() <= pair[1].first.n;
        if !spans.iter().all(whole) || !spans.windows(2).all(apart) {
            return None;
        }
        runs.iter().try_fold(0u64, |sum, run| sum.checked_add(run.shown()))?;
        let mut list = Self::default();
        let mut chunks = Vec::new();
        for (runs, key) in runs.chunks(CHUNK / 2).zip(0..) {
            let shown = runs.iter().map(Run::shown).sum();
            chunks.push(Chunk { key, shown, runs: Arc::new(runs.to_vec()) });
            list.keys = key + 1;
        }
        list.chunks = Arc::new(chunks);
        list.find_homes();
        Some(list)
    }

    /// All runs in their order, to be saved.
    pub(crate) fn runs(&self) -> Vec<Run> {
        self.chunks.iter().flat_map(|chunk| chunk.runs.iter().copied()).collect()
    }

    /// How many are shown; `None` if that does not fit into memory.
    pub(crate) fn shown(&self) -> Option<usize> {
        usize::try_from(self.chunks.iter().map(|chunk| chunk.shown).sum::<u64>()).ok()
    }

    /// How many there are, deleted ones included; `None` if that does not fit into memory.
    pub(crate) fn total(&self) -> Option<usize> {
        let runs = self.chunks.iter().flat_map(|chunk| chunk.runs.iter());
        usize::try_from(runs.map(|run| run.span.len).sum::<u64>()).ok()
    }

    fn locate(&self, id: Id) -> Option<At> {
        let chunk = match self.chunks.len() {
            0 | 1 => 0,
            _ => {
                let (from, home) = self.homes.get_prev(&id)?;
                if from.client != id.client {
                    return None;
                }
                self.chunks.iter().position(|chunk| chunk.key == *home)?
            }
        };
        let runs = &self.chunks.get(chunk)?.runs;
        let run = runs.iter().position(|run| run.span.has(id))?;
        Some(At { chunk, run, offset: id.n - runs[run].span.first.n })
    }

    /// How many are shown before a place.
    fn before(&self, at: At) -> usize {
        let chunks: u64 = self.chunks[..at.chunk].iter().map(|chunk| chunk.shown).sum();
        let runs = &self.chunks[at.chunk].runs;
        let in_chunk: u64 = runs[..at.run].iter().map(Run::shown).sum();
        let in_run = if runs[at.run].gone == 0 { at.offset } else { 0 };
        usize::try_from(chunks + in_chunk + in_run).unwrap_or(usize::MAX)
    }

    /// Whether this id is in the sequence, deleted or not.
    pub(crate) fn knows(&self, id: Id) -> bool {
        self.locate(id).is_some()
    }

    /// The index of an id that is shown.
    pub(crate) fn index(&self, id: Id) -> Option<usize> {
        let at = self.locate(id)?;
        (self.chunks[at.chunk].runs[at.run].gone == 0).then(|| self.before(at))
    }

    /// The index right behind an id, or in front of everything.
    pub(crate) fn index_after(&self, anchor: Option<Id>) -> Option<usize> {
        let Some(id) = anchor else { return Some(0) };
        let at = self.locate(id)?;
        Some(self.before(at) + usize::from(self.chunks[at.chunk].runs[at.run].gone == 0))
    }

    /// The id that is shown at an index.
    pub(crate) fn at(&self, index: usize) -> Option<Id> {
        self.spans(index..index.checked_add(1)?)?.first().map(|span| span.first)
    }

    /// The ids that are shown at these indices.
    pub(crate) fn spans(&self, range: Range<usize>) -> Option<Vec<Span>> {
        let (mut skip, mut left) = (range.start as u64, range.len() as u64);
        let mut spans: Vec<Span> = Vec::new();
        for chunk in self.chunks.iter() {
            if left == 0 {
                break;
            }
            if skip >= chunk.shown {
                skip -= chunk.shown;
                continue;
            }
            for run in chunk.runs.iter() {
                let shown = run.shown();
                if left == 0 || skip >= shown {
                    skip = skip.saturating_sub(shown);
                    continue;
                }
                let part = run.span.from(skip).to(left);
                (skip, left) = (0, left - part.len);
                match spans
                    .last_mut()
                    .filter(|last| last.first.client == part.first.client && last.end() == part.first.n)
                {
                    Some(last) => last.len += part.len,
                    None => spans.push(part),
                }
            }
        }
        (left == 0).then_some(spans)
    }

    /// Whether any of these ids is in the sequence, deleted or not.
    pub(crate) fn knows_any(&self, span: Span) -> bool {
        let meets = |chunk: &Chunk| chunk.runs.iter().any(|run| run.span.has(span.first) || span.has(run.span.first));
        if self.chunks.len() <= 1 {
            return self.chunks.iter().any(meets);
        }
        let end = span.id(span.len);
        let first = self.homes_before(Bound::Included(span.first), span.first.client);
        let keys: Vec<u32> = first.into_iter().chain(self.homes.range(span.first..end).map(|(_, key)| *key)).collect();
        self.chunks.iter().any(|chunk| keys.contains(&chunk.key) && meets(chunk))
    }

    /// The first of these ids, up to where the number of deletions changes.
    pub(crate) fn piece(&self, span: Span) -> Option<Piece> {
        let at = self.locate(span.first)?;
        let run = self.chunks[at.chunk].runs[at.run];
        let span = span.to(run.span.len - at.offset);
        Some(Piece { span, gone: run.gone, index: self.before(at) })
    }
}

#[cfg(test)]
mod tests;
