//! An amount with its interval.

use std::ops::{Add, Mul};

use serde::Serialize;

/// An amount and between what it lies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Amount {
    /// The amount itself.
    pub value: f64,
    /// The lower end of its interval.
    pub low: f64,
    /// The upper end of its interval.
    pub high: f64,
}

impl Amount {
    /// An amount that is known exactly.
    pub fn exact(value: f64) -> Self {
        Self { value, low: value, high: value }
    }

    /// Without negative parts: nothing that is paid for is below zero.
    #[must_use]
    pub fn at_least_zero(self) -> Self {
        Self { value: self.value.max(0.0), low: self.low.max(0.0), high: self.high.max(0.0) }
    }

    /// The same value with an interval that holds another one's, too.
    #[must_use]
    pub fn widened(self, other: Self) -> Self {
        Self { value: self.value, low: self.low.min(other.low), high: self.high.max(other.high) }
    }

    /// How many times another amount this is. Both are above zero.
    #[must_use]
    pub fn over(self, other: Self) -> Self {
        Self { value: self.value / other.value, low: self.low / other.high, high: self.high / other.low }
    }

    /// What this is more than another amount; the ends lie as far apart as they can.
    #[must_use]
    pub fn beyond(self, other: Self) -> Self {
        Self { value: self.value - other.value, low: self.low - other.high, high: self.high - other.low }
    }

    /// Whether all of it are numbers.
    pub fn is_finite(self) -> bool {
        [self.value, self.low, self.high].into_iter().all(f64::is_finite)
    }
}

impl Add for Amount {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { value: self.value + other.value, low: self.low + other.low, high: self.high + other.high }
    }
}

/// Of amounts that are not negative.
impl Mul for Amount {
    type Output = Self;

    fn mul(self, other: Self) -> Self {
        Self { value: self.value * other.value, low: self.low * other.low, high: self.high * other.high }
    }
}

impl Mul<f64> for Amount {
    type Output = Self;

    fn mul(self, by: f64) -> Self {
        self * Self::exact(by)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_of_sums_ratios_and_differences_hold_every_pair() {
        let (a, b) = (Amount { value: 4.0, low: 2.0, high: 6.0 }, Amount { value: 2.0, low: 1.0, high: 3.0 });
        assert_eq!(a + b, Amount { value: 6.0, low: 3.0, high: 9.0 });
        assert_eq!(a * b, Amount { value: 8.0, low: 2.0, high: 18.0 });
        assert_eq!(a.over(b), Amount { value: 2.0, low: 2.0 / 3.0, high: 6.0 });
        assert_eq!(a.beyond(b), Amount { value: 2.0, low: -1.0, high: 5.0 });
        assert_eq!(a.beyond(b).at_least_zero().low, 0.0);
        assert_eq!(b.widened(a * 0.25), Amount { value: 2.0, low: 0.5, high: 3.0 });
    }
}
