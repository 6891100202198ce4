//! Memory of a replica over the course of a run.

use syncbench_harness::metric::MetricSpec;
use syncbench_harness::metrics::{RESIDENT_BYTES, SERVER_RESIDENT_BYTES};

use super::{Chart, Data};
use crate::aggregate::{Group, Row};
use crate::draw::axes::Plot;
use crate::draw::geometry::{Anchor, Rect, at};
use crate::draw::palette::Palette;
use crate::draw::panel::headed;
use crate::draw::scale::Scale;
use crate::draw::scene::{INK, Scene};
use crate::draw::text::{self, SMALL};

pub(super) static CHART: Chart = Chart {
    name: "memory",
    title: "Memory over a run",
    shows: "Bytes that a replica holds (up) against operations issued so far (right), mean of all seeds. Full line: a \
            client. Dashed line: the server, where there is one. A line that levels off is bounded. A line that rises to \
            the end grows with the history, or with the document where the workload makes it grow. Where figures lie far \
            apart both axes are logarithmic; memory proportional to the operations then rises one decade per decade.",
    metrics: &[&RESIDENT_BYTES, &SERVER_RESIDENT_BYTES],
    draw,
};

/// The ratio of the largest figure to the smallest above which an even axis would crowd lines together.
const WIDE: f64 = 10.0;
/// A label and the air around it.
const LABEL: f64 = SMALL + 3.0;
/// From the plot to its labels.
const LEADER: f64 = 30.0;
/// Points of a line that carry its mark, besides the first.
const MARKS: usize = 4;

type Curve = Vec<(f64, f64)>;

/// A strategy's lines in one panel.
struct Lines<'a> {
    strategy: &'a str,
    client: Curve,
    server: Curve,
}

fn draw(chart: &Chart, data: &Data<'_>) -> Scene {
    let mut sheet = data.sheet(chart);
    let panels: Vec<_> = data.panels().map(|group| (group, lines(group))).filter(|(_, all)| !all.is_empty()).collect();
    let panels = sheet.first(panels);
    let points = panels.iter().flat_map(|(_, all)| all).flat_map(|line| line.client.iter().chain(&line.server));
    let Some(scale) = scale(points.map(|(_, bytes)| *bytes)) else {
        return sheet.nothing("No run recorded a curve of memory.");
    };
    let columns = if panels.len() > 1 { 2 } else { 1 };
    let heights: Vec<_> = panels.iter().map(|(_, all)| (all.len() as f64 * LABEL + 90.0).max(290.0)).collect();
    let cells = sheet.grid(columns, &heights);
    for (area, (group, all)) in cells.into_iter().zip(&panels) {
        panel(&mut sheet.scene, area, group, all, scale, &data.palette);
    }
    sheet.finish()
}

/// The strategies with a curve.
fn lines<'a>(group: &Group<'a>) -> Vec<Lines<'a>> {
    let of = |row: &Row<'a>| Lines {
        strategy: row.strategy,
        client: mean(row, &RESIDENT_BYTES),
        server: mean(row, &SERVER_RESIDENT_BYTES),
    };
    group.rows.iter().map(of).filter(|line| !line.client.is_empty()).collect()
}

/// The mean of all seeds, at the places where the first of them has its points.
fn mean(row: &Row<'_>, metric: &MetricSpec) -> Curve {
    let finite = |curve: &Curve| curve.iter().all(|(x, y)| x.is_finite() && y.is_finite());
    let curves: Vec<Curve> = row.curves(metric).into_iter().filter(finite).collect();
    let at = |x: f64| curves.iter().filter_map(|curve| value(curve, x)).sum::<f64>() / curves.len() as f64;
    curves.first().into_iter().flat_map(|first| first.iter()).map(|(x, _)| (*x, at(*x))).collect()
}

/// The height of a curve at `x`, level before its first point and after its last.
fn value(curve: &[(f64, f64)], x: f64) -> Option<f64> {
    let next = curve.partition_point(|(before, _)| *before < x);
    let (Some(right), Some(left)) = (curve.get(next).or(curve.last()), curve.get(next.saturating_sub(1))) else {
        return None;
    };
    let share = if right.0 > left.0 { ((x - left.0) / (right.0 - left.0)).clamp(0.0, 1.0) } else { 0.0 };
    Some(left.1 + (right.1 - left.1) * share)
}

/// Even from zero, or logarithmic where the figures lie far apart.
fn scale(values: impl Iterator<Item = f64> + Clone) -> Option<Scale> {
    let (low, high) =
        values.clone().fold((f64::INFINITY, 0.0f64), |(low, high), value| (low.min(value), high.max(value)));
    if high > low * WIDE { Scale::log(values) } else { values.clone().next().map(|_| Scale::linear(0.0, high)) }
}

