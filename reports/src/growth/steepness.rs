//! How steeply a figure grows, in words.

use syncbench_harness::growth::Fit;

/// Exponents nearer to one than this are linear: what doubles with the axis costs 2.2 times at most.
const LINEAR: f64 = 0.15;

/// How steeply a figure grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Steepness {
    /// It costs the same everywhere, or less.
    None,
    /// Twice as many cost less than twice as much.
    Less,
    /// Twice as many cost twice as much.
    Linear,
    /// Twice as many cost more than twice as much.
    More,
}

impl Steepness {
    /// All of them, the steepest first.
    pub const ALL: [Self; 4] = [Self::More, Self::Linear, Self::Less, Self::None];

    /// Of a fit.
    pub fn of(fit: &Fit) -> Self {
        match known(fit) {
            _ if !fit.grows() => Self::None,
            exponent if exponent < 1.0 - LINEAR => Self::Less,
            exponent if exponent <= 1.0 + LINEAR => Self::Linear,
            _ => Self::More,
        }
    }

    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::More => "steeper than linear",
            Self::Linear => "linear",
            Self::Less => "less than linear",
            Self::None => "none",
        }
    }
}

/// Intervals wider than this leave open what the exponent is.
const WIDE: f64 = 1.0;

fn is_wide(fit: &Fit) -> bool {
    fit.high - fit.low > WIDE
}

/// The exponent, or the least that it may be where its interval leaves it open.
fn known(fit: &Fit) -> f64 {
    if is_wide(fit) { fit.low } else { fit.law.exponent }
}

/// The exponent as a cell shows it: `1.02`, `≥0.40` where it may be that or more, `flat`, `falls`; with a mark where a power law
/// does not describe the points.
pub(super) fn exponent(fit: &Fit) -> String {
    let mark = if fit.fits() { "" } else { "†" };
    match fit.grows() {
        true if is_wide(fit) => format!("≥{:.2}{mark}", fit.low.max(0.0)),
        true => format!("{:.2}{mark}", fit.law.exponent),
        false if fit.law.exponent < 0.0 => format!("falls{mark}"),
        false => format!("flat{mark}"),
    }
}

/// The same with its interval.
pub(super) fn with_interval(fit: &Fit) -> String {
    if fit.grows() && !is_wide(fit) {
        format!("{} ({:.2} to {:.2})", exponent(fit), fit.low, fit.high)
    } else {
        exponent(fit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fit(of: impl Fn(f64) -> f64) -> Fit {
        let points = [10.0, 30.0, 100.0, 300.0, 1e3, 3e3].map(|x| (x, of(x)));
        Fit::of(&points).unwrap()
    }

    #[test]
    fn exponents_are_told_in_words() {
        for (law, steepness, cell) in [
            (fit(|x| 3.0 * x * x), Steepness::More, "2.00"),
            (fit(|x| 1e2 + 2.0 * x), Steepness::Linear, "1.00"),
            (fit(|x| x.sqrt()), Steepness::Less, "0.50"),
            (fit(|_| 7.0), Steepness::None, "flat"),
            (fit(|x| 900.0 / x), Steepness::None, "falls"),
        ] {
            assert_eq!((Steepness::of(&law), exponent(&law).as_str()), (steepness, cell));
        }
        let mut open = fit(|x| 3.0 * x * x);
        (open.low, open.high) = (0.4, 4.0);
        assert_eq!((Steepness::of(&open), with_interval(&open).as_str()), (Steepness::Less, "≥0.40"));
        let step = fit(|x| if x < 100.0 { 1.0 } else { 90.0 });
        assert!(with_interval(&step).contains('†'), "{}", with_interval(&step));
    }
}
