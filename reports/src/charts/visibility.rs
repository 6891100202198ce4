//! How long until an operation is visible everywhere.

use syncbench_harness::metrics::{CENSORED, VISIBLE_MS};

use super::dots::{self, Dot, Dots, Spec};
use super::{Chart, block};
use crate::aggregate::{QUANTILES, Row};
use crate::exact::with_spread;
use crate::format::{figure, percent};

pub(super) static CHART: Chart = Chart {
    name: "visibility",
    title: "Until an operation is visible everywhere",
    shows: "Time until every client has reflected an operation, all seeds together: the mark is the median, the stroke 90 % \
            and the end of the line 99 % of operations. Figures: median / 99 %. A long line is a long tail. \"Never\" is the share of operations \
            that were not visible everywhere when their run ended. Axes are logarithmic; the conditions of a workload share \
            one.",
    metrics: &[&VISIBLE_MS, &CENSORED],
    draw: |chart, data| {
        let (axis, measure) = ("milliseconds", "milliseconds until visible everywhere");
        let spec = Spec { axis, measure, nothing: "No run measured visibility.", row: block::ROW };
        dots::draw(chart, data, &spec, dots)
    },
};

fn dots(row: &Row<'_>) -> Option<Dots> {
    let [half, most, nearly_all] = QUANTILES.map(|q| row.quantile(&VISIBLE_MS, q));
    let (half, most, nearly_all) = (half?, most?, nearly_all?);
    let never = never(row);
    let never = if never > 0.0 { format!(", never {}", percent(never)) } else { String::new() };
    let dot = Dot { at: half.value, to: Some(nearly_all.value), ticks: vec![most.value], ..Dot::default() };
    let [exact_half, exact_most, exact_all] = [half, most, nearly_all].map(|one| with_spread(&one));
    Some(Dots {
        dots: vec![dot],
        words: format!("{} / {}{never}", figure(half.value), figure(nearly_all.value)),
        figures: format!("median {exact_half}, 90 % {exact_most}, 99 % {exact_all}{never}"),
    })
}

/// The share of operations that never became visible everywhere.
fn never(row: &Row<'_>) -> f64 {
    let open = row.total(&CENSORED, "visible").unwrap_or(0.0);
    let seen = row.samples(&VISIBLE_MS) as f64;
    if open > 0.0 { open / (open + seen) } else { 0.0 }
}
