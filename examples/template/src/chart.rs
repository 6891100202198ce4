//! A chart: it stands in `charts/` of every report, and on its page.

use syncbench_cli::prelude::*;

pub(crate) static CHART: Chart = Chart {
    name: "own-echo",
    title: "How long a tap takes to show",
    shows: "From a tap to one's own screen: the 99th percentile, in milliseconds. Shorter is better. Whiskers are 95 % \
            confidence intervals over seeds, below ten seeds their range.",
    metrics: &[&metrics::ECHO_MS],
    draw: |chart, data| dots(chart, data, "milliseconds", |row| row.quantile(&metrics::ECHO_MS, 0.99)),
};
