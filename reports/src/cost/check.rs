//! The check: what would have been predicted of the last point of a curve from those up to a tenth of it.

use serde::Serialize;
use syncbench_harness::growth::{Axis, Curve, Curves, FIGURES};
use syncbench_harness::metric::Measured;

use super::amount::Amount;
use super::line::Line;

/// By what share a prediction may be off.
pub const TOLERANCE: f64 = 0.25;

/// Fewest points that a prediction knows of: three for a law with a constant, and one that contradicts it or does not.
const FEWEST: usize = 4;

/// How much smaller than the predicted point the greatest is that the prediction knows of.
const APART: u64 = 10;

/// One figure of one strategy, predicted and simulated.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Checked {
    /// The strategy.
    pub strategy: String,
    /// The figure.
    pub figure: &'static str,
    /// Along which axis.
    pub axis: Axis,
    /// The last place that the prediction knows of.
    pub known: u64,
    /// The place that is predicted.
    pub at: u64,
    /// What was predicted.
    pub predicted: Amount,
    /// What was simulated.
    pub simulated: f64,
    /// Whether it is processor time, which differs from run to run.
    pub noisy: bool,
}

impl Checked {
    /// By what share the prediction is off: above zero where it is too high.
    pub fn off(&self) -> f64 {
        self.predicted.value / self.simulated - 1.0
    }

    /// Whether it is near enough.
    pub fn holds(&self) -> bool {
        self.off().abs() <= TOLERANCE
    }
}

/// Every figure at the last point of each curve along an axis that is known well enough: four points up to a tenth of it.
pub fn held_out(curves: &Curves, axis: Axis) -> Vec<Checked> {
    let along = curves.curves.iter().filter(|curve| curve.axis == axis);
    along
        .filter_map(|curve| Some((curve, curve.points.last()?.at)))
        .flat_map(|(curve, at)| of_curve(curve, at))
        .collect()
}

fn of_curve(curve: &Curve, at: u64) -> Vec<Checked> {
    let mut known = curve.clone();
    known.points.retain(|point| point.at <= at / APART);
    let Some(last) = known.points.last().map(|point| point.at).filter(|_| known.points.len() >= FEWEST) else {
        return Vec::new();
    };
    let one = |figure: &'static syncbench_harness::growth::Figure| {
        let (place, simulated) = *curve.medians(figure.name).last()?;
        let (predicted, _) = Line::of(&known, figure.name)?.at(place)?;
        Some(Checked {
            strategy: curve.strategy.clone(),
            figure: figure.name,
            axis: curve.axis,
            known: last,
            at: place as u64,
            predicted,
            simulated,
            noisy: figure.measured == Measured::Processor,
        })
    };
    FIGURES.iter().filter_map(one).filter(|checked| checked.at == at && checked.simulated > 0.0).collect()
}

#[cfg(test)]
mod tests {
    use super::super::made::{CLIENTS, curve, curves, fan_out};
    use super::*;

    fn law(name: &str, clients: f64) -> f64 {
        fan_out(name, clients, 1_000.0, 100.0)
    }

    #[test]
    fn what_follows_its_law_is_predicted() {
        let places = [CLIENTS.to_vec(), vec![10_000]].concat();
        let all = curves(vec![curve("a", Axis::Clients, &places, law)]);
        let checked = held_out(&all, Axis::Clients);
        assert_eq!(checked.len(), FIGURES.len());
        for one in checked {
            assert_eq!((one.known, one.at), (1_000, 10_000));
            assert!(one.holds(), "{one:?}");
        }
        assert_eq!(held_out(&all, Axis::Items), []);
    }

    #[test]
    fn what_bends_later_is_not() {
        let places = [CLIENTS.to_vec(), vec![10_000]].concat();
        let bends = |name: &str, n: f64| if n > 1_000.0 { 2.0 * law(name, n) } else { law(name, n) };
        let checked = held_out(&curves(vec![curve("a", Axis::Clients, &places, bends)]), Axis::Clients);
        assert!(checked.len() == FIGURES.len() && checked.iter().all(|one| !one.holds()), "{checked:?}");
    }

    #[test]
    fn too_few_points_predict_nothing() {
        let all = curves(vec![curve("a", Axis::Clients, &[1, 10, 100, 1_000], law)]);
        assert_eq!(held_out(&all, Axis::Clients), []);
    }
}
