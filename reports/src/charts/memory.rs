//! Memory of a replica over the course of a run.

use syncbench_harness::metric::MetricSpec;
use syncbench_harness::metrics::{RESIDENT_BYTES, SERVER_RESIDENT_BYTES};

use super::Chart;
use super::dots::{self, Dot, Dots, Spec};
use crate::aggregate::Row;
use crate::format::figure;

pub(super) static CHART: Chart = Chart {
    name: "memory",
    title: "Memory at the end of a run, and how it got there",
    shows: "Bytes that a replica holds, mean of all seeds. The mark is the end of the run, the stroke on the line its middle, and \
            the other end of the line its beginning. A middle near the mark: memory levels off. A middle far from it: memory grows with the history, or \
            with the document where the workload makes it grow. Hollow and dashed: the server, where there is one. Figures: client / \
            server at the end. Axes are logarithmic; the conditions of a workload share one.",
    metrics: &[&RESIDENT_BYTES, &SERVER_RESIDENT_BYTES],
    draw: |chart, data| {
        let spec = Spec { axis: "bytes held", nothing: "No run recorded a curve of memory.", row: ROW };
        dots::draw(chart, data, &spec, held)
    },
};

/// A row holds two lines.
const ROW: f64 = 27.0;

type Curve = Vec<(f64, f64)>;

/// What a client holds, and the server where there is one.
fn held(row: &Row<'_>) -> Option<Dots> {
    let client = dot(&mean(row, &RESIDENT_BYTES))?;
    let mut words = figure(client.at);
    let server = dot(&mean(row, &SERVER_RESIDENT_BYTES)).map(|dot| Dot { second: true, ..dot });
    if let Some(server) = &server {
        words += &format!(" / {}", figure(server.at));
    }
    Some(([client].into_iter().chain(server).collect(), words))
}

/// The end of a curve, its middle and its beginning.
fn dot(curve: &Curve) -> Option<Dot> {
    let (first, last) = (curve.first()?, curve.last()?);
    let middle = value(curve, f64::midpoint(first.0, last.0))?;
    Some(Dot { at: last.1, to: Some(first.1), ticks: vec![middle], ..Dot::default() })
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
    fn a_curve_is_straight_between_its_points_and_level_beyond() {
        let curve = [(10.0, 1.0), (20.0, 3.0)];
        let at = |x| value(&curve, x);
        assert_eq!([at(0.0), at(10.0), at(15.0), at(20.0), at(99.0)], [1.0, 1.0, 2.0, 3.0, 3.0].map(Some));
        assert_eq!(value(&[], 1.0), None);
    }
}
