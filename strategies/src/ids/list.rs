//! A sequence of ids with tombstones: which id stands at which place, and at which place an id stands.
//!
//! Ids that one client made in a row and that stand in a row are one run, as in Weidner's `articulated`. Runs stand in
//! chunks of at most [`CHUNK`]; a map from the first id of each stretch says in which chunk an id is. To find a place takes
//! a look into that map, a walk over the heads of the chunks and one over a chunk's runs: a thousand chunks are some
//! hundred thousand runs, and walking over their heads takes about a microsecond. A clone shares everything; a change after
//! that copies the heads and one chunk.

use std::ops::{Bound, Range};
use std::sync::Arc;

use imbl::OrdMap;
use serde::{Deserialize, Serialize};

use crate::replica::NodeId;

/// Most runs in a chunk: large enough that chunks are few, small enough to be copied (3 KiB).
const CHUNK: usize = 128;

/// The name of a character or an item: who made it, and the how-manieth of its things it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Id {
    pub(crate) client: NodeId,
    pub(crate) n: u64,
}

/// Ids that one client made one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Span {
    pub(crate) first: Id,
    pub(crate) len: u64,
}

impl Span {
    pub(crate) fn one(id: Id) -> Self {
        Self { first: id, len: 1 }
    }

    /// The number after the last one.
    fn end(&self) -> u64 {
        self.first.n.saturating_add(self.len)
    }

    fn id(&self, offset: u64) -> Id {
        Id { client: self.first.client, n: self.first.n.saturating_add(offset) }
    }

    fn has(&self, id: Id) -> bool {
        self.first.client == id.client && self.first.n <= id.n && id.n < self.end()
    }

    /// The how-manieth of these an id is, from 0.
    pub(crate) fn offset(&self, id: Id) -> Option<u64> {
        self.has(id).then(|| id.n - self.first.n)
    }

    /// The part from `offset` on.
    pub(crate) fn from(&self, offset: u64) -> Self {
        Self { first: self.id(offset), len: self.len.saturating_sub(offset) }
    }

    /// The first `len` of them.
    pub(crate) fn to(&self, len: u64) -> Self {
        Self { len: self.len.min(len), ..*self }
    }
}

/// Ids in a row that share their fate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Run {
    pub(crate) span: Span,
    /// How many deletions of these stand; what has none is shown.
    pub(crate) gone: u32,
}

impl Run {
    fn shown(&self) -> u64 {
        if self.gone == 0 { self.span.len } else { 0 }
    }

    /// Whether `next`, which stands behind this run, can be part of it.
    fn joins(&self, next: &Run) -> bool {
        self.gone == next.gone
            && self.span.first.client == next.span.first.client
            && self.span.end() == next.span.first.n
    }
}

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

