//! `satellite`: users behind a geostationary satellite.

use std::time::Duration;

use super::{NetworkSpec, Profile};

pub(super) static SPEC: NetworkSpec = NetworkSpec {
    name: "satellite",
    summary: "users behind a geostationary satellite",
    source: "36,000 km up and down twice gives a round trip of 540 ms at least, 600 to 700 ms in the FCC's reports; 1 % loss; retransmission after a round trip and more; 3 Mbit/s up",
    params: &[],
    build: |_| Profile {
        base: (Duration::from_micros(300_000), Duration::from_micros(350_000)),
        jitter: Duration::from_micros(20_000),
        loss: 0.01,
        retransmission: Duration::from_micros(900_000),
        bandwidth_bits_per_s: Some(3e6),
    },
};
