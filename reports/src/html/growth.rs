//! What an operation costs as the document grows, and everything else that was measured over sizes.

use maud::{Markup, html};
use syncbench_harness::metric::MetricSpec;
use syncbench_harness::metrics::{CPU_US_LOCAL, CPU_US_REMOTE};

use super::charts::figures;
use super::findings::findings;
use super::places::Places;
use super::tables::{family, name, table};
use crate::aggregate::{Group, Row, Status, Sweep};
use crate::charts::{CHARTS, Data};
use crate::draw::inline::Shared;
use crate::exact;
use crate::format::{NONE, count, figure};
use crate::overview::Overview;
use crate::stats::Estimate;
use crate::table::seeds;

/// The folded section; nothing where nothing was measured over sizes.
pub(super) fn growth(
    data: &Data<'_>,
    overview: &Overview<'_, '_>,
    places: &Places<'_>,
    shared: &mut Shared,
) -> Option<Markup> {
    let shown =
        |group: &&Group<'_>| !overview.modes.iter().flat_map(|mode| &mode.groups).any(|one| one.title == group.title);
    let others: Vec<_> = data.summary.groups.iter().filter(shown).collect();
    if data.summary.sweeps.is_empty() && others.is_empty() {
        return None;
    }
    let charts = CHARTS.iter().copied().filter(|chart| chart.name == "growth");
    Some(html! {
        details.section {
            summary { h2 id="growth" { "Growth" } " what an operation costs as the document grows" }
            @for sweep in &data.summary.sweeps { (costs(sweep)) }
            (figures(charts, data, shared, ("growth", "growth")))
            @for group in others { (table(group, places)) @if let Some(found) = findings(group, places) { (found) } }
        }
    })
}

fn costs(sweep: &Sweep<'_>) -> Markup {
    let title = format!("{}: what an operation costs as the document grows", sweep.groups[0].sizeless);
    html! {
        div data-w=(sweep.groups[0].condition.workload) {
            h3 { (title) }
            p.muted {
                (sweep.groups[0].condition.describe_sizes()) ", " (seeds(&sweep.groups[0])) ". "
                "Median processor time in µs: at its issuer / at another replica."
            }
            div.wide tabindex="0" role="region" aria-label=(title) { table.data {
                caption.vh { (title) }
                thead { tr {
                    th scope="col" { "strategy" }
                    @for group in &sweep.groups { th scope="col" { "size " (count(group.condition.size())) } }
                } }
                tbody { @for row in &sweep.groups[0].rows { tr data-s=(row.strategy) data-f=(family(row)) {
                    (name(row, None))
                    @match row.status() {
                        Status::Missing(_, reason) => td.words colspan=(sweep.groups.len()) { span.muted { (reason) } },
                        Status::Measured => @for group in &sweep.groups { (cost(group, row.strategy)) },
                    }
                } } }
            } }
        }
    }
}

/// Median costs of a strategy at one size, at the issuer and elsewhere.
fn cost(group: &Group<'_>, strategy: &str) -> Markup {
    let row: Option<&Row<'_>> = group.rows.iter().find(|row| row.strategy == strategy);
    let median = |metric: &MetricSpec| row.and_then(|row| row.quantile(metric, 0.5));
    let medians = [median(&CPU_US_LOCAL), median(&CPU_US_REMOTE)];
    let text = medians.map(|one| one.map_or(NONE.to_owned(), |one| figure(one.value))).join(" / ");
    let known: Vec<Estimate> = medians.into_iter().flatten().collect();
    html! { td data-v=[exact::data(&text, &known)] { (text) } }
}
