//! Scales: places of figures and ticks on an axis. Logarithms come from `libm`, so they are the same on every machine.

use crate::format::figure;

/// The share of a logarithmic axis that is reserved for zeros.
const ZERO: f64 = 0.1;

/// No axis reaches farther, so that steps and ratios of its ends stay numbers.
const FARTHEST: f64 = 1e200;

/// How figures map to an axis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    low: f64,
    high: f64,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Linear,
    Log { zero: bool },
}

impl Scale {
    /// Linear from `low` to `high`.
    pub fn linear(low: f64, high: f64) -> Self {
        let low = if low.is_finite() { low.clamp(-FARTHEST, FARTHEST) } else { 0.0 };
        let high = high.min(FARTHEST);
        // Wide enough that its ends differ, however large they are.
        let least = (low.abs() * 1e-9).max(f64::MIN_POSITIVE);
        let high = if high - low > least && (high - low).is_finite() { high } else { low + least.max(1.0) };
        Self { low, high, kind: Kind::Linear }
    }

    /// Logarithmic, wide enough for all values. Zeros and negative values share a place at the lower end. `None` without
    /// any number.
    pub fn log(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        let (mut low, mut high, mut zero) = (f64::INFINITY, 0.0f64, false);
        for value in values.into_iter().filter(|value| value.is_finite()) {
            if value > 0.0 {
                (low, high) = (low.min(value), high.max(value));
            } else {
                zero = true;
            }
        }
        match (high > 0.0, zero) {
            (false, false) => return None,
            (false, true) => (low, high) = (1.0, 10.0),
            _ => {
                let within = |value: f64| value.clamp(1.0 / FARTHEST, FARTHEST);
                (low, high) = (step_below(within(low)), step_above(within(high)));
            }
        }
        if high < low * 1.9 {
            high = low * 2.0;
        }
        Some(Self { low, high, kind: Kind::Log { zero } })
    }

    /// Whether equal steps on it are equal ratios.
    pub fn is_log(&self) -> bool {
        matches!(self.kind, Kind::Log { .. })
    }

    /// The same scale from half the lower end, so that the shortest bar has a length.
    #[must_use]
    pub fn lowered(self) -> Self {
        Self { low: self.low / 2.0, ..self }
    }

    /// Where a value is: 0 at the lower end, 1 at the upper, clamped.
    pub fn place(&self, value: f64) -> f64 {
        let share = match self.kind {
            Kind::Linear => (value - self.low) / (self.high - self.low),
            Kind::Log { zero } => {
                let start = if zero { ZERO } else { 0.0 };
                if value <= 0.0 {
                    return 0.0;
                }
                let decades = libm::log10(self.high) - libm::log10(self.low);
                start + (1.0 - start) * ((libm::log10(value) - libm::log10(self.low)) / decades).max(0.0)
            }
        };
        share.clamp(0.0, 1.0)
    }

    /// Round values within the scale, at most about `most`, with their labels.
    pub fn ticks(&self, most: usize) -> Vec<(f64, String)> {
        let values = match self.kind {
            Kind::Linear => self.linear_ticks(most),
            Kind::Log { zero } => {
                let zero = zero.then_some(0.0);
                zero.into_iter().chain(self.log_ticks(most.saturating_sub(usize::from(zero.is_some())))).collect()
            }
        };
        values.into_iter().map(|value| (value, figure(value))).collect()
    }

    fn linear_ticks(&self, most: usize) -> Vec<f64> {
        let rough = (self.high - self.low) / most.max(1) as f64;
        let step = step_above(rough);
        let first = (self.low / step - 1e-9).ceil();
        let last = (self.high / step + 1e-9).floor();
        let count = (last - first).clamp(0.0, most.max(1) as f64) as usize;
        (0..=count).map(|n| (first + n as f64) * step).collect()
    }