fn panel(scene: &mut Scene, area: Rect, group: &Group<'_>, all: &[Lines<'_>], y: Scale, palette: &Palette) {
    let area = headed(scene, area, &group.title);
    let names: Vec<_> = all.iter().map(|line| text::fit(line.strategy, SMALL, area.w * 0.4)).collect();
    let room = names.iter().map(|name| text::width(name, SMALL)).fold(0.0, f64::max) + LEADER;
    let ends = all.iter().flat_map(|line| line.client.last()).map(|(ops, _)| *ops);
    let last = ends.fold(0.0, f64::max);
    // Logarithmic axes go together: proportional growth would seem to level off on a logarithmic and an even one.
    let begun = |(ops, _): &(f64, f64)| !y.is_log() || *ops > 0.0;
    let issued = all.iter().flat_map(|line| line.client.iter().chain(&line.server)).filter(|point| begun(point));
    let x = if y.is_log() { Scale::log(issued.map(|(ops, _)| *ops)) } else { None };
    let x = x.unwrap_or_else(|| Scale::linear(0.0, last));
    let plot = Plot::new(scene, area.inset(0.0, 0.0, room, 0.0), (x, "operations issued"), (y, "bytes held"));
    let mut labels = Vec::new();
    for (line, name) in all.iter().zip(&names) {
        let look = palette.look(line.strategy);
        let on = |curve: &Curve| {
            curve.iter().filter(|point| begun(point)).map(|(ops, bytes)| plot.at(*ops, *bytes)).collect::<Vec<_>>()
        };
        let (client, server) = (on(&line.client), on(&line.server));
        for (points, size) in [(&server, 3.0), (&client, 4.0)] {
            let last = points.len().saturating_sub(1);
            (0..=MARKS).filter_map(|mark| points.get(last * mark / MARKS)).for_each(|at| scene.mark(*at, size, look));
        }
        scene.dashed(server, look.color, 1.5);
        labels.extend(client.last().map(|end| (*end, name, look)));
        scene.line(client, look.color, 2.0);
    }
    labels.sort_by(|(a, ..), (b, ..)| a.y.total_cmp(&b.y));
    let wanted: Vec<_> = labels.iter().map(|(end, ..)| end.y).collect();
    for ((end, name, look), y) in labels.iter().zip(apart(&wanted, plot.area.y, plot.area.bottom())) {
        let left = plot.area.right() + LEADER;
        scene.line(vec![at(end.x + 6.0, end.y), at(left - 14.0, y)], look.color, 1.0);
        scene.mark(at(left - 8.0, y), 3.5, *look);
        scene.text(at(left, y + SMALL * 0.3), name, SMALL, Anchor::Start, INK);
    }
}

/// Places for labels, ascending and a label's height apart, as near as possible to the wanted ones.
fn apart(wanted: &[f64], top: f64, bottom: f64) -> Vec<f64> {
    let mut places = Vec::with_capacity(wanted.len());
    let mut free = top;
    for want in wanted {
        let place = want.max(free);
        places.push(place);
        free = place + LABEL;
    }
    let mut floor = bottom.max(top + LABEL * wanted.len().saturating_sub(1) as f64);
    for place in places.iter_mut().rev() {
        *place = place.min(floor);
        floor = *place - LABEL;
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_stay_apart_and_near_their_lines() {
        assert!(apart(&[], 0.0, 100.0).is_empty());
        assert_eq!(apart(&[10.0, 60.0], 0.0, 100.0), [10.0, 60.0]);
        assert_eq!(apart(&[98.0, 99.0], 0.0, 100.0), [100.0 - LABEL, 100.0]);
        let many = apart(&[50.0; 12], 0.0, 300.0);
        assert!(many.windows(2).all(|pair| pair[1] - pair[0] >= LABEL - 1e-9) && many[0] >= 0.0, "{many:?}");
        assert!(many[11] <= 300.0);
    }

    #[test]
    fn a_curve_is_straight_between_its_points_and_level_beyond() {
        let curve = [(10.0, 1.0), (20.0, 3.0)];
        let at = |x| value(&curve, x);
        assert_eq!([at(0.0), at(10.0), at(15.0), at(20.0), at(99.0)], [1.0, 1.0, 2.0, 3.0, 3.0].map(Some));
        assert_eq!(value(&[], 1.0), None);
    }

    #[test]
    fn an_axis_is_even_unless_figures_lie_far_apart() {
        assert_eq!(scale(std::iter::empty()), None);
        assert_eq!(scale([50.0, 200.0].into_iter()), Some(Scale::linear(0.0, 200.0)));
        assert_eq!(scale([50.0, 2000.0].into_iter()), Scale::log([50.0, 2000.0]));
    }
}
