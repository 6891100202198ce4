//! `4g`: phones on a mobile network.

use std::time::Duration;

use super::{NetworkSpec, Profile};

pub(super) static SPEC: NetworkSpec = NetworkSpec {
    name: "4g",
    summary: "phones on a mobile network",
    source: "operator reports and Ookla's medians of 2023 to 2024: round trips of 40 to 70 ms with jitter around 10 ms, 10 Mbit/s up; 0.5 % loss; retransmission after 200 ms and a round trip",
    params: &[],
    build: |_| Profile {
        base: (Duration::from_micros(20_000), Duration::from_micros(35_000)),
        jitter: Duration::from_micros(10_000),
        loss: 0.005,
        retransmission: Duration::from_micros(270_000),
        bandwidth_bits_per_s: Some(10e6),
    },
};
