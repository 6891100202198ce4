//! The probes. Each is one file, which declares its metrics, and one line in [`PROBES`].

pub(crate) mod away;
pub(crate) mod costs;
pub(crate) mod divergence;
pub(crate) mod latency;
pub(crate) mod life;
pub(crate) mod memory;
pub(crate) mod resync;
pub(crate) mod sessions;
pub(crate) mod staleness;
pub(crate) mod wire;

use crate::probe::{Probe, ProbeSpec};

/// One line per probe.
pub static PROBES: &[&ProbeSpec] = &[
    &away::PROBE,
    &costs::PROBE,
    &divergence::PROBE,
    &latency::PROBE,
    &life::PROBE,
    &memory::PROBE,
    &resync::PROBE,
    &sessions::PROBE,
    &staleness::PROBE,
    &wire::PROBE,
];

/// A fresh set of all probes.
pub fn all() -> Vec<Box<dyn Probe>> {
    PROBES.iter().map(|probe| (probe.make)()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_registered() {
        crate::testing::assert_registered("src/probes", &["mod"], PROBES.len());
    }
}
