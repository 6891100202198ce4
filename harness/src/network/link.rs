//! One end of a connection: when what is sent comes to the receiver's leg, and when what comes there arrives.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use syncbench_strategies::replica::{NodeId, Time};

use super::leg::Direction;
use super::luck::{self, Draw};
use super::{Access, Profile};

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

/// One end of a connection.
#[derive(Clone, Debug)]
pub struct Link {
    transport: Transport,
    seed: u64,
    node: NodeId,
    peer: NodeId,
    backbone: Duration,
    /// Without jitter and queues.
    round_trip: Duration,
    /// When the last message that was sent comes to the peer's leg: a stream's next one cannot come before.
    last_transit: Time,
    /// When the last message from the peer arrives.
    last_arrival: Time,
}

impl Link {
    /// The end at `node` of its connection with `peer`.
    pub fn new(profile: &Profile, transport: Transport, seed: u64, node: NodeId, peer: NodeId) -> Self {
        Self {
            transport,
            seed,
            node,
            peer,
            backbone: profile.backbone,
            round_trip: profile.round_trip(seed, node, peer),
            last_transit: Time::ZERO,
            last_arrival: Time::ZERO,
        }
    }

    /// What this link promises.
    pub fn transport(&self) -> Transport {
        self.transport
    }

    /// A message is sent `now` over the sender's leg: when it comes to the receiver's, once, twice or (datagrams only) never.
    pub fn send(&mut self, leg: &mut Access, now: Time, size: Size) -> (Option<Transit>, Option<Transit>) {
        let (left, spread) = leg.up(now, size.wire_bytes);
        let transit = |jitter| Transit { at: left + leg.crossing(Direction::Up, jitter, now) + self.backbone, spread };
        let mut first = transit(Draw::Jitter);
        match self.transport {
            Transport::Stream => {
                let late = first.at + leg.repair(Direction::Up, size.packets, self.round_trip, now);
                self.last_transit = self.last_transit.max(late);
                first.at = self.last_transit;
                (Some(first), None)
            }
            Transport::Datagram { loss, duplicate } => {
                let draw = |draw| luck::of_path(self.seed, self.node, self.peer, draw, now);
                let lost = leg.loses(Direction::Up, size.packets, now) || draw(Draw::Drop) < loss;
                let copy = (draw(Draw::Copy) < duplicate).then(|| transit(Draw::CopyJitter));
                ((!lost).then_some(first), copy)
            }
        }
    }

    /// A message from the peer comes to the receiver's leg: when it arrives, unless a datagram is lost there.
    pub fn receive(&mut self, leg: &mut Access, transit: Transit, size: Size) -> Option<Time> {
        let Transit { at, spread } = transit;
        let arrival = leg.down(at, spread, size.wire_bytes) + leg.crossing(Direction::Down, Draw::Jitter, at);
        match self.transport {
            Transport::Stream => {
                let late = arrival + leg.repair(Direction::Down, size.packets, self.round_trip, at);
                self.last_arrival = self.last_arrival.max(late);
                Some(self.last_arrival)
            }
            Transport::Datagram { .. } => (!leg.loses(Direction::Down, size.packets, at)).then_some(arrival),
        }
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
