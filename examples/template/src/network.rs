//! A network: `--network shop`. For a few numbers of your own no code is needed: `--network custom:delay=60ms..90ms,loss=3%`.

use std::time::Duration;

use syncbench_cli::prelude::*;

pub(crate) static SPEC: NetworkSpec = NetworkSpec {
    name: "shop",
    summary: "tablets behind one shop's router, which shares a DSL line",
    source: "your own measurements: say where and when",
    params: &[Param {
        name: "loss",
        kind: ParamKind::Share,
        default: "0.5%",
        help: "share of packets lost in each direction; measured with ping in the shop",
    }],
    build: |params| Profile {
        client: Leg {
            delay: (Duration::from_millis(15), Duration::from_millis(25)),
            jitter: Duration::from_millis(5),
            loss: params.share("loss"),
            up_bits_per_s: Some(2_000_000),
            down_bits_per_s: Some(16_000_000),
            ..Leg::IDEAL
        },
        server: Leg::DATA_CENTRE,
        backbone: Duration::ZERO,
        reconnect: Reconnect::default(),
    },
};
