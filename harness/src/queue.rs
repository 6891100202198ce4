//! The pending-event set: a binary heap on (time, sequence), payloads in a slab beside it.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use syncbench_strategies::replica::Time;

/// Work by due time; equal times in the order of pushing.
///
/// The heap holds packed keys only (64 bits of time, 40 of sequence, 24 of slot), so sifting moves 16 bytes whatever the
/// payload. That allows a trillion pushes and 16 million pending at once.
#[derive(Debug)]
pub struct Queue<T> {
    heap: BinaryHeap<Reverse<u128>>,
    slots: Vec<Option<T>>,
    free: Vec<u32>,
    pushed: u128,
}

const SLOT_BITS: u32 = 24;
const SEQUENCE_BITS: u32 = 40;

impl<T> Default for Queue<T> {
    fn default() -> Self {
        Self { heap: BinaryHeap::new(), slots: Vec::new(), free: Vec::new(), pushed: 0 }
    }
}

impl<T> Queue<T> {
    /// Adds work that is due at `at`.
    ///
    /// Panics with more than 16 million pending or after a trillion pushes: a run that gets there needs another queue.
    pub fn push(&mut self, at: Time, work: T) {
        let slot = self.free.pop().unwrap_or_else(|| {
            self.slots.push(None);
            (self.slots.len() - 1) as u32
        });
        assert!(slot < 1 << SLOT_BITS && self.pushed < 1 << SEQUENCE_BITS, "the queue is full");
        self.slots[slot as usize] = Some(work);
        let key = u128::from(at.0) << (SLOT_BITS + SEQUENCE_BITS) | self.pushed << SLOT_BITS | u128::from(slot);
        self.pushed += 1;
        self.heap.push(Reverse(key));
    }

    /// When the next work is due.
    pub fn due(&self) -> Option<Time> {
        self.heap.peek().map(|Reverse(key)| Time((key >> (SLOT_BITS + SEQUENCE_BITS)) as u64))
    }

    /// Takes the next work.
    pub fn pop(&mut self) -> Option<(Time, T)> {
        let Reverse(key) = self.heap.pop()?;
        let slot = (key & ((1 << SLOT_BITS) - 1)) as u32;
        self.free.push(slot);
        // Every key in the heap owns its slot until it is popped.
        let work = self.slots[slot as usize].take().expect("a pending key owns its slot");
        Some((Time((key >> (SLOT_BITS + SEQUENCE_BITS)) as u64), work))
    }

    /// Drops what is not to be kept.
    pub fn retain(&mut self, keep: impl Fn(&T) -> bool) {
        let Self { heap, slots, free, .. } = self;
        heap.retain(|Reverse(key)| {
            let slot = (key & ((1 << SLOT_BITS) - 1)) as u32;
            let kept = slots[slot as usize].as_ref().is_some_and(&keep);
            if !kept {
                slots[slot as usize] = None;
                free.push(slot);
            }
            kept
        });
    }

    /// Everything pending, in no order.
    pub fn pending(&self) -> impl Iterator<Item = &T> {
        self.slots.iter().flatten()
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
    fn by_time_and_then_by_order_of_pushing() {
        let mut queue = Queue::default();
        for (at, work) in [(5, "c"), (1, "a"), (5, "d"), (3, "b"), (u64::MAX, "e")] {
            queue.push(Time(at), work);
        }
        assert_eq!((queue.len(), queue.due()), (5, Some(Time(1))));
        let order: String = std::iter::from_fn(|| queue.pop()).map(|(_, work)| work).collect();
        assert_eq!(order, "abcde");
        for (at, work) in [(2, "again"), (0, "gone"), (1, "and")] {
            queue.push(Time(at), work);
        }
        queue.retain(|work| *work != "gone");
        assert_eq!((queue.len(), queue.pending().count(), queue.slots.len()), (2, 2, 5));
        let order: Vec<_> = std::iter::from_fn(|| queue.pop()).collect();
        assert_eq!(order, [(Time(1), "and"), (Time(2), "again")]);
    }
}
