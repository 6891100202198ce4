//! Floats that can be compared and digested.

use std::fmt;

/// A finite or infinite 64-bit float with one canonical not-a-number, compared by its bits.
///
/// Equality by bits makes documents with floats comparable and digestible: `-0.0` and `0.0` differ, NaN equals itself.
#[derive(Clone, Copy)]
pub struct Float(pub(super) u64);

impl Float {
    /// The float as a number.
    pub fn get(self) -> f64 {
        f64::from_bits(self.0)
    }
}

impl From<f64> for Float {
    fn from(value: f64) -> Self {
        Self(if value.is_nan() { f64::NAN.to_bits() & (u64::MAX >> 1) } else { value.to_bits() })
    }
}

impl PartialEq for Float {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl Eq for Float {}

impl fmt::Debug for Float {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.get(), f)
    }
}
