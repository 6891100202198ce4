//! `instant`: no delay at all.

use std::time::Duration;

use super::{NetworkSpec, Profile};

pub(super) static SPEC: NetworkSpec = NetworkSpec {
    name: "instant",
    summary: "no delay: the null control, where nothing may ever differ",
    source: "by definition",
    params: &[],
    build: |_| Profile::constant(Duration::ZERO),
};
