//! A participant's access leg in a run: its own delay, and its two queues.

use std::time::Duration;

use syncbench_strategies::replica::{NodeId, Time};

use super::leg::{Direction, Leg};
use super::luck::{self, Draw};
use super::{Profile, repair};

/// The largest packet, in bytes: a long message crosses the next leg packet by packet.
const PACKET_BYTES: u64 = 1_500;

/// One participant's leg. Everything that it sends waits in one queue, and everything that is sent to it in another, each in
/// the order in which it comes there.
#[derive(Clone, Debug)]
pub struct Access {
    leg: Leg,
    node: NodeId,
    seed: u64,
    delay: Duration,
    up_free_at: Time,
    down_free_at: Time,
}

impl Access {
    /// The leg of `node` in the run with this seed.
    pub fn new(profile: &Profile, seed: u64, node: NodeId) -> Self {
        Self {
            leg: *profile.leg(node),
            node,
            seed,
            delay: profile.delay(seed, node),
            up_free_at: Time::ZERO,
            down_free_at: Time::ZERO,
        }
    }

    /// A message is handed to the leg `now`: when its last byte is on the way, and for how long its bytes were.
    pub(super) fn up(&mut self, now: Time, wire_bytes: u64) -> (Time, Duration) {
        let takes = self.takes(Direction::Up, wire_bytes);
        self.up_free_at = self.up_free_at.max(now) + takes;
        (self.up_free_at, takes)
    }

    /// The last byte of a message comes to this leg at `at`, and its first one `spread` before: when the last byte is on
    /// the way to the participant. Packets of a long message are passed on as they come.
    pub(super) fn down(&mut self, at: Time, spread: Duration, wire_bytes: u64) -> Time {
        if self.leg.down_bits_per_s.is_none() {
            return at;
        }
        let first = Time(at.0.saturating_sub(u64::try_from(spread.as_nanos()).unwrap_or(u64::MAX)));
        let begun = self.down_free_at.max(first) + self.takes(Direction::Down, wire_bytes);
        self.down_free_at = begun.max(at + self.takes(Direction::Down, wire_bytes.min(PACKET_BYTES)));
        self.down_free_at
    }

    /// How long what is handed to the leg at `at` takes to cross it, once it is on the way.
    pub(super) fn crossing(&self, direction: Direction, jitter: Draw, at: Time) -> Duration {
        if self.leg.jitter.is_zero() {
            return self.delay;
        }
        let draw = luck::of_leg(self.seed, self.node, direction, jitter, at);
        self.delay + self.leg.jitter.mul_f64(-libm::log(1.0 - draw))
    }

    /// How much longer it takes a stream because packets are lost.
    pub(super) fn repair(&self, direction: Direction, packets: u64, round_trip: Duration, at: Time) -> Duration {
        if self.leg.loss == 0.0 {
            return Duration::ZERO;
        }
        let draw = luck::of_leg(self.seed, self.node, direction, Draw::Loss, at);
        repair::delay(draw, self.leg.loss, packets, round_trip)
    }

    /// Whether a datagram loses one of its packets here.
    pub(super) fn loses(&self, direction: Direction, packets: u64, at: Time) -> bool {
        // The same draw as for a stream: what is late there is lost here.
        self.leg.loss > 0.0
            && repair::loses(luck::of_leg(self.seed, self.node, direction, Draw::Loss, at), self.leg.loss, packets)
    }

    fn takes(&self, direction: Direction, wire_bytes: u64) -> Duration {
        let Some(bits_per_s) = self.leg.bits_per_s(direction) else { return Duration::ZERO };
        let ns = u128::from(wire_bytes) * 8 * 1_000_000_000 / u128::from(bits_per_s);
        Duration::from_nanos(u64::try_from(ns).unwrap_or(u64::MAX))
    }
}
