//! Operations per second of processor time.

use syncbench_harness::metrics::OPS_PER_CPU_S;

use super::dots::{Spec, draw, figure_of};
use super::{Chart, block};

pub(super) static CHART: Chart = Chart {
    name: "throughput",
    title: "Operations per second of processor time",
    shows: "Operations of the whole group per second of processor time in strategy code, all replicas together. Further \
            right is cheaper. Lines are 95 % confidence intervals over seeds, below ten seeds their range. Axes are \
            logarithmic; the conditions of a workload share one.",
    metrics: &[&OPS_PER_CPU_S],
    draw: |chart, data| {
        let (axis, nothing) = ("operations per CPU second", "No run measured processor time.");
        let spec = Spec { axis, measure: axis, nothing, row: block::ROW };
        draw(chart, data, &spec, |row| figure_of(row.mean(&OPS_PER_CPU_S, "")))
    },
};
