//! How cost grows, as a page of Markdown: the answer, tables of exponents with their intervals, charts, and how it was measured.

use std::fmt::Write;

use syncbench_harness::growth::{Axis, Curves, FIGURES, FITS_WITHIN, Figure, Held, places};

use super::chart::{Charted, capital};
use super::screen::answer;
use super::steepness::with_interval;
use super::{Studied, Study};
use crate::format::{NONE, count, figure as short, span};

/// The last line of every page.
pub const MARK: &str = "<!-- the curves of syncbench growth -->\n";

/// The page; charts lie beside it in `charts/`.
pub fn page(study: &Study<'_>, charts: &[Charted]) -> String {
    let axes = study.axes();
    let mut page = String::from("# How cost grows\n\n");
    for axis in &axes {
        let _ = writeln!(page, "- {}", answer(study, *axis));
    }
    let ends = |axis: &Axis| format!("{} {axis}", count(places(*axis).last().copied().unwrap_or_default()));
    let _ = write!(
        page,
        "\nEach strategy was measured up to {}, or as far as its part of the budget went. A cell has the exponent of the figure \
         that grows most steeply, with its 95 % interval: at 1, ten times as many cost ten times as much.\n\n",
        axes.iter().map(ends).collect::<Vec<_>>().join(", ")
    );
    page += &overview(study, &axes);
    page += &key(study);
    for axis in &axes {
        page += &section(study, *axis, charts);
    }
    page += &measured(study.curves, &axes);
    page.push('\n');
    page.push_str(MARK);
    page
}

fn overview(study: &Study<'_>, axes: &[Axis]) -> String {
    let names: Vec<_> = axes.iter().map(|axis| format!("per {axis}")).collect();
    let mut text = format!("| steepest cost | {} |\n|---|{}\n", names.join(" | "), "---|".repeat(axes.len()));
    for strategy in &study.worst_first {
        let cells = axes.iter().map(|axis| {
            let steepest = study.find(strategy, *axis).and_then(Studied::steepest);
            steepest.map_or(NONE.to_owned(), |one| match one.fit.grows() {
                true => format!("{}: {}", one.figure.label, with_interval(&one.fit)),
                false => "does not grow".to_owned(),
            })
        });
        let _ = writeln!(text, "| {strategy} | {} |", cells.collect::<Vec<_>>().join(" | "));
    }
    text
}

fn key(study: &Study<'_>) -> String {
    let mut text = String::from(
        "\n- flat: the interval of the exponent holds 0\n- falls: it costs less and less\n- ≥: the exponent may be that or \
         more; the points leave it open\n",
    );
    if study.has_misfits() {
        let _ = writeln!(text, "- †: no power law; a point lies off by more than {FITS_WITHIN} times");
    }
    text
}

/// The figures of an axis: exponents, what the last point costs, where curves stopped, and charts.
fn section(study: &Study<'_>, axis: Axis, charts: &[Charted]) -> String {
    let of_axis: Vec<Studied<'_>> =
        study.worst_first.iter().filter_map(|strategy| study.find(strategy, axis)).collect();
    let has = |figure: &&Figure| of_axis.iter().any(|one| !one.curve.medians(figure.name).is_empty());
    let figures: Vec<&Figure> = FIGURES.iter().filter(|figure| figure.shown).filter(has).collect();
    let labels: Vec<_> = figures.iter().map(|figure| figure.label).collect();
    let mut text = format!("\n## {}\n\n", capital(axis.name()));
    if let Some(Studied { curve, .. }) = of_axis.first() {
        let _ = writeln!(text, "{}\n", held(axis, &curve.held));
    }
    let _ = write!(text, "| exponents | up to | {} |\n|---|---|{}\n", labels.join(" | "), "---|".repeat(labels.len()));
    for one @ Studied { curve, .. } in &of_axis {
        let last = curve.points.last().map_or(NONE.to_owned(), |point| count(point.at));
        let cells = figures.iter().map(|figure| one.fit(figure).map_or(NONE.to_owned(), with_interval));
        let _ = writeln!(text, "| {} | {last} | {} |", curve.strategy, cells.collect::<Vec<_>>().join(" | "));
    }
    text += "\nWhat the last point costs:\n\n";
    let units: Vec<_> = figures.iter().map(|figure| format!("{}, {}", figure.label, figure.unit)).collect();
    let _ =
        write!(text, "| at the last point | at | {} |\n|---|---|{}\n", units.join(" | "), "---|".repeat(units.len()));
    for Studied { curve, .. } in &of_axis {
        let last = curve.points.last().map_or(0, |point| point.at);
        let cells = figures.iter().map(|figure| match curve.medians(figure.name).last() {
            Some((at, value)) if *at as u64 == last => short(*value),
            _ => NONE.to_owned(),
        });
        let _ = writeln!(text, "| {} | {} | {} |", curve.strategy, count(last), cells.collect::<Vec<_>>().join(" | "));
    }
    let stopped = of_axis.iter().filter_map(|one| Some((one.curve, one.curve.stopped.as_ref()?))).collect::<Vec<_>>();
    if !stopped.is_empty() {
        text += "\nStopped before the end of the axis:\n\n";
        for (curve, reason) in stopped {
            let _ = writeln!(text, "- {}: {reason}", curve.strategy);
        }
    }
    for chart in charts.iter().filter(|chart| chart.name.starts_with(axis.name())) {
        let _ = write!(text, "\n![{}](charts/{}.svg)\n", chart.title, chart.name);
    }
    text
}

