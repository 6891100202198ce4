//! The run that a fault is made for.

use std::time::Duration;

use syncbench_strategies::replica::{NodeId, Rng, Time};

use super::FaultSpec;
use crate::rng::below;

/// The run that a fault is made for: what is known before it begins, the same for every strategy.
#[derive(Clone, Copy)]
pub struct Scope<'a> {
    /// How many clients.
    pub clients: u32,
    /// The run's seed. What a fault draws depends on it and on the fault alone, so all strategies meet the same.
    pub seed: u64,
    /// How long users act, by the number of operations and their rate. Users that wait for answers take longer.
    pub acting: Duration,
    /// Whether links carry datagrams; streams otherwise.
    pub datagrams: bool,
    /// Whether the run is in real time.
    pub real_time: bool,
    /// The fault's window.
    pub window: (Time, Option<Time>),
    /// The faults of the catalog.
    pub known: &'a [&'static FaultSpec],
}

impl<'a> Scope<'a> {
    /// A run in virtual time over streams, of users who act for ten seconds, with the first seed.
    pub fn new(clients: u32, known: &'a [&'static FaultSpec]) -> Self {
        let (acting, window) = (Duration::from_secs(10), (Time::ZERO, None));
        Self { clients, seed: 1, acting, datagrams: false, real_time: false, window, known }
    }

    /// One of the clients.
    pub fn any_client(&self, rng: &mut Rng) -> NodeId {
        // There are at most some thousand clients.
        NodeId(1 + below(rng, self.clients as usize) as u32)
    }
}
