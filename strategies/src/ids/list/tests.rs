use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::node::NodeId;

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

/// Each id as a separate span.
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
            // Where the client wrote last, as a user who goes on typing.
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
    fn an_id_list_does_what_a_plain_list_does(rolls in vec(roll(), 1..60)) {
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
fn typing_extends_one_run() {
    let mut both = Both::new();
    // Two clients at two ends of a list with many chunks.
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
fn malformed_saved_runs_are_errors() {
    let run = |client, n, len| Run { span: Span { first: Id { client: NodeId(client), n }, len }, gone: 0 };
    assert!(IdList::load(vec![run(1, 5, 2), run(2, 5, 2), run(1, 7, 1)]).is_some());
    for wrong in [vec![run(1, 5, 0)], vec![run(1, 5, 3), run(2, 0, 1), run(1, 7, 1)], vec![run(1, u64::MAX, 1)]] {
        assert!(IdList::load(wrong.clone()).is_none(), "{wrong:?}");
    }
    let huge = (0..3).map(|client| run(client, 0, u64::MAX)).collect();
    assert!(IdList::load(huge).is_none());
}
