//! Networks: how long messages take between two nodes, and what happens to them on the way.
//!
//! Every participant has one access leg, and the server has one too. A message crosses the sender's leg and the receiver's:
//! between a client and the server that is mostly the client's, between two clients it is both of theirs. A leg has a base
//! delay, drawn once in a run, a little jitter, losses, and a queue for each direction that all connections of the
//! participant share. Independent random delays alone would reorder messages and average away what real paths do. A
//! *stream* is reliable and first in, first out until it breaks, and loss appears as a retransmission's delay; a *datagram*
//! link loses, duplicates and reorders.
//!
//! What a leg does at a moment is its luck. It depends on the seed, the leg, the direction and the time, and on nothing that
//! was sent before: strategies that send at the same time over the same leg fare alike.
//!
//! A profile is one file here and one line in [`NETWORKS`].

mod access;
mod constant;
mod custom;
mod edge;
mod envelope;
mod five_g;
mod four_g;
mod impairment;
mod instant;
mod lan;
mod leg;
mod link;
mod luck;
mod reconnect;
mod repair;
mod satellite;
mod three_g;
mod train;
mod transcontinental;
mod transport;
mod wifi;
mod wifi_poor;

use std::collections::BTreeMap;
use std::time::Duration;

use syncbench_strategies::names;
use syncbench_strategies::replica::NodeId;
use syncbench_strategies::selector::{Selector, SelectorError};
use syncbench_strategies::spec::{Param, Params};

pub use access::Access;
pub use custom::{CUSTOM, own_name};
pub use envelope::{packets, wire_bytes};
pub use impairment::{Impairment, Passing};
pub use leg::{Gaps, Leg};
pub use link::{Link, Size, Terms, Transit, Transport};
pub use luck::Chance;
pub use reconnect::Reconnect;
pub use repair::Repair;

pub use transport::TRANSPORTS;

use crate::rng::{stream, unit};

/// One line per profile.
pub static NETWORKS: &[&NetworkSpec] = &[
    &instant::SPEC,
    &constant::SPEC,
    &lan::SPEC,
    &wifi::SPEC,
    &wifi_poor::SPEC,
    &five_g::SPEC,
    &four_g::SPEC,
    &three_g::SPEC,
    &edge::SPEC,
    &train::SPEC,
    &transcontinental::SPEC,
    &satellite::SPEC,
    &custom::SPEC,
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

impl NetworkSpec {
    /// The profile with the defaults of its parameters.
    pub fn default_profile(&self) -> Profile {
        let bare = Selector { name: self.name.into(), values: Vec::new(), named: BTreeMap::new(), window: None };
        // A test checks every default.
        let params = Params::check(&bare, self.params).unwrap_or_else(|error| panic!("{error}"));
        (self.build)(&params)
    }
}

/// The numbers of a network.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Profile {
    /// The leg of each client.
    pub client: Leg,
    /// The leg of the server.
    pub server: Leg,
    /// One way from leg to leg, the same between any two.
    pub backbone: Duration,
    /// What opening a connection costs.
    pub reconnect: Reconnect,
}

impl Profile {
    /// The same delay always between any two nodes, nothing lost, no limit of bandwidth.
    pub fn constant(delay: Duration) -> Self {
        Self { client: Leg::IDEAL, server: Leg::IDEAL, backbone: delay, reconnect: Reconnect::default() }
    }

    /// A server in a data centre, and clients whose leg is still ideal. Delays are those of the clients' legs alone.
    fn to_a_data_centre(reconnect: Reconnect) -> Self {
        Self { server: Leg::DATA_CENTRE, reconnect, ..Self::constant(Duration::ZERO) }
    }

    /// Whether a leg loses packets.
    pub fn lossy(&self) -> bool {
        [self.client, self.server].iter().any(|leg| leg.loss > 0.0 || leg.gaps.is_some())
    }

    /// The same without losses.
    #[must_use]
    pub fn lossless(self) -> Self {
        let without = |leg| Leg { loss: 0.0, gaps: None, ..leg };
        Self { client: without(self.client), server: without(self.server), ..self }
    }

    /// The numbers of the leg of `node`.
    pub fn leg(&self, node: NodeId) -> &Leg {
        if node == NodeId::SERVER { &self.server } else { &self.client }
    }

    /// The base delay that `node` has drawn in the run with this seed, one way.
    pub fn delay(&self, seed: u64, node: NodeId) -> Duration {
        let (least, greatest) = self.leg(node).delay;
        let share = unit(&mut stream(seed, "base delay", node.0.into(), 0));
        least + (greatest - least).mul_f64(share)
    }

