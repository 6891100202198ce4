//! `wifi`: laptops behind one home or office access point and a nearby server.

use std::time::Duration;

use super::{NetworkSpec, Profile};

pub(super) static SPEC: NetworkSpec = NetworkSpec {
    name: "wifi",
    summary: "laptops behind one home or office access point and a nearby server",
    source: "round trips of 4 to 16 ms to a server in the same city with a tail from contention; 0.1 % loss left after the radio's own retries; TCP's smallest retransmission timeout of 200 ms; 50 Mbit/s of application throughput",
    params: &[],
    build: |_| Profile {
        base: (Duration::from_micros(2_000), Duration::from_micros(8_000)),
        jitter: Duration::from_micros(2_000),
        loss: 0.001,
        retransmission: Duration::from_micros(208_000),
        bandwidth_bits_per_s: Some(50e6),
    },
};