/// What is equal at every point of an axis.
fn held(axis: Axis, held: &Held) -> String {
    let equal = [("operations", held.operations), ("clients", held.clients), ("items in the document", held.items)];
    let equal = equal.into_iter().filter_map(|(name, value)| value.map(|value| format!("{} {name}", count(value))));
    let equal: Vec<_> =
        equal.chain([format!("{} operations a second of all clients together", short(held.rate_per_s))]).collect();
    let also = match axis {
        Axis::Operations => {
            "Costs are those of the last fifth of the operations; the document keeps its size, so what grows is history."
        }
        Axis::Clients => {
            "Joining is left out. At most as many clients act as there are operations, so what a strategy keeps for each author \
             does not grow beyond that."
        }
        Axis::Items => "Everybody has the document from the beginning, so there is no first sync.",
    };
    format!("Held equal: {}; network {}. {also}", equal.join(", "), held.network)
}

fn measured(curves: &Curves, axes: &[Axis]) -> String {
    let mut workloads: Vec<(&str, Vec<&str>)> = Vec::new();
    for curve in &curves.curves {
        match workloads.iter_mut().find(|(workload, _)| *workload == curve.workload) {
            Some((_, strategies)) if strategies.contains(&curve.strategy.as_str()) => {}
            Some((_, strategies)) => strategies.push(&curve.strategy),
            None => workloads.push((curve.workload.as_str(), vec![curve.strategy.as_str()])),
        }
    }
    let workloads: Vec<_> =
        workloads.iter().map(|(workload, strategies)| format!("`{workload}` for {}", strategies.join(", "))).collect();
    let points: usize = curves.curves.iter().map(|curve| curve.points.len()).sum();
    let mut text = String::from("\n## How it was measured\n\n");
    let _ = write!(
        text,
        "{points} points in the simulator, with a budget of {} for {} curves. Every point is a run of its own; bytes and memory \
         follow from its events and are the same in every run, processor times are medians of up to twenty runs. A curve \
         stops where its next point would take more than an equal part of what the budget has left.\n\n\
         Workloads: {}. Their documents neither grow nor shrink.\n\n\
         A fit is by least squares on logarithms: the simplest of a constant, `a x^b` and `c + a x^b` that the points do not \
         contradict (F tests at 5 %). The interval is that of the exponent over every constant that fits. Nothing is \
         extrapolated here.\n\n",
        span(curves.budget_s),
        axes.len() * curves.strategies().len(),
        workloads.join("; "),
    );
    let environment = &curves.environment;
    let _ = write!(
        text,
        "Build: {}. Machine: {}, {} processors, {}; the fixed piece of work of `reference_us` took {} µs there.\n\n\
         `growth.json` has every figure of every point, also those that are not shown:\n\n",
        environment.describe_build(),
        environment.cpu,
        environment.cores,
        environment.os,
        short(curves.reference_us),
    );
    for figure in FIGURES {
        let label = if figure.shown { format!(" ({})", figure.label) } else { String::new() };
        let _ = writeln!(text, "- `{}`{label}, {}: {}", figure.name, figure.unit, figure.meaning);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::chart::charts;
    use super::super::testing::curves;
    use super::*;

    #[test]
    fn the_page_has_the_answer_first_and_every_chart_and_stop() {
        let curves = curves();
        let study = Study::new(&curves);
        let page = page(&study, &charts(&study, 1000.0));
        assert!(page.ends_with(MARK) && page.contains("](charts/operations-processor.svg)"));
        assert!(page.contains("- crdt-yrs: at 10000: about 90 s, of 12 s that the budget left to it"));
        assert!(page.starts_with("# How cost grows\n\n- With operations, the cost that grows most is "), "{page}");
        let row = page.lines().find(|line| line.starts_with("| crdt-yrs | server CPU: 2.00 (")).unwrap();
        assert_eq!(row.matches('|').count(), 5, "{row}");
        assert!(!page.contains("{") && page.contains("`cpu_us_server` (server CPU), µs: "), "{page}");
    }
}