    fn log_ticks(&self, most: usize) -> Vec<f64> {
        let (first, last) = (libm::floor(libm::log10(self.low)) as i32, libm::ceil(libm::log10(self.high)) as i32);
        let within = |value: &f64| *value >= self.low * 0.999 && *value <= self.high * 1.001;
        let ticks = |steps: &[f64], every: i32| -> Vec<f64> {
            let decades = (first..=last).filter(|decade| decade.rem_euclid(every) == 0);
            decades.flat_map(|decade| steps.iter().map(move |step| step * power(decade))).filter(within).collect()
        };
        let choices = [(&[1.0, 2.0, 5.0][..], 1), (&[1.0, 3.0], 1), (&[1.0], 1), (&[1.0], 2), (&[1.0], 3), (&[1.0], 6)];
        let tried = choices.iter().map(|(steps, every)| ticks(steps, *every));
        tried.into_iter().find(|ticks| ticks.len() <= most).unwrap_or_else(|| vec![self.low, self.high])
    }
}

/// The largest of 1, 2, 5 times a power of ten that does not exceed `value`.
fn step_below(value: f64) -> f64 {
    let power = power(libm::floor(libm::log10(value)) as i32);
    [5.0, 2.0, 1.0].iter().map(|step| step * power).find(|step| *step <= value * 1.000_001).unwrap_or(power)
}

/// The smallest of 1, 2, 5 times a power of ten that is not below `value`.
fn step_above(value: f64) -> f64 {
    let power = power(libm::floor(libm::log10(value)) as i32);
    [1.0, 2.0, 5.0].iter().map(|step| step * power).find(|step| *step >= value * 0.999_999).unwrap_or(10.0 * power)
}

fn power(exponent: i32) -> f64 {
    libm::exp10(f64::from(exponent))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zeros_have_a_place_at_the_lower_end() {
        let scale = Scale::log([0.0, 3.0, 400.0]).expect("values");
        assert_eq!(scale.place(0.0), 0.0);
        assert!(scale.place(3.0) > 0.1 && scale.place(400.0) < 1.0);
        let labels: Vec<_> = scale.ticks(8).into_iter().map(|(_, label)| label).collect();
        assert_eq!(labels[0], "0");
        assert!(labels.contains(&"100".to_owned()), "{labels:?}");
    }

    #[test]
    fn zeros_and_values_that_are_no_numbers_do_no_harm() {
        assert_eq!(Scale::log([]), None);
        assert_eq!(Scale::log([f64::NAN, f64::INFINITY]), None);
        assert_eq!(Scale::log([0.0]).expect("a zero").place(0.0), 0.0);
        assert_eq!(Scale::linear(0.0, 0.0).place(0.0), 0.0);
        let far = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 0.0, -1.0, 5e-324, 1e-9, 1e12, 1e300, -1e300, f64::MAX];
        for low in far {
            for high in far {
                let scales = [Some(Scale::linear(low, high)), Scale::log([low, high])];
                for scale in scales.into_iter().flatten() {
                    let ticks = scale.ticks(8);
                    assert!(ticks.len() <= 12, "{low} to {high}: {ticks:?}");
                    assert!(ticks.iter().all(|(value, _)| value.is_finite()), "{low} to {high}: {ticks:?}");
                    assert!(far.into_iter().all(|value| (0.0..=1.0).contains(&scale.place(value)) || value.is_nan()));
                }
            }
        }
    }

    #[test]
    fn ticks_are_round_and_few() {
        let values = |scale: Scale, most| scale.ticks(most).into_iter().map(|(value, _)| value).collect::<Vec<_>>();
        assert_eq!(values(Scale::linear(0.0, 1.0), 5), [0.0, 0.2, 0.4, 0.6000000000000001, 0.8, 1.0]);
        assert_eq!(
            values(Scale::log([12.0, 900.0]).expect("values"), 8),
            [10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0]
        );
        assert!(Scale::log([1e-3, 1e9]).expect("values").ticks(5).len() <= 5);
    }
}
