//! A power law with a constant, and its least squares on logarithms.

/// `constant + factor * x^exponent`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Power {
    /// What does not grow; never negative.
    pub constant: f64,
    /// What one more factor of growth multiplies.
    pub factor: f64,
    /// How it grows.
    pub exponent: f64,
}

impl Power {
    /// Its value at a place.
    pub fn at(&self, x: f64) -> f64 {
        self.constant + self.factor * libm::pow(x, self.exponent)
    }

    /// The same amount everywhere.
    pub(super) fn flat(constant: f64) -> Self {
        Self { constant, factor: 0.0, exponent: 0.0 }
    }
}

/// Exponents that are searched: cost that falls faster than the square, or rises faster than the fourth power, is no cost of a
/// sync strategy that ended within a budget.
pub(super) const EXPONENTS: (f64, f64) = (-2.0, 4.0);

/// Shares of the constant in the greatest growing part, on the logarithmic grid on which the search begins. At its upper end
/// growth is a thousandth of the constant.
const LOG_RATIOS: (f64, f64) = (-14.0, 7.0);

/// Steps of that grid.
const STEPS: u32 = 42;

/// Halvings of a bracket: each leaves 62 % of it, so 40 leave less than a hundred-millionth.
const NARROWINGS: u32 = 40;

/// A power law with its sum of squared residuals, on logarithms.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate {
    pub(super) power: Power,
    pub(super) squares: f64,
}

/// Points that a power law with a constant is laid through.
pub(super) struct Points {
    /// (Logarithm of the place, logarithm of the value).
    logs: Vec<(f64, f64)>,
}

impl Points {
    pub(super) fn new(logs: &[(f64, f64)]) -> Self {
        Self { logs: logs.to_vec() }
    }

    /// The best law with this exponent, over every constant from zero up.
    pub(super) fn with_exponent(&self, exponent: f64) -> Candidate {
        // The growing part at its greatest is one, so that the ratio says how much of the curve is constant.
        let powers = self.logs.iter().map(|(x, _)| exponent * x);
        let greatest = powers.clone().fold(f64::NEG_INFINITY, f64::max);
        let parts: Vec<f64> = powers.map(|power| libm::exp(power - greatest)).collect();
        let squares = |ratio: f64| self.with_ratio(&parts, ratio).1;
        let (low, high) = LOG_RATIOS;
        let width = (high - low) / f64::from(STEPS);
        let grid = (0..=STEPS).map(|step| low + f64::from(step) * width);
        let near = grid.min_by(|a, b| squares(libm::exp(*a)).total_cmp(&squares(libm::exp(*b)))).unwrap_or(low);
        let log_ratio = narrow(near - width, near + width, |log| squares(libm::exp(log)));
        let ratio = if squares(0.0) <= squares(libm::exp(log_ratio)) { 0.0 } else { libm::exp(log_ratio) };
        let (log_factor, squares) = self.with_ratio(&parts, ratio);
        let factor = libm::exp(log_factor - greatest);
        Candidate { power: Power { constant: ratio * libm::exp(log_factor), factor, exponent }, squares }
    }

    /// The logarithm of the factor, and the squares, where the constant is so much of the greatest growing part.
    fn with_ratio(&self, parts: &[f64], ratio: f64) -> (f64, f64) {
        let residual = |((_, y), part): (&(f64, f64), &f64)| y - libm::log(ratio + part);
        let residuals: Vec<f64> = self.logs.iter().zip(parts).map(residual).collect();
        let mean = residuals.iter().sum::<f64>() / residuals.len() as f64;
        (mean, residuals.iter().map(|residual| (residual - mean) * (residual - mean)).sum())
    }

    /// The best law of all.
    pub(super) fn best(&self) -> Candidate {
        const WIDTH: f64 = 0.1;
        let (low, high) = EXPONENTS;
        let steps = ((high - low) / WIDTH).round() as u32;
        let squares = |exponent: f64| self.with_exponent(exponent).squares;
        let grid = (0..=steps).map(|step| low + f64::from(step) * WIDTH);
        let near = grid.map(|at| (at, squares(at))).min_by(|a, b| a.1.total_cmp(&b.1)).map_or(low, |(at, _)| at);
        self.with_exponent(narrow((near - WIDTH).max(low), (near + WIDTH).min(high), squares))
    }

    /// How far from `best` the exponent can go, on each side, before the squares exceed `most`.
    pub(super) fn reach(&self, best: f64, most: f64) -> (f64, f64) {
        let (low, high) = EXPONENTS;
        let toward = |end: f64| {
            let (mut inside, mut outside) = (best, end);
            if self.with_exponent(end).squares <= most {
                return end;
            }
            for _ in 0..NARROWINGS {
                let middle = f64::midpoint(inside, outside);
                let fits = self.with_exponent(middle).squares <= most;
                if fits { inside = middle } else { outside = middle }
            }
            inside
        };
        (toward(low), toward(high))
    }
}

/// The place of the least value between two places, by the golden section.
fn narrow(mut low: f64, mut high: f64, value: impl Fn(f64) -> f64) -> f64 {
    const GOLDEN: f64 = 0.618_033_988_749_895;
    let (mut a, mut b) = (high - GOLDEN * (high - low), low + GOLDEN * (high - low));
    let (mut at_a, mut at_b) = (value(a), value(b));
    for _ in 0..NARROWINGS {
        if at_a <= at_b {
            (high, b, at_b) = (b, a, at_a);
            a = high - GOLDEN * (high - low);
            at_a = value(a);
        } else {
            (low, a, at_a) = (a, b, at_b);
            b = low + GOLDEN * (high - low);
            at_b = value(b);
        }
    }
    f64::midpoint(low, high)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn logs(of: impl Fn(f64) -> f64) -> Points {
        let places = [10.0f64, 30.0, 100.0, 300.0, 1e3, 3e3, 1e4, 3e4];
        Points::new(&places.map(|x| (x.ln(), of(x).ln())))
    }

    #[test]
    fn a_law_is_found_again() {
        for (constant, factor, exponent) in
            [(0.0, 3.0, 0.5), (0.0, 0.01, 2.0), (50.0, 0.1, 1.0), (7.0, 300.0, -1.0), (1e6, 2.0, 1.5)]
        {
            let found = logs(|x| constant + factor * x.powf(exponent)).best().power;
            assert!((found.exponent - exponent).abs() < 1e-3, "{exponent}: {found:?}");
            assert!((found.factor / factor - 1.0).abs() < 1e-2, "{factor}: {found:?}");
            assert!((found.constant - constant).abs() <= constant * 1e-2 + 1e-3, "{constant}: {found:?}");
        }
    }

    #[test]
    fn the_reach_ends_where_the_squares_do() {
        let points = logs(|x| x * (1.0 + 0.1 * (x.ln().sin())));
        let best = points.best();
        let most = best.squares * 2.0;
        let (low, high) = points.reach(best.power.exponent, most);
        assert!(low < best.power.exponent && best.power.exponent < high);
        for end in [low, high] {
            assert!((points.with_exponent(end).squares / most - 1.0).abs() < 1e-6);
        }
        assert_eq!(points.reach(best.power.exponent, f64::INFINITY), EXPONENTS);
    }
}
