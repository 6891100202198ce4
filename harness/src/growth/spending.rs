//! What operations cost from a moment on: a probe that leaves out joining and everything before.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use syncbench_strategies::replica::{NodeId, Time};

use crate::event::{Call, Event, What};
use crate::ledger::Ledger;
use crate::node_table::NodeMap;
use crate::probe::{End, Figures, Probe};

/// Sums from a moment on.
#[derive(Default)]
pub(super) struct Spent {
    /// Operations issued.
    pub(super) operations: u64,
    /// Processor time of users' own calls.
    pub(super) local_ns: u64,
    /// Processor time of all other calls at clients.
    pub(super) remote_ns: u64,
    /// Processor time at the server.
    pub(super) server_ns: u64,
    /// Bytes that clients sent.
    pub(super) up_bytes: u64,
    /// Bytes that the server sent.
    pub(super) down_bytes: u64,
    /// Payloads of all messages.
    pub(super) payload_bytes: u64,
    /// Messages.
    pub(super) messages: u64,
    /// What each node holds; over the whole run, since a node holds what it held before.
    held: NodeMap<u64>,
}

impl Spent {
    /// What the server holds.
    pub(super) fn server_bytes(&self) -> Option<f64> {
        self.held.get(NodeId::SERVER).map(|bytes| *bytes as f64)
    }

    /// What a client holds: mean over the clients.
    pub(super) fn client_bytes(&self) -> f64 {
        let server = self.held.get(NodeId::SERVER);
        let all: u64 = self.held.values().sum();
        let clients = self.held.len() - usize::from(server.is_some());
        all.saturating_sub(server.copied().unwrap_or(0)) as f64 / clients.max(1) as f64
    }
}

/// The probe; what it sums up is shared with who asked.
pub(super) struct Spending {
    from: Time,
    spent: Arc<Mutex<Spent>>,
}

impl Spending {
    /// Sums from this moment on.
    pub(super) fn new(from: Time) -> (Self, Arc<Mutex<Spent>>) {
        let spent = Arc::new(Mutex::new(Spent::default()));
        (Self { from, spent: spent.clone() }, spent)
    }
}

/// The sums so far. A panic of a replica does not lose them.
pub(super) fn sums(spent: &Mutex<Spent>) -> MutexGuard<'_, Spent> {
    spent.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Probe for Spending {
    fn event(&mut self, event: &Event, _: &Ledger) {
        let counted = event.at >= self.from;
        let server = event.node == NodeId::SERVER;
        let spent = &mut *sums(&self.spent);
        match event.what {
            What::Cost { call, cpu_ns, resident_bytes, .. } => {
                spent.held.insert(event.node, resident_bytes);
                if counted {
                    match call {
                        _ if server => spent.server_ns += cpu_ns,
                        Call::Submit => spent.local_ns += cpu_ns,
                        _ => spent.remote_ns += cpu_ns,
                    }
                }
            }
            What::Issued { .. } if counted => spent.operations += 1,
            What::Sent { payload_bytes, wire_bytes, .. } if counted => {
                spent.messages += 1;
                spent.payload_bytes += payload_bytes;
                if server {
                    spent.down_bytes += wire_bytes;
                } else {
                    spent.up_bytes += wire_bytes;
                }
            }
            _ => {}
        }
    }

    fn finish(&mut self, _: &End<'_>, _: &mut Figures) {}
}
