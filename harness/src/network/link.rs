//! One end of a connection: when what is sent comes to the receiver's leg, and when what comes there arrives.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use syncbench_strategies::replica::{NodeId, Time};

use super::leg::Direction;
use super::luck::{self, Draw};
use super::{Access, Impairment, Passing, Profile};
use crate::rng::{below, stream};

/// Most bits of a damaged message that are wrong: errors that get past checksums are short (Stone and Partridge, "When the CRC
/// and TCP checksum disagree", SIGCOMM 2000).
const MOST_WRONG_BITS: usize = 3;

/// What a link promises.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Transport {
    /// Reliable and in order until it breaks: a WebSocket over TCP.
    Stream,
    /// Each message on its own: UDP, or an unordered data channel.
    Datagram {
        /// Share lost, on top of the profile's own.
        loss: f64,
        /// Share that arrives twice.
        duplicate: f64,
    },
}

/// How much of the network a message takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Its payload and its envelope.
    pub wire_bytes: u64,
    /// How many packets it is.
    pub packets: u64,
}

/// A message on its way to the receiver's leg.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transit {
    /// When its last byte comes there.
    pub at: Time,
    /// How long before that its first byte comes, at most.
    pub spread: Duration,
}

/// What all links of a run have in common.
#[derive(Debug)]
pub struct Terms {
    transport: Transport,
    seed: u64,
    backbone: Duration,
}

impl Terms {
    /// Of the run with this seed.
    pub fn new(profile: &Profile, transport: Transport, seed: u64) -> Arc<Self> {
        Arc::new(Self { transport, seed, backbone: profile.backbone })
    }
}

/// One end of a connection. A group may have a million of them, so what they have in common lies elsewhere.
#[derive(Clone, Debug)]
pub struct Link {
    terms: Arc<Terms>,
    node: NodeId,
    peer: NodeId,
    /// Without jitter and queues.
    round_trip_ns: u64,
    /// When the last message that was sent comes to the peer's leg: a stream's next one cannot come before.
    last_transit: Time,
    /// When the last message from the peer arrives.
    last_arrival: Time,
}

impl Link {
    /// The end at `node` of its connection with `peer`.
    pub fn new(terms: &Arc<Terms>, profile: &Profile, node: NodeId, peer: NodeId) -> Self {
        let round_trip = profile.round_trip(terms.seed, node, peer);
        Self {
            terms: terms.clone(),
            node,
            peer,
            round_trip_ns: u64::try_from(round_trip.as_nanos()).unwrap_or(u64::MAX),
            last_transit: Time::ZERO,
            last_arrival: Time::ZERO,
        }
    }

    /// What this link promises.
    pub fn transport(&self) -> Transport {
        self.terms.transport
    }

    /// The node at this end.
    pub fn node(&self) -> NodeId {
        self.node
    }

    /// The node at the other end.
    pub fn peer(&self) -> NodeId {
        self.peer
    }

    fn round_trip(&self) -> Duration {
        Duration::from_nanos(self.round_trip_ns)
    }

    /// A message that is sent `now`, on its way over the sender's leg.
    pub fn leaving(&self, now: Time, size: Size) -> Passing {
        self.passing((self.node, self.peer), true, now, size)
    }

    /// A message from the peer, on its way over the receiver's leg.
    pub fn coming(&self, transit: Transit, size: Size) -> Passing {
        self.passing((self.peer, self.node), false, transit.at, size)
    }

    fn passing(&self, (from, to): (NodeId, NodeId), leaves: bool, at: Time, size: Size) -> Passing {
        let (packets, round_trip) = (size.packets, self.round_trip());
        Passing { from, to, leaves, at, packets, round_trip, stream: self.terms.transport == Transport::Stream }
    }

    /// Sends a message `now` over the sender's leg, with what faults do to it there. It reaches the receiver's leg once,
    /// twice or (datagrams only) never.
    pub fn send(
        &mut self,
        leg: &mut Access,
        now: Time,
        size: Size,
        impairment: Impairment,
    ) -> (Option<Transit>, Option<Transit>) {
        let (left, spread) = leg.up(now, size.wire_bytes);
        let transit =
            |jitter| Transit { at: left + leg.crossing(Direction::Up, jitter, now) + self.terms.backbone, spread };
        let mut first = transit(Draw::Jitter);
        match self.terms.transport {
            Transport::Stream => {
                let late = first.at + leg.repair(Direction::Up, size.packets, self.round_trip(), now) + impairment.late;
                self.last_transit = self.last_transit.max(late);
                first.at = self.last_transit;
                (Some(first), None)
            }
            Transport::Datagram { loss, duplicate } => {
                let draw = |draw| luck::of_path(self.terms.seed, self.node, self.peer, draw, now);
                let lost = leg.loses(Direction::Up, size.packets, now) || draw(Draw::Drop) < loss || impairment.lost;
                let copied = draw(Draw::Copy) < duplicate || impairment.copied;
                first.at = first.at + impairment.late;
                ((!lost).then_some(first), copied.then(|| transit(Draw::CopyJitter)))
            }
        }
    }

    /// A message from the peer reaches the receiver's leg, with what faults do to it there. Returns when it arrives, unless a
    /// datagram is lost.
    pub fn receive(&mut self, leg: &mut Access, transit: Transit, size: Size, impairment: Impairment) -> Option<Time> {
        let Transit { at, spread } = transit;
        let crossing = leg.crossing(Direction::Down, Draw::Jitter, at) + impairment.late;
        let arrival = leg.down(at, spread, size.wire_bytes) + crossing;
        match self.terms.transport {
            Transport::Stream => {
                let late = arrival + leg.repair(Direction::Down, size.packets, self.round_trip(), at);
                self.last_arrival = self.last_arrival.max(late);
                Some(self.last_arrival)
            }
            Transport::Datagram { .. } => {
                let lost = leg.loses(Direction::Down, size.packets, at) || impairment.lost;
                (!lost).then_some(arrival)
            }
        }
    }

    /// The message with one to three wrong bits in a row.
    pub fn damage(&self, bytes: &[u8], now: Time) -> Arc<[u8]> {
        let ends = u64::from(self.node.0) << 32 | u64::from(self.peer.0);
        let mut rng = stream(self.terms.seed, "damage", ends, now.0);
        let mut damaged = bytes.to_vec();
        let first = below(&mut rng, damaged.len() * 8);
        for bit in first..=first + below(&mut rng, MOST_WRONG_BITS) {
            // A row that would exceed the end is shorter.
            if let Some(byte) = damaged.get_mut(bit / 8) {
                *byte ^= 1 << (bit % 8);
            }
        }
        damaged.into()
    }

    /// The connection broke or begins anew: nothing sent over it before delays what is sent from now on. The legs' queues
    /// stay.
    pub fn reset(&mut self) {
        self.last_transit = Time::ZERO;
        self.last_arrival = Time::ZERO;
    }
}

#[cfg(test)]
mod tests;
