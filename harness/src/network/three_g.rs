//! `3g`: phones on a mobile network of the third generation.

use std::time::Duration;

use super::{Leg, NetworkSpec, Profile, Reconnect, reconnect};

pub(super) static SPEC: NetworkSpec = NetworkSpec {
    name: "3g",
    summary: "phones on a mobile network of the third generation",
    source: "WebPageTest's profile \"3G\": a round trip of 300 ms, 1.6 Mbit/s down and 768 kbit/s up; its \"3G Fast\", with 150 ms, is Lighthouse's default for phones; no source for jitter and losses: those of `4g`",
    params: reconnect::PARAMS,
    build: |params| Profile {
        client: Leg {
            delay: (Duration::from_millis(75), Duration::from_millis(150)),
            jitter: Duration::from_millis(10),
            loss: 0.005,
            up_bits_per_s: Some(768_000),
            down_bits_per_s: Some(1_600_000),
            gaps: None,
        },
        ..Profile::to_a_data_centre(Reconnect::of(params))
    },
};
