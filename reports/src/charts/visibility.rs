//! How long until everybody sees it.

use super::{Chart, Data};
use crate::aggregate::Group;
use crate::draw::axes::Plot;
use crate::draw::legend::strategies;
use crate::draw::palette::Palette;
use crate::draw::panel::{Sheet, headed};
use crate::draw::scale::Scale;
use crate::draw::scene::{Point, Rect, Scene};
use crate::stats;

pub(super) static CHART: Chart = Chart {
    name: "visibility",
    title: "Until an operation is visible everywhere",
    shows: "For each strategy, the share of operations (up) that every replica had taken into account within a time \
            (right, logarithmic), all seeds together. A line further left is faster; a line that bends late has a long \
            tail. Marks are at 50, 90 and 99 %.",
    draw,
};

const METRIC: &str = "visible_ms";
/// Where lines carry their marks.
const MARKS: [f64; 3] = [0.5, 0.9, 0.99];

fn draw(chart: &Chart, data: &Data<'_>) -> Scene {
    let mut sheet = Sheet::new(chart.title, chart.shows, data.bare);
    let has = |group: &&Group<'_>| group.rows.iter().any(|row| !row.histograms(METRIC).is_empty());
    let groups: Vec<_> = data.summary.by_workload().into_iter().filter(has).collect();
    let histograms = groups.iter().flat_map(|group| &group.rows).flat_map(|row| row.histograms(METRIC));
    let values = histograms.flat_map(|one| [one.first(), one.last()]).flatten().map(|(us, _)| *us as f64 / 1000.0);
    let Some(scale) = Scale::log(values) else {
        return sheet.nothing("No run gave times until visible.");
    };
    sheet.legend(&strategies(&data.summary.strategies, &data.palette));
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
        let merged = stats::merge(row.histograms(METRIC));
        let look = palette.look(row.strategy);
        scene.line(curve(&plot, &merged), look.color, 2.0);
        for q in MARKS {
            if let Some(value) = stats::quantile(&merged, q) {
                scene.mark(plot.at(value as f64 / 1000.0, q * 100.0), 4.5, look);
            }
        }
    }
}

/// The rising line, without points that are less than a pixel away from the one before.
fn curve(plot: &Plot, histogram: &[(u64, u64)]) -> Vec<Point> {
    let total: u64 = histogram.iter().map(|(_, count)| count).sum();
    let mut seen = 0;
    let mut points: Vec<Point> = Vec::new();
    for (index, (value, count)) in histogram.iter().enumerate() {
        let ms = *value as f64 / 1000.0;
        if seen == 0 {
            points.push(plot.at(ms, 0.0));
        }
        seen += count;
        let point = plot.at(ms, 100.0 * seen as f64 / total as f64);
        let near = |last: &Point| (point.x - last.x).abs() + (point.y - last.y).abs() < 1.5;
        if index + 1 == histogram.len() || !points.last().is_some_and(near) {
            points.push(point);
        }
    }
    points
}
