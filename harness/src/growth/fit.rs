//! How a figure grows along a curve: the exponent of a power law, with its interval.
//!
//! The fit is by least squares on logarithms, so that every point counts as much as any other, whatever its size. It takes the
//! simplest law that the points do not contradict: the same amount everywhere, `a x^b`, or `c + a x^b`, where a constant hides
//! the growth of a short run. Steps between them are F tests at 5 %.
//!
//! The interval of the exponent is that of the likelihood's profile over `c + a x^b` (Bates and Watts 1988, "Nonlinear
//! Regression Analysis", section 6.1): every exponent for which some constant and factor fit the points not significantly
//! worse. A constant that is too small to be significant may still be there, so `a x^b` has that interval too. What is flat, and
//! what has few points, has Student's interval of the slope.
//!
//! The tests measure that the 95 % cover what they say.

use super::power::{Candidate, EXPONENTS, Points, Power};

/// A law fits where no point is off by more than this factor.
///
/// No source: by half as much again, strategies that differ by less are not told apart on any chart here.
pub const FITS_WITHIN: f64 = 1.5;

/// Smallest standard deviation of a residual: bytes come in whole numbers and lengths in steps of seven bits, which no law
/// follows. A third of a percent is a byte of 300.
const ROUNDING: f64 = 0.003;

/// Fewest points for a law with a constant: with fewer, almost every exponent has some constant that fits.
const FEWEST_WITH_CONSTANT: usize = 6;

/// Fewest points that have an interval: two for the law, one that contradicts it or does not.
const FEWEST: usize = 3;

/// What law the points have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// The same everywhere: the interval of the exponent holds zero.
    Flat,
    /// `a x^b`.
    Power,
    /// `c + a x^b`.
    Offset,
}

/// How a figure grows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fit {
    /// The law that fits best.
    pub law: Power,
    /// What law it is.
    pub shape: Shape,
    /// Lower end of the exponent's 95 % interval.
    pub low: f64,
    /// Upper end of it.
    pub high: f64,
    /// The laws with the exponents at both ends.
    pub ends: [Power; 2],
    /// By what factor the worst point is off, from 1.
    pub worst: f64,
    /// How many points it rests on.
    pub points: usize,
    /// The first and the last of them: beyond it everything is extrapolated.
    pub measured: (f64, f64),
    /// By what factor the law itself may be off in the middle of the points, from 1.
    margin: f64,
}

impl Fit {
    /// The fit of (place, value) pairs in ascending order. Values that are not above zero have no logarithm and are left out,
    /// unless none is above zero. `None` with fewer than three.
    pub fn of(points: &[(f64, f64)]) -> Option<Self> {
        let positive: Vec<(f64, f64)> = points.iter().copied().filter(|(x, y)| *x > 0.0 && *y > 0.0).collect();
        let used = if positive.is_empty() { points } else { &positive };
        let measured = (used.first()?.0, used.last()?.0);
        if used.len() < FEWEST {
            return None;
        }
        if positive.is_empty() {
            let law = Power::flat(0.0);
            let (shape, ends) = (Shape::Flat, [law; 2]);
            return Some(Self {
                law,
                shape,
                low: 0.0,
                high: 0.0,
                ends,
                worst: 1.0,
                points: used.len(),
                measured,
                margin: 1.0,
            });
        }
        let logs: Vec<(f64, f64)> = positive.iter().map(|(x, y)| (libm::log(*x), libm::log(*y))).collect();
        let line = Line::through(&logs);
        let (law, shape, low, high, ends, squares, freedom) = choose(&logs, &line);
        let worst = positive.iter().map(|(x, y)| libm::fabs(libm::log(y / law.at(*x)))).fold(0.0, f64::max);
        let deviation = deviation(squares, logs.len(), freedom);
        let margin = libm::exp(student(freedom) * deviation / (logs.len() as f64).sqrt());
        Some(Self { law, shape, low, high, ends, worst: libm::exp(worst), points: used.len(), measured, margin })
    }

    /// Whether it grows: neither flat, nor falling.
    pub fn grows(&self) -> bool {
        self.shape != Shape::Flat && self.law.exponent > 0.0
    }

    /// Whether a power law describes the points: none is off by more than [`FITS_WITHIN`].
    pub fn fits(&self) -> bool {
        self.worst <= FITS_WITHIN
    }

    /// The figure at a place.
    pub fn at(&self, x: f64) -> f64 {
        self.law.at(x)
    }

    /// Between what the figure lies at a place: the laws at both ends of the exponent's interval, each as far off as the points
    /// lie from the law.
    pub fn range_at(&self, x: f64) -> (f64, f64) {
        let laws = [self.law, self.ends[0], self.ends[1]].map(|law| law.at(x));
        let (low, high) =
            (laws.iter().copied().fold(f64::INFINITY, f64::min), laws.iter().copied().fold(0.0, f64::max));
        (low / self.margin, high * self.margin)
    }

    /// How many times beyond the last point a place lies; 1 within the points.
    pub fn beyond(&self, x: f64) -> f64 {
        (x / self.measured.1).max(1.0)
    }
}

type Chosen = (Power, Shape, f64, f64, [Power; 2], f64, f64);

