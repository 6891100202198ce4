//! What an operation costs on the wire.

use super::{Chart, rows};

pub(super) static CHART: Chart = Chart {
    name: "bytes",
    title: "Bytes on the wire per operation",
    shows: "Bytes sent on all links for each operation, envelopes included. Shorter is cheaper. Whiskers are 95 % \
            confidence intervals over seeds. The axis is logarithmic.",
    draw: |chart, data| rows::bars(chart, data, "bytes per operation", |row| row.mean("wire_bytes_per_op", "")),
};
