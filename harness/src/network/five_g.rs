//! `5g`: phones on a mobile network of the fifth generation.

use std::time::Duration;

use super::{Leg, NetworkSpec, Profile, Reconnect, reconnect};

pub(super) static SPEC: NetworkSpec = NetworkSpec {
    name: "5g",
    summary: "phones on a mobile network of the fifth generation",
    source: "166 Mbit/s down and 21 up, the medians of the world's 5G in Ookla's report of the third quarter of 2021; round trips of 20 to 40 ms: medians of 32 and 33 ms in Ookla's report on three American operators of the first quarter of 2021, and below 20 ms for the best twentieth of users only (Rizvi et al., \"Third-party assessment of mobile performance in the 5G era\", 2025); no source for jitter and losses: half of those of `4g`",
    params: reconnect::PARAMS,
    build: |params| Profile {
        client: Leg {
            delay: (Duration::from_millis(10), Duration::from_millis(20)),
            jitter: Duration::from_millis(5),
            loss: 0.0025,
            up_bits_per_s: Some(21_000_000),
            down_bits_per_s: Some(166_000_000),
            gaps: None,
        },
        ..Profile::to_a_data_centre(Reconnect::of(params))
    },
};
