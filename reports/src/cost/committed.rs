//! The committed curves, which every build carries.

use std::sync::OnceLock;

use syncbench_harness::growth::{Curves, read};

/// The curves of `bench-results/growth`, compiled in from beside the crates and parsed once.
pub fn committed() -> &'static Curves {
    static CURVES: OnceLock<Curves> = OnceLock::new();
    CURVES.get_or_init(|| {
        let text = include_bytes!("../../../bench-results/growth/growth.json");
        // A test reads the file, so a build with a broken one does not pass.
        read(text).unwrap_or_else(|error| panic!("bench-results/growth/growth.json: {error}"))
    })
}

#[cfg(test)]
mod tests {
    use super::super::costs::Costs;
    use super::*;

    #[test]
    fn every_committed_strategy_has_a_curve_of_clients() {
        let curves = committed();
        assert!(curves.strategies().len() >= 3);
        for strategy in curves.strategies() {
            assert!(Costs::has(curves, strategy), "{strategy}");
        }
    }
}
