//! Every metric is shown: without its figures, what a reader sees is something else.
use syncbench_harness::finding::Finding;
use syncbench_harness::metric::{Better, Form, Measured, Metric, MetricSpec, Quantiles};
use syncbench_harness::metrics::{self, LOST_INTENTS};
use syncbench_harness::results::{ByName, KindFacts, Results, WorkloadFacts};
use syncbench_reports::charts::CHARTS;
use syncbench_reports::columns::{COLUMNS, TALLIES};
use syncbench_reports::html;

/// A run with a figure for every metric: the figures that `support` leaves out are 1.
fn rich() -> Results {
    let plan = crate::support::Plan {
        strategies: crate::support::THREE,
        workloads: &["stack"],
        parts: &["rough"],
        sizes: &[10, 1000],
        seeds: 1,
    };
    let mut results = plan.results();
    for cell in &mut results.cells {
        for metric in metrics::all() {
            if metric.form == Form::Distribution {
                cell.series_mut().histograms.entry(metric.name.to_owned()).or_insert_with(|| vec![(1000, 5)]);
            }
            if !cell.metrics.contains_key(metric.name) {
                cell.metrics.insert(metric.name, ones(metric));
            }
        }
    }
    results
}

fn ones(metric: &MetricSpec) -> Metric {
    match metric.form {
        Form::Number => Metric::Number(1.0),
        Form::Numbers(fields) => Metric::Numbers(fields.iter().map(|field| ((*field).to_owned(), 1.0)).collect()),
        Form::Counts(fields) => Metric::Counts(fields.iter().map(|field| ((*field).to_owned(), 1)).collect()),
        Form::Tally => Metric::Counts(ByName::from_iter([("one", 1)])),
        Form::Distribution => Metric::Quantiles(Quantiles { count: 5, mean: 1.0, p50: 1.0, ..Quantiles::default() }),
    }
}

/// The page without this metric's figures. Its name stays in the glossary.
fn page_without(metric: &MetricSpec, results: &Results) -> String {
    let mut results = results.clone();
    for cell in &mut results.cells {
        cell.metrics.remove(metric.name);
        cell.series_mut().histograms.remove(metric.name);
        cell.series_mut().curves.remove(metric.name);
    }
    html::page(&results, &[])
}

/// The metrics that nothing on the page shows.
fn unshown<'a>(metrics: impl IntoIterator<Item = &'a MetricSpec>, results: &Results) -> Vec<&'a str> {
    let page = html::page(results, &[]);
    metrics.into_iter().filter(|metric| page_without(metric, results) == page).map(|metric| metric.name).collect()
}

#[test]
fn every_metric_is_shown_by_a_column_a_chart_or_a_table() {
    assert_eq!(unshown(metrics::all(), &rich()), [""; 0], "add a line to COLUMNS in reports/src/columns.rs");
}

#[test]
fn every_metric_is_named_by_what_shows_it() {
    let columns = COLUMNS.iter().map(|column| column.source.metric());
    let charts = CHARTS.iter().flat_map(|chart| chart.metrics).copied();
    let named: Vec<_> = columns.chain(charts).chain(TALLIES.iter().copied()).chain([&LOST_INTENTS]).collect();
    for metric in metrics::all() {
        assert!(named.contains(&metric), "{}", metric.name);
    }
    for metric in named {
        assert_eq!(metrics::find(metric.name), Some(metric), "shown, and no probe measures it");
    }
}

#[test]
fn a_metric_that_nothing_shows_is_noticed() {
    let planted = MetricSpec {
        name: "unheard_of",
        unit: "operations",
        better: Better::Low,
        form: Form::Number,
        meaning: "planted",
        measured: Measured::Events,
    };
    let mut results = rich();
    for cell in &mut results.cells {
        cell.metrics.insert(planted.name.to_owned(), Metric::Number(7.0));
    }
    assert_eq!(unshown([&planted], &results), ["unheard_of"]);
}

/// A product's own workload is in no registry: the results say what its findings mean.
#[test]
fn the_glossary_has_the_kinds_of_findings_of_a_workload_that_only_the_results_know() {
    let mut results = rich();
    let kind = KindFacts { lost: true, meaning: "A nurse works two shifts at once.".into() };
    for cell in &mut results.cells {
        cell.workload = "shifts".into();
        let planted = |finding: &mut Finding| finding.kind = "nurse twice".into();
        cell.findings.iter_mut().for_each(planted);
    }
    assert!(!html::page(&results, &[]).contains(&kind.meaning));
    let facts = WorkloadFacts { kinds: [("nurse twice".to_owned(), kind.clone())].into(), ..WorkloadFacts::default() };
    results.facts.workloads.insert("shifts".into(), facts);
    let page = html::page(&results, &[]);
    assert_eq!(page.matches(&kind.meaning).count(), 1);
    assert!(page.contains("<th scope=\"row\">nurse twice<td>yes<td class=\"meaning\">"));
}