/// The simplest law that the points do not contradict.
fn choose(logs: &[(f64, f64)], line: &Line) -> Chosen {
    let n = logs.len();
    let offset = Offset::through(logs);
    let freedom = n as f64 - 2.0;
    let reach = student(freedom) * deviation(line.squares, n, freedom) / line.spread.sqrt();
    let slopes = (line.slope - reach, line.slope + reach);
    let grows = slopes.0 > 0.0 || slopes.1 < 0.0;
    if !grows && !offset.as_ref().is_some_and(|offset| offset.beats_flat(line)) {
        let ends = [slopes.0, slopes.1].map(|slope| line.with_slope(slope));
        let (law, squares) = (Power::flat(libm::exp(line.middle.1)), line.flat_squares);
        return (law, Shape::Flat, slopes.0, slopes.1, ends, squares, n as f64 - 1.0);
    }
    let Some(offset) = offset else {
        let ends = [slopes.0, slopes.1].map(|slope| line.with_slope(slope));
        return (line.with_slope(line.slope), Shape::Power, slopes.0, slopes.1, ends, line.squares, freedom);
    };
    let (low, high, ends) = offset.interval();
    if offset.beats(line) {
        return (offset.best.power, Shape::Offset, low, high, ends, offset.best.squares, offset.freedom);
    }
    (line.with_slope(line.slope), Shape::Power, low, high, ends, line.squares, freedom)
}

/// The law with a constant.
struct Offset {
    points: Points,
    best: Candidate,
    freedom: f64,
    variance: f64,
}

impl Offset {
    /// `None` with too few points.
    fn through(logs: &[(f64, f64)]) -> Option<Self> {
        let n = logs.len();
        if n < FEWEST_WITH_CONSTANT {
            return None;
        }
        let freedom = n as f64 - 3.0;
        let points = Points::new(logs);
        let best = points.best();
        let deviation = deviation(best.squares, n, freedom);
        Some(Self { points, best, freedom, variance: deviation * deviation })
    }

    /// Whether its constant is significant. An exponent at an end of those that are searched is that of no law: one point that
    /// sticks out has it.
    fn beats(&self, line: &Line) -> bool {
        let (t, exponent) = (student(self.freedom), self.best.power.exponent);
        let inside = EXPONENTS.0 + 0.01 < exponent && exponent < EXPONENTS.1 - 0.01;
        inside && self.best.power.constant > 0.0 && (line.squares - self.best.squares) / self.variance > t * t
    }

    /// Whether its growth is.
    fn beats_flat(&self, line: &Line) -> bool {
        self.beats(line) && (line.flat_squares - self.best.squares) / 2.0 / self.variance > fisher_two(self.freedom)
    }

    /// The interval of the exponent, with the laws at its ends. Where the constant is not significant it may still be there, so
    /// this is the interval of `a x^b` as well.
    fn interval(&self) -> (f64, f64, [Power; 2]) {
        let t = student(self.freedom);
        let (low, high) = self.points.reach(self.best.power.exponent, self.best.squares + self.variance * t * t);
        (low, high, [low, high].map(|exponent| self.points.with_exponent(exponent).power))
    }
}

/// The standard deviation of the residuals.
fn deviation(squares: f64, n: usize, freedom: f64) -> f64 {
    (squares.max(n as f64 * ROUNDING * ROUNDING) / freedom).sqrt()
}

/// The straight line through logarithms.
struct Line {
    /// The middle of the points.
    middle: (f64, f64),
    slope: f64,
    /// Squared distances from the middle, along the axis.
    spread: f64,
    squares: f64,
    /// Without a slope.
    flat_squares: f64,
}

impl Line {
    fn through(logs: &[(f64, f64)]) -> Self {
        let n = logs.len() as f64;
        let middle = (logs.iter().map(|(x, _)| x).sum::<f64>() / n, logs.iter().map(|(_, y)| y).sum::<f64>() / n);
        let sum = |of: &dyn Fn(f64, f64) -> f64| logs.iter().map(|(x, y)| of(x - middle.0, y - middle.1)).sum::<f64>();
        let (spread, flat_squares) = (sum(&|x, _| x * x), sum(&|_, y| y * y));
        let slope = sum(&|x, y| x * y) / spread;
        Self { middle, slope, spread, squares: sum(&|x, y| (y - slope * x) * (y - slope * x)), flat_squares }
    }

    /// The law with another slope through the middle.
    fn with_slope(&self, slope: f64) -> Power {
        Power { constant: 0.0, factor: libm::exp(self.middle.1 - slope * self.middle.0), exponent: slope }
    }
}

/// The 97.5th percentile of Student's distribution: exact to three decimals up to ten degrees of freedom, which is where
/// curves lie, and by the first terms of its expansion (Abramowitz and Stegun 26.7.5) beyond.
fn student(freedom: f64) -> f64 {
    const EXACT: [f64; 10] = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228];
    const Z: f64 = 1.959_963_984_540_054;
    let exact = EXACT.get((freedom as usize).saturating_sub(1)).copied();
    exact.unwrap_or_else(|| {
        let first = Z * (Z * Z + 1.0) / 4.0;
        let second = Z * (Z * Z * (5.0 * Z * Z + 16.0) + 3.0) / 96.0;
        let third = Z * (Z * Z * (Z * Z * (3.0 * Z * Z + 19.0) + 17.0) - 15.0) / 384.0;
        Z + (first + (second + third / freedom) / freedom) / freedom
    })
}

/// The 95th percentile of Fisher's distribution with two degrees of freedom above, in closed form.
fn fisher_two(freedom: f64) -> f64 {
    freedom / 2.0 * (libm::pow(0.05, -2.0 / freedom) - 1.0)
}

#[cfg(test)]
mod tests;
