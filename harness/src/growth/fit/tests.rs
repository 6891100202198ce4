use super::*;

const PLACES: [f64; 9] = [10.0, 30.0, 100.0, 300.0, 1e3, 3e3, 1e4, 3e4, 1e5];

fn made(of: impl Fn(f64) -> f64) -> Vec<(f64, f64)> {
    PLACES.map(|x| (x, of(x))).to_vec()
}

/// Normal noise, by the sum of twelve uniform numbers.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> f64 {
        let mut uniform = || {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (self.0 >> 11) as f64 / (1u64 << 53) as f64
        };
        (0..12).map(|_| uniform()).sum::<f64>() - 6.0
    }
}

/// Of a law with noise: the share of fits whose interval holds the exponent, and the share of this shape.
fn cover(of: impl Fn(f64) -> f64, noise: f64, exponent: f64, shape: Shape) -> (f64, f64) {
    const TRIALS: u64 = 200;
    let mut drawn = Noise(7);
    let (mut holds, mut shaped) = (0, 0);
    for _ in 0..TRIALS {
        let points: Vec<_> = PLACES.iter().map(|x| (*x, of(*x) * libm::exp(noise * drawn.next()))).collect();
        let fit = Fit::of(&points).unwrap();
        holds += u64::from(fit.low <= exponent && exponent <= fit.high);
        shaped += u64::from(fit.shape == shape);
    }
    (holds as f64 / TRIALS as f64, shaped as f64 / TRIALS as f64)
}

#[test]
fn made_laws_are_found_with_their_exponent() {
    for exponent in [-1.0, 0.5, 1.0, 2.0] {
        let fit = Fit::of(&made(|x| 3.0 * x.powf(exponent))).unwrap();
        assert_eq!((fit.shape, fit.points, fit.measured), (Shape::Power, 9, (10.0, 1e5)));
        assert!((fit.law.exponent - exponent).abs() < 1e-9 && fit.low < exponent && exponent < fit.high, "{fit:?}");
        assert!(fit.high - fit.low < 0.01 && fit.worst < 1.0001 && fit.fits(), "{fit:?}");
        assert_eq!(fit.grows(), exponent > 0.0);
    }
}

#[test]
fn growth_shows_behind_a_constant() {
    for exponent in [0.5, 1.0, 2.0] {
        // At the last point growth is ten times the constant.
        let factor = 1e4 / 1e5f64.powf(exponent);
        let fit = Fit::of(&made(|x| 1e3 + factor * x.powf(exponent))).unwrap();
        assert_eq!(fit.shape, Shape::Offset, "{fit:?}");
        assert!((fit.law.exponent - exponent).abs() < 0.01, "{fit:?}");
        assert!((fit.law.constant / 1e3 - 1.0).abs() < 0.05, "{fit:?}");
        let (far, (low, high)) = (1e3 + factor * 1e7f64.powf(exponent), fit.range_at(1e7));
        assert!(low < far && far < high && high / low < 1.5, "{far} {low} {high}");
        assert_eq!((fit.beyond(1e7), fit.beyond(10.0)), (100.0, 1.0));
    }
}

#[test]
fn what_stays_the_same_is_flat() {
    let same = Fit::of(&made(|_| 24.0)).unwrap();
    assert!(same.shape == Shape::Flat && !same.grows() && (same.at(1e9) - 24.0).abs() < 1e-9, "{same:?}");
    let mut noise = Noise(1);
    let noisy: Vec<_> = PLACES.iter().map(|x| (*x, 24.0 * libm::exp(0.1 * noise.next()))).collect();
    let fit = Fit::of(&noisy).unwrap();
    assert!(fit.shape == Shape::Flat && fit.low < 0.0 && fit.high > 0.0, "{fit:?}");
    let zero = Fit::of(&made(|_| 0.0)).unwrap();
    assert_eq!((zero.shape, zero.at(1e9), zero.range_at(1e9)), (Shape::Flat, 0.0, (0.0, 0.0)));
}

#[test]
fn one_point_that_sticks_out_is_no_growth() {
    for (last, most) in [(1.02, 0.0), (0.5, 0.0), (3.0, 0.5)] {
        let fit = Fit::of(&made(|x| if x < 1e5 { 1e3 } else { last * 1e3 })).unwrap();
        assert!(fit.law.exponent.abs() <= most, "{last}: {fit:?}");
    }
}

#[test]
fn intervals_cover_what_they_say() {
    for exponent in [0.5, 1.0, 2.0] {
        let (holds, shaped) = cover(|x| 5.0 * x.powf(exponent), 0.1, exponent, Shape::Power);
        assert!((0.93..=0.99).contains(&holds) && shaped > 0.9, "{exponent}: {holds} {shaped}");
    }
    // The share of the constant at the last point: from one that shows to one that seldom does.
    for (constant, exponent) in [(0.1, 0.5), (0.01, 0.5), (0.1, 1.0), (0.01, 1.0), (0.001, 1.0), (0.01, 2.0)] {
        let (holds, _) = cover(|x| constant + (x / 1e5).powf(exponent), 0.1, exponent, Shape::Offset);
        assert!((0.92..=0.99).contains(&holds), "{constant} {exponent}: {holds}");
    }
    let (holds, flat) = cover(|_| 30.0, 0.1, 0.0, Shape::Flat);
    assert!((0.92..=0.98).contains(&holds) && flat > 0.92, "{holds} {flat}");
}

#[test]
fn what_is_no_power_law_says_so() {
    let step = Fit::of(&made(|x| if x < 1e3 { 1.0 } else { 100.0 })).unwrap();
    assert!(!step.fits() && step.worst > FITS_WITHIN, "{step:?}");
    let bumps = Fit::of(&made(|x| x * (1.0 + 0.1 * (x.ln() * 3.0).sin()))).unwrap();
    assert!(bumps.fits() && bumps.worst > 1.05, "{bumps:?}");
}

#[test]
fn too_few_points_have_no_fit() {
    assert!(Fit::of(&[]).is_none());
    assert!(Fit::of(&[(1.0, 1.0), (10.0, 10.0)]).is_none());
    assert!(Fit::of(&[(1.0, 0.0), (10.0, 10.0), (100.0, 100.0)]).is_none());
    // With one degree of freedom the interval is wide unless the law is exact.
    let three = Fit::of(&[(1.0, 1.0), (10.0, 12.0), (100.0, 90.0)]).unwrap();
    assert!(three.high - three.low > 0.5, "{three:?}");
}

#[test]
fn quantiles_are_those_of_the_tables() {
    for (freedom, expected) in [(1.0, 12.706), (7.0, 2.365), (11.0, 2.201), (30.0, 2.042)] {
        assert!((student(freedom) - expected).abs() < 2e-3, "{freedom}: {}", student(freedom));
    }
    for (freedom, expected) in [(1.0, 199.5), (6.0, 5.143), (10.0, 4.103)] {
        assert!((fisher_two(freedom) / expected - 1.0).abs() < 1e-3, "{freedom}: {}", fisher_two(freedom));
    }
}
