//! One end of a connection between two nodes, without input or output.
//!
//! A wire decides what becomes of a message: when it arrives, whether it is held back, whether it is lost. An engine moves
//! what the wire hands it, and tells the wire when the connection opens, breaks or is blocked. Both ends of a connection go
//! through the same changes, and count them as epochs: a message of an older epoch is lost, one of a newer epoch waits until
//! this end has reached it.

use std::collections::VecDeque;
use std::sync::Arc;

use syncbench_strategies::replica::{NodeId, Time};
use syncbench_strategies::sidecar::Sidecar;

use crate::network::{Link, Transport};

/// A message on its way.
#[derive(Clone, Debug)]
pub struct Parcel {
    /// The sender.
    pub from: NodeId,
    /// The receiver.
    pub to: NodeId,
    /// When it was sent.
    pub sent: Time,
    /// The payload.
    pub bytes: Arc<[u8]>,
    /// For probes, and to hold back replayed traces.
    pub sidecar: Arc<Sidecar>,
    /// The sender's epoch.
    epoch: u32,
}

/// What becomes of a message that is sent.
#[derive(Debug)]
pub struct Sent {
    /// The message and when it arrives; `None` where it is lost.
    pub original: Option<(Time, Parcel)>,
    /// A second copy that the network makes, and when it arrives.
    pub copy: Option<(Time, Parcel)>,
}

/// What becomes of a message that arrives.
#[derive(Debug)]
pub enum Arrival {
    /// The replica receives it.
    Delivered(Parcel),
    /// It is held back until the link opens.
    Held,
    /// It is lost.
    Lost,
}

/// What a change of the connection does to messages that wait here.
#[derive(Debug)]
pub struct Changed {
    /// They were held back and are lost.
    pub lost: VecDeque<Parcel>,
    /// They were early: they arrive at their time, or now if it is past.
    pub early: Vec<(Time, Parcel)>,
}

/// One end of a connection.
#[derive(Debug)]
pub struct Wire {
    /// From this node to the peer.
    link: Link,
    node: NodeId,
    peer: NodeId,
    up: bool,
    /// How often the connection has opened or broken.
    epoch: u32,
    /// Messages from the peer do not get through.
    blocked: bool,
    /// From the peer, in order.
    held: VecDeque<Parcel>,
    /// From the peer, of a later epoch, with the times at which they arrive.
    early: Vec<(Time, Parcel)>,
}

impl Wire {
    /// The end at `node` of its connection with `peer`, which is down.
    pub fn new(link: Link, node: NodeId, peer: NodeId) -> Self {
        Self { link, node, peer, up: false, epoch: 0, blocked: false, held: VecDeque::new(), early: Vec::new() }
    }

    /// Whether the connection is up.
    pub fn is_up(&self) -> bool {
        self.up
    }

    /// How many messages wait here.
    pub fn waiting(&self) -> u64 {
        (self.held.len() + self.early.len()) as u64
    }

    /// Sends a message to the peer; it takes `wire_bytes` of bandwidth.
    pub fn send(&mut self, now: Time, wire_bytes: u64, bytes: Arc<[u8]>, sidecar: Arc<Sidecar>) -> Sent {
        if !self.up {
            return Sent { original: None, copy: None };
        }
        let (first, second) = self.link.send(now, wire_bytes);
        let parcel = Parcel { from: self.node, to: self.peer, sent: now, bytes, sidecar, epoch: self.epoch };
        let copy = second.map(|at| (at, parcel.clone()));
        Sent { original: first.map(|at| (at, parcel)), copy }
    }

    /// Takes in a message that will arrive at `at`, and gives it back with that time unless it has to wait until this end
    /// has reached its epoch.
    pub fn expect(&mut self, at: Time, parcel: Parcel) -> Option<(Time, Parcel)> {
        if self.epoch < parcel.epoch {
            self.early.push((at, parcel));
            return None;
        }
        Some((at, parcel))
    }

    /// A message from the peer arrives.
    pub fn arrive(&mut self, parcel: Parcel) -> Arrival {
        if !self.up || self.epoch != parcel.epoch {
            return Arrival::Lost;
        }
        match (self.blocked, self.link.transport()) {
            (false, _) => Arrival::Delivered(parcel),
            (true, Transport::Stream) => {
                self.held.push_back(parcel);
                Arrival::Held
            }
            (true, Transport::Datagram { .. }) => Arrival::Lost,
        }
    }

    /// The connection opens or breaks; `None` where it was so before.
    pub fn set_up(&mut self, up: bool, now: Time) -> Option<Changed> {
        if self.up == up {
            return None;
        }
        self.up = up;
        self.epoch += 1;
        self.link.reset(now);
        let (later, early) = std::mem::take(&mut self.early).into_iter().partition(|(_, p)| p.epoch > self.epoch);
        self.early = later;
        Some(Changed { lost: std::mem::take(&mut self.held), early })
    }

