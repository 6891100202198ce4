//! One direction of a link: from a message sent to the moments at which it arrives.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use syncbench_strategies::replica::{NodeId, Rng, Time};

use super::Profile;
use crate::rng::{stream, unit};

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

/// What a payload takes on the wire, envelope included.
pub fn wire_bytes(transport: Transport, from: NodeId, payload: u64) -> u64 {
    payload + envelope_bytes(transport, from != NodeId::SERVER, payload)
}

/// Bytes around a payload: IPv4 (20), TCP (20) and a TLS 1.3 record (5 header, 1 type, 16 tag), a WebSocket header of 2, 4
/// or 10 and, from a client, its mask of 4 (RFC 6455). For datagrams: IPv4 (20), UDP (8), DTLS 1.3 (4 header, 1 type, 16 tag).
/// Each further packet of 1,440 bytes brings its IP and transport headers again.
fn envelope_bytes(transport: Transport, from_client: bool, payload: u64) -> u64 {
    let packets = payload / 1_440;
    match transport {
        Transport::Stream => {
            let header = if payload < 126 {
                2
            } else if payload < 65_536 {
                4
            } else {
                10
            };
            62 + header + if from_client { 4 } else { 0 } + packets * 40
        }
        Transport::Datagram { .. } => 49 + packets * 49,
    }
}

/// One direction of a link.
#[derive(Clone, Debug)]
pub struct Link {
    profile: Profile,
    transport: Transport,
    base: Duration,
    rng: Rng,
    /// When the wire is free for the next message.
    free_at: Time,
    /// When the last message arrives: a stream's next one cannot come before.
    last_arrival: Time,
}

impl Link {
    /// The link from `from` to `to`. Both directions of a pair share their base delay.
    pub fn new(profile: Profile, transport: Transport, seed: u64, from: NodeId, to: NodeId) -> Self {
        let (low, high) = (from.0.min(to.0), from.0.max(to.0));
        let share = unit(&mut stream(seed, "base delay", low.into(), high.into()));
        let base = profile.base.0 + (profile.base.1 - profile.base.0).mul_f64(share);
        let rng = stream(seed, "delay", from.0.into(), to.0.into());
        Self { profile, transport, base, rng, free_at: Time::ZERO, last_arrival: Time::ZERO }
    }

    /// What this link promises.
    pub fn transport(&self) -> Transport {
        self.transport
    }

    /// When a message of `wire_bytes` that is sent `now` arrives: once, twice, or (datagrams only) never.
    ///
    /// Every message takes the same number of draws, so the k-th message meets the same luck whatever was sent before it.
    pub fn send(&mut self, now: Time, wire_bytes: u64) -> (Option<Time>, Option<Time>) {
        let [jitter, loss, duplicate, second] = std::array::from_fn(|_| unit(&mut self.rng));
        let start = self.free_at.max(now);
        if let Some(bandwidth) = self.profile.bandwidth_bits_per_s {
            self.free_at = start + Duration::from_secs_f64(wire_bytes as f64 * 8.0 / bandwidth);
        } else {
            self.free_at = start;
        }
        let delay = |draw: f64| self.base + self.profile.jitter.mul_f64(-libm::log(1.0 - draw));
        let arrival = self.free_at + delay(jitter);
        match self.transport {
            Transport::Stream => {
                let lost = loss < self.profile.loss;
                let arrival = if lost { arrival + self.profile.retransmission } else { arrival };
                self.last_arrival = self.last_arrival.max(arrival);
                (Some(self.last_arrival), None)
            }
            Transport::Datagram { loss: more, duplicate: share } => {
                let lost = loss < self.profile.loss + more;
                let copy = (duplicate < share).then(|| self.free_at + delay(second));
                ((!lost).then_some(arrival), copy)
            }
        }
    }

    /// The connection broke or begins anew: nothing sent before delays what is sent from now on.
    pub fn reset(&mut self, now: Time) {
        self.free_at = now;
        self.last_arrival = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: NodeId = NodeId(1);
    const B: NodeId = NodeId(2);

    fn lossy() -> Profile {
        Profile {
            base: (Duration::from_millis(10), Duration::from_millis(30)),
            jitter: Duration::from_millis(5),
            loss: 0.1,
            retransmission: Duration::from_millis(200),
            bandwidth_bits_per_s: Some(1e6),
        }
    }

    #[test]
    fn streams_keep_order_and_lose_nothing() {
        let mut link = Link::new(lossy(), Transport::Stream, 1, A, B);
        let arrivals: Vec<_> = (0..500).map(|n| link.send(Time::from_ms(n), 100).0.unwrap()).collect();
        assert!(arrivals.is_sorted());
        assert!(arrivals.iter().zip(0..).any(|(at, n)| at.since(Time::from_ms(n)) > Duration::from_millis(200)));
    }

    #[test]
    fn datagrams_lose_duplicate_and_reorder() {
        let transport = Transport::Datagram { loss: 0.1, duplicate: 0.2 };
        let mut link = Link::new(lossy(), transport, 1, A, B);
        let sent: Vec<_> = (0..1000).map(|n| link.send(Time::from_ms(n), 100)).collect();
        let lost = sent.iter().filter(|(first, _)| first.is_none()).count();
        let twice = sent.iter().filter(|(_, second)| second.is_some()).count();
        assert!((150..250).contains(&lost) && (150..250).contains(&twice), "{lost} {twice}");
        assert!(!sent.iter().filter_map(|(first, _)| *first).is_sorted());
    }

    #[test]
    fn bandwidth_queues_messages() {
        let profile = Profile { bandwidth_bits_per_s: Some(8e3), ..Profile::constant(Duration::from_millis(1)) };
        let mut link = Link::new(profile, Transport::Stream, 1, A, B);
        let arrivals: Vec<_> = (0..3).map(|_| link.send(Time::ZERO, 1000).0.unwrap()).collect();
        assert_eq!(arrivals, [1001, 2001, 3001].map(Time::from_ms));
    }

    #[test]
    fn both_directions_share_the_base_delay_and_not_the_luck() {
        let (mut there, mut back) =
            (Link::new(lossy(), Transport::Stream, 3, A, B), Link::new(lossy(), Transport::Stream, 3, B, A));
        assert_eq!(there.base, back.base);
        assert_ne!(there.send(Time::ZERO, 0), back.send(Time::ZERO, 0));
    }
}
