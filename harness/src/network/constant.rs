//! `constant:40ms`: always the same delay.

use syncbench_strategies::spec::{Param, ParamKind};

use super::{NetworkSpec, Profile, Reconnect, reconnect};

pub(super) static SPEC: NetworkSpec = NetworkSpec {
    name: "constant",
    summary: "every message takes exactly this long between any two nodes, whatever its size; nothing is lost: for closed forms",
    source: "40 ms by default: half of a round trip between neighbouring regions of a cloud",
    params: &reconnect::and::<1, 4>([Param {
        name: "delay",
        kind: ParamKind::Span,
        default: "40ms",
        help: "one-way delay",
    }]),
    build: |params| Profile { reconnect: Reconnect::of(params), ..Profile::constant(params.span("delay")) },
};
