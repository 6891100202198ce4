//! `satellite`: users behind a geostationary satellite.

use std::time::Duration;

use super::{Leg, NetworkSpec, Profile, Reconnect, reconnect};

pub(super) static SPEC: NetworkSpec = NetworkSpec {
    name: "satellite",
    summary: "users behind a geostationary satellite",
    source: "36,000 km up and down twice gives a round trip of 480 ms at least, 600 to 700 ms in the FCC's reports on fixed broadband; 1 % loss; 25 Mbit/s down and 3 up, the FCC's benchmark of broadband from 2015 to 2024, which satellites then met",
    params: reconnect::PARAMS,
    build: |params| Profile {
        client: Leg {
            delay: (Duration::from_millis(300), Duration::from_millis(350)),
            jitter: Duration::from_millis(20),
            loss: 0.01,
            up_bits_per_s: Some(3_000_000),
            down_bits_per_s: Some(25_000_000),
            gaps: None,
        },
        ..Profile::to_a_data_centre(Reconnect::of(params))
    },
};
