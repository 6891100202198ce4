//! A participant's access leg in a run: its own delay, and its two queues.

use std::time::Duration;

use syncbench_strategies::replica::{NodeId, Time};

use super::leg::{Direction, Gaps, Leg};
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

    /// The delay of a stream by gaps in the signal and by lost packets.
    pub(super) fn repair(&self, direction: Direction, packets: u64, round_trip: Duration, at: Time) -> Duration {
        let without = self.without_signal(at);
        if self.leg.loss == 0.0 {
            return without;
        }
        let draw = luck::of_leg(self.seed, self.node, direction, Draw::Loss, at);
        without + repair::delay(draw, self.leg.loss, packets, round_trip)
    }

    /// How long it takes from `at` until there is a signal.
    fn without_signal(&self, at: Time) -> Duration {
        let Some(Gaps { share, span }) = self.leg.gaps.filter(|gaps| !gaps.span.is_zero() && gaps.share < 1.0) else {
            return Duration::ZERO;
        };
        let span_ns = u64::try_from(span.as_nanos()).unwrap_or(u64::MAX);
        let draw = |draw, at| luck::of_leg(self.seed, self.node, Direction::Up, draw, at);
        let phase_ns = (draw(Draw::GapPhase, Time::ZERO) * span_ns as f64) as u64;
        let now_ns = at.0.saturating_add(phase_ns);
        let is_gap = |place: &u64| draw(Draw::Gap, Time(place.saturating_mul(span_ns))) < share;
        let first = now_ns / span_ns;
        match (first..).find(|place| !is_gap(place)) {
            Some(good) if good > first => Duration::from_nanos(good.saturating_mul(span_ns) - now_ns),
            _ => Duration::ZERO,
        }
    }

    /// Whether a datagram loses one of its packets here.
    pub(super) fn loses(&self, direction: Direction, packets: u64, at: Time) -> bool {
        // The same draw as for a stream: what is late there is lost here.
        let lost = |loss| repair::loses(luck::of_leg(self.seed, self.node, direction, Draw::Loss, at), loss, packets);
        !self.without_signal(at).is_zero() || (self.leg.loss > 0.0 && lost(self.leg.loss))
    }

    fn takes(&self, direction: Direction, wire_bytes: u64) -> Duration {
        let Some(bits_per_s) = self.leg.bits_per_s(direction) else { return Duration::ZERO };
        let ns = u128::from(wire_bytes) * 8 * 1_000_000_000 / u128::from(bits_per_s);
        Duration::from_nanos(u64::try_from(ns).unwrap_or(u64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn access(share: f64, node: u32) -> Access {
        let gaps = Some(Gaps { share, span: Duration::from_secs(10) });
        let client = Leg { gaps, ..Leg::IDEAL };
        Access::new(&Profile { client, ..Profile::constant(Duration::ZERO) }, 3, NodeId(node))
    }

    #[test]
    fn a_leg_is_without_a_signal_for_its_share_of_the_time_and_waits_until_the_gap_ends() {
        let leg = access(0.13, 1);
        let seconds = 200_000;
        let waits: Vec<f64> = (0..seconds).map(|s| leg.without_signal(Time(s * 1_000_000_000)).as_secs_f64()).collect();
        let share = waits.iter().filter(|wait| **wait > 0.0).count() as f64 / seconds as f64;
        assert!((share - 0.13).abs() < 0.01, "{share}");
        for pair in waits.windows(2).filter(|pair| pair[1] > 0.0 && pair[0] > 0.0) {
            assert!((pair[0] - pair[1] - 1.0).abs() < 1e-6, "a gap ends at one moment: {pair:?}");
        }
        // A datagram is lost meanwhile, and not otherwise.
        let lost = (0..seconds).filter(|s| leg.loses(Direction::Down, 1, Time(s * 1_000_000_000))).count();
        assert_eq!(lost, waits.iter().filter(|wait| **wait > 0.0).count());
        let begins =
            |node| (0..seconds).find(|s| !access(0.13, node).without_signal(Time(s * 1_000_000_000)).is_zero());
        assert_ne!(begins(1), begins(2), "gaps belong to a leg");
    }

    #[test]
    fn a_leg_without_gaps_never_waits() {
        assert_eq!(access(0.0, 1).without_signal(Time(1)), Duration::ZERO);
        let ideal = Access::new(&Profile::constant(Duration::ZERO), 3, NodeId(1));
        assert_eq!(ideal.without_signal(Time(1)), Duration::ZERO);
    }
}
