//! A client's connection to its server, as far as its own operations are concerned.

use std::collections::btree_map;
use std::ops::Bound;
use std::time::Duration;

use super::Outbox;
use crate::node::{NodeId, OpId};
use crate::replica::{Context, LinkState};
use crate::sidecar::Sidecar;

/// Which operations went out on this connection, whether more may, and when.
pub(crate) struct Uplink {
    window: Duration,
    /// Operations may go out: the server has said which of them it has, or none was pending when the connection opened.
    open: bool,
    /// The last operation that went out on this connection.
    sent: u64,
    /// The tag of this connection's timers, which tells older ones apart.
    era: u64,
    /// A timer is set.
    armed: bool,
}

/// Operations that go out together.
pub(crate) struct Unsent<'a, T> {
    /// The client's operation that they follow.
    pub(crate) after: u64,
    /// The operations, ascending.
    pub(crate) operations: btree_map::Range<'a, u64, T>,
}

impl<T> Unsent<'_, T> {
    /// The sidecar of a message of `node` with all of them.
    pub(crate) fn sidecar(&self, node: NodeId) -> Sidecar {
        Sidecar::ops(self.operations.clone().map(|(n, _)| OpId { client: node, n: *n }))
    }
}

impl Uplink {
    /// Not connected. Operations are collected for `window` from the first one on; zero sends each at once.
    pub(crate) fn new(window: Duration) -> Self {
        Self { window, open: false, sent: 0, era: 0, armed: false }
    }

    /// The connection opened or broke. Nothing goes out before [`Uplink::answered`] if operations are pending: the server
    /// may have them. `last` is the last own operation that it is known to have.
    pub(crate) fn link<T>(&mut self, state: LinkState, outbox: &Outbox<T>, last: u64) {
        self.era += 1;
        self.armed = false;
        (self.open, self.sent) = (state == LinkState::Up && outbox.is_empty(), last);
    }

    /// Nothing goes out until [`Uplink::answered`].
    pub(crate) fn hold(&mut self) {
        self.open = false;
    }

    /// Whether operations may go out.
    pub(crate) fn is_open(&self) -> bool {
        self.open
    }

    /// The server has answered that it has own operations up to `last`. True if that was awaited: then the operations
    /// after `last` go out.
    pub(crate) fn answered(&mut self, last: u64) -> bool {
        let awaited = !std::mem::replace(&mut self.open, true);
        if awaited {
            self.sent = last;
        }
        awaited
    }

    /// An operation is pending. True if it goes out now; else a timer is set, or the server's answer is awaited.
    pub(crate) fn ready(&mut self, cx: &mut Context<'_>) -> bool {
        if self.open && !self.window.is_zero() && !std::mem::replace(&mut self.armed, true) {
            cx.set_timer(self.window, self.era);
        }
        self.open && self.window.is_zero()
    }

    /// A timer is due. True if operations go out.
    pub(crate) fn timer(&mut self, tag: u64) -> bool {
        let current = tag == self.era;
        self.armed &= !current;
        current && self.open
    }

    /// The pending operations that did not go out on this connection and do so now; `None` if there are none. `last` is the
    /// last own operation that the server is known to have.
    pub(crate) fn unsent<'a, T>(&mut self, outbox: &'a Outbox<T>, last: u64) -> Option<Unsent<'a, T>> {
        let after = self.sent.max(last);
        let (end, _) = outbox.last_key_value().filter(|(end, _)| **end > after)?;
        self.sent = *end;
        Some(Unsent { after, operations: outbox.range((Bound::Excluded(after), Bound::Unbounded)) })
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use crate::replica::{Effect, Rng, Time};

    use super::*;

    /// Whether operations go out at once, and the timer that was set.
    fn ready(uplink: &mut Uplink) -> (bool, Option<u64>) {
        let (mut rng, mut effects) = (Rng::seed_from_u64(1), Vec::new());
        let mut cx = Context::new(NodeId(1), Time::ZERO, Time::ZERO, &mut rng, &mut effects);
        let now = uplink.ready(&mut cx);
        let tag = effects.iter().find_map(|effect| match effect {
            Effect::SetTimer { tag, .. } => Some(*tag),
            _ => None,
        });
        (now, tag)
    }

    fn outbox(numbers: &[u64]) -> Outbox<()> {
        numbers.iter().map(|n| (*n, ())).collect()
    }

    /// The operations that go out, and the one that they follow.
    fn unsent(uplink: &mut Uplink, numbers: &[u64], last: u64) -> Option<(u64, Vec<u64>)> {
        let outbox = outbox(numbers);
        uplink.unsent(&outbox, last).map(|unsent| (unsent.after, unsent.operations.map(|(n, _)| *n).collect()))
    }

    #[test]
    fn without_a_window_operations_go_out_at_once_but_not_before_the_answer() {
        let mut uplink = Uplink::new(Duration::ZERO);
        assert_eq!(ready(&mut uplink), (false, None));
        uplink.link(LinkState::Up, &outbox(&[4]), 3);
        assert_eq!(ready(&mut uplink), (false, None));
        assert!(uplink.answered(5));
        assert_eq!(ready(&mut uplink), (true, None));
        assert!(!uplink.answered(6), "no answer was awaited");
    }

    #[test]
    fn each_operation_goes_out_once_on_a_connection() {
        let mut uplink = Uplink::new(Duration::ZERO);
        uplink.link(LinkState::Up, &outbox(&[]), 3);
        assert_eq!(unsent(&mut uplink, &[4, 7], 3), Some((3, vec![4, 7])));
        assert_eq!(unsent(&mut uplink, &[4, 7], 4), None);
        assert_eq!(unsent(&mut uplink, &[7, 8], 4), Some((7, vec![8])));
        // Another client took a number under this client's name.
        assert_eq!(unsent(&mut uplink, &[10], 9), Some((9, vec![10])));
        uplink.link(LinkState::Up, &outbox(&[8, 10]), 7);
        assert!(uplink.answered(8));
        assert_eq!(unsent(&mut uplink, &[10], 8), Some((8, vec![10])));
    }

    #[test]
    fn a_window_has_one_timer_and_a_broken_connection_stops_it() {
        let mut uplink = Uplink::new(Duration::from_millis(5));
        uplink.link(LinkState::Up, &outbox(&[]), 0);
        let (now, first) = ready(&mut uplink);
        assert!(!now && first.is_some());
        assert_eq!(ready(&mut uplink), (false, None));
        assert!(uplink.timer(first.unwrap()));
        let (_, second) = ready(&mut uplink);
        uplink.link(LinkState::Up, &outbox(&[]), 0);
        assert!(!uplink.timer(second.unwrap()), "it belongs to the connection before");
        let (_, third) = ready(&mut uplink);
        uplink.hold();
        assert!(!uplink.timer(third.unwrap()), "the answer is awaited");
        assert!(uplink.answered(0) && ready(&mut uplink).1.is_some(), "the next timer is set again");
    }
}
