//! One figure along one axis: read between its points, and beyond them by its law.

use serde::Serialize;
use syncbench_harness::growth::{Axis, Curve, Fit, Shape};

use super::amount::Amount;

/// A figure of a strategy along an axis.
#[derive(Clone, Debug)]
pub struct Line {
    axis: Axis,
    figure: &'static str,
    /// Place, and the figure there over all repetitions.
    points: Vec<(f64, Amount)>,
    fit: Option<Fit>,
}

/// What a reading rests on.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Basis {
    /// The figure.
    pub figure: &'static str,
    /// The axis.
    pub axis: Axis,
    /// Where it was read.
    pub at: f64,
    /// The exponent of its law with its 95 % interval, lower and upper end; absent with fewer than three points.
    pub exponent: Option<[f64; 3]>,
    /// Whether the law is the same amount everywhere.
    pub flat: bool,
    /// Whether the law describes the points.
    pub fits: bool,
    /// How many times beyond the last point it was read; 1 within the points.
    pub beyond: f64,
}

impl Line {
    /// The line of a figure; `None` where no point has it.
    pub fn of(curve: &Curve, figure: &'static str) -> Option<Self> {
        let medians = curve.medians(figure);
        let spread = |at: f64, value: f64| {
            let point = curve.points.iter().find(|point| point.at as f64 == at);
            let values = point.and_then(|point| point.figures.get(figure)).into_iter().flatten().copied();
            values.fold(Amount::exact(value), |all, one| all.widened(Amount::exact(one)))
        };
        let points: Vec<_> = medians.iter().map(|(at, value)| (*at, spread(*at, *value))).collect();
        (!points.is_empty()).then(|| Self { axis: curve.axis, figure, points, fit: curve.fit(figure) })
    }

    /// The last place that was measured.
    pub fn last(&self) -> f64 {
        self.points.last().map_or(0.0, |(at, _)| *at)
    }

    /// The figure at a place, and what that rests on. Between two points it is what the law says, as far off as these points are.
    /// Beyond the last point it grows from there as the law says; before the first it is the first.
    /// `None` beyond the points of a line that has no law.
    pub fn at(&self, place: f64) -> Option<(Amount, Basis)> {
        let amount = if place > self.last() { self.extrapolated(place)? } else { self.between(place)? };
        amount.is_finite().then(|| (amount.at_least_zero(), self.basis(place)))
    }

    fn basis(&self, at: f64) -> Basis {
        Basis {
            figure: self.figure,
            axis: self.axis,
            at,
            exponent: self.fit.map(|fit| [fit.law.exponent, fit.low, fit.high]),
            flat: self.fit.is_some_and(|fit| fit.shape == Shape::Flat),
            fits: self.fit.is_none_or(|fit| fit.fits()),
            beyond: (at / self.last()).max(1.0),
        }
    }

    fn between(&self, place: f64) -> Option<Amount> {
        let next = self.points.partition_point(|(at, _)| *at < place);
        let (to, high) = *self.points.get(next)?;
        let Some((from, low)) = next.checked_sub(1).map(|before| self.points[before]) else { return Some(high) };
        if to == place {
            return Some(high);
        }
        let share = (libm::log(place) - libm::log(from)) / (libm::log(to) - libm::log(from));
        let mean = |low: f64, high: f64| match low > 0.0 && high > 0.0 {
            true => libm::exp(libm::log(low) * (1.0 - share) + libm::log(high) * share),
            false => low * (1.0 - share) + high * share,
        };
        // By how much the points are off the law, carried over to the law at this place.
        let law = self.fit.map(|fit| [fit.at(from), fit.at(to), fit.at(place)]);
        let [at_from, at_to, here] = law.filter(|law| law.iter().all(|value| *value > 0.0)).unwrap_or([1.0; 3]);
        let read = |low: f64, high: f64| here * mean(low / at_from, high / at_to);
        let amount = Amount {
            value: read(low.value, high.value),
            low: read(low.low, high.low),
            high: read(low.high, high.high),
        };
        Some(match self.fit.filter(Fit::fits) {
            Some(fit) => amount.widened(Amount::exact(fit.at(place))),
            None => amount,
        })
    }

    fn extrapolated(&self, place: f64) -> Option<Amount> {
        let fit = self.fit?;
        let (last, at_last) = *self.points.last()?;
        let law = fit.at(last);
        if law <= 0.0 {
            // All points are zero: so is the law.
            return Some(Amount::exact(fit.at(place)));
        }
        // From the last point on, so that a prediction meets what was measured.
        let grown = |value: f64| at_last.value * value / law;
        let (low, high) = fit.range_at(place);
        let value = grown(fit.at(place));
        let ends = [grown(low), grown(high)].map(|end| if end.is_finite() { end } else { f64::MAX });
        let spread = at_last.over(Amount::exact(at_last.value));
        Some(Amount { value, low: ends[0].min(value) * spread.low, high: ends[1].max(value) * spread.high })
    }
}

#[cfg(test)]
mod tests {
    use super::super::made::{CLIENTS, curve};
    use super::*;

    #[test]
    fn between_points_it_follows_the_law_and_at_a_point_it_is_what_was_measured() {
        let line = Line::of(&curve("a", Axis::Clients, &CLIENTS, |_, n| 3.0 * n * n), "cpu_us_server").unwrap();
        let at = |place| line.at(place).unwrap();
        assert_eq!(at(10.0).0, Amount::exact(300.0));
        assert!((at(20.0).0.value - 1_200.0).abs() < 1e-6);
        assert_eq!((at(10.0).1.beyond, at(0.5).0.value), (1.0, 3.0));
        let line = Line::of(&curve("a", Axis::Clients, &[10, 1_000], |_, n| n), "cpu_us_server").unwrap();
        assert!(
            (line.at(100.0).unwrap().0.value - 100.0).abs() < 1e-9,
            "without a law the logarithms are a straight line"
        );
    }

    #[test]
    fn beyond_the_last_point_it_follows_the_law() {
        for (exponent, constant) in [(0.0, 5.0), (0.5, 0.0), (1.0, 400.0), (2.0, 0.0)] {
            let law = |n: f64| constant + 7.0 * n.powf(exponent);
            let line = Line::of(&curve("a", Axis::Clients, &CLIENTS, |_, n| law(n)), "cpu_us_server").unwrap();
            let (amount, basis) = line.at(20_000.0).unwrap();
            assert!((amount.value / law(20_000.0) - 1.0).abs() < 0.02, "{exponent}: {amount:?}");
            assert!(amount.low <= law(20_000.0) && law(20_000.0) <= amount.high, "{exponent}: {amount:?}");
            assert_eq!(basis.beyond, 20.0);
            let [found, low, high] = basis.exponent.unwrap();
            assert!(low <= found && found <= high && (found - exponent).abs() < 0.02, "{basis:?}");
        }
    }

    #[test]
    fn two_points_have_no_law_to_go_beyond_them() {
        let line = Line::of(&curve("a", Axis::Clients, &[1, 10], |_, n| n), "cpu_us_server").unwrap();
        assert!(line.at(10.0).is_some() && line.at(11.0).is_none());
        assert!(Line::of(&curve("a", Axis::Clients, &[], |_, n| n), "cpu_us_server").is_none());
    }
}
