//! `wifi`: laptops behind home or office access points, and a server in the same city.

use std::time::Duration;

use super::{Leg, NetworkSpec, Profile, Reconnect, reconnect};

pub(super) static SPEC: NetworkSpec = NetworkSpec {
    name: "wifi",
    summary: "laptops behind home or office access points, and a server in the same city",
    source: "round trips of 4 to 16 ms to a server in the same city, with a tail from contention for the channel; 0.1 % loss left after the radio's own retries; 86 Mbit/s down and 46 up, the averages of fixed broadband in Ookla's Speedtest Global Index of September 2020",
    params: reconnect::PARAMS,
    build: |params| Profile {
        client: Leg {
            delay: (Duration::from_millis(2), Duration::from_millis(8)),
            jitter: Duration::from_millis(2),
            loss: 0.001,
            up_bits_per_s: Some(46_000_000),
            down_bits_per_s: Some(86_000_000),
            gaps: None,
        },
        ..Profile::to_a_data_centre(Reconnect::of(params))
    },
};
