//! `custom:delay=60ms..90ms,loss=3%,up=1Mbps`: legs with numbers of one's own.

use syncbench_strategies::spec::{Param, ParamKind};

use super::{Leg, NetworkSpec, Profile, Reconnect, reconnect};

/// The name of the profile.
pub const CUSTOM: &str = "custom";

/// What a network with numbers of its own is called, where it has a name.
pub fn own_name(network: &str) -> Option<&str> {
    let params = network.strip_prefix(CUSTOM)?.strip_prefix(':')?;
    params.split(',').find_map(|param| param.strip_prefix("name="))
}

pub(super) static SPEC: NetworkSpec = NetworkSpec {
    name: CUSTOM,
    summary: "every client's leg has the numbers that are given: custom:delay=60ms..90ms,jitter=5ms,loss=3%,up=1Mbps,down=8Mbps",
    source: "the parameters as given; the server's leg is a data centre's, and between two clients both legs are crossed",
    params: &reconnect::and::<6, 9>([
        Param {
            name: "delay",
            kind: ParamKind::SpanRange,
            default: "40ms",
            help: "one way between a client and the server, or a range from which each client draws its own; by default as constant",
        },
        Param {
            name: "jitter",
            kind: ParamKind::Span,
            default: "0",
            help: "mean of the extra delay, exponentially distributed, in each direction",
        },
        Param {
            name: "loss",
            kind: ParamKind::Share,
            default: "0",
            help: "share of packets lost in each direction, such as 3% or 0.03",
        },
        Param {
            name: "up",
            kind: ParamKind::Bandwidth,
            default: "unlimited",
            help: "bandwidth from a client, for all of its connections together",
        },
        Param {
            name: "down",
            kind: ParamKind::Bandwidth,
            default: "unlimited",
            help: "bandwidth to a client, for all of its connections together",
        },
        Param { name: "name", kind: ParamKind::Name, default: CUSTOM, help: "what it is called in tables and charts" },
    ]),
    build: |params| Profile {
        client: Leg {
            delay: params.span_range("delay"),
            jitter: params.span("jitter"),
            loss: params.share("loss"),
            up_bits_per_s: params.bandwidth("up"),
            down_bits_per_s: params.bandwidth("down"),
            gaps: None,
        },
        ..Profile::to_a_data_centre(Reconnect::of(params))
    },
};
