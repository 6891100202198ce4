//! `4g`: phones on a mobile network.

use std::time::Duration;

use super::{Leg, NetworkSpec, Profile, Reconnect, reconnect};

pub(super) static SPEC: NetworkSpec = NetworkSpec {
    name: "4g",
    summary: "phones on a mobile network",
    source: "round trips of 40 to 70 ms with jitter around 10 ms, in operators' reports; latency of 40 ms, 36 Mbit/s down and 11 up, the averages of mobile networks in Ookla's Speedtest Global Index of September 2020; 0.5 % loss",
    params: reconnect::PARAMS,
    build: |params| Profile {
        client: Leg {
            delay: (Duration::from_millis(20), Duration::from_millis(35)),
            jitter: Duration::from_millis(10),
            loss: 0.005,
            up_bits_per_s: Some(11_000_000),
            down_bits_per_s: Some(36_000_000),
            gaps: None,
        },
        ..Profile::to_a_data_centre(Reconnect::of(params))
    },
};
