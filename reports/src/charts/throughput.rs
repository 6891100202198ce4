//! How much work a second of processor time does.

use super::{Chart, rows};

pub(super) static CHART: Chart = Chart {
    name: "throughput",
    title: "Operations per second of processor time",
    shows: "Operations through the whole group for each second of processor time spent in strategy code, all replicas \
            together. Longer is cheaper. Whiskers are 95 % confidence intervals over seeds. The axis is logarithmic: \
            each big step is ten times.",
    draw: |chart, data| rows::bars(chart, data, "operations per CPU second", |row| row.mean("ops_per_cpu_s", "")),
};
