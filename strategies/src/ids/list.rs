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
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    /// The same, one id at a time.
    #[derive(Clone, Default)]
    struct Plain(Vec<(Id, u32)>);

    impl Plain {
        fn shown(&self) -> Vec<Id> {
            self.0.iter().filter(|(_, gone)| *gone == 0).map(|(id, _)| *id).collect()
        }

        fn place(&self, anchor: Option<Id>) -> usize {
            anchor.map_or(0, |anchor| self.0.iter().position(|(id, _)| *id == anchor).unwrap() + 1)
        }
    }

    #[derive(Clone, Debug)]
    enum Roll {
        Insert { client: u32, at: usize, len: u64 },
        Type { at: usize, len: u64 },
        Delete { at: usize, len: usize },
        Bring { at: usize, len: usize },
        Move { at: usize, to: usize },
    }

    fn roll() -> impl Strategy<Value = Roll> {
        let at = || any::<usize>();
        prop_oneof![
            3 => (1..4u32, at(), 1..5u64).prop_map(|(client, at, len)| Roll::Insert { client, at, len }),
            2 => (at(), 1..9u64).prop_map(|(at, len)| Roll::Type { at, len }),
            3 => (at(), 1..6usize).prop_map(|(at, len)| Roll::Delete { at, len }),
            1 => (at(), 1..6usize).prop_map(|(at, len)| Roll::Bring { at, len }),
            1 => (at(), at()).prop_map(|(at, to)| Roll::Move { at, to }),
        ]
    }

    /// Ids one after the other, some of them of one client in a row.
    fn in_spans(ids: &[Id]) -> Vec<Span> {
        ids.iter().map(|id| Span::one(*id)).collect()
    }

    struct Both {
        list: IdList,
        plain: Plain,
        made: [u64; 4],
    }

    impl Both {
        fn new() -> Self {
            Self { list: IdList::default(), plain: Plain::default(), made: [0; 4] }
        }

        fn insert(&mut self, client: u32, anchor: Option<Id>, len: u64) {
            let first = Id { client: NodeId(client), n: self.made[client as usize] };
            self.made[client as usize] += len;
            let at = self.plain.place(anchor);
            let ids: Vec<_> = (0..len).map(|offset| (Id { n: first.n + offset, ..first }, 0)).collect();
            self.plain.0.splice(at..at, ids);
            assert!(self.list.insert(anchor, Span { first, len }));
        }

        fn anchor(&self, at: usize) -> Option<Id> {
            let all = self.plain.0.len();
            (at % (all + 1)).checked_sub(1).map(|at| self.plain.0[at].0)
        }

        fn shift(&mut self, span: Span, by: impl Fn(u32) -> u32) {
            let mut left = span;
            while left.len > 0 {
                let piece = self.list.piece(left).unwrap();
                let before = self.plain.place(Some(piece.span.first)) - 1;
                assert_eq!(piece.gone, self.plain.0[before].1);
                assert_eq!(piece.index, self.plain.0[..before].iter().filter(|(_, gone)| *gone == 0).count());
                self.list.set_gone(&piece, by(piece.gone));
                for (_, gone) in self.plain.0.iter_mut().filter(|(id, _)| piece.span.has(*id)) {
                    *gone = by(*gone);
                }
                left = left.from(piece.span.len);
            }
        }

        fn step(&mut self, roll: &Roll) {
            match roll {
                Roll::Insert { client, at, len } => self.insert(*client, self.anchor(*at), *len),
                // Where the client wrote last, as somebody who goes on typing.
                Roll::Type { at, len } => {
                    let last = self.made[1].checked_sub(1).map(|n| Id { client: NodeId(1), n });
                    self.insert(1, last.filter(|_| at % 8 > 0), *len);
                }
                Roll::Delete { at, len } => {
                    let shown = self.plain.shown();
                    let from = at % (shown.len() + 1);
                    let to = (from + len).min(shown.len());
                    let spans = self.list.spans(from..to).unwrap();
                    assert_eq!(spans.iter().map(|span| span.len).sum::<u64>(), (to - from) as u64);
                    spans.into_iter().for_each(|span| self.shift(span, |gone| gone + 1));
                }
                Roll::Bring { at, len } => {
                    let from = at % (self.plain.0.len() + 1);
                    let ids: Vec<Id> = self.plain.0[from..].iter().take(*len).map(|(id, _)| *id).collect();
                    in_spans(&ids).into_iter().for_each(|span| self.shift(span, |gone| gone.saturating_sub(1)));
                }
                Roll::Move { at, to } => {
                    let (Some(id), anchor) = (self.anchor(*at), self.anchor(*to)) else { return };
                    let left = Id { client: NodeId(3), n: self.made[3] };
                    let before = self.plain.place(Some(id)) - 1;
                    if anchor == Some(id) || self.plain.0[before].1 > 0 {
                        return assert_eq!(self.list.relocate(id, anchor, left), None);
                    }
                    self.made[3] += 1;
                    let shown = |plain: &Plain, at: usize| plain.0[..at].iter().filter(|(_, gone)| *gone == 0).count();
                    let from = shown(&self.plain, before);
                    let run = std::mem::replace(&mut self.plain.0[before], (left, 1));
                    let place = self.plain.place(anchor);
                    let to = shown(&self.plain, place);
                    self.plain.0.insert(place, run);
                    assert_eq!(self.list.relocate(id, anchor, left), Some((from, to)));
                }
            }
        }

        fn agree(&self) {
            let shown = self.plain.shown();
            assert_eq!(self.list.shown(), Some(shown.len()));
            let one_by_one = |runs: Vec<Run>| -> Vec<(Id, u32)> {
                runs.iter().flat_map(|run| (0..run.span.len).map(|offset| (run.span.id(offset), run.gone))).collect()
            };
            assert_eq!(one_by_one(self.list.runs()), self.plain.0);
            for (index, id) in shown.iter().enumerate() {
                assert_eq!((self.list.at(index), self.list.index(*id)), (Some(*id), Some(index)));
            }
            assert_eq!(self.list.at(shown.len()), None);
            for (client, made) in (0..).zip(self.made) {
                let from = |n| Span { first: Id { client: NodeId(client), n }, len: 3 };
                assert!(!self.list.knows_any(from(made)) && (made == 0 || self.list.knows_any(from(made - 1))));
            }
            for (at, (id, _)) in self.plain.0.iter().enumerate() {
                let before = self.plain.0[..=at].iter().filter(|(_, gone)| *gone == 0).count();
                assert_eq!(self.list.index_after(Some(*id)), Some(before));
            }
            let loaded = IdList::load(self.list.runs()).unwrap();
            assert_eq!(loaded.runs(), self.list.runs());
            assert!(self.plain.0.iter().all(|(id, _)| loaded.index(*id) == self.list.index(*id)));
        }
    }

    proptest! {
        #[test]
        fn does_what_a_plain_list_does(rolls in vec(roll(), 1..60)) {
            let mut both = Both::new();
            for roll in rolls {
                let (before, was) = (both.list.clone(), both.list.runs());
                both.step(&roll);
                prop_assert_eq!(before.runs(), was);
            }
            both.agree();
        }
    }

    #[test]
    fn many_chunks_are_one_list() {
        let mut both = Both::new();
        let mut dice = 1u64;
        let mut next = |below: u64| {
            dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (dice >> 33) % below
        };
        for _ in 0..2_500 {
            let at = next(1 << 30) as usize;
            let roll = match next(10) {
                0..=4 => Roll::Insert { client: 1 + next(3) as u32, at, len: 1 + next(3) },
                5 => Roll::Type { at, len: 1 + next(4) },
                6 | 7 => Roll::Delete { at, len: 1 + next(4) as usize },
                8 => Roll::Bring { at, len: 1 + next(3) as usize },
                _ => Roll::Move { at, to: next(1 << 30) as usize },
            };
            both.step(&roll);
        }
        assert!(both.list.chunks.len() > 8, "{} chunks", both.list.chunks.len());
        both.agree();
    }

    #[test]
    fn typing_is_one_run_and_needs_no_more_room() {
        let mut both = Both::new();
        // Two at two ends of a list with many chunks.
        for n in 0..1_000 {
            both.insert(3, None, 1 + n % 2);
        }
        let (first, last) = (both.plain.0[0].0, both.plain.0.last().unwrap().0);
        let (mut one, mut other) = (first, last);
        let room = |both: &Both| (both.list.runs().len(), both.list.homes.len());
        for _ in 0..3 {
            both.insert(1, Some(one), 1);
            both.insert(2, Some(other), 1);
            one = Id { client: NodeId(1), n: both.made[1] - 1 };
            other = Id { client: NodeId(2), n: both.made[2] - 1 };
        }
        let before = room(&both);
        for _ in 0..500 {
            both.insert(1, Some(one), 1);
            both.insert(2, Some(other), 1);
            one.n += 1;
            other.n += 1;
        }
        assert_eq!(room(&both), before);
        both.agree();
    }

    #[test]
    fn saved_runs_are_checked() {
        let run = |client, n, len| Run { span: Span { first: Id { client: NodeId(client), n }, len }, gone: 0 };
        assert!(IdList::load(vec![run(1, 5, 2), run(2, 5, 2), run(1, 7, 1)]).is_some());
        for wrong in [vec![run(1, 5, 0)], vec![run(1, 5, 3), run(2, 0, 1), run(1, 7, 1)], vec![run(1, u64::MAX, 1)]] {
            assert!(IdList::load(wrong.clone()).is_none(), "{wrong:?}");
        }
        let huge = (0..3).map(|client| run(client, 0, u64::MAX)).collect();
        assert!(IdList::load(huge).is_none());
    }
}
