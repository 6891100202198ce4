//! A client's connection to its server, as far as its own operations are concerned.

use std::collections::btree_map;
use std::ops::Bound;
use std::time::Duration;

use super::Outbox;
use crate::node::{NodeId, OpId};
use crate::replica::{Context, LinkState, Setup};
use crate::send_window::SendWindow;
use crate::sidecar::Sidecar;

/// Which operations went out on this connection, whether more may, and when.
pub(crate) struct Uplink {
    window: SendWindow,
    /// Operations may go out: the server has said which of them it has, or none was pending when the connection opened.
    open: bool,
    /// The last operation that went out on this connection.
    sent: u64,
    /// The tag of this connection's timers, which tells older ones apart.
    era: u64,
    /// The server may have operations under this client's name of which the client knows nothing.
    asks: bool,
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
    /// Not connected. What is made within `window` after a send goes out together at its end; zero sends each at once.
    pub(crate) fn new(window: Duration) -> Self {
        Self { window: SendWindow::new(window), open: false, sent: 0, era: 0, asks: false }
    }

    /// The same for a client that may have been installed anew: it asks first which of its operations the server has.
    pub(crate) fn of(setup: &Setup, window: Duration) -> Self {
        Self { asks: setup.identity().install > 0, ..Self::new(window) }
    }

    /// The connection opened or broke. Nothing goes out before [`Uplink::answered`] if operations are pending: the server
    /// may have them. `last` is the last own operation that it is known to have.
    pub(crate) fn link<T>(&mut self, state: LinkState, outbox: &Outbox<T>, last: u64) {
        self.reset();
        (self.open, self.sent) = (state == LinkState::Up && outbox.is_empty() && !self.asks, last);
    }

    /// The connection opened or broke, and nothing goes out before [`Uplink::answered`] in any case.
    pub(crate) fn reset(&mut self) {
        self.era += 1;
        (self.open, self.window) = (false, SendWindow::new(self.window.span()));
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
        self.asks = false;
        if awaited {
            self.sent = last;
        }
        awaited
    }

    /// Something is pending. True if it goes out now; else a timer is set for the end of the window, or the server's answer
    /// is awaited.
    pub(crate) fn ready(&mut self, cx: &mut Context<'_>) -> bool {
        self.open && self.window.ready(self.era, cx)
    }

    /// A timer is due. True if what is pending goes out.
    pub(crate) fn timer(&mut self, tag: u64, cx: &mut Context<'_>) -> bool {
        let current = tag == self.era;
        if current {
            self.window.rings();
        }
        current && self.ready(cx)
    }

    /// Something goes out: a window begins.
    pub(crate) fn sends(&mut self, cx: &Context<'_>) {
        self.window.opens(cx);
    }

    /// The pending operations that did not go out on this connection and do so now; `None` if there are none. `last` is the
    /// last own operation that the server is known to have.
    pub(crate) fn unsent<'a, T>(
        &mut self,
        outbox: &'a Outbox<T>,
        last: u64,
        cx: &Context<'_>,
    ) -> Option<Unsent<'a, T>> {
        let after = self.sent.max(last);
        let (end, _) = outbox.last_key_value().filter(|(end, _)| **end > after)?;
        self.sent = *end;
        self.sends(cx);
        Some(Unsent { after, operations: outbox.range((Bound::Excluded(after), Bound::Unbounded)) })
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use crate::replica::{Effect, Rng, Time};

    use super::*;

    /// A call at `ms`: its result, and the wait and the tag of the timer that it set.
    fn at<R>(ms: u64, call: impl FnOnce(&mut Context<'_>) -> R) -> (R, Option<(u64, u64)>) {
        let (mut rng, mut effects) = (Rng::seed_from_u64(1), Vec::new());
        let result = call(&mut Context::new(NodeId(1), Time::from_ms(ms), Time::ZERO, &mut rng, &mut effects));
        let timer = effects.iter().find_map(|effect| match effect {
            Effect::SetTimer { after, tag } => Some((after.as_millis() as u64, *tag)),
            _ => None,
        });
        (result, timer)
    }

    /// Whether operations go out at once, and whether a timer was set.
    fn ready(uplink: &mut Uplink) -> (bool, Option<(u64, u64)>) {
        at(0, |cx| uplink.ready(cx))
    }

    fn outbox(numbers: &[u64]) -> Outbox<()> {
        numbers.iter().map(|n| (*n, ())).collect()
    }

    /// The operations that go out, and the one that they follow.
    fn unsent(uplink: &mut Uplink, numbers: &[u64], last: u64) -> Option<(u64, Vec<u64>)> {
        let outbox = outbox(numbers);
        at(0, |cx| uplink.unsent(&outbox, last, cx))
            .0
            .map(|unsent| (unsent.after, unsent.operations.map(|(n, _)| *n).collect()))
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
    fn the_first_goes_at_once_and_the_rest_at_the_end_of_the_window() {
        let mut uplink = Uplink::new(Duration::from_millis(50));
        uplink.link(LinkState::Up, &outbox(&[]), 0);
        let send = |uplink: &mut Uplink, ms: u64| at(ms, |cx| (uplink.ready(cx)).then(|| uplink.sends(cx)).is_some());
        assert_eq!(send(&mut uplink, 1000), (true, None));
        let (now, timer) = send(&mut uplink, 1020);
        let Some((30, tag)) = timer else { panic!("{timer:?}") };
        assert_eq!((now, send(&mut uplink, 1040)), (false, (false, None)), "one timer for all");
        assert_eq!(at(1050, |cx| uplink.timer(tag, cx)), (true, None));
        at(1050, |cx| uplink.sends(cx));
        // That was a send, and its window lasts until 1100.
        assert_eq!(send(&mut uplink, 1060), (false, Some((40, tag))));
        assert_eq!(at(1100, |cx| uplink.timer(tag, cx)), (true, None));
        at(1100, |cx| uplink.sends(cx));
        assert_eq!(send(&mut uplink, 1150), (true, None), "no window is open, and no timer ran for it");
    }

    #[test]
    fn a_broken_connection_ends_the_window() {
        let mut uplink = Uplink::new(Duration::from_millis(5));
        uplink.link(LinkState::Up, &outbox(&[]), 0);
        at(0, |cx| uplink.sends(cx));
        let Some((5, first)) = ready(&mut uplink).1 else { panic!("a timer") };
        uplink.link(LinkState::Up, &outbox(&[]), 0);
        assert_eq!(at(5, |cx| uplink.timer(first, cx)), (false, None), "it belongs to the connection before");
        assert_eq!(at(1, |cx| uplink.ready(cx)), (true, None));
        at(1, |cx| uplink.sends(cx));
        let Some((4, second)) = at(2, |cx| uplink.ready(cx)).1 else { panic!("a timer") };
        uplink.hold();
        assert_eq!(at(6, |cx| uplink.timer(second, cx)), (false, None), "the answer is awaited");
        assert!(uplink.answered(0) && at(6, |cx| uplink.ready(cx)).0);
    }
}
