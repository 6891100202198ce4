//! What became of operations, as shares of a bar.

use crate::aggregate::Row;

/// The least width of a share that is not nothing.
const SLIVER: f64 = 2.5;

/// What became of 1,000 operations.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Fates {
    pub refused: f64,
    pub lost: f64,
}

/// `None` where losses were not judged.
pub(super) fn fates(row: &Row<'_>) -> Option<Fates> {
    let lost = row.lost_per_1000()?.value.clamp(0.0, 1000.0);
    let refused = row.rejected_per_1000().map_or(0.0, |rate| rate.value).clamp(0.0, 1000.0 - lost);
    Some(Fates { refused, lost })
}

impl Fates {
    /// The shares of a bar of this width: kept, refused, lost. What is not nothing can be seen, at the cost of what is kept.
    pub(super) fn widths(self, width: f64) -> [f64; 3] {
        let seen = |share: f64| if share > 0.0 { (share / 1000.0 * width).max(SLIVER) } else { 0.0 };
        let (refused, lost) = (seen(self.refused), seen(self.lost));
        let kept = if self.refused + self.lost < 1000.0 { (width - refused - lost).max(SLIVER) } else { 0.0 };
        // The slivers of what is almost nothing may not push the bar beyond its end.
        let over = (kept + refused + lost - width).max(0.0);
        if refused > lost { [kept, refused - over, lost] } else { [kept, refused, lost - over] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_as_long_as_all_operations_and_shows_every_share() {
        let cases = [(0.0, 0.0), (0.1, 0.2), (999.9, 0.1), (0.1, 999.9), (1000.0, 0.0), (0.0, 1000.0), (300.0, 300.0)];
        for (refused, lost) in cases {
            let [kept, red, gone] = Fates { refused, lost }.widths(200.0);
            assert!((kept + red + gone - 200.0).abs() < 1e-9, "{refused} {lost}");
            assert_eq!((red > 0.0, gone > 0.0), (refused > 0.0, lost > 0.0));
            assert_eq!(kept > 0.0, refused + lost < 1000.0);
            assert!([kept, red, gone].into_iter().all(|width| width == 0.0 || width >= SLIVER - 1e-9));
        }
        assert_eq!(Fates { refused: 100.0, lost: 400.0 }.widths(200.0), [100.0, 20.0, 80.0]);
    }
}
