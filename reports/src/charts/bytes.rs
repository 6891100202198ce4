//! What an operation costs on the wire.

use syncbench_harness::metrics::WIRE_BYTES_PER_OP;

use super::dots::{Spec, draw, figure_of};
use super::{Chart, block};

pub(super) static CHART: Chart = Chart {
    name: "bytes",
    title: "Bytes on the wire per operation",
    shows: "Bytes sent on all links per operation, envelopes included. Further left is cheaper. Lines are 95 % confidence \
            intervals over seeds, below ten seeds their range. Axes are logarithmic; the conditions of a workload share one.",
    metrics: &[&WIRE_BYTES_PER_OP],
    draw: |chart, data| {
        let spec = Spec {
            axis: "bytes per operation",
            measure: "bytes per operation",
            nothing: "No run counted bytes.",
            row: block::ROW,
        };
        draw(chart, data, &spec, |row| figure_of(row.mean(&WIRE_BYTES_PER_OP, "")))
    },
};
