use super::*;
use crate::network::Leg;

const A: NodeId = NodeId(1);
const B: NodeId = NodeId(2);
const SMALL: Size = Size { wire_bytes: 100, packets: 1 };

fn lossy() -> Profile {
    let client = Leg {
        delay: (Duration::from_millis(10), Duration::from_millis(30)),
        jitter: Duration::from_millis(5),
        loss: 0.1,
        up_bits_per_s: Some(1_000_000),
        down_bits_per_s: Some(4_000_000),
        gaps: None,
    };
    Profile { client, ..Profile::constant(Duration::ZERO) }
}

/// One direction of a connection, with the legs that its messages cross.
struct Way {
    profile: Profile,
    from: Access,
    to: Access,
    sender: Link,
    receiver: Link,
}

impl Way {
    fn new(profile: Profile, transport: Transport, seed: u64, from: NodeId, to: NodeId) -> Self {
        let terms = Terms::new(&profile, transport, seed);
        Self {
            from: Access::new(&profile, seed, from),
            to: Access::new(&profile, seed, to),
            sender: Link::new(&terms, &profile, from, to),
            receiver: Link::new(&terms, &profile, to, from),
            profile,
        }
    }

    fn send(&mut self, at: Time, size: Size) -> (Option<Time>, Option<Time>) {
        let (first, second) = self.sender.send(&mut self.from, at, size, Impairment::NONE);
        let mut receive =
            |transit: Option<Transit>| self.receiver.receive(&mut self.to, transit?, size, Impairment::NONE);
        (receive(first), receive(second))
    }

    /// How long a message takes that is sent at `ms`.
    fn takes(&mut self, ms: u64, size: Size) -> Duration {
        self.send(Time::from_ms(ms), size).0.unwrap().since(Time::from_ms(ms))
    }
}

fn stream(profile: Profile) -> Way {
    Way::new(profile, Transport::Stream, 1, A, B)
}

#[test]
fn streams_keep_order_and_lose_nothing() {
    let mut way = stream(lossy());
    let arrivals: Vec<_> = (0..500).map(|ms| way.send(Time::from_ms(ms), SMALL).0.unwrap()).collect();
    assert!(arrivals.is_sorted());
    assert!(arrivals.iter().zip(0..).any(|(at, ms)| at.since(Time::from_ms(ms)) > Duration::from_millis(200)));
}

#[test]
fn datagrams_lose_duplicate_and_reorder() {
    let mut way = Way::new(lossy(), Transport::Datagram { loss: 0.1, duplicate: 0.2 }, 1, A, B);
    let sent: Vec<_> = (0..1_000).map(|ms| way.send(Time::from_ms(ms), SMALL)).collect();
    let lost = sent.iter().filter(|(first, _)| first.is_none()).count();
    let twice = sent.iter().filter(|(_, second)| second.is_some()).count();
    // Both legs lose a tenth, the transport another one; a copy is lost on the receiver's leg only.
    assert!((220..320).contains(&lost) && (140..220).contains(&twice), "{lost} {twice}");
    assert!(!sent.iter().filter_map(|(first, _)| *first).is_sorted());
}

#[test]
fn a_message_crosses_the_legs_of_both_ends() {
    let one_way = |from: u32, to: u32, profile: &Profile| {
        let mut way = Way::new(*profile, Transport::Stream, 3, NodeId(from), NodeId(to));
        way.takes(0, SMALL)
    };
    let client = Leg { delay: lossy().client.delay, ..Leg::IDEAL };
    let profile = Profile { client, ..Profile::constant(Duration::ZERO) };
    let (first, second) = (one_way(1, 0, &profile), one_way(0, 2, &profile));
    assert_ne!(first, second, "each participant draws its own delay");
    assert_eq!(one_way(0, 1, &profile), first);
    assert_eq!(one_way(1, 2, &profile), first + second);
    assert_eq!(profile.round_trip(3, A, B), (first + second) * 2);
    let constant = Profile::constant(Duration::from_millis(40));
    assert_eq!([(1, 0), (0, 2), (1, 2)].map(|(from, to)| one_way(from, to, &constant).as_millis()), [40; 3]);
}

#[test]
fn all_that_a_participant_sends_waits_in_one_queue() {
    let slow = Leg { up_bits_per_s: Some(8_000), ..Leg::IDEAL };
    let profile = Profile { client: slow, ..Profile::constant(Duration::from_millis(1)) };
    let size = Size { wire_bytes: 1_000, packets: 1 };
    let mut to_b = stream(profile);
    let mut to_c = Link::new(&Terms::new(&profile, Transport::Stream, 1), &profile, A, NodeId(3));
    let arrivals = [
        to_b.send(Time::ZERO, size).0.unwrap(),
        to_c.send(&mut to_b.from, Time::ZERO, size, Impairment::NONE).0.unwrap().at,
        to_b.send(Time::ZERO, size).0.unwrap(),
    ];
    assert_eq!(arrivals, [1_001, 2_001, 3_001].map(Time::from_ms));
}

