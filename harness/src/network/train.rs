//! `train`: travellers in fast trains, each on a mobile network.

use std::time::Duration;

use super::{Gaps, Leg, NetworkSpec, Profile, Reconnect, reconnect};

pub(super) static SPEC: NetworkSpec = NetworkSpec {
    name: "train",
    summary: "travellers in fast trains, each in a train of its own, with tunnels that have no signal",
    source: "the legs of `4g`; the 66 tunnels of the Tokaido Shinkansen are 13 % of its line and 1.04 km long on average, which takes 13 s at 285 km/h; they count as without a signal, as where nothing is installed in them",
    params: reconnect::PARAMS,
    build: |params| Profile {
        client: Leg {
            delay: (Duration::from_millis(20), Duration::from_millis(35)),
            jitter: Duration::from_millis(10),
            loss: 0.005,
            up_bits_per_s: Some(11_000_000),
            down_bits_per_s: Some(36_000_000),
            gaps: Some(Gaps { share: 0.13, span: Duration::from_secs(13) }),
        },
        ..Profile::to_a_data_centre(Reconnect::of(params))
    },
};
