//! `edge`: phones on a mobile network of the second generation, with EDGE.

use std::time::Duration;

use super::{Leg, NetworkSpec, Profile, Reconnect, reconnect};

pub(super) static SPEC: NetworkSpec = NetworkSpec {
    name: "edge",
    summary: "phones on a mobile network of the second generation, with EDGE",
    source: "WebPageTest's profile \"Edge\": a round trip of 840 ms, 240 kbit/s down and 200 up; no source for jitter and losses: those of `4g`",
    params: reconnect::PARAMS,
    build: |params| Profile {
        client: Leg {
            delay: (Duration::from_millis(420), Duration::from_millis(420)),
            jitter: Duration::from_millis(10),
            loss: 0.005,
            up_bits_per_s: Some(200_000),
            down_bits_per_s: Some(240_000),
            gaps: None,
        },
        ..Profile::to_a_data_centre(Reconnect::of(params))
    },
};