    /// Messages from the peer get through from now on, or do not. What was held back arrives at once, in order and before
    /// anything that comes later.
    pub fn set_blocked(&mut self, blocked: bool) -> VecDeque<Parcel> {
        self.blocked = blocked;
        if blocked { VecDeque::new() } else { std::mem::take(&mut self.held) }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::network::Profile;

    const MS: u64 = 1_000_000;

    fn ends(transport: Transport) -> (Wire, Wire) {
        let profile = Profile::constant(Duration::from_millis(10));
        let end = |node, peer| Wire::new(Link::new(profile, transport, 1, node, peer), node, peer);
        (end(NodeId(1), NodeId(2)), end(NodeId(2), NodeId(1)))
    }

    fn connected(transport: Transport) -> (Wire, Wire) {
        let (mut one, mut other) = ends(transport);
        for end in [&mut one, &mut other] {
            assert!(end.set_up(true, Time::ZERO).is_some());
        }
        (one, other)
    }

    fn send(wire: &mut Wire, text: &str) -> Sent {
        wire.send(Time::ZERO, 1, Arc::from(text.as_bytes()), Arc::new(Sidecar::none()))
    }

    fn parcel(wire: &mut Wire, text: &str) -> Parcel {
        send(wire, text).original.unwrap().1
    }

    fn texts(parcels: impl IntoIterator<Item = Parcel>) -> Vec<String> {
        parcels.into_iter().map(|parcel| String::from_utf8(parcel.bytes.to_vec()).unwrap()).collect()
    }

    fn delivered(wire: &mut Wire, parcel: Parcel) -> Option<String> {
        match wire.arrive(parcel) {
            Arrival::Delivered(parcel) => texts([parcel]).pop(),
            Arrival::Held | Arrival::Lost => None,
        }
    }

    #[test]
    fn a_message_arrives_at_the_other_end() {
        let (mut one, mut other) = connected(Transport::Stream);
        let Sent { original, copy } = send(&mut one, "a");
        let (at, parcel) = original.unwrap();
        assert_eq!((at, parcel.from, parcel.to, copy.is_none()), (Time(10 * MS), NodeId(1), NodeId(2), true));
        assert_eq!(delivered(&mut other, parcel).as_deref(), Some("a"));
    }

    #[test]
    fn what_is_sent_while_the_connection_is_down_is_lost() {
        let (mut one, mut other) = ends(Transport::Stream);
        assert!(!one.is_up() && send(&mut one, "a").original.is_none());
        one.set_up(true, Time::ZERO);
        let early = parcel(&mut one, "b");
        assert!(matches!(other.arrive(early), Arrival::Lost));
    }

    #[test]
    fn what_was_sent_before_a_break_is_lost_after_it() {
        let (mut one, mut other) = connected(Transport::Stream);
        let old = parcel(&mut one, "old");
        for end in [&mut one, &mut other] {
            end.set_up(false, Time(MS));
            end.set_up(true, Time(2 * MS));
        }
        let new = parcel(&mut one, "new");
        assert!(matches!(other.arrive(old), Arrival::Lost));
        assert_eq!(delivered(&mut other, new).as_deref(), Some("new"));
    }

    #[test]
    fn a_blocked_stream_holds_messages_back_in_order() {
        let (mut one, mut other) = connected(Transport::Stream);
        assert!(other.set_blocked(true).is_empty());
        for text in ["a", "b"] {
            let parcel = parcel(&mut one, text);
            assert!(matches!(other.arrive(parcel), Arrival::Held));
        }
        assert_eq!(other.waiting(), 2);
        let mut back = parcel(&mut other, "the other direction is open");
        back.sent = Time(MS);
        assert!(delivered(&mut one, back).is_some());
        assert_eq!(texts(other.set_blocked(false)), ["a", "b"]);
        assert_eq!(other.waiting(), 0);
    }

    #[test]
    fn a_break_loses_what_was_held_back() {
        let (mut one, mut other) = connected(Transport::Stream);
        other.set_blocked(true);
        let held = parcel(&mut one, "a");
        other.arrive(held);
        assert_eq!(texts(other.set_up(false, Time(MS)).unwrap().lost), ["a"]);
        assert!(other.set_up(false, Time(MS)).is_none(), "it is down already");
        assert!(other.set_blocked(false).is_empty());
    }

    #[test]
    fn a_blocked_datagram_link_loses_messages() {
        let (mut one, mut other) = connected(Transport::Datagram { loss: 0.0, duplicate: 0.0 });
        other.set_blocked(true);
        let parcel = parcel(&mut one, "a");
        assert!(matches!(other.arrive(parcel), Arrival::Lost));
    }

    #[test]
    fn datagrams_are_lost_and_copied_by_the_network() {
        let (mut one, _) = connected(Transport::Datagram { loss: 0.2, duplicate: 0.2 });
        let sent: Vec<_> = (0..500).map(|_| send(&mut one, "a")).collect();
        let lost = sent.iter().filter(|sent| sent.original.is_none()).count();
        let copied = sent.iter().filter(|sent| sent.copy.is_some()).count();
        assert!((60..140).contains(&lost) && (60..140).contains(&copied), "{lost} {copied}");
    }

    #[test]
    fn a_message_of_a_later_epoch_waits_for_it() {
        let (mut one, mut other) = connected(Transport::Stream);
        let at = Time(10 * MS);
        let bounce = |one: &mut Wire, text| {
            one.set_up(false, Time(MS));
            one.set_up(true, Time(2 * MS));
            parcel(one, text)
        };
        let (third, fifth) = (bounce(&mut one, "third"), bounce(&mut one, "fifth"));
        for parcel in [third, fifth] {
            assert!(other.expect(at, parcel).is_none());
        }
        assert_eq!(other.waiting(), 2);
        assert!(other.set_up(false, Time(MS)).unwrap().early.is_empty());
        let early = other.set_up(true, Time(2 * MS)).unwrap().early;
        let (due, parcel) = early.into_iter().next().unwrap();
        assert_eq!((due, other.waiting()), (at, 1));
        let (_, parcel) = other.expect(due, parcel).unwrap();
        assert_eq!(delivered(&mut other, parcel).as_deref(), Some("third"));
    }
}
