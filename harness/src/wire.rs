//! One end of a connection between two nodes, without input or output.
//!
//! A wire decides what becomes of a message: when it comes to the receiver's leg, when it arrives, whether it is held back,
//! whether it is lost. An engine moves what the wire hands it, and tells the wire when the connection opens, breaks or is
//! blocked. A connection is known by the moment at which it opens, which both ends compute alike. A message of an older
//! connection is lost; one of a newer connection waits until this end has opened it too.

use std::collections::VecDeque;
use std::sync::Arc;

use syncbench_strategies::replica::{NodeId, Time};
use syncbench_strategies::sidecar::Sidecar;

use crate::network::{Access, Impairment, Link, Passing, Size, Transit, Transport, packets, wire_bytes};

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
    /// On its way to the receiver's leg.
    transit: Transit,
    size: Size,
    /// When its connection opened, by the sender.
    epoch: Time,
    /// Whether the network has damaged it.
    damaged: bool,
    /// Whether its stream breaks when it arrives.
    breaks: bool,
    /// The faults that have touched it.
    touched_by: TouchedBy,
}

/// The faults of a run that have touched a message, so that each counts it once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TouchedBy(u64);

impl TouchedBy {
    /// Notes the fault at this place; false where it had touched the message before. Those far down the list share a place.
    pub fn first_time(&mut self, place: usize) -> bool {
        let bit = 1 << place.min(63);
        let first = self.0 & bit == 0;
        self.0 |= bit;
        first
    }
}

impl Parcel {
    /// When it comes to the receiver's leg.
    pub fn reaches(&self) -> Time {
        self.transit.at
    }

    /// Whether the network has damaged it: a replica's complaint about it is no replica's fault.
    pub fn is_damaged(&self) -> bool {
        self.damaged
    }
}

/// What becomes of a message that is sent.
#[derive(Debug)]
pub struct Sent {
    /// What it takes on the wire.
    pub wire_bytes: u64,
    /// The message; `None` where it is lost.
    pub original: Option<Parcel>,
    /// A second copy that the network makes.
    pub copy: Option<Parcel>,
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
    /// It is lost, and with it the stream over which it came.
    Broken,
}

/// One end of a connection. A large group has a million of them, each as long as a line of the processor's cache: what is
/// seldom there lies elsewhere.
#[derive(Debug)]
#[repr(align(64))]
pub struct Wire {
    link: Link,
    /// When the connection opened last, or would have opened had it not broken before; if it ever did.
    epoch: Time,
    has_epoch: bool,
    up: bool,
    /// Messages from the peer do not get through.
    blocked: bool,
    rest: Option<Box<Rest>>,
}

const _: () = assert!(size_of::<Wire>() == 64, "a line of the cache");

/// What most wires are without most of the time.
#[derive(Debug, Default)]
struct Rest {
    /// When the connection opens, while that is under way.
    opening: Option<Time>,
    /// From the peer, in order.
    held: VecDeque<Parcel>,
    /// From the peer, of a connection that is not open here yet.
    early: Vec<Parcel>,
}

impl Wire {
    /// One end of a connection that is down.
    pub fn new(link: Link) -> Self {
        Self { link, epoch: Time::ZERO, has_epoch: false, up: false, blocked: false, rest: None }
    }

    /// The node at this end.
    pub fn node(&self) -> NodeId {
        self.link.node()
    }

    /// The node at the other end.
    pub fn peer(&self) -> NodeId {
        self.link.peer()
    }

    /// Whether the connection is up.
    pub fn is_up(&self) -> bool {
        self.up
    }

    /// Whether the connection is up or will be: its messages can get through, as far as this end knows.
    pub fn is_connecting(&self) -> bool {
        self.up || self.rest.as_ref().is_some_and(|rest| rest.opening.is_some())
    }

    /// How many messages wait here.
    pub fn waiting(&self) -> u64 {
        self.rest.as_ref().map_or(0, |rest| rest.held.len() + rest.early.len()) as u64
    }

    fn rest(&mut self) -> &mut Rest {
        self.rest.get_or_insert_default()
    }

    fn epoch(&self) -> Option<Time> {
        self.has_epoch.then_some(self.epoch)
    }

