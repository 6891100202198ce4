//! `lan`: machines in one building.

use std::time::Duration;

use super::{Leg, NetworkSpec, Profile, Reconnect, reconnect};

/// Of every machine, the server included.
const LEG: Leg = Leg {
    delay: (Duration::from_micros(50), Duration::from_micros(150)),
    jitter: Duration::from_micros(10),
    loss: 0.0,
    up_bits_per_s: Some(1_000_000_000),
    down_bits_per_s: Some(1_000_000_000),
    gaps: None,
};

pub(super) static SPEC: NetworkSpec = NetworkSpec {
    name: "lan",
    summary: "machines in one building, the server among them",
    source: "switched gigabit Ethernet (IEEE 802.3ab), practically without loss; round trips of 0.2 to 0.6 ms between two \
             machines with their kernels, half of it for each leg",
    params: reconnect::PARAMS,
    build: |params| Profile { client: LEG, server: LEG, backbone: Duration::ZERO, reconnect: Reconnect::of(params) },
};
