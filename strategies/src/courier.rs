//! Messages that arrive once over links that lose, duplicate and reorder them, for strategies whose own protocol has to.
//!
//! Every body is numbered per connection, kept until the peer has acknowledged it, and sent again when that takes too
//! long. A duplicate is dropped; a body that overtakes others is delivered as it comes. Acknowledgements ride on
//! messages the other way, and go alone only if there are none for a while. Timers run only while an acknowledgement is
//! owed on either side, so an idle group is quiescent. To a peer that does not answer for some ten seconds, though its
//! connection is open, nothing is sent again by the clock until it answers; one body is sent whenever a frame arrives
//! from it. The wait before sending again follows the round trips that were measured (RFC 6298). A checksum keyed by
//! the two ends stands in for the authentication that such protocols have; a frame that fails it changes nothing.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::prefix_set::Prefix;
use crate::replica::{Context, NodeId, ProtocolError, Time};
use crate::sidecar::Sidecar;
use crate::wire::encode;

/// The tag of the courier's timer; a strategy's own timers have other tags.
pub(crate) const TICK: u64 = 0;

/// How long an acknowledgement waits for a message to ride on: the longest delay in Linux.
const ACK_DELAY: Duration = Duration::from_millis(200);
/// The wait before sending again while no round trip is known (RFC 6298).
const FIRST_WAIT: Duration = Duration::from_secs(1);
/// No wait is shorter: an acknowledgement may have waited on the other side.
const SHORTEST_WAIT: Duration = Duration::from_millis(400);
/// No wait is longer, however often a body was sent: a link that recovers should not find its ends asleep.
const LONGEST_WAIT: Duration = Duration::from_secs(2);
/// A peer that has not answered after a body was sent again this often is silent.
const MOST_TRIES: u32 = 8;
/// Numbers this far beyond what has arrived are invalid.
const WINDOW: u64 = 1 << 20;
const CHECKSUM: usize = size_of::<u64>();

/// The header of a body. A frame without a number only acknowledges.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Head {
    number: u64,
    /// Everything up to here has arrived.
    through: u64,
    /// And these.
    beyond: Vec<u64>,
}

/// A frame with a valid checksum.
pub(crate) struct Opened<'a> {
    head: Head,
    /// What the peer sent; `None` if the frame only acknowledges, or is a duplicate.
    pub(crate) body: Option<&'a [u8]>,
}

struct Parcel {
    body: Arc<[u8]>,
    sidecar: Arc<Sidecar>,
    sent: Time,
    tries: u32,
}

/// This side's end of a connection.
#[derive(Default)]
struct End {
    last: u64,
    unanswered: BTreeMap<u64, Parcel>,
    /// The numbers that have arrived.
    arrived: Prefix,
    /// When an acknowledgement goes at the latest, if one is owed.
    owed: Option<Time>,
    round_trip: Option<(Duration, Duration)>,
    /// The peer does not answer: nothing is sent again by the clock.
    silent: bool,
}

impl End {
    /// Takes an acknowledgement. Returns whether some of it was new.
    fn answered(&mut self, head: &Head, now: Time) -> bool {
        let rest = self.unanswered.split_off(&head.through.saturating_add(1));
        let mut done: Vec<Parcel> = std::mem::replace(&mut self.unanswered, rest).into_values().collect();
        done.extend(head.beyond.iter().filter_map(|number| self.unanswered.remove(number)));
        // For a body that was sent twice, the acknowledgement does not tell which one it is for.
        for parcel in done.iter().filter(|parcel| parcel.tries == 0) {
            self.learn(now.since(parcel.sent));
        }
        !done.is_empty()
    }

    fn learn(&mut self, took: Duration) {
        self.round_trip = Some(match self.round_trip {
            None => (took, took / 2),
            Some((mean, spread)) => ((mean * 7 + took) / 8, (spread * 3 + mean.abs_diff(took)) / 4),
        });
    }

    fn wait(&self, tries: u32) -> Duration {
        let once = self.round_trip.map_or(FIRST_WAIT, |(mean, spread)| mean + spread * 4).max(SHORTEST_WAIT);
        once.saturating_mul(1 << tries.min(8)).min(LONGEST_WAIT)
    }

    /// When something is due here next.
    fn due(&self) -> Option<Time> {
        let resend = self.unanswered.values().map(|parcel| parcel.sent + self.wait(parcel.tries)).min();
        self.owed.into_iter().chain(resend.filter(|_| !self.silent)).min()
    }

    /// A frame with everything that is owed.
    fn frame(&mut self, key: u64, number: u64, body: &[u8]) -> Vec<u8> {
        self.owed = None;
        let beyond = self.arrived.beyond().collect();
        let head = Head { number, through: self.arrived.through(), beyond };
        let mut frame = vec![0; CHECKSUM];
        frame.extend(encode(&head));
        frame.extend_from_slice(body);
        let sum = xxh3_64_with_seed(&frame[CHECKSUM..], key);
        frame[..CHECKSUM].copy_from_slice(&sum.to_le_bytes());
        frame
    }
}

/// The ends of all open connections of one replica.
pub(crate) struct Courier {
    me: NodeId,
    ends: BTreeMap<NodeId, End>,
    /// When the next timer is due.
    armed: Option<Time>,
}

impl Courier {
    pub(crate) fn new(me: NodeId) -> Self {
        Self { me, ends: BTreeMap::new(), armed: None }
    }

    /// Peers with an open connection, ascending.
    pub(crate) fn connected(&self) -> impl Iterator<Item = NodeId> {
        self.ends.keys().copied()
    }

    pub(crate) fn is_connected(&self, peer: NodeId) -> bool {
        self.ends.contains_key(&peer)
    }

