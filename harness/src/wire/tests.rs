use std::time::Duration;

use super::*;
use crate::network::{Profile, Terms};

const PROFILE: fn() -> Profile = || Profile::constant(Duration::from_millis(10));

/// One end with its node's leg.
struct End {
    wire: Wire,
    leg: Access,
}

impl End {
    fn new(transport: Transport, node: NodeId, peer: NodeId) -> Self {
        let link = Link::new(&Terms::new(&PROFILE(), transport, 1), &PROFILE(), node, peer);
        Self { wire: Wire::new(link), leg: Access::new(&PROFILE(), 1, node) }
    }

    fn send(&mut self, text: &str) -> Sent {
        self.send_impaired(text, Impairment::NONE)
    }

    fn send_impaired(&mut self, text: &str, impairment: Impairment) -> Sent {
        let sidecar = Arc::new(Sidecar::none());
        self.wire.send(&mut self.leg, Time::ZERO, Arc::from(text.as_bytes()), sidecar, |_, _| impairment)
    }

    fn parcel(&mut self, text: &str) -> Parcel {
        self.send(text).original.unwrap()
    }

    fn open(&mut self, ms: u64) -> Option<Vec<Parcel>> {
        self.wire.connect(Time::from_ms(ms));
        self.wire.open(Time::from_ms(ms))
    }

    fn delivered(&mut self, parcel: Parcel) -> Option<String> {
        match self.wire.arrive(parcel) {
            Arrival::Delivered(parcel) => texts([parcel]).pop(),
            Arrival::Held | Arrival::Lost | Arrival::Broken => None,
        }
    }
}

fn ends(transport: Transport) -> (End, End) {
    (End::new(transport, NodeId(1), NodeId(2)), End::new(transport, NodeId(2), NodeId(1)))
}

fn connected(transport: Transport) -> (End, End) {
    let (mut one, mut other) = ends(transport);
    assert!(one.open(0).is_some() && other.open(0).is_some());
    (one, other)
}

fn texts(parcels: impl IntoIterator<Item = Parcel>) -> Vec<String> {
    parcels.into_iter().map(|parcel| String::from_utf8(parcel.bytes.to_vec()).unwrap()).collect()
}

#[test]
fn a_message_comes_to_the_other_leg_and_arrives() {
    let (mut one, mut other) = connected(Transport::Stream);
    let Sent { original, copy, wire_bytes } = one.send("a");
    let mut parcel = original.unwrap();
    assert_eq!((parcel.reaches(), parcel.from, parcel.to), (Time::from_ms(10), NodeId(1), NodeId(2)));
    assert!(copy.is_none() && wire_bytes > 1);
    let arrives = other.wire.reach(&mut other.leg, &mut parcel, |_, _| Impairment::NONE);
    assert_eq!(arrives, Some(Time::from_ms(10)));
    assert_eq!(other.delivered(parcel).as_deref(), Some("a"));
}

#[test]
fn what_is_sent_while_the_connection_is_down_is_lost() {
    let (mut one, mut other) = ends(Transport::Stream);
    assert!(!one.wire.is_up() && one.send("a").original.is_none());
    one.wire.connect(Time::from_ms(5));
    assert!(one.wire.is_connecting() && one.send("a").original.is_none());
    one.wire.open(Time::from_ms(5));
    let early = one.parcel("b");
    assert!(matches!(other.wire.arrive(early), Arrival::Lost));
}

#[test]
fn what_was_sent_before_a_break_is_lost_after_it() {
    let (mut one, mut other) = connected(Transport::Stream);
    let old = one.parcel("old");
    for end in [&mut one, &mut other] {
        assert!(end.wire.break_off().unwrap().0);
        assert!(end.open(2).unwrap().is_empty());
    }
    let new = one.parcel("new");
    assert!(matches!(other.wire.arrive(old), Arrival::Lost));
    assert_eq!(other.delivered(new).as_deref(), Some("new"));
}

#[test]
fn a_break_ends_an_attempt_to_connect() {
    let (mut one, _) = ends(Transport::Stream);
    one.wire.connect(Time::from_ms(5));
    let (was_up, lost) = one.wire.break_off().unwrap();
    assert!(!was_up && lost.is_empty() && !one.wire.is_connecting());
    assert!(one.wire.open(Time::from_ms(5)).is_none(), "that attempt is over");
    assert!(one.wire.break_off().is_none());
    one.wire.connect(Time::from_ms(9));
    assert!(one.wire.open(Time::from_ms(5)).is_none() && one.wire.open(Time::from_ms(9)).is_some());
}

#[test]
fn what_the_peer_sent_over_an_attempt_that_broke_here_is_lost() {
    let (mut one, mut other) = ends(Transport::Stream);
    one.open(5);
    other.wire.connect(Time::from_ms(5));
    let (before, after) = (one.parcel("before"), one.parcel("after"));
    assert!(other.wire.expect(before).is_none());
    assert_eq!(texts(other.wire.break_off().unwrap().1), ["before"]);
    let after = other.wire.expect(after).unwrap();
    assert!(matches!(other.wire.arrive(after), Arrival::Lost));
    assert_eq!(other.wire.waiting(), 0);
}

#[test]
fn a_blocked_stream_holds_messages_back_in_order() {
    let (mut one, mut other) = connected(Transport::Stream);
    assert!(other.wire.set_blocked(true).is_empty());
    for text in ["a", "b"] {
        let parcel = one.parcel(text);
        assert!(matches!(other.wire.arrive(parcel), Arrival::Held));
    }
    assert_eq!(other.wire.waiting(), 2);
    let back = other.parcel("the other direction is open");
    assert!(one.delivered(back).is_some());
    assert_eq!(texts(other.wire.set_blocked(false)), ["a", "b"]);
    assert_eq!(other.wire.waiting(), 0);
}

#[test]
fn a_break_loses_what_was_held_back() {
    let (mut one, mut other) = connected(Transport::Stream);
    other.wire.set_blocked(true);
    let held = one.parcel("a");
    other.wire.arrive(held);
    assert_eq!(texts(other.wire.break_off().unwrap().1), ["a"]);
    assert!(other.wire.set_blocked(false).is_empty());
}

#[test]
fn a_blocked_datagram_link_loses_messages() {
    let (mut one, mut other) = connected(Transport::Datagram { loss: 0.0, duplicate: 0.0 });
    other.wire.set_blocked(true);
    let parcel = one.parcel("a");
    assert!(matches!(other.wire.arrive(parcel), Arrival::Lost));
}

#[test]
fn a_message_of_a_later_connection_waits_for_it() {
    let (mut one, mut other) = connected(Transport::Stream);
    let bounce = |one: &mut End, ms, text| {
        one.wire.break_off();
        one.open(ms);
        one.parcel(text)
    };
    let (second, third) = (bounce(&mut one, 20, "second"), bounce(&mut one, 40, "third"));
    for parcel in [second, third] {
        assert!(other.wire.expect(parcel).is_none());
    }
    assert_eq!(other.wire.waiting(), 2);
    assert!(other.wire.break_off().unwrap().1.is_empty());
    let early = other.open(20).unwrap();
    assert_eq!((texts(early.clone()), other.wire.waiting()), (vec!["second".to_owned()], 1));
    let parcel = other.wire.expect(early.into_iter().next().unwrap()).unwrap();
    assert_eq!(other.delivered(parcel).as_deref(), Some("second"));
}
