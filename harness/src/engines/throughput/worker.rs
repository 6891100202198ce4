//! One thread: takes turns out of the queue, and keeps the timers that its turns set.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;
use std::time::Duration;

use crossbeam_channel::{Receiver, TryRecvError};
use syncbench_strategies::replica::NodeId;

use super::group::Group;
use super::post::Outbox;
use crate::engines::panic_text;
use crate::queue::Queue;

/// How long before a timer is due a thread stops sleeping and yields instead: see the threads engine.
const YIELDING: Duration = Duration::from_micros(50);

/// Works until it is ended. Returns the timers that were not due by then.
pub(super) fn work(group: &Group, turns: &Receiver<Option<NodeId>>, last: u32) -> u64 {
    let mut out = Outbox::new(last);
    let mut timers: Queue<(NodeId, u64)> = Queue::default();
    while let Some(next) = next(group, turns, &mut timers) {
        let Some(id) = next else { continue };
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| group.turn(id, &mut out))) {
            group.panicked(id, panic_text(&*panic).to_owned());
            break;
        }
        let now = group.origin.time();
        out.timers.drain(..).for_each(|(after, tag)| timers.push(now + after, (id, tag)));
    }
    timers.pending().count() as u64
}

/// Whose turn it is: nobody's where a timer was due first. `None` at the end of the run.
fn next(group: &Group, turns: &Receiver<Option<NodeId>>, timers: &mut Queue<(NodeId, u64)>) -> Option<Option<NodeId>> {
    if group.over.load(Ordering::Relaxed) {
        return None;
    }
    // Every turn comes back as a turn or not at all: a closed queue is an ended run.
    let Some(due) = timers.due() else { return turns.recv().ok().flatten().map(Some) };
    let left = due.since(group.origin.time());
    if left.is_zero() {
        if let Some((_, (id, tag))) = timers.pop() {
            group.ring(id, tag);
        }
        return Some(None);
    }
    let found = if left > YIELDING {
        turns.recv_timeout(left - YIELDING).ok()
    } else {
        match turns.try_recv() {
            Ok(found) => Some(found),
            Err(TryRecvError::Disconnected) => return None,
            Err(TryRecvError::Empty) => {
                std::thread::yield_now();
                None
            }
        }
    };
    match found {
        Some(None) => None,
        found => Some(found.flatten()),
    }
}