    /// There and back between two nodes, without jitter, losses and queues.
    pub fn round_trip(&self, seed: u64, a: NodeId, b: NodeId) -> Duration {
        (self.delay(seed, a) + self.backbone + self.delay(seed, b)) * 2
    }

    /// How long it takes two nodes to connect. Ends that were there before have to detect first that they can.
    pub fn connecting(&self, seed: u64, a: NodeId, b: NodeId, detects: bool) -> Duration {
        let Reconnect { detection, round_trips, .. } = self.reconnect;
        let handshake = self.round_trip(seed, a, b).saturating_mul(round_trips);
        handshake + if detects { detection } else { Duration::ZERO }
    }
}

/// Makes the profile that `selector` names.
pub fn configure(selector: &Selector) -> Result<Profile, SelectorError> {
    configure_from(NETWORKS, selector)
}

/// The same among the given networks.
pub fn configure_from(specs: &[&'static NetworkSpec], selector: &Selector) -> Result<Profile, SelectorError> {
    let (spec, params) = checked(specs, selector)?;
    Ok((spec.build)(&params))
}

/// The one text of everything that `selector` may be written as: with every parameter, defaults included.
pub fn canonical(selector: &Selector) -> Result<String, SelectorError> {
    canonical_from(NETWORKS, selector)
}

/// The same among the given networks.
pub fn canonical_from(specs: &[&'static NetworkSpec], selector: &Selector) -> Result<String, SelectorError> {
    let (spec, params) = checked(specs, selector)?;
    Ok(Selector { name: spec.name.into(), values: Vec::new(), named: params.shown(), window: None }.to_string())
}

fn checked(
    specs: &[&'static NetworkSpec],
    selector: &Selector,
) -> Result<(&'static NetworkSpec, Params), SelectorError> {
    let spec = *specs.iter().find(|spec| spec.name == selector.name).ok_or_else(|| {
        let known = specs.iter().map(|spec| (spec.name, spec.summary));
        SelectorError::new(selector.to_string(), names::unknown("network", &selector.name, "", known))
    })?;
    if selector.window.is_some() {
        return Err(SelectorError::new(selector.to_string(), "a network has no time window; faults do"));
    }
    Ok((spec, Params::check(selector, spec.params)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_registered() {
        let others =
            ["mod", "access", "envelope", "impairment", "leg", "link", "luck", "reconnect", "repair", "transport"];
        crate::testing::assert_registered("src/network", &others, NETWORKS.len());
    }

    #[test]
    fn profiles_are_sane() {
        for spec in NETWORKS {
            let profile = configure(&spec.name.parse().unwrap()).unwrap();
            assert_eq!(profile, spec.default_profile());
            for leg in [profile.client, profile.server] {
                assert!(leg.delay.0 <= leg.delay.1, "{}", spec.name);
                assert!((0.0..0.1).contains(&leg.loss), "{}", spec.name);
            }
        }
        assert!(configure(&"wifi:9".parse().unwrap()).is_err());
        assert!(configure(&"constant:9".parse().unwrap()).is_err());
    }

    #[test]
    fn a_custom_network_has_the_numbers_that_are_given() {
        let text = "custom:delay=60ms..90ms,jitter=5ms,loss=3%,up=1Mbps,down=8Mbps,detection=0";
        let profile = configure(&text.parse().unwrap()).unwrap();
        assert_eq!(profile.client.to_string(), "60ms to 90ms one way, jitter 5ms, loss 3 %, up 1Mbps, down 8Mbps");
        assert_eq!((profile.server, profile.reconnect.detection), (Leg::DATA_CENTRE, Duration::ZERO));
        let drawn: Vec<_> = (1..=50).map(|client| profile.delay(7, NodeId(client))).collect();
        assert!(drawn.iter().all(|delay| (60..=90).contains(&delay.as_millis())) && drawn[0] != drawn[1]);
        for (text, said) in [
            ("custom:loss=200%", "a percentage such as 3%"),
            ("custom:delay=9ms..1ms", "from the smaller to the larger"),
            ("custom:up=fast", "1.5Mbps"),
            ("custom:speed=9", "takes delay, jitter, loss, up, down, name, detection"),
        ] {
            let error = configure(&text.parse().unwrap()).unwrap_err().to_string();
            assert!(error.contains(said), "{error}");
        }
    }

    #[test]
    fn a_connection_opens_after_detection_and_three_round_trips() {
        let profile = Profile::constant(Duration::from_millis(40));
        let connecting = |detects| profile.connecting(1, NodeId(1), NodeId(2), detects).as_millis();
        assert_eq!((connecting(true), connecting(false)), (1_250 + 240, 240));
    }
}
