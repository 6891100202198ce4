//! When clients showed different states.

use std::collections::BTreeMap;

use syncbench_harness::metrics::DIVERGENCE;

use super::block::{self, Column, ROW};
use super::{Chart, Data};
use crate::aggregate::{Group, Row};
use crate::draw::geometry::{Anchor, Point, Rect, at};
use crate::draw::legend::{Entry, Sign};
use crate::draw::palette::Palette;
use crate::draw::scale::Scale;
use crate::draw::scene::{GRID, MUTED, SHADE, Scene};
use crate::draw::text::SMALL;
use crate::format::NONE;

pub(super) static CHART: Chart = Chart {
    name: "divergence",
    title: "Divergence over time",
    shows: "Chance that two clients, picked at random, show different states, over the time of the run; mean of all seeds. \
            Each strategy has a strip. Flat: all clients agree. Full height: every client differs.",
    metrics: &[&DIVERGENCE],
    draw,
};

/// Means are taken over this many stretches of the time axis.
const BINS: usize = 80;

fn draw(chart: &Chart, data: &Data<'_>) -> Scene {
    let mut sheet = data.sheet(chart);
    let blocks = data.blocks(&mut sheet, |row| !row.curves(&DIVERGENCE).is_empty());
    if blocks.is_empty() {
        return sheet.nothing("No run recorded a curve of divergence.");
    }
    if blocks.iter().flat_map(|block| &block.columns).any(|group| !group.coverage().is_empty()) {
        sheet.legend(&[Entry { sign: Sign::Fill(SHADE), name: "a fault is active" }]);
    }
    block::draw(&mut sheet, data, &blocks, 4.0, |scene, column| panel(scene, column, &data.palette));
    sheet.finish()
}

fn panel(scene: &mut Scene, column: &Column<'_, '_, '_>, palette: &Palette) {
    let plot = column.plot;
    let rows: Vec<_> = column.rows().collect();
    let curves = |row: &Option<&Row<'_>>| row.map(|row| row.curves(&DIVERGENCE)).unwrap_or_default();
    let curves: Vec<_> = rows.iter().map(|(.., row)| curves(row)).collect();
    let ends = curves.iter().flatten().filter_map(|curve| curve.last()).map(|(ms, _)| *ms);
    let end = ends.filter(|ms| ms.is_finite()).fold(0.0, f64::max);
    let scale = Scale::linear(0.0, end / 1000.0);
    for (start, stop) in windows(column.group) {
        let [left, right] = [start, stop].map(|ms| plot.x + scale.place(ms / 1000.0) * plot.w);
        scene.fill(Rect::new(left, plot.y, right - left, plot.h), SHADE);
    }
    column.axis(scene, &scale, "seconds");
    for ((middle, name, _), curves) in rows.iter().zip(&curves) {
        let (floor, height) = (middle + ROW / 2.0 - 3.0, ROW - 5.0);
        scene.line(vec![at(plot.x, floor), at(plot.right(), floor)], GRID, 1.0);
        let means = means(curves.iter().map(Vec::as_slice), end);
        let point = |(bin, mean): (usize, &f64)| at(plot.x + plot.w * bin as f64 / BINS as f64, floor - mean * height);
        let line: Vec<Point> = means.iter().enumerate().map(point).collect();
        let color = palette.look(name).color;
        if let (Some(first), Some(last)) = (line.first().copied(), line.last().copied()) {
            let mut shape = thinned(line);
            shape.extend([at(last.x, floor), at(first.x, floor)]);
            scene.area(shape, color, 0.8);
        } else {
            scene.text(at(plot.x + 5.0, floor - 5.0), NONE, SMALL, Anchor::Start, MUTED);
        }
    }
}

/// The windows of faults, each once.
fn windows(group: &Group<'_>) -> Vec<(f64, f64)> {
    group.coverage().iter().map(|coverage| (coverage.start_ms, coverage.end_ms)).collect()
}

/// The time mean of step curves within each bin, over all curves; the last value lasts. Empty without curves.
fn means<'c>(curves: impl Iterator<Item = &'c [(f64, f64)]>, end: f64) -> Vec<f64> {
    let mut sums: BTreeMap<usize, f64> = BTreeMap::new();
    let mut n = 0.0;
    let bin = (end / BINS as f64).max(f64::MIN_POSITIVE);
    for curve in curves {
        n += 1.0;
        for (index, (from, level)) in curve.iter().enumerate() {
            let until = curve.get(index + 1).map_or(end, |(next, _)| *next).min(end);
            let (first, last) = ((from / bin) as usize, ((until / bin) as usize).min(BINS - 1));
            for at in first..=last {
                let overlap = until.min((at + 1) as f64 * bin) - from.max(at as f64 * bin);
                *sums.entry(at).or_default() += level.clamp(0.0, 1.0) * overlap.max(0.0) / bin;
            }
        }
    }
    if n == 0.0 { Vec::new() } else { (0..BINS).map(|at| sums.get(&at).copied().unwrap_or(0.0) / n).collect() }
}

/// What no eye tells from level, in pixels.
const LEVEL: f64 = 0.05;

/// The line without points inside level stretches.
fn thinned(line: Vec<Point>) -> Vec<Point> {
    let keep = |index: usize| {
        index == 0
            || index + 1 == line.len()
            || (line[index - 1].y - line[index].y).abs() > LEVEL
            || (line[index].y - line[index + 1].y).abs() > LEVEL
    };
    (0..line.len()).filter(|index| keep(*index)).map(|index| line[index]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_curve_keeps_its_time_mean() {
        let curve: &[(f64, f64)] = &[(0.0, 0.0), (50.0, 1.0), (75.0, 0.0)];
        let means = means([curve].into_iter(), 100.0);
        let mean = means.iter().sum::<f64>() / BINS as f64;
        assert!((mean - 0.25).abs() < 1e-9, "{mean}");
        assert_eq!((means[0], means[BINS / 2]), (0.0, 1.0));
    }
}