#[test]
fn all_that_is_sent_to_a_participant_waits_in_one_queue_in_the_order_of_coming() {
    let slow = Leg { down_bits_per_s: Some(8_000), ..Leg::IDEAL };
    let profile = Profile { client: slow, ..Profile::constant(Duration::ZERO) };
    let size = Size { wire_bytes: 1_000, packets: 1 };
    let mut leg = Access::new(&profile, 1, A);
    let mut ends = [B, NodeId(3)].map(|peer| Link::new(&Terms::new(&profile, Transport::Stream, 1), &profile, A, peer));
    let mut receive = |end: usize, ms| {
        let transit = Transit { at: Time::from_ms(ms), spread: Duration::ZERO };
        ends[end].receive(&mut leg, transit, size, Impairment::NONE).unwrap()
    };
    let arrivals = [receive(0, 10), receive(1, 20), receive(0, 5_000)];
    assert_eq!(arrivals, [1_010, 2_010, 6_000].map(Time::from_ms));
}

#[test]
fn a_long_message_crosses_the_second_leg_packet_by_packet() {
    let leg = Leg { up_bits_per_s: Some(8_000_000), down_bits_per_s: Some(8_000_000), ..Leg::IDEAL };
    let profile = Profile { client: leg, ..Profile::constant(Duration::ZERO) };
    let long = Size { wire_bytes: 1_500_000, packets: 1_000 };
    // One and a half seconds for the first leg, and one more packet for the second.
    assert_eq!(stream(profile).takes(0, long), Duration::from_micros(1_501_500));
    let faster = Leg { down_bits_per_s: Some(80_000_000), ..leg };
    assert_eq!(stream(Profile { client: faster, ..profile }).takes(0, long), Duration::from_micros(1_500_150));
    let slower = Leg { down_bits_per_s: Some(800_000), ..leg };
    assert_eq!(stream(Profile { client: slower, ..profile }).takes(0, long), Duration::from_secs(15));
}

#[test]
fn what_is_sent_at_the_same_time_meets_the_same_luck() {
    // Without queues and order, which are not luck.
    let apart = |mut way: Way, times: &[u64]| {
        times.iter().map(|ms| (*ms, way.send(Time::from_ms(*ms), SMALL).0)).collect::<Vec<_>>()
    };
    let often: Vec<u64> = (0..2_000).collect();
    let seldom: Vec<u64> = (0..2_000).filter(|ms| ms % 7 == 3).collect();
    let mut profile = lossy();
    (profile.client.up_bits_per_s, profile.client.down_bits_per_s) = (None, None);
    let datagram = || Way::new(profile, Transport::Datagram { loss: 0.1, duplicate: 0.0 }, 1, A, B);
    let (often, seldom) = (apart(datagram(), &often), apart(datagram(), &seldom));
    assert!(seldom.iter().all(|sent| often.contains(sent)));
    assert!(seldom.iter().any(|(_, arrival)| arrival.is_none()));
}

#[test]
fn luck_has_the_distribution_of_the_profile() {
    let mut profile = lossy();
    (profile.client.up_bits_per_s, profile.client.down_bits_per_s) = (None, None);
    // To the server, so that one leg draws; far apart, so that nothing waits for the message before.
    let mut way = Way::new(profile, Transport::Stream, 5, A, NodeId::SERVER);
    let base = way.profile.delay(5, A);
    let n = 20_000;
    let extra: Vec<Duration> = (0..n).map(|k| way.takes(k * 20_000, SMALL) - base).collect();
    let timeout = way.profile.round_trip(5, A, NodeId::SERVER) + Duration::from_millis(200);
    let late = extra.iter().filter(|extra| **extra >= timeout).count() as f64 / n as f64;
    assert!((late - 0.1).abs() < 0.01, "{late}");
    let in_time: Vec<f64> =
        extra.iter().filter(|extra| **extra < timeout).map(|extra| extra.as_secs_f64() * 1e3).collect();
    let mean = in_time.iter().sum::<f64>() / in_time.len() as f64;
    assert!((mean - 5.0).abs() < 0.2, "{mean}");
}

#[test]
fn the_directions_of_a_leg_share_its_delay_and_not_its_luck() {
    let profile = lossy();
    let mut there = Way::new(profile, Transport::Stream, 3, A, B);
    let mut back = Way::new(profile, Transport::Stream, 3, B, A);
    assert_eq!(there.profile.delay(3, A), back.profile.delay(3, A));
    assert_ne!(there.takes(0, SMALL), back.takes(0, SMALL));
}
