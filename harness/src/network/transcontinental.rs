//! `transcontinental`: users on different continents.

use std::time::Duration;

use super::{NetworkSpec, Profile};

pub(super) static SPEC: NetworkSpec = NetworkSpec {
    name: "transcontinental",
    summary: "users on different continents",
    source: "public round trips between cloud regions: Frankfurt to Virginia 90 ms, to Singapore 160 ms, to Sydney 250 ms; 0.1 % loss; retransmission after 200 ms and a round trip; 20 Mbit/s",
    params: &[],
    build: |_| Profile {
        base: (Duration::from_micros(45_000), Duration::from_micros(125_000)),
        jitter: Duration::from_micros(3_000),
        loss: 0.001,
        retransmission: Duration::from_micros(450_000),
        bandwidth_bits_per_s: Some(20e6),
    },
};
