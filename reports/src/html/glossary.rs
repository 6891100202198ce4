//! The glossary: what each metric means, read from its spec.

use maud::{Markup, html};
use syncbench_harness::metric::MetricSpec;
use syncbench_harness::metrics;

use crate::charts::CHARTS;
use crate::columns::COLUMNS;

/// Every metric, with the columns and charts that show it.
pub(super) fn glossary() -> Markup {
    html! {
        section id="glossary" {
            h2 { "Glossary" }
            div.wide { table {
                thead { tr { th { "metric" } th { "unit" } th { "better" } th { "meaning" } th { "columns" } th { "charts" } } }
                tbody { @for metric in metrics::all() { tr {
                    th scope="row" { code { (metric.name) } }
                    td { (metric.unit) }
                    td { (metric.better.word()) }
                    td.meaning { (metric.meaning) }
                    td { (columns(metric)) }
                    td { @for chart in CHARTS.iter().filter(|chart| chart.metrics.contains(&metric)) {
                        a href={ "#chart-" (chart.name) } { (chart.name) } " "
                    } }
                } } }
            } }
        }
    }
}

fn columns(metric: &MetricSpec) -> String {
    let heads = COLUMNS.iter().filter(|column| column.source.metric() == metric).map(|column| column.head);
    heads.collect::<Vec<_>>().join(", ")
}
