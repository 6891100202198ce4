//! Networks: how long messages take between two nodes, and what happens to them on the way.
//!
//! A link has a base delay, drawn once per pair of nodes, and a small jitter per message. Independent random delays alone
//! would reorder messages and average away what real paths do. A *stream* is reliable and first in, first out until it
//! breaks, and loss appears as a retransmission's delay; a *datagram* link loses, duplicates and reorders.
//!
//! A profile is one file here and one line in [`NETWORKS`].

mod constant;
mod four_g;
mod instant;
mod lan;
mod link;
mod satellite;
mod transcontinental;
mod transport;
mod wifi;

use std::time::Duration;

use syncbench_strategies::selector::{Selector, SelectorError};
use syncbench_strategies::spec::{Param, Params};

pub use link::{Link, Transport, wire_bytes};

/// One line per profile.
pub static NETWORKS: &[&NetworkSpec] = &[
    &instant::SPEC,
    &constant::SPEC,
    &lan::SPEC,
    &wifi::SPEC,
    &four_g::SPEC,
    &transcontinental::SPEC,
    &satellite::SPEC,
];

/// What a network profile says about itself.
pub struct NetworkSpec {
    /// The name on the command line and in results.
    pub name: &'static str,
    /// One line: what it stands for.
    pub summary: &'static str,
    /// Where its numbers come from.
    pub source: &'static str,
    /// Its parameters.
    pub params: &'static [Param],
    /// Makes the profile.
    pub build: fn(&Params) -> Profile,
}

/// The numbers of a network. All delays are one way.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Profile {
    /// Smallest and largest base delay; each pair of nodes draws its own in between.
    pub base: (Duration, Duration),
    /// Mean of the exponentially distributed extra delay of each message.
    pub jitter: Duration,
    /// Share of packets lost.
    pub loss: f64,
    /// Added where a stream has to send a lost packet again.
    pub retransmission: Duration,
    /// Bits per second in each direction of a link; `None` for no limit.
    pub bandwidth_bits_per_s: Option<f64>,
}

impl Profile {
    /// The same delay always, nothing lost, no limit of bandwidth.
    pub fn constant(delay: Duration) -> Self {
        Self {
            base: (delay, delay),
            jitter: Duration::ZERO,
            loss: 0.0,
            retransmission: Duration::ZERO,
            bandwidth_bits_per_s: None,
        }
    }
}

/// Makes the profile that `selector` names.
pub fn configure(selector: &Selector) -> Result<Profile, SelectorError> {
    let spec = NETWORKS.iter().find(|spec| spec.name == selector.name).ok_or_else(|| {
        let names: Vec<_> = NETWORKS.iter().map(|spec| spec.name).collect();
        SelectorError::new(selector.to_string(), format!("no such network: expected one of {}", names.join(", ")))
    })?;
    if selector.window.is_some() {
        return Err(SelectorError::new(selector.to_string(), "a network has no time window; faults do"));
    }
    Ok((spec.build)(&Params::check(selector, spec.params)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_registered() {
        crate::testing::assert_registered("src/network", &["mod", "link", "transport"], NETWORKS.len());
    }

    #[test]
    fn profiles_are_ordered_by_distance_and_sane() {
        for spec in NETWORKS {
            let profile = configure(&spec.name.parse().unwrap()).unwrap();
            assert!(profile.base.0 <= profile.base.1, "{}", spec.name);
            assert!((0.0..0.1).contains(&profile.loss), "{}", spec.name);
            assert!(profile.loss == 0.0 || profile.retransmission > profile.base.1, "{}", spec.name);
        }
        assert!(configure(&"wifi:9".parse().unwrap()).is_err());
        assert!(configure(&"constant:9".parse().unwrap()).is_err());
    }
}
