//! What a relay forwards.
//!
//! A message with updates is merged into the relay's document and then goes to every other client as it arrived, as in the
//! server of loro-websocket. The servers of Yjs forward what their transaction gives, which is the same update, and send it
//! back to its sender too; here it does not go back.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::replica::{Context, NodeId};
use crate::sidecar::Sidecar;

/// Messages that may wait for others at a relay. Beyond this many the oldest are dropped: their authors bring them again
/// with the next connection.
const MAX_WAITING: usize = 10_000;

/// Messages with updates on their way through a relay, exactly as they arrived.
#[derive(Default)]
pub(crate) struct Forward {
    arrived: Vec<Letter>,
    /// What arrived since the relay's document began to wait for a dependency. A client that connects meanwhile finds
    /// none of it in the document.
    waiting: VecDeque<Letter>,
}

/// A message and who sent it.
struct Letter {
    from: NodeId,
    bytes: Arc<[u8]>,
    sidecar: Arc<Sidecar>,
}

impl Forward {
    /// A message has arrived.
    pub(crate) fn take(&mut self, from: NodeId, bytes: &[u8], sidecar: &Sidecar) {
        self.arrived.push(Letter { from, bytes: bytes.into(), sidecar: Arc::new(sidecar.clone()) });
    }

    /// What has arrived cannot be merged, and goes nowhere.
    pub(crate) fn drop_arrived(&mut self) {
        self.arrived.clear();
    }

    /// What has arrived is merged, and goes to each of these clients but its sender. `waits` says whether the document
    /// waits for a dependency of anything.
    pub(crate) fn send(&mut self, to: impl Iterator<Item = NodeId> + Clone, waits: bool, cx: &mut Context<'_>) {
        for Letter { from, bytes, sidecar } in &self.arrived {
            cx.broadcast(to.clone().filter(|peer| peer != from), bytes.clone(), sidecar.clone());
        }
        if waits {
            self.waiting.extend(self.arrived.drain(..));
            self.waiting.drain(..self.waiting.len().saturating_sub(MAX_WAITING));
        } else {
            self.arrived.clear();
            self.waiting.clear();
        }
    }

    /// A client gets what the document lacks because it waits.
    pub(crate) fn send_waiting(&self, to: NodeId, cx: &mut Context<'_>) {
        for Letter { bytes, sidecar, .. } in self.waiting.iter().filter(|letter| letter.from != to) {
            cx.send(to, bytes.clone(), sidecar.clone());
        }
    }
}
