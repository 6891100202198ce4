//! Operations per second of processor time.

use syncbench_harness::metrics::OPS_PER_CPU_S;

use super::{Chart, rows};

pub(super) static CHART: Chart = Chart {
    name: "throughput",
    title: "Operations per second of processor time",
    shows: "Operations of the whole group per second of processor time in strategy code, all replicas together. Longer is \
            cheaper. Whiskers are 95 % confidence intervals over seeds, below ten seeds their range. The axis is \
            logarithmic.",
    metrics: &[&OPS_PER_CPU_S],
    draw: |chart, data| rows::bars(chart, data, "operations per CPU second", |row| row.mean(&OPS_PER_CPU_S, "")),
};
