//! Targets that nothing in this build measures, each with the reason.

use std::time::Duration;

use super::{Clock, Measurement, Target};

/// A measurement that there is none of.
const ABSENT: Measurement = Measurement {
    name: "",
    what: "",
    unit: "times",
    target: Target::AtLeast(0.0),
    source: "",
    clock: Clock::Processor,
    share: Duration::ZERO,
    apart: None,
    once: false,
    begin: || Err(String::new()),
};

pub(super) static GOSSIP_100000: Measurement = Measurement {
    name: "gossip-100000",
    what: "the gossip among 100,000 hosts, each connected to every other, without probes",
    unit: "deliveries/s",
    target: Target::AtLeast(1.5e6),
    source: "half of what 1,000 hosts are to reach",
    begin: || Err("each host would keep a list of all others: 40 GB".into()),
    ..ABSENT
};

pub(super) static MADSIM: Measurement = Measurement {
    name: "gossip-madsim",
    what: "the gossip among 100 hosts, beside madsim's",
    target: Target::AtLeast(10.0),
    source: "a simulator without a runtime for each host",
    begin: || Err("madsim needs a build of its own: harness/peers/run".into()),
    ..ABSENT
};

pub(super) static TURMOIL: Measurement = Measurement {
    name: "gossip-turmoil",
    what: "the gossip among 100 hosts, beside turmoil's",
    target: Target::AtLeast(1_000.0),
    source: "a simulator without ticks",
    begin: || Err("turmoil needs a build of its own: harness/peers/run".into()),
    ..ABSENT
};

pub(super) static AUTOMERGE: Measurement = Measurement {
    name: "automerge-outside",
    what: "the share of a run of crdt-automerge that is spent outside the library",
    unit: "%",
    target: Target::AtMost(10.0),
    source: "a comparison of libraries spends its time in libraries",
    begin: || {
        Err("a run does not tell the library from its adapter; `cargo bench --bench adapter -- --paired` does, for edits".into())
    },
    ..ABSENT
};

pub(super) static STREAM: Measurement = Measurement {
    name: "stream-memory",
    what: "memory of the harness itself while ten million operations pass through a small document",
    unit: "GB",
    target: Target::AtMost(1.0),
    source: "the memory of a small machine",
    begin: || Err("nothing here counts the harness's memory apart from the replicas'".into()),
    ..ABSENT
};
