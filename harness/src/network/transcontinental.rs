//! `transcontinental`: users on different continents, and a server on one of them.

use std::time::Duration;

use super::{Leg, NetworkSpec, Profile, Reconnect, reconnect};

pub(super) static SPEC: NetworkSpec = NetworkSpec {
    name: "transcontinental",
    summary: "users on different continents, and a server on one of them",
    source: "public round trips between cloud regions: Frankfurt to Virginia 90 ms, to Singapore 160 ms, to Sydney 250 ms; 0.1 % loss; 86 Mbit/s down and 46 up, the averages of fixed broadband in Ookla's Speedtest Global Index of September 2020; between two users by way of the server's continent",
    params: reconnect::PARAMS,
    build: |params| Profile {
        client: Leg {
            delay: (Duration::from_millis(45), Duration::from_millis(125)),
            jitter: Duration::from_millis(3),
            loss: 0.001,
            up_bits_per_s: Some(46_000_000),
            down_bits_per_s: Some(86_000_000),
            gaps: None,
        },
        ..Profile::to_a_data_centre(Reconnect::of(params))
    },
};
