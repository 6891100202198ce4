//! From a change and its standard error to a probability, and from many probabilities to those that stand.

use std::f64::consts::FRAC_2_PI;

/// The probability that Student's distribution with `freedom` degrees is beyond `t` on either side: the finite sums of
/// Abramowitz and Stegun (26.7.3 and 26.7.4), exact for whole degrees.
pub(super) fn two_sided(t: f64, freedom: usize) -> f64 {
    if !t.is_finite() {
        return 0.0;
    }
    let angle = libm::atan(t.abs() / (freedom as f64).sqrt());
    let (sine, cosine) = (libm::sin(angle), libm::cos(angle));
    let odd = freedom % 2 == 1;
    let mut term = if odd { cosine } else { 1.0 };
    let mut sum = 0.0;
    // Terms up to the power of `freedom - 2`.
    let mut power = if odd { 1 } else { 0 };
    while power + 2 <= freedom {
        sum += term;
        term *= cosine * cosine * (power + 1) as f64 / (power + 2) as f64;
        power += 2;
    }
    let within = if odd { FRAC_2_PI * (angle + sine * sum) } else { sine * sum };
    (1.0 - within).clamp(0.0, 1.0)
}

/// The `t` beyond which lies the probability `p`, both sides together.
pub(super) fn quantile(p: f64, freedom: usize) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    while two_sided(high, freedom) > p && high < 1e6 {
        high *= 2.0;
    }
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if two_sided(middle, freedom) > p { low = middle } else { high = middle }
    }
    high
}

/// The probabilities after the correction of Benjamini and Hochberg (1995, "Controlling the false discovery rate", J. R.
/// Statist. Soc. B 57), in the same order. Where nothing has changed, it is as unlikely that any stands as with Holm's
/// correction; where much has changed, much more is found.
pub(super) fn corrected(probabilities: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..probabilities.len()).collect();
    order.sort_by(|a, b| probabilities[*b].total_cmp(&probabilities[*a]));
    let (mut least, total) = (1.0f64, probabilities.len() as f64);
    let mut corrected = vec![1.0; probabilities.len()];
    for (above, index) in order.into_iter().enumerate() {
        let rank = total - above as f64;
        least = least.min(probabilities[index] * total / rank);
        corrected[index] = least;
    }
    corrected
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probabilities_are_those_of_the_tables() {
        for (freedom, t) in [(1, 12.706), (2, 4.303), (4, 2.776), (9, 2.262), (10, 2.228), (29, 2.045)] {
            assert!((two_sided(t, freedom) - 0.05).abs() < 1e-4, "{freedom}: {}", two_sided(t, freedom));
            assert!((quantile(0.05, freedom) - t).abs() < 1e-3, "{freedom}");
        }
        assert_eq!((two_sided(0.0, 9), two_sided(f64::INFINITY, 9)), (1.0, 0.0));
        assert!((two_sided(5.0, 9) - 7.385e-4).abs() < 1e-6, "{}", two_sided(5.0, 9));
    }

    #[test]
    fn the_correction_is_that_of_the_paper() {
        // The example of the paper: fifteen probabilities, of which four stand at 5 %.
        let fifteen = [
            0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528,
            0.7590, 1.0,
        ];
        let standing = corrected(&fifteen).iter().filter(|p| **p <= 0.05).count();
        assert_eq!(standing, 4);
        assert_eq!(corrected(&[0.04, 0.01]), [0.04, 0.02]);
        assert!(corrected(&[]).is_empty());
    }
}
