//! The glossary: metrics and kinds of findings, read from their specs.

use std::collections::BTreeSet;

use maud::{Markup, html};
use syncbench_harness::finding::Kind;
use syncbench_harness::metric::MetricSpec;
use syncbench_harness::{metrics, workloads};

use crate::aggregate::{Row, Summary};
use crate::charts::CHARTS;
use crate::columns::COLUMNS;

/// Every metric with the columns and charts that show it, and the kinds of findings that occur.
pub(super) fn glossary(summary: &Summary<'_>) -> Markup {
    let kinds = kinds(summary);
    html! {
        details.section {
            summary { h2 id="glossary" { "Glossary" } " what each metric and each finding means" }
            h3 { "Metrics" }
            p { "Latencies count from the moment at which the user intended to act." }
            div.wide tabindex="0" role="region" aria-label="Metrics" { table {
                caption.vh { "Every metric" }
                thead { tr { @for head in ["metric", "unit", "better", "meaning", "columns", "charts"] { th scope="col" { (head) } } } }
                tbody { @for metric in metrics::all() { tr id={ "m-" (metric.name) } {
                    th scope="row" { code { (metric.name) } }
                    td { (metric.unit) }
                    td { (metric.better.word()) }
                    td.meaning { (metric.meaning) }
                    td { (columns(metric)) }
                    td { (charts(metric)) }
                } } }
            } }
            @if !kinds.is_empty() {
                h3 { "Findings" }
                div.wide tabindex="0" role="region" aria-label="Findings" { table {
                    caption.vh { "Kinds of findings that occur" }
                    thead { tr { @for head in ["workload", "finding", "lost intent", "meaning"] { th scope="col" { (head) } } } }
                    tbody { @for kind in &kinds { tr data-w=(kind.workload) {
                        td { (kind.workload) }
                        th scope="row" { (kind.name) }
                        td { (if kind.lost { "yes" } else { "no" }) }
                        td.meaning { (kind.meaning) }
                    } } }
                } }
            }
        }
    }
}

fn columns(metric: &MetricSpec) -> String {
    let heads = COLUMNS.iter().filter(|column| column.source.metric() == metric).map(|column| column.head);
    heads.collect::<Vec<_>>().join(", ")
}

fn charts(metric: &MetricSpec) -> String {
    let names = CHARTS.iter().filter(|chart| chart.metrics.contains(&metric)).map(|chart| chart.name);
    names.collect::<Vec<_>>().join(", ")
}

/// The kinds of findings that occur, each with its workload and what the results say of it. Results of older versions do not:
/// there, built-in workloads say it themselves.
fn kinds<'a>(summary: &Summary<'a>) -> Vec<Told<'a>> {
    let mut found = BTreeSet::new();
    for group in summary.all_groups() {
        let findings = group.rows.iter().flat_map(Row::measured).flat_map(|cell| &cell.findings);
        found.extend(findings.map(|finding| (group.condition.workload, finding.kind.as_str())));
    }
    let facts = &summary.results.facts.workloads;
    let told = |(workload, name): (&'a str, &'a str)| {
        let short = workload.split(':').next().unwrap_or_default();
        if let Some(kind) = facts.get(workload).and_then(|facts| facts.kinds.get(name)) {
            return Some(Told { workload: short, name, lost: kind.lost, meaning: &kind.meaning });
        }
        let Kind { lost, meaning, .. } = workloads::kind(short, name)?;
        Some(Told { workload: short, name, lost: *lost, meaning })
    };
    let told: BTreeSet<_> = found.into_iter().filter_map(told).collect();
    told.into_iter().collect()
}

/// A kind of finding in words.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Told<'a> {
    workload: &'a str,
    name: &'a str,
    lost: bool,
    meaning: &'a str,
}
