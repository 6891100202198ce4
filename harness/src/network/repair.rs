//! How long a stream takes to repair what is lost of a message.

use std::time::Duration;

use syncbench_strategies::replica::Time;

use super::luck::Chance;

/// What Linux adds to the smoothed round trip at least, for its retransmission timeout (`TCP_RTO_MIN`, a fifth of a second).
const LEAST_VARIANCE: Duration = Duration::from_millis(200);

/// The largest retransmission timeout of Linux (`TCP_RTO_MAX`).
const LONGEST_TIMEOUT: Duration = Duration::from_secs(120);

/// Linux gives a packet up after so many timeouts (`tcp_retries2`). By then it has waited for a quarter of an hour; here it
/// arrives after all.
const MOST_ROUNDS: u32 = 15;

/// A loss is noticed after a round trip where three packets arrive after it (RFC 5681, 3.2), and by the timeout otherwise.
const DUPLICATE_ACKS: u64 = 3;

/// How much later a message of so many packets arrives because some of them are lost, each with the probability `loss`, also
/// when it is sent again. `draw` is in [0, 1); a greater draw never means fewer losses, and with the same draw a longer
/// message loses whenever a shorter one does.
///
/// The last three packets wait for the timeout, which doubles each time (RFC 6298, 5.5); those before are repaired within a
/// round trip each time. Bandwidth that the repair takes and the smaller congestion window are left out.
pub(super) fn delay(draw: f64, loss: f64, packets: u64, round_trip: Duration) -> Duration {
    if loss <= 0.0 {
        return Duration::ZERO;
    }
    let tail = packets.min(DUPLICATE_ACKS);
    let complete = all_arrive(loss, tail, 0);
    if draw >= complete {
        let mut timeout = round_trip + LEAST_VARIANCE;
        let mut waited = Duration::ZERO;
        for _ in 0..rounds(draw, loss, tail) {
            waited += timeout;
            timeout = (timeout * 2).min(LONGEST_TIMEOUT);
        }
        return waited;
    }
    round_trip * rounds(draw / complete, loss, packets - tail)
}

/// A message whose packets may be lost, with probabilities that change over time.
#[derive(Clone, Copy, Debug)]
pub struct Repair {
    /// Its number of packets.
    pub packets: u64,
    /// The round trip, without jitter and queues.
    pub round_trip: Duration,
}

impl Repair {
    /// Whether one of its packets is lost, each with the probability `loss`, under a draw in [0, 1).
    pub fn loses(self, loss: f64, draw: f64) -> bool {
        loss > 0.0 && loses(draw, loss, self.packets)
    }

    /// How much later a stream has all of it than without losses. `leg` gives for a moment the probability that a packet is
    /// lost, and the draw that decides. The rules are those of constant losses: the last three packets wait for the
    /// timeout, which doubles each time, earlier ones for a round trip. As many are sent again as are lost on average.
    pub fn until_all_arrive(self, sent: Time, leg: impl Fn(Chance, Time) -> (f64, f64)) -> Duration {
        let Self { mut packets, round_trip } = self;
        let (mut waited, mut timeout) = (Duration::ZERO, round_trip + LEAST_VARIANCE);
        let lost = |chance, packets, at| {
            let (loss, draw) = leg(chance, at);
            (loss > 0.0 && packets > 0 && loses(draw, loss, packets)).then_some(loss)
        };
        for _ in 0..MOST_ROUNDS {
            let (at, tail) = (sent + waited, packets.min(DUPLICATE_ACKS));
            let loss = if let Some(loss) = lost(Chance::LostTail, tail, at) {
                waited += timeout;
                timeout = (timeout * 2).min(LONGEST_TIMEOUT);
                loss
            } else if let Some(loss) = lost(Chance::LostHead, packets - tail, at) {
                waited += round_trip;
                loss
            } else {
                break;
            };
            packets = ((packets as f64 * loss).ceil() as u64).max(1);
        }
        waited
    }
}

/// Whether one of these packets is lost, under the same draw.
pub(super) fn loses(draw: f64, loss: f64, packets: u64) -> bool {
    draw >= all_arrive(loss, packets, 0)
}

/// How often some of these packets have to be sent again.
fn rounds(draw: f64, loss: f64, packets: u64) -> u32 {
    (0..MOST_ROUNDS).find(|round| draw < all_arrive(loss, packets, *round)).unwrap_or(MOST_ROUNDS)
}

/// The probability that all of these packets have arrived after they were sent again so many times.
fn all_arrive(loss: f64, packets: u64, round: u32) -> f64 {
    let arrives = 1.0 - libm::pow(loss, f64::from(round + 1));
    if packets == 1 { arrives } else { libm::pow(arrives, packets as f64) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROUND_TRIP: Duration = Duration::from_millis(100);

    fn delays(loss: f64, packets: u64) -> Vec<Duration> {
        let n = 10_000;
        (0..n).map(|k| delay(f64::from(k) / f64::from(n), loss, packets, ROUND_TRIP)).collect()
    }

    fn share(delays: &[Duration], met: impl Fn(Duration) -> bool) -> f64 {
        delays.iter().filter(|delay| met(**delay)).count() as f64 / delays.len() as f64
    }

    #[test]
    fn a_message_waits_if_any_of_its_packets_is_lost() {
        for (packets, lost) in [(1, 0.1), (2, 0.19), (3, 0.271), (10, 0.651_322)] {
            let late = share(&delays(0.1, packets), |delay| delay > Duration::ZERO);
            assert!((late - lost).abs() < 0.001, "{packets}: {late}");
            let lost = (0..10_000).filter(|k| loses(f64::from(*k) / 1e4, 0.1, packets)).count() as f64 / 1e4;
            assert!((late - lost).abs() < 0.001, "{packets}: {late} {lost}");
        }
        assert_eq!(share(&delays(0.0, 10), |delay| delay > Duration::ZERO), 0.0);
    }

    #[test]
    fn the_last_packets_wait_for_timeouts_that_double_and_those_before_for_round_trips() {
        let single = delays(0.1, 1);
        for (rounds, waited_ms) in [(1, 300), (2, 900), (3, 2_100)] {
            let waits = share(&single, |delay| delay >= Duration::from_millis(waited_ms));
            assert!((waits - 0.1_f64.powi(rounds)).abs() < 0.001, "{rounds}: {waits}");
        }
        let long = delays(0.01, 100);
        let fast = share(&long, |delay| delay == ROUND_TRIP);
        let slow = share(&long, |delay| delay >= ROUND_TRIP + LEAST_VARIANCE);
        assert!((slow - 0.0297).abs() < 0.001 && (fast - 0.60).abs() < 0.02, "{slow} {fast}");
    }

    #[test]
    fn a_longer_message_loses_whenever_a_shorter_one_does() {
        let lost = |packets| delays(0.05, packets).into_iter().map(|delay| delay > Duration::ZERO).collect::<Vec<_>>();
        for (shorter, longer) in [(1, 2), (2, 3)] {
            assert!(lost(shorter).iter().zip(lost(longer)).all(|(one, other)| !one || other), "{shorter} {longer}");
        }
    }

    #[test]
    fn even_where_everything_is_lost_there_is_an_end() {
        let waited = delay(0.5, 1.0, 1, ROUND_TRIP);
        assert!(waited > Duration::from_secs(600) && waited < Duration::from_secs(1_500), "{waited:?}");
    }
}
