//! When the server makes snapshots, and the last one.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::replica::Context;
use crate::serial::order::{Order, Ordered};
use crate::sidecar::Clock;
use crate::star::Sessions;
use crate::wire;

/// The state at a place in the order, as it travels.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Snapshot {
    pub(super) seq: u64,
    #[serde(with = "wire::bytes")]
    pub(super) data: Arc<[u8]>,
    /// The operations in it; for its sidecar.
    #[serde(skip)]
    pub(super) clock: Clock,
}

#[derive(Clone)]
pub(super) struct Snapshots {
    /// A client that missed anything gets one.
    pub(super) always: bool,
    /// Places from one to the next.
    interval: u64,
    last: Option<Snapshot>,
}

impl Snapshots {
    pub(super) fn new(always: bool, interval: u64) -> Self {
        Self { always, interval, last: None }
    }

    /// A snapshot that the order's history continues, and what came after it; a new one if the last is too old.
    pub(super) fn get<'a>(
        &mut self,
        order: &'a Order,
        sessions: &Sessions,
        cx: &mut Context<'_>,
    ) -> (Snapshot, impl Iterator<Item = &'a Ordered>) {
        let (end, interval) = (order.log.end(), self.interval);
        let recent = self.last.take().filter(|last| end - last.seq < interval.max(1));
        if let Some(last) = recent
            && let Some(after) = order.log.since(last.seq)
        {
            return (self.last.insert(last).clone(), after);
        }
        cx.count("snapshots_made", 1);
        let made = Snapshot { seq: end, data: order.data.encode().into(), clock: sessions.clock() };
        (self.last.insert(made).clone(), Default::default())
    }
}
