//! Memory of a replica over the course of a run.

use syncbench_harness::metric::MetricSpec;
use syncbench_harness::metrics::{RESIDENT_BYTES, SERVER_RESIDENT_BYTES};

use super::Chart;
use super::dots::{self, Dot, Dots, Spec};
use crate::aggregate::Row;
use crate::exact::{exact, with_spread};
use crate::format::figure;
use crate::stats::{Estimate, mean_estimate};

pub(super) static CHART: Chart = Chart {
    name: "memory",
    title: "Memory at the end of a run, and how it got there",
    shows: "Bytes that a replica holds, mean of all seeds. The mark is the end of the run, the stroke on the line its middle, and \
            the other end of the line its beginning. A middle near the mark: memory levels off. A middle far from it: memory grows with the history, or \
            with the document where the workload makes it grow. Hollow and dashed: the server, where there is one. Figures: client / \
            server at the end. Axes are logarithmic; the conditions of a workload share one.",
    metrics: &[&RESIDENT_BYTES, &SERVER_RESIDENT_BYTES],
    draw: |chart, data| {
        let (axis, nothing) = ("bytes held", "No run recorded a curve of memory.");
        let spec = Spec { axis, measure: axis, nothing, row: ROW };
        dots::draw(chart, data, &spec, held)
    },
};

/// A row holds two lines.
const ROW: f64 = 27.0;

type Curve = Vec<(f64, f64)>;

/// What a client holds, and the server where there is one.
fn held(row: &Row<'_>) -> Option<Dots> {
    let of = |metric| {
        let curves = curves(row, metric);
        let dot = dot(&mean(&curves))?;
        let figures = told(&dot, end(&curves)?);
        Some((dot, figures))
    };
    let (client, at_client) = of(&RESIDENT_BYTES)?;
    let (mut words, mut figures) = (figure(client.at), format!("client {at_client}"));
    let mut dots = vec![client];
    if let Some((server, at_server)) = of(&SERVER_RESIDENT_BYTES) {
        words += &format!(" / {}", figure(server.at));
        figures += &format!("; server {at_server}");
        dots.push(Dot { second: true, ..server });
    }
    Some(Dots { dots, words, figures })
}

/// A line in words, with the spread of its end.
fn told(dot: &Dot, end: Estimate) -> String {
    let also = |name: &str, value: f64| format!(", {name} {}", exact(value));
    let middle: String = dot.ticks.iter().map(|middle| also("halfway", *middle)).collect();
    let first = dot.to.map(|first| also("at first", first)).unwrap_or_default();
    format!("{}{middle}{first}", with_spread(&end))
}

/// The end of a curve, its middle and its beginning.
fn dot(curve: &Curve) -> Option<Dot> {
    let (first, last) = (curve.first()?, curve.last()?);
    let middle = value(curve, f64::midpoint(first.0, last.0))?;
    Some(Dot { at: last.1, to: Some(first.1), ticks: vec![middle], ..Dot::default() })
}

/// The curves of all seeds, but for those with points that are no numbers.
fn curves(row: &Row<'_>, metric: &MetricSpec) -> Vec<Curve> {
    let finite = |curve: &Curve| curve.iter().all(|(x, y)| x.is_finite() && y.is_finite());
    row.curves(metric).into_iter().filter(finite).collect()
}

/// The mean of all seeds, at the places where the first of them has its points.
fn mean(curves: &[Curve]) -> Curve {
    let at = |x: f64| curves.iter().filter_map(|curve| value(curve, x)).sum::<f64>() / curves.len() as f64;
    curves.first().into_iter().flat_map(|first| first.iter()).map(|(x, _)| (*x, at(*x))).collect()
}

/// Where the mean ends, with the spread over seeds.
fn end(curves: &[Curve]) -> Option<Estimate> {
    let (x, _) = curves.first()?.last()?;
    mean_estimate(&curves.iter().filter_map(|curve| value(curve, *x)).collect::<Vec<_>>())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_is_told_by_its_end_its_middle_and_its_beginning() {
        let dot = dot(&vec![(0.0, 10.0), (100.0, 30.0), (200.0, 30.0)]).expect("a curve");
        assert_eq!((dot.at, dot.to, dot.ticks), (30.0, Some(10.0), vec![30.0]));
        assert_eq!(super::dot(&Vec::new()), None);
    }

    #[test]
    fn the_figures_of_a_line_are_those_that_are_drawn() {
        let curves = [vec![(0.0, 10.0), (100.0, 30.0)], vec![(0.0, 10.0), (100.0, 50.0)]];
        let dot = dot(&mean(&curves)).expect("a curve");
        let end = end(&curves).expect("an end");
        assert_eq!(dot.at, end.value);
        assert_eq!(told(&dot, end), "40 (range 30–50), halfway 25, at first 10");
    }

    #[test]
    fn a_curve_is_straight_between_its_points_and_level_beyond() {
        let curve = [(10.0, 1.0), (20.0, 3.0)];
        let at = |x| value(&curve, x);
        assert_eq!([at(0.0), at(10.0), at(15.0), at(20.0), at(99.0)], [1.0, 1.0, 2.0, 3.0, 3.0].map(Some));
        assert_eq!(value(&[], 1.0), None);
    }
}