/// Some ids in a row with one fate.
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

    /// From saved runs. `None` for empty ones and for ids that stand in two places.
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

    /// How many are shown. Fails where that is beyond what memory can hold.
    pub(crate) fn shown(&self) -> Option<usize> {
        usize::try_from(self.chunks.iter().map(|chunk| chunk.shown).sum::<u64>()).ok()
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

    /// Whether this id was ever here.
    pub(crate) fn knows(&self, id: Id) -> bool {
        self.locate(id).is_some()
    }

    /// The index of an id that is shown.
    pub(crate) fn index(&self, id: Id) -> Option<usize> {
        let at = self.locate(id)?;
        (self.chunks[at.chunk].runs[at.run].gone == 0).then(|| self.before(at))
    }

    /// The index of what comes right behind an id, or in front of everything.
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

    /// Whether any of these ids was ever here.
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

    /// Puts new ids right behind one that is here, deleted or not, or in front of everything.
    pub(crate) fn insert(&mut self, anchor: Option<Id>, span: Span) -> bool {
        span.len == 0 || self.place(anchor, Run { span, gone: 0 }).is_some()
    }

    fn place(&mut self, anchor: Option<Id>, run: Run) -> Option<()> {
        match anchor {
            None => self.insert_run(0, 0, run),
            Some(id) => {
                let At { chunk, run: index, offset } = self.locate(id)?;
                let index = self.cut(chunk, index, offset + 1);
                self.insert_run(chunk, index, run);
            }
        }
        Some(())
    }

    /// The first of these ids, as many as share a fate.
    pub(crate) fn piece(&self, span: Span) -> Option<Piece> {
        let at = self.locate(span.first)?;
        let run = self.chunks[at.chunk].runs[at.run];
        let span = span.to(run.span.len - at.offset);
        Some(Piece { span, gone: run.gone, index: self.before(at) })
    }

    /// Says how many deletions of a piece stand.
    pub(crate) fn set_gone(&mut self, piece: &Piece, gone: u32) {
        let Some(At { chunk, run, offset }) = self.locate(piece.span.first) else { return };
        let from = self.cut(chunk, run, offset);
        let to = self.cut(chunk, from, piece.span.len);
        let chunks = Arc::make_mut(&mut self.chunks);
        let Chunk { shown, runs, .. } = &mut chunks[chunk];
        let runs = Arc::make_mut(runs);
        for run in &mut runs[from..to] {
            *shown -= run.shown();
            run.gone = gone;
            *shown += run.shown();
        }
        join(runs, from.saturating_sub(1), to);
        self.split(chunk);
    }

    /// Puts an id that is shown right behind another one, and `left` where it was, which is never shown: neighbours may
    /// move too, and do not tell a place. Gives the indices where the id was and where it is. `None` where it is not shown
    /// or the other one was never here; and where `left` is.
    pub(crate) fn relocate(&mut self, id: Id, anchor: Option<Id>, left: Id) -> Option<(usize, usize)> {
        if anchor == Some(id) || anchor.is_some_and(|anchor| !self.knows(anchor)) || self.knows(left) {
            return None;
        }
        let from = self.index(id)?;
        let At { chunk, run, offset } = self.locate(id)?;
        let index = self.cut(chunk, run, offset);
        self.cut(chunk, index, 1);
        let Chunk { key, shown, runs } = &mut Arc::make_mut(&mut self.chunks)[chunk];
        let left = Run { span: Span::one(left), gone: 1 };
        let moved = std::mem::replace(&mut Arc::make_mut(runs)[index], left);
        *shown -= moved.shown();
        let key = *key;
        if self.chunks.len() > 1 {
            self.home(left.span, key);
        }
        let to = self.index_after(anchor)?;
        self.place(anchor, moved)?;
        Some((from, to))
    }

    /// Makes a run begin `offset` behind the beginning of another; gives its index, or that of what follows.
    fn cut(&mut self, chunk: usize, run: usize, offset: u64) -> usize {
        let Some(whole) = self.chunks[chunk].runs.get(run).copied() else { return run };
        if offset == 0 || offset >= whole.span.len {
            return run + usize::from(offset > 0);
        }
        let runs = Arc::make_mut(&mut Arc::make_mut(&mut self.chunks)[chunk].runs);
        runs[run].span = whole.span.to(offset);
        runs.insert(run + 1, Run { span: whole.span.from(offset), ..whole });
        run + 1
    }

    fn insert_run(&mut self, chunk: usize, index: usize, run: Run) {
        let chunks = Arc::make_mut(&mut self.chunks);
        if chunks.is_empty() {
            self.keys += 1;
            chunks.push(Chunk { key: self.keys - 1, shown: 0, runs: Arc::default() });
        }
        let Chunk { key, shown, runs } = &mut chunks[chunk];
        let runs = Arc::make_mut(runs);
        *shown += run.shown();
        runs.insert(index, run);
        join(runs, index.saturating_sub(1), index + 1);
        let key = *key;
        if self.chunks.len() > 1 {
            self.home(run.span, key);
        }
        self.split(chunk);
    }

    /// Makes two chunks of one that has become too long.
    fn split(&mut self, chunk: usize) {
        if self.chunks[chunk].runs.len() <= CHUNK {
            return;
        }
        let chunks = Arc::make_mut(&mut self.chunks);
        let runs = Arc::make_mut(&mut chunks[chunk].runs);
        let tail = runs.split_off(runs.len() / 2);
        let (key, shown) = (self.keys, tail.iter().map(Run::shown).sum());
        self.keys = self.keys.wrapping_add(1);
        chunks[chunk].shown -= shown;
        let spans: Vec<Span> = tail.iter().map(|run| run.span).collect();
        chunks.insert(chunk + 1, Chunk { key, shown, runs: Arc::new(tail) });
        if self.chunks.len() == 2 {
            self.find_homes();
        } else {
            spans.into_iter().for_each(|span| self.home(span, key));
        }
    }

    fn find_homes(&mut self) {
        self.homes = OrdMap::new();
        if self.chunks.len() > 1 {
            let chunks = self.chunks.clone();
            for chunk in chunks.iter() {
                chunk.runs.iter().for_each(|run| self.home(run.span, chunk.key));
            }
        }
    }

    fn homes_before(&self, bound: Bound<Id>, client: NodeId) -> Option<u32> {
        let (from, home) = self.homes.range((Bound::Unbounded, bound)).next_back()?;
        (from.client == client).then_some(*home)
    }

    /// Notes that these ids are in the chunk with this key.
    fn home(&mut self, span: Span, key: u32) {
        let (first, end) = (span.first, span.id(span.len));
        let behind = self.homes_before(Bound::Included(end), first.client);
        let inside: Vec<Id> = self.homes.range(first..end).map(|(id, _)| *id).collect();
        for id in inside {
            self.homes.remove(&id);
        }
        if self.homes_before(Bound::Excluded(first), first.client) != Some(key) {
            self.homes.insert(first, key);
        }
        if let Some(behind) = behind.filter(|behind| *behind != key) {
            self.homes.insert(end, behind);
        }
    }
}

/// Joins what can be one run, among those from the index `from` to the index `to`.
fn join(runs: &mut Vec<Run>, from: usize, to: usize) {
    for index in (from..to).rev() {
        if let (Some(run), Some(next)) = (runs.get(index).copied(), runs.get(index + 1).copied())
            && run.joins(&next)
        {
            runs[index].span.len += next.span.len;
            runs.remove(index + 1);
        }
    }
}

#[cfg(test)]
mod tests;
