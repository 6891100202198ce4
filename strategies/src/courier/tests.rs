use rand::SeedableRng;

use super::*;
use crate::replica::{Effect, Rng};

const A: NodeId = NodeId(1);
const B: NodeId = NodeId(2);

/// Runs `act` at `ms` and returns the frames that it sent and the wait of the timer that it set.
fn at(ms: u64, courier: &mut Courier, act: impl FnOnce(&mut Courier, &mut Context<'_>)) -> (Vec<Vec<u8>>, Vec<u64>) {
    let (mut rng, mut effects) = (Rng::seed_from_u64(1), Vec::new());
    act(courier, &mut Context::new(courier.me, Time::from_ms(ms), Time::from_ms(ms), &mut rng, &mut effects));
    let mut frames = Vec::new();
    let mut timers = Vec::new();
    for effect in effects {
        match effect {
            Effect::Send { bytes, .. } => frames.push(bytes.to_vec()),
            Effect::SetTimer { after, .. } => timers.push(after.as_millis() as u64),
            _ => {}
        }
    }
    (frames, timers)
}

fn pair() -> (Courier, Courier) {
    let (mut a, mut b) = (Courier::new(A), Courier::new(B));
    a.up(B);
    b.up(A);
    (a, b)
}

fn post(ms: u64, from: &mut Courier, body: &[u8]) -> Vec<u8> {
    let to = if from.me == A { B } else { A };
    at(ms, from, |courier, cx| courier.send([to], body, Sidecar::none(), cx)).0.remove(0)
}

/// What comes out of a frame at the other end.
fn take(ms: u64, to: &mut Courier, frame: &[u8]) -> Option<Vec<u8>> {
    let from = if to.me == A { B } else { A };
    let opened = to.open(from, frame).unwrap();
    let body = opened.body.map(<[u8]>::to_vec);
    at(ms, to, |courier, cx| courier.accept(from, &opened, cx));
    body
}

#[test]
fn a_duplicate_is_dropped_and_reordered_messages_are_delivered() {
    let (mut a, mut b) = pair();
    let (one, two) = (post(0, &mut a, b"one"), post(0, &mut a, b"two"));
    assert_eq!(take(5, &mut b, &two), Some(b"two".to_vec()));
    assert_eq!(take(6, &mut b, &one), Some(b"one".to_vec()));
    assert_eq!((take(7, &mut b, &two), take(7, &mut b, &one)), (None, None));
}

#[test]
fn a_number_that_arrived_twice_is_acknowledged_like_any_other() {
    let (mut a, mut b) = pair();
    let one = post(0, &mut a, b"one");
    take(5, &mut b, &one);
    let once = post(6, &mut b, b"answer").len();
    (0..3).for_each(|_| drop(take(7, &mut b, &one)));
    assert_eq!(post(8, &mut b, b"answer").len(), once);
    // Beyond a gap it is named once, too.
    let (_, three) = (post(9, &mut a, b"two"), post(9, &mut a, b"three"));
    take(10, &mut b, &three);
    let once = post(11, &mut b, b"answer").len();
    take(12, &mut b, &three);
    assert_eq!(post(13, &mut b, b"answer").len(), once);
}

#[test]
fn a_lost_message_is_sent_again_until_it_is_acknowledged() {
    let (mut a, mut b) = pair();
    post(0, &mut a, b"lost");
    assert_eq!(at(999, &mut a, Courier::tick).0.len(), 0);
    let (again, _) = at(1000, &mut a, Courier::tick);
    assert_eq!(take(1010, &mut b, &again[0]), Some(b"lost".to_vec()));
    let (answer, _) = at(1210, &mut b, Courier::tick);
    assert_eq!(take(1220, &mut a, &answer[0]), None);
    let (frames, timers) = at(9000, &mut a, Courier::tick);
    assert_eq!((frames.len(), timers.len()), (0, 0));
    let (frames, timers) = at(9000, &mut b, Courier::tick);
    assert_eq!((frames.len(), timers.len()), (0, 0));
}

#[test]
fn an_acknowledgement_rides_on_a_message_the_other_way() {
    let (mut a, mut b) = pair();
    let frame = post(0, &mut a, b"question");
    take(10, &mut b, &frame);
    let back = post(20, &mut b, b"other");
    take(30, &mut a, &back);
    // B owes no acknowledgement now, and A has nothing to send again.
    assert_eq!(at(210, &mut b, Courier::tick).0.len(), 0);
    let (frames, _) = at(1000, &mut a, Courier::tick);
    assert_eq!(frames.len(), 1, "the acknowledgement that A owes, and nothing again");
    assert_eq!(take(1010, &mut b, &frames[0]), None);
}

#[test]
fn nothing_is_sent_again_to_a_silent_peer_until_it_answers() {
    let (mut a, mut b) = pair();
    post(0, &mut a, b"lost");
    let (mut ms, mut sent) = (0, 0);
    loop {
        let (frames, timers) = at(ms, &mut a, Courier::tick);
        sent += frames.len();
        let Some(wait) = timers.first().or((ms == 0).then_some(&1000)) else { break };
        ms += wait;
        assert!(ms < 20_000, "timers end");
    }
    assert_eq!(sent, MOST_TRIES as usize);
    let new = post(ms, &mut a, b"new");
    assert_eq!(at(ms + 9000, &mut a, Courier::tick).0.len(), 0);
    take(ms + 9000, &mut b, &new);
    let answer = post(ms + 9000, &mut b, b"here");
    take(ms + 9010, &mut a, &answer);
    let (frames, _) = at(ms + 9010, &mut a, Courier::tick);
    assert_eq!(take(ms + 9020, &mut b, &frames[0]), Some(b"lost".to_vec()));
}

#[test]
fn two_peers_that_are_silent_to_each_other_recover() {
    let (mut a, mut b) = pair();
    post(0, &mut a, b"from a");
    post(0, &mut b, b"from b");
    for courier in [&mut a, &mut b] {
        (1..30).for_each(|second| drop(at(second * 1000, courier, Courier::tick)));
    }
    let new = post(30_000, &mut a, b"new");
    let opened = b.open(A, &new).unwrap();
    let (probe, _) = at(30_000, &mut b, |courier, cx| courier.accept(A, &opened, cx));
    assert_eq!(take(30_010, &mut a, &probe[0]), Some(b"from b".to_vec()));
    let (again, _) = at(30_010, &mut a, Courier::tick);
    assert_eq!(take(30_020, &mut b, &again[0]), Some(b"from a".to_vec()));
    assert!(b.ends[&A].unanswered.is_empty());
}

#[test]
fn damaged_and_misdirected_frames_are_protocol_errors() {
    let (mut a, mut b) = pair();
    b.up(NodeId(3));
    let frame = post(0, &mut a, b"body");
    for index in 0..frame.len() {
        let mut damaged = frame.clone();
        damaged[index] ^= 1;
        assert!(b.open(A, &damaged).is_err());
    }
    assert!(b.open(NodeId(3), &frame).is_err() && b.open(NodeId(4), &frame).is_err() && b.open(A, &[]).is_err());
    assert!(b.open(A, &frame).is_ok());
}
