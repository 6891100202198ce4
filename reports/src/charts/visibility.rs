//! How long until an operation is visible everywhere.

use syncbench_harness::metrics::{CENSORED, VISIBLE_MS};
use syncbench_harness::results::Histogram;

use super::{Chart, Data};
use crate::aggregate::{Group, Row};
use crate::draw::axes::Plot;
use crate::draw::geometry::{Point, Rect};
use crate::draw::legend::strategies;
use crate::draw::palette::Palette;
use crate::draw::panel::headed;
use crate::draw::scale::Scale;
use crate::draw::scene::Scene;
use crate::stats;

pub(super) static CHART: Chart = Chart {
    name: "visibility",
    title: "Until an operation is visible everywhere",
    shows: "Share of operations (up) that every client had reflected within a time (right, logarithmic), all seeds \
            together. A line further left is faster. A line that bends late has a long tail. A line that ends below 100 % \
            left operations that never became visible everywhere. Marks are at 50, 90 and 99 %.",
    metrics: &[&VISIBLE_MS, &CENSORED],
    draw,
};

/// A time that no line reaches.
const NEVER: u64 = u64::MAX;
/// Where lines carry their marks.
const MARKS: [f64; 3] = [0.5, 0.9, 0.99];

fn draw(chart: &Chart, data: &Data<'_>) -> Scene {
    let mut sheet = data.sheet(chart);
    let has = |group: &&Group<'_>| group.rows.iter().any(|row| !row.histograms(&VISIBLE_MS).is_empty());
    let groups: Vec<_> = data.panels().filter(has).collect();
    let groups = sheet.first(groups);
    let histograms = groups.iter().flat_map(|group| &group.rows).flat_map(|row| row.histograms(&VISIBLE_MS));
    let ends = histograms.flat_map(|one| [one.first().copied(), one.last().copied()]).flatten();
    let values = ends.map(|(ns, _)| ms(ns));
    let Some(scale) = Scale::log(values) else {
        return sheet.nothing("No run measured visibility.");
    };
    sheet.legend(&strategies(data.strategies(), &data.palette));
    let columns = if groups.len() > 1 { 2 } else { 1 };
    let cells = sheet.grid(columns, &vec![290.0; groups.len()]);
    for (area, group) in cells.into_iter().zip(groups) {
        panel(&mut sheet.scene, area, group, scale, &data.palette);
    }
    sheet.finish()
}

fn panel(scene: &mut Scene, area: Rect, group: &Group<'_>, scale: Scale, palette: &Palette) {
    let area = headed(scene, area, &group.title);
    let share = Scale::linear(0.0, 100.0);
    let plot = Plot::new(scene, area, (scale, "milliseconds until visible everywhere"), (share, "% of operations"));
    for row in &group.rows {
        let merged = times(row);
        let look = palette.look(row.strategy);
        scene.line(curve(&plot, &merged), look.color, 2.0);
        for q in MARKS {
            if let Some(value) = stats::quantile(&merged, q).filter(|value| *value != NEVER) {
                scene.mark(plot.at(ms(value), q * 100.0), 4.5, look);
            }
        }
    }
}

fn ms(ns: u64) -> f64 {
    ns as f64 / VISIBLE_MS.ns_per_unit()
}

/// All times until visible, with [`NEVER`] for operations that were not yet visible everywhere when their run ended.
fn times(row: &Row<'_>) -> Histogram {
    let mut merged = stats::merge(&row.histograms(&VISIBLE_MS));
    let open = row.total(&CENSORED, "visible").unwrap_or(0.0) as u64;
    if open > 0 {
        merged.push((NEVER, open));
    }
    merged
}

/// The rising line, without points that are less than a pixel away from the one before.
fn curve(plot: &Plot, histogram: &[(u64, u64)]) -> Vec<Point> {
    let total: u64 = histogram.iter().map(|(_, count)| count).sum();
    let mut seen = 0;
    let mut points: Vec<Point> = Vec::new();
    let visible = histogram.iter().filter(|(value, _)| *value != NEVER).count();
    for (index, (value, count)) in histogram.iter().take(visible).enumerate() {
        let ms = ms(*value);
        if seen == 0 {
            points.push(plot.at(ms, 0.0));
        }
        seen += count;
        let point = plot.at(ms, 100.0 * seen as f64 / total as f64);
        let near = |last: &Point| (point.x - last.x).abs() + (point.y - last.y).abs() < 1.5;
        if index + 1 == visible || !points.last().is_some_and(near) {
            points.push(point);
        }
    }
    points
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draw::geometry::at;

    #[test]
    fn a_line_ends_below_the_top_when_operations_never_became_visible() {
        let plot =
            Plot { area: Rect::new(0.0, 0.0, 100.0, 100.0), x: Scale::linear(0.0, 10.0), y: Scale::linear(0.0, 100.0) };
        let points = curve(&plot, &[(2_000_000, 1), (10_000_000, 2), (NEVER, 1)]);
        assert_eq!(points, [at(20.0, 100.0), at(20.0, 75.0), at(100.0, 25.0)]);
    }
}
