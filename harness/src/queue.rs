//! The pending-event set: a binary heap on (time, sequence), payloads in a slab beside it.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use slab::Slab;
use syncbench_strategies::replica::Time;

/// Work by due time; equal times in the order of pushing.
///
/// The heap holds packed keys only (64 bits of time, 40 of sequence, 24 of slot), so sifting moves 16 bytes whatever the
/// payload. That allows a trillion pushes and 16 million pending at once.
#[derive(Debug)]
pub struct Queue<T> {
    heap: BinaryHeap<Reverse<u128>>,
    slots: Slab<T>,
    pushed: u128,
}

const SLOT_BITS: u32 = 24;
const SEQUENCE_BITS: u32 = 40;

fn time(key: u128) -> Time {
    Time((key >> (SLOT_BITS + SEQUENCE_BITS)) as u64)
}

fn slot(key: u128) -> usize {
    (key & ((1 << SLOT_BITS) - 1)) as usize
}

impl<T> Default for Queue<T> {
    fn default() -> Self {
        Self { heap: BinaryHeap::new(), slots: Slab::new(), pushed: 0 }
    }
}

impl<T> Queue<T> {
    /// Adds work that is due at `at`.
    ///
    /// Panics with more than 16 million pending or after a trillion pushes: a run that gets there needs another queue.
    pub fn push(&mut self, at: Time, work: T) {
        let slot = self.slots.insert(work) as u128;
        assert!(slot < 1 << SLOT_BITS && self.pushed < 1 << SEQUENCE_BITS, "the queue is full");
        self.heap.push(Reverse(u128::from(at.0) << (SLOT_BITS + SEQUENCE_BITS) | self.pushed << SLOT_BITS | slot));
        self.pushed += 1;
    }

    /// When the next work is due.
    pub fn due(&self) -> Option<Time> {
        self.heap.peek().map(|Reverse(key)| time(*key))
    }

    /// Takes the next work.
    pub fn pop(&mut self) -> Option<(Time, T)> {
        let Reverse(key) = self.heap.pop()?;
        Some((time(key), self.slots.remove(slot(key))))
    }

    /// Drops what is not to be kept.
    pub fn retain(&mut self, keep: impl Fn(&T) -> bool) {
        let Self { heap, slots, .. } = self;
        heap.retain(|Reverse(key)| {
            let kept = keep(&slots[slot(*key)]);
            if !kept {
                slots.remove(slot(*key));
            }
            kept
        });
    }

    /// Everything pending, in no order.
    pub fn pending(&self) -> impl Iterator<Item = &T> {
        self.slots.iter().map(|(_, work)| work)
    }

    /// How much is pending.
    pub fn len(&self) -> usize {
        self.heap.len()
    }

    /// Whether nothing is pending.
    pub fn is_empty(&self) -> bool {
        self.heap.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_comes_by_time_and_then_in_the_order_of_pushing() {
        let mut queue = Queue::default();
        for (at, work) in [(5, "c"), (1, "a"), (5, "d"), (3, "b"), (u64::MAX, "e")] {
            queue.push(Time(at), work);
        }
        assert_eq!((queue.len(), queue.due()), (5, Some(Time(1))));
        let order: String = std::iter::from_fn(|| queue.pop()).map(|(_, work)| work).collect();
        assert_eq!(order, "abcde");
        let slots = queue.slots.capacity();
        for (at, work) in [(2, "again"), (0, "dropped"), (1, "and")] {
            queue.push(Time(at), work);
        }
        queue.retain(|work| *work != "dropped");
        assert_eq!((queue.len(), queue.pending().count(), queue.slots.capacity()), (2, 2, slots));
        let order: Vec<_> = std::iter::from_fn(|| queue.pop()).collect();
        assert_eq!(order, [(Time(1), "and"), (Time(2), "again")]);
    }
}
