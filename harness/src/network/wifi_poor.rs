//! `wifi-poor`: laptops in a crowded place, and a server in the same city.

use std::time::Duration;

use super::{Leg, NetworkSpec, Profile, Reconnect, reconnect};

pub(super) static SPEC: NetworkSpec = NetworkSpec {
    name: "wifi-poor",
    summary: "laptops in a crowded place, behind an access point that many share",
    source: "of packets over crowded access points of a campus a tenth waited more than 100 ms at the wireless hop (Pei et al., \"WiFi can be the weakest link of round trip network latency in the wild\", INFOCOM 2016), as a mean jitter of 25 ms each way gives; base delays of `wifi`; 4 Mbit/s down and 1 up, the FCC's benchmark of broadband from 2010 to 2015; no source for losses: ten times those of `wifi`",
    params: reconnect::PARAMS,
    build: |params| Profile {
        client: Leg {
            delay: (Duration::from_millis(2), Duration::from_millis(8)),
            jitter: Duration::from_millis(25),
            loss: 0.01,
            up_bits_per_s: Some(1_000_000),
            down_bits_per_s: Some(4_000_000),
            gaps: None,
        },
        ..Profile::to_a_data_centre(Reconnect::of(params))
    },
};
