//! When clients showed different states.

use std::collections::BTreeMap;

use syncbench_harness::metrics::DIVERGENCE;
use syncbench_harness::results::Curve;

use super::block::{self, Column, ROW};
use super::{Chart, Data};
use crate::aggregate::{Group, Row};
use crate::draw::geometry::{Anchor, Point, Rect, at};
use crate::draw::legend::{Entry, Sign};
use crate::draw::palette::Palette;
use crate::draw::scale::Scale;
use crate::draw::scene::{GRID, MUTED, SHADE, Scene, Tag};
use crate::draw::text::SMALL;
use crate::exact::{exact, with_spread};
use crate::format::{NONE, figure};
use crate::stats::mean_estimate;

pub(super) static CHART: Chart = Chart {
    name: "divergence",
    title: "Divergence over time",
    shows: "Chance that two clients, picked at random, show different states, over the time of the run; mean of all seeds. \
            Each strategy has a strip. Flat: all clients agree. Full height: every client differs.",
    metrics: &[&DIVERGENCE],
    draw,
};

/// Means are taken over stretches of the time axis, each about this many pixels wide.
const BIN: f64 = 3.0;
/// The fewest and the most stretches.
const BINS: (usize, usize) = (20, 80);

fn draw(chart: &Chart, data: &Data<'_>) -> Scene {
    let mut sheet = data.sheet(chart);
    let blocks = data.blocks(&mut sheet, |row| !row.curves(&DIVERGENCE).is_empty());
    if blocks.is_empty() {
        return sheet.nothing("No run recorded a curve of divergence.");
    }
    sheet.scene.measure = "chance that two clients differ, mean over the run".to_owned();
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
    let bins = ((plot.w / BIN) as usize).clamp(BINS.0, BINS.1);
    for (start, stop) in windows(column.group) {
        let [left, right] = [start, stop].map(|ms| plot.x + scale.place(ms / 1000.0) * plot.w);
        scene.fill(Rect::new(left, plot.y, right - left, plot.h), SHADE);
    }
    column.axis(scene, &scale, "seconds");
    for ((middle, name, row), curves) in rows.iter().zip(&curves) {
        let (floor, height) = (middle + ROW / 2.0 - 3.0, ROW - 5.0);
        scene.line(vec![at(plot.x, floor), at(plot.right(), floor)], GRID, 1.0);
        let means = means(curves.iter().map(Vec::as_slice), end, bins);
        let figures = told(curves, &means, end);
        let point = |(bin, mean): (usize, &f64)| at(plot.x + plot.w * bin as f64 / bins as f64, floor - mean * height);
        let line: Vec<Point> = means.iter().enumerate().map(point).collect();
        let color = palette.look(name).color;
        if let (Some(first), Some(last), Some(row)) = (line.first().copied(), line.last().copied(), row) {
            let mut shape = thinned(&line);
            shape.extend([at(last.x, floor), at(first.x, floor)]);
            column.tagged(scene, row, &figures, |scene| scene.area(shape, color, 0.8));
        } else {
            let place = at(plot.x + 5.0, floor - 5.0);
            scene.tagged(Tag::of(name), |scene| scene.text(place, NONE, SMALL, Anchor::Start, MUTED));
        }
    }
}

/// The mean over the run with its spread over seeds, and where the mean of all seeds is highest.
fn told(curves: &[Curve], bins: &[f64], end: f64) -> String {
    let seed = |curve: &Curve| means(std::iter::once(curve.as_slice()), end, 1).into_iter().sum::<f64>();
    let Some(mean) = mean_estimate(&curves.iter().map(seed).collect::<Vec<_>>()) else { return String::new() };
    // The first of equals.
    let peak = bins.iter().enumerate().reduce(|peak, one| if one.1 > peak.1 { one } else { peak });
    let Some((bin, peak)) = peak.filter(|(_, peak)| **peak > 0.0) else { return with_spread(&mean) };
    let around = (bin as f64 + 0.5) * end / bins.len() as f64 / 1000.0;
    format!("{}, most {} around {} s", with_spread(&mean), exact(*peak), figure(around))
}

/// The windows of faults, each once.
fn windows(group: &Group<'_>) -> Vec<(f64, f64)> {
    group.coverage().iter().map(|coverage| (coverage.start_ms, coverage.end_ms)).collect()
}

/// The time mean of step curves within each bin, over all curves; the last value lasts. Empty without curves.
fn means<'c>(curves: impl Iterator<Item = &'c [(f64, f64)]>, end: f64, bins: usize) -> Vec<f64> {
    let mut sums: BTreeMap<usize, f64> = BTreeMap::new();
    let mut n = 0.0;
    let bin = (end / bins as f64).max(f64::MIN_POSITIVE);
    for curve in curves {
        n += 1.0;
        for (index, (from, level)) in curve.iter().enumerate() {
            let until = curve.get(index + 1).map_or(end, |(next, _)| *next).min(end);
            let (first, last) = ((from / bin) as usize, ((until / bin) as usize).min(bins - 1));
            for at in first..=last {
                let overlap = until.min((at + 1) as f64 * bin) - from.max(at as f64 * bin);
                *sums.entry(at).or_default() += level.clamp(0.0, 1.0) * overlap.max(0.0) / bin;
            }
        }
    }
    if n == 0.0 { Vec::new() } else { (0..bins).map(|at| sums.get(&at).copied().unwrap_or(0.0) / n).collect() }
}

/// How far a line may be from the one that was measured, in pixels: less than an eye sees.
const UNSEEN: f64 = 0.35;

/// The line with as few of its points as lie near all others (Ramer 1972; Douglas and Peucker 1973).
fn thinned(line: &[Point]) -> Vec<Point> {
    let [first, .., last] = line else { return line.to_vec() };
    let off = |point: &Point| {
        let share = if last.x > first.x { (point.x - first.x) / (last.x - first.x) } else { 0.0 };
        (first.y + (last.y - first.y) * share - point.y).abs()
    };
    let offs = line.iter().map(off).enumerate();
    let (farthest, most) = offs.fold((0, 0.0), |most, one| if one.1 > most.1 { one } else { most });
    if most <= UNSEEN {
        return vec![*first, *last];
    }
    let mut thin = thinned(&line[..=farthest]);
    thin.pop();
    thin.extend(thinned(&line[farthest..]));
    thin
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_curve_keeps_its_time_mean() {
        let curve: &[(f64, f64)] = &[(0.0, 0.0), (50.0, 1.0), (75.0, 0.0)];
        let means = means([curve].into_iter(), 100.0, 80);
        let mean = means.iter().sum::<f64>() / 80.0;
        assert!((mean - 0.25).abs() < 1e-9, "{mean}");
        assert_eq!((means[0], means[40]), (0.0, 1.0));
    }

    #[test]
    fn a_line_is_thinned_no_farther_than_an_eye_sees() {
        let line: Vec<Point> = (0..80).map(|x| at(f64::from(x), f64::from(x * 7 % 11) * 0.06)).collect();
        let thin = thinned(&line);
        assert!(thin.len() > 2 && thin.len() < line.len() / 2 && thin[0] == line[0] && thin.last() == line.last());
        for point in &line {
            let pair = thin.windows(2).find(|pair| pair[0].x <= point.x && point.x <= pair[1].x).expect("a stretch");
            let y = pair[0].y + (pair[1].y - pair[0].y) * (point.x - pair[0].x) / (pair[1].x - pair[0].x);
            assert!((y - point.y).abs() <= UNSEEN + 1e-9, "{point:?} is {y}");
        }
        assert_eq!(thinned(&line[..1]), &line[..1]);
    }
}
