//! The probes. Each is one file and one line in [`PROBES`].

mod costs;
mod divergence;
mod latency;
mod life;
mod memory;
mod resync;
mod staleness;
mod wire;

use crate::probe::Probe;

/// One line per probe: makes a fresh one for a run.
pub static PROBES: &[fn() -> Box<dyn Probe>] = &[
    costs::probe,
    divergence::probe,
    latency::probe,
    life::probe,
    memory::probe,
    resync::probe,
    staleness::probe,
    wire::probe,
];

/// A fresh set of all probes.
pub fn all() -> Vec<Box<dyn Probe>> {
    PROBES.iter().map(|make| make()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_registered() {
        crate::testing::assert_registered("src/probes", &["mod"], PROBES.len());
    }
}
