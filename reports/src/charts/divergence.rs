//! When clients showed different states.

use std::collections::BTreeMap;

use syncbench_harness::metrics::DIVERGENCE;

use super::rows::{FRAME, named_rows};
use super::{Chart, Data};
use crate::aggregate::Group;
use crate::draw::axes;
use crate::draw::geometry::{Anchor, Point, Rect, at};
use crate::draw::legend::{Entry, Sign};
use crate::draw::palette::Palette;
use crate::draw::panel::headed;
use crate::draw::scale::Scale;
use crate::draw::scene::{GRID, MUTED, SHADE, Scene};
use crate::draw::text::SMALL;

pub(super) static CHART: Chart = Chart {
    name: "divergence",
    title: "Divergence over time",
    shows: "Chance that two clients, picked at random, show different states, over the time of the run; mean of all seeds. \
            Each strategy has a strip. Flat: all clients agree. Full height: every client differs.",
    metrics: &[&DIVERGENCE],
    draw,
};

/// Means are taken over this many stretches of the time axis.
const BINS: usize = 160;

fn draw(chart: &Chart, data: &Data<'_>) -> Scene {
    let mut sheet = data.sheet(chart);
    let has = |group: &&Group<'_>| group.rows.iter().any(|row| !row.curves(&DIVERGENCE).is_empty());
    let groups: Vec<_> = data.panels().filter(has).collect();
    if groups.is_empty() {
        return sheet.nothing("No run recorded a curve of divergence.");
    }
    if groups.iter().any(|group| !group.coverage().is_empty()) {
        sheet.legend(&[Entry { sign: Sign::Fill(SHADE), name: "a fault is active" }]);
    }
    let groups = sheet.first(groups);
    let columns = if groups.len() > 1 { 2 } else { 1 };
    let heights: Vec<_> = groups.iter().map(|group| group.rows.len() as f64 * super::rows::ROW + FRAME).collect();
    let cells = sheet.grid(columns, &heights);
    for (area, group) in cells.into_iter().zip(groups) {
        panel(&mut sheet.scene, area, group, &data.palette);
    }
    sheet.finish()
}

fn panel(scene: &mut Scene, area: Rect, group: &Group<'_>, palette: &Palette) {
    let area = headed(scene, area, &group.title);
    let names: Vec<_> = group.rows.iter().map(|row| row.strategy).collect();
    let plot = named_rows(scene, area, &names, 12.0);
    let curves: Vec<_> = group.rows.iter().map(|row| row.curves(&DIVERGENCE)).collect();
    let ends = curves.iter().flatten().filter_map(|curve| curve.last()).map(|(ms, _)| *ms);
    let end = ends.fold(0.0, f64::max);
    let scale = Scale::linear(0.0, end / 1000.0);
    for (start, stop) in windows(group) {
        let [left, right] = [start, stop].map(|ms| plot.x + scale.place(ms / 1000.0) * plot.w);
        scene.fill(Rect::new(left, plot.y, right - left, plot.h), SHADE);
    }
    axes::x_axis(scene, plot, &scale, "seconds since the start", true);
    for (index, row) in group.rows.iter().enumerate() {
        let floor = plot.y + (index as f64 + 1.0) * super::rows::ROW - 3.0;
        scene.line(vec![at(plot.x, floor), at(plot.right(), floor)], GRID, 1.0);
        let means = means(curves[index].iter().map(Vec::as_slice), end);
        let height = super::rows::ROW - 5.0;
        let point = |(bin, mean): (usize, &f64)| at(plot.x + plot.w * bin as f64 / BINS as f64, floor - mean * height);
        let line: Vec<Point> = means.iter().enumerate().map(point).collect();
        let color = palette.look(row.strategy).color;
        let mut shape = line.clone();
        if let (Some(first), Some(last)) = (line.first(), line.last()) {
            shape.extend([at(last.x, floor), at(first.x, floor)]);
            scene.area(shape, color, 0.45);
            scene.line(thinned(line), color, 1.5);
        } else {
            scene.text(at(plot.x + 5.0, floor - 5.0), "no figure", SMALL, Anchor::Start, MUTED);
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

/// The line without points inside level stretches.
fn thinned(line: Vec<Point>) -> Vec<Point> {
    let keep = |index: usize| {
        index == 0
            || index + 1 == line.len()
            || line[index - 1].y != line[index].y
            || line[index].y != line[index + 1].y
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