    /// Sends a message to the peer over this node's `leg`, where faults do to it what `impair` says.
    pub fn send(
        &mut self,
        leg: &mut Access,
        now: Time,
        bytes: Arc<[u8]>,
        sidecar: Arc<Sidecar>,
        impair: impl FnOnce(&Passing, &mut TouchedBy) -> Impairment,
    ) -> Sent {
        let payload = bytes.len() as u64;
        let size =
            Size { wire_bytes: wire_bytes(self.link.transport(), self.node(), payload), packets: packets(payload) };
        let Some(epoch) = self.epoch().filter(|_| self.up) else {
            return Sent { wire_bytes: size.wire_bytes, original: None, copy: None };
        };
        let mut touched_by = TouchedBy::default();
        let impairment = impair(&self.link.leaving(now, size), &mut touched_by);
        let (first, second) = self.link.send(leg, now, size, impairment);
        let (from, to) = (self.node(), self.peer());
        let Impairment { breaks, damaged, .. } = impairment;
        let damaged = damaged && !bytes.is_empty();
        let bytes = if damaged { self.link.damage(&bytes, now) } else { bytes };
        let parcel = |transit| Parcel {
            from,
            to,
            sent: now,
            bytes: bytes.clone(),
            sidecar: sidecar.clone(),
            transit,
            size,
            epoch,
            damaged,
            breaks,
            touched_by,
        };
        Sent { wire_bytes: size.wire_bytes, original: first.map(parcel), copy: second.map(parcel) }
    }

    /// Takes in a message that will come to this node's leg, and gives it back unless it has to wait until this end has
    /// opened its connection.
    pub fn expect(&mut self, parcel: Parcel) -> Option<Parcel> {
        if self.epoch() < Some(parcel.epoch) {
            self.rest().early.push(parcel);
            return None;
        }
        Some(parcel)
    }

    /// A message from the peer comes to this node's `leg`, where faults do to it what `impair` says: when it arrives, unless
    /// it is lost there.
    pub fn reach(
        &mut self,
        leg: &mut Access,
        parcel: &mut Parcel,
        impair: impl FnOnce(&Passing, &mut TouchedBy) -> Impairment,
    ) -> Option<Time> {
        let impairment = impair(&self.link.coming(parcel.transit, parcel.size), &mut parcel.touched_by);
        self.link.receive(leg, parcel.transit, parcel.size, impairment)
    }

    /// A message from the peer arrives.
    pub fn arrive(&mut self, parcel: Parcel) -> Arrival {
        if !self.up || self.epoch() != Some(parcel.epoch) {
            return Arrival::Lost;
        }
        match (self.blocked, self.link.transport()) {
            (false, Transport::Stream) if parcel.breaks => Arrival::Broken,
            (false, _) => Arrival::Delivered(parcel),
            (true, Transport::Stream) => {
                self.rest().held.push_back(parcel);
                Arrival::Held
            }
            (true, Transport::Datagram { .. }) => Arrival::Lost,
        }
    }

    /// The connection will open at `at`, unless it breaks before.
    pub fn connect(&mut self, at: Time) {
        self.rest().opening = Some(at);
    }

    /// The connection opens, if it is the one that was to open at `at`. Gives back what the peer has sent over it already.
    pub fn open(&mut self, at: Time) -> Option<Vec<Parcel>> {
        let rest = self.rest.as_mut().filter(|rest| rest.opening == Some(at))?;
        rest.opening = None;
        self.up = true;
        Some(self.begin(Some(at)))
    }

    /// The connection breaks, or will not open. What it had held back or still expected is lost; `None` where it was neither
    /// up nor about to open. The flag tells whether it was up.
    pub fn break_off(&mut self) -> Option<(bool, Vec<Parcel>)> {
        let was_up = std::mem::take(&mut self.up);
        let opening = self.rest.as_mut().and_then(|rest| rest.opening.take());
        if !was_up && opening.is_none() {
            return None;
        }
        let mut lost: Vec<Parcel> = self.rest.as_mut().map_or(Vec::new(), |rest| std::mem::take(&mut rest.held).into());
        // The peer may have opened it and sent something.
        lost.extend(self.begin(opening.or(self.epoch())));
        Some((was_up, lost))
    }

    /// From now on what counts is the connection that opens at `epoch`.
    fn begin(&mut self, epoch: Option<Time>) -> Vec<Parcel> {
        (self.has_epoch, self.epoch) = (epoch.is_some(), epoch.unwrap_or_default());
        self.link.reset();
        let Some(rest) = &mut self.rest else { return Vec::new() };
        let (later, now) = std::mem::take(&mut rest.early).into_iter().partition(|parcel| Some(parcel.epoch) > epoch);
        rest.early = later;
        if rest.opening.is_none() && rest.held.is_empty() && rest.early.is_empty() {
            self.rest = None;
        }
        now
    }

    /// Messages from the peer get through from now on, or do not. What was held back arrives at once, in order and before
    /// anything that comes later.
    pub fn set_blocked(&mut self, blocked: bool) -> VecDeque<Parcel> {
        self.blocked = blocked;
        match &mut self.rest {
            Some(rest) if !blocked => std::mem::take(&mut rest.held),
            _ => VecDeque::new(),
        }
    }
}

#[cfg(test)]
mod tests;