    pub(crate) fn up(&mut self, peer: NodeId) {
        self.ends.insert(peer, End::default());
    }

    /// Messages in flight are forgotten: a peer that reconnects gets everything anew.
    pub(crate) fn down(&mut self, peer: NodeId) {
        self.ends.remove(&peer);
    }

    /// Sends a body to each of these peers until it has arrived. A peer that is not connected gets nothing.
    pub(crate) fn send(
        &mut self,
        to: impl IntoIterator<Item = NodeId>,
        body: impl Into<Arc<[u8]>>,
        sidecar: impl Into<Arc<Sidecar>>,
        cx: &mut Context<'_>,
    ) {
        let (body, sidecar) = (body.into(), sidecar.into());
        let mut due = None;
        for peer in to {
            let Some(end) = self.ends.get_mut(&peer) else { continue };
            if !end.silent {
                due = due.into_iter().chain([cx.now() + end.wait(0)]).min();
            }
            end.last += 1;
            let frame = end.frame(key(self.me, peer), end.last, &body);
            cx.send(peer, frame, sidecar.clone());
            let parcel = Parcel { body: body.clone(), sidecar: sidecar.clone(), sent: cx.now(), tries: 0 };
            end.unanswered.insert(end.last, parcel);
        }
        self.arm(due, cx);
    }

    /// Opens a frame without changing anything.
    pub(crate) fn open<'a>(&self, from: NodeId, bytes: &'a [u8]) -> Result<Opened<'a>, ProtocolError> {
        let end = self.ends.get(&from).ok_or_else(|| ProtocolError::Unexpected(format!("{from} is not connected")))?;
        let (sum, framed) =
            bytes.split_at_checked(CHECKSUM).ok_or_else(|| ProtocolError::malformed("shorter than its checksum"))?;
        if sum != xxh3_64_with_seed(framed, key(from, self.me)).to_le_bytes() {
            return Err(ProtocolError::malformed("the checksum is wrong"));
        }
        let (head, body): (Head, &[u8]) = postcard::take_from_bytes(framed).map_err(ProtocolError::malformed)?;
        if head.number > end.arrived.through().saturating_add(WINDOW) || head.through > end.last {
            return Err(ProtocolError::Unexpected("a number that cannot be".into()));
        }
        let fresh = head.number > 0 && !end.arrived.contains(head.number);
        Ok(Opened { head, body: fresh.then_some(body) })
    }

    /// Accepts a frame that was opened and whose body is valid.
    pub(crate) fn accept(&mut self, from: NodeId, opened: &Opened<'_>, cx: &mut Context<'_>) {
        let now = cx.now();
        let Some(end) = self.ends.get_mut(&from) else { return };
        let answers = end.answered(&opened.head, now);
        let mut due = None;
        if answers && std::mem::take(&mut end.silent) {
            // All of it is due.
            end.unanswered.values_mut().for_each(|parcel| (parcel.sent, parcel.tries) = (Time::ZERO, 1));
            due = Some(now);
        }
        if opened.head.number > 0 {
            end.arrived.insert(opened.head.number);
            let owed = *end.owed.get_or_insert(now + ACK_DELAY);
            due = due.or(Some(owed));
        }
        if end.silent
            && let Some((number, parcel)) = end.unanswered.first_key_value()
        {
            // It may receive again.
            let (number, body, sidecar) = (*number, parcel.body.clone(), parcel.sidecar.clone());
            cx.send(from, end.frame(key(self.me, from), number, &body), sidecar);
            cx.count("sent_again", 1);
        }
        self.arm(due, cx);
    }

    /// Acknowledges and sends again what is due.
    pub(crate) fn tick(&mut self, cx: &mut Context<'_>) {
        let now = cx.now();
        if self.armed.is_some_and(|at| at <= now) {
            self.armed = None;
        }
        for (peer, end) in &mut self.ends {
            let key = key(self.me, *peer);
            let late = |parcel: &Parcel, end: &End| parcel.sent + end.wait(parcel.tries) <= now;
            let late = end.unanswered.iter().filter(|(_, parcel)| late(parcel, end));
            let late: Vec<(u64, u32)> = late.map(|(number, parcel)| (*number, parcel.tries)).collect();
            if !end.silent && late.iter().any(|(_, tries)| *tries >= MOST_TRIES) {
                end.silent = true;
                cx.count("peers_silent", 1);
            }
            let again: Vec<u64> = late.into_iter().map(|(number, _)| number).filter(|_| !end.silent).collect();
            for number in again {
                let Some(mut parcel) = end.unanswered.remove(&number) else { continue };
                let frame = end.frame(key, number, &parcel.body);
                cx.send(*peer, frame, parcel.sidecar.clone());
                cx.count("sent_again", 1);
                parcel.sent = now;
                parcel.tries += 1;
                end.unanswered.insert(number, parcel);
            }
            if end.owed.is_some_and(|at| at <= now) {
                let frame = end.frame(key, 0, &[]);
                cx.send(*peer, frame, Sidecar::none());
            }
        }
        let due = self.ends.values().filter_map(End::due).min();
        self.arm(due, cx);
    }

    /// Sets a timer, unless one is due before that.
    fn arm(&mut self, due: Option<Time>, cx: &mut Context<'_>) {
        if let Some(due) = due.filter(|due| self.armed.is_none_or(|at| *due < at)) {
            self.armed = Some(due);
            cx.set_timer(due.since(cx.now()), TICK);
        }
    }
}

fn key(from: NodeId, to: NodeId) -> u64 {
    u64::from(from.0) << 32 | u64::from(to.0)
}

#[cfg(test)]
mod tests;
