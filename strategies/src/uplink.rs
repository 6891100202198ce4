//! The way from a client to its server, for clients that push what they collected.

use std::time::Duration;

use crate::replica::Context;

/// Whether own operations may go out, which did on this connection, and when the next ones do.
pub(crate) struct Uplink {
    batch: Duration,
    /// The server has said where this client stands, or there is nothing that it might have seen already.
    open: bool,
    /// The last operation that was pushed on this connection.
    pushed: u64,
    /// A timer with this tag will push; it grows with every connection, so that older timers are told apart.
    era: u64,
    armed: bool,
}

impl Uplink {
    /// Not connected. Operations are collected for `batch` from the first one on.
    pub(crate) fn new(batch: Duration) -> Self {
        Self { batch, open: false, pushed: 0, era: 0, armed: false }
    }

    /// A connection opened, `open` or held until the server has answered, or it broke and is not `open`. The operations
    /// up to `last` need not go.
    pub(crate) fn link(&mut self, open: bool, last: u64) {
        self.era += 1;
        self.armed = false;
        (self.open, self.pushed) = (open, last);
    }

    /// Nothing goes out until [`Uplink::answered`].
    pub(crate) fn hold(&mut self) {
        self.open = false;
    }

    /// The server has said where this client stands. Whether that was waited for: what follows `last` has to be pushed
    /// then.
    pub(crate) fn answered(&mut self, last: u64) -> bool {
        let waited = !std::mem::replace(&mut self.open, true);
        if waited {
            self.pushed = last;
        }
        waited
    }

    /// Something can be pushed: whether to do it now. Else a timer is set, or it goes with the answer that is waited for.
    pub(crate) fn ready(&mut self, cx: &mut Context<'_>) -> bool {
        if self.open && !self.batch.is_zero() && !std::mem::replace(&mut self.armed, true) {
            cx.set_timer(self.batch, self.era);
        }
        self.open && self.batch.is_zero()
    }

    /// Whether a timer says to push.
    pub(crate) fn rings(&mut self, tag: u64) -> bool {
        let current = tag == self.era;
        self.armed &= !current;
        current && self.open
    }

    /// The last operation that was pushed on this connection.
    pub(crate) fn pushed(&self) -> u64 {
        self.pushed
    }

    /// The operations up to `last` are pushed.
    pub(crate) fn push(&mut self, last: u64) {
        self.pushed = last;
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use crate::replica::{Effect, NodeId, Rng, Time};

    use super::*;

    /// Whether to push at once, and the timer that was set.
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

    #[test]
    fn without_a_window_operations_go_at_once_but_not_before_the_answer() {
        let mut uplink = Uplink::new(Duration::ZERO);
        assert_eq!(ready(&mut uplink), (false, None));
        uplink.link(false, 3);
        assert_eq!(ready(&mut uplink), (false, None));
        assert!(uplink.answered(5));
        assert_eq!((uplink.pushed(), ready(&mut uplink)), (5, (true, None)));
        uplink.push(7);
        assert!(!uplink.answered(6), "nobody waited");
        assert_eq!(uplink.pushed(), 7);
    }

    #[test]
    fn a_window_has_one_timer_and_a_broken_connection_stops_it() {
        let mut uplink = Uplink::new(Duration::from_millis(5));
        uplink.link(true, 0);
        let (now, first) = ready(&mut uplink);
        assert!(!now && first.is_some());
        assert_eq!(ready(&mut uplink), (false, None));
        assert!(uplink.rings(first.unwrap()));
        let (_, second) = ready(&mut uplink);
        uplink.link(true, 0);
        assert!(!uplink.rings(second.unwrap()), "of the connection before");
        let (_, third) = ready(&mut uplink);
        uplink.hold();
        assert!(!uplink.rings(third.unwrap()), "the answer is waited for");
        assert!(uplink.answered(0) && ready(&mut uplink).1.is_some(), "the next one is set again");
    }
}
