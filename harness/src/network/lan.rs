//! `lan`: machines in one building.

use std::time::Duration;

use super::{NetworkSpec, Profile};

pub(super) static SPEC: NetworkSpec = NetworkSpec {
    name: "lan",
    summary: "machines in one building",
    source: "switched gigabit Ethernet: round trips of 0.2 to 0.6 ms, practically no loss; Linux' smallest retransmission timeout is 200 ms",
    params: &[],
    build: |_| Profile {
        base: (Duration::from_micros(100), Duration::from_micros(300)),
        jitter: Duration::from_micros(20),
        loss: 0.0,
        retransmission: Duration::from_micros(200_000),
        bandwidth_bits_per_s: Some(1e9),
    },
};
