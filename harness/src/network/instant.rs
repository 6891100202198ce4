//! `instant`: no delay at all.

use std::time::Duration;

use super::{NetworkSpec, Profile, Reconnect, reconnect};

pub(super) static SPEC: NetworkSpec = NetworkSpec {
    name: "instant",
    summary: "no delay: the null control, where nothing may ever differ",
    source: "by definition",
    params: reconnect::PARAMS,
    build: |params| Profile { reconnect: Reconnect::of(params), ..Profile::constant(Duration::ZERO) },
};
