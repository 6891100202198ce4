//! What an operation costs on the wire.

use syncbench_harness::metrics::WIRE_BYTES_PER_OP;

use super::{Chart, rows};

pub(super) static CHART: Chart = Chart {
    name: "bytes",
    title: "Bytes on the wire per operation",
    shows: "Bytes sent on all links per operation, envelopes included. Shorter is cheaper. Whiskers are 95 % \
            confidence intervals over seeds, below ten seeds their range. The axis is logarithmic.",
    metrics: &[&WIRE_BYTES_PER_OP],
    draw: |chart, data| rows::bars(chart, data, "bytes per operation", |row| row.mean(&WIRE_BYTES_PER_OP, "")),
};
