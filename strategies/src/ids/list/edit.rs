//! Changes of the sequence.

use std::ops::Bound;
use std::sync::Arc;

use imbl::OrdMap;

use super::{At, CHUNK, Chunk, Id, IdList, Piece, Run, Span};
use crate::node::NodeId;

impl IdList {
    /// Inserts new ids right behind one, deleted or not, or in front of everything. `false` if that one is unknown.
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

    /// Sets how many deletions of a piece are in effect.
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

    /// Moves an id that is shown right behind another one, and leaves the tombstone `left` at its old place, so that it can
    /// move back there even if its neighbours move too. Gives the old and the new index. `None` if the id is not shown, the
    /// other one is unknown, or `left` is known.
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

    /// Cuts a run at `offset`; gives the index of the part behind the cut, or of the next run.
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

    pub(super) fn insert_run(&mut self, chunk: usize, index: usize, run: Run) {
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

    /// Splits a chunk that has become too long.
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

    pub(super) fn find_homes(&mut self) {
        self.homes = OrdMap::new();
        if self.chunks.len() > 1 {
            let chunks = self.chunks.clone();
            for chunk in chunks.iter() {
                chunk.runs.iter().for_each(|run| self.home(run.span, chunk.key));
            }
        }
    }

    pub(super) fn homes_before(&self, bound: Bound<Id>, client: NodeId) -> Option<u32> {
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

/// Joins runs that can be one, between the indices `from` and `to`.
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
