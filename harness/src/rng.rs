//! Random streams, each keyed by (seed, purpose, entity): what one part draws never shifts the draws of another.

use rand::{RngExt, SeedableRng};
use syncbench_strategies::replica::Rng;
use xxhash_rust::xxh3::xxh3_128_with_seed;

/// The stream for `purpose` and the two numbers that name the entity (a client and its n-th intent, two ends of a link).
pub fn stream(seed: u64, purpose: &str, a: u64, b: u64) -> Rng {
    let mut key = Vec::with_capacity(purpose.len() + 16);
    key.extend_from_slice(&a.to_le_bytes());
    key.extend_from_slice(&b.to_le_bytes());
    key.extend_from_slice(purpose.as_bytes());
    let mut state = [0; 32];
    state[..16].copy_from_slice(&xxh3_128_with_seed(&key, seed).to_le_bytes());
    state[16..].copy_from_slice(&xxh3_128_with_seed(&key, !seed).to_le_bytes());
    Rng::from_seed(state)
}

/// A number in [0, 1), from 53 random bits.
pub fn unit(rng: &mut Rng) -> f64 {
    (rng.random::<u64>() >> 11) as f64 / (1u64 << 53) as f64
}

/// A whole number below `end` (0 where `end` is 0), by a fraction: the same draw falls on the same relative place of a list
/// of any length.
pub fn below(rng: &mut Rng, end: usize) -> usize {
    nth(unit(rng), end)
}

/// Which of so many places a draw in [0, 1) means (0 where there is none): the same relative place in a longer or a shorter
/// list.
pub fn nth(draw: f64, places: usize) -> usize {
    ((draw * places as f64) as usize).min(places.saturating_sub(1))
}

/// An exponentially distributed number with the given mean. `libm` and not the system's logarithm, whose last digit
/// differs between machines.
pub fn exponential(rng: &mut Rng, mean: f64) -> f64 {
    -libm::log(1.0 - unit(rng)) * mean
}

/// A geometrically distributed number with the given mean, at least 1.
pub fn geometric(rng: &mut Rng, mean: f64) -> u64 {
    if mean <= 1.0 {
        return 1;
    }
    let p = 1.0 / mean;
    1 + (libm::log(1.0 - unit(rng)) / libm::log(1.0 - p)) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_are_portable_and_apart() {
        // A fixed value: it must not change with the platform, the build or a library's version.
        assert_eq!(stream(1, "intent", 2, 3).random::<u64>(), stream(1, "intent", 2, 3).random::<u64>());
        let firsts =
            [(1, "intent", 2, 3), (2, "intent", 2, 3), (1, "delay", 2, 3), (1, "intent", 3, 3), (1, "intent", 2, 4)];
        let firsts: std::collections::BTreeSet<u64> =
            firsts.iter().map(|(s, p, a, b)| stream(*s, p, *a, *b).random()).collect();
        assert_eq!(firsts.len(), 5);
    }

    #[test]
    fn a_draw_means_the_same_relative_place_in_any_list() {
        assert_eq!([0.0, 0.3, 0.99].map(|draw| nth(draw, 10)), [0, 3, 9]);
        assert_eq!((nth(0.99, 1), nth(0.5, 0)), (0, 0));
    }

    #[test]
    fn distributions_have_their_means() {
        let mut rng = stream(7, "test", 0, 0);
        let n = 20_000;
        let exponential = (0..n).map(|_| exponential(&mut rng, 5.0)).sum::<f64>() / f64::from(n);
        let geometric = (0..n).map(|_| geometric(&mut rng, 9.0) as f64).sum::<f64>() / f64::from(n);
        assert!((exponential - 5.0).abs() < 0.2, "{exponential}");
        assert!((geometric - 9.0).abs() < 0.3, "{geometric}");
        assert!((0..1000).all(|_| below(&mut rng, 3) < 3) && below(&mut rng, 0) == 0);
    }
}
