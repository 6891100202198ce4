//! When a client's own changes go out.

use std::mem;
use std::time::Duration;

use crate::replica::{Context, Time};

/// A send window with a leading edge: a change goes out at once and opens the window; those made before the window ends go
/// out together at its end, which opens the next one. A span of zero sends each change at once.
#[derive(Clone, Debug)]
pub(crate) struct SendWindow {
    span: Duration,
    /// When the window that the last send opened is over.
    ends: Time,
    /// A timer is set for that.
    armed: bool,
}

impl SendWindow {
    pub(crate) fn new(span: Duration) -> Self {
        Self { span, ends: Time::ZERO, armed: false }
    }

    /// See [`Strategy::send_window`](crate::replica::Strategy::send_window).
    pub(crate) fn span(&self) -> Duration {
        self.span
    }

    /// A change was made. True if it goes out now, with all that waits; otherwise the timer with this tag is due at the end
    /// of the window.
    #[must_use]
    pub(crate) fn change(&mut self, tag: u64, cx: &mut Context<'_>) -> bool {
        let now = self.ready(tag, cx);
        if now {
            self.opens(cx);
        }
        now
    }

    /// As [`SendWindow::change`], for a client that may have nothing to send after all: [`SendWindow::opens`] follows if it
    /// does.
    #[must_use]
    pub(crate) fn ready(&mut self, tag: u64, cx: &mut Context<'_>) -> bool {
        let left = self.ends.since(cx.now());
        if !left.is_zero() && !mem::replace(&mut self.armed, true) {
            cx.set_timer(left, tag);
        }
        left.is_zero()
    }

    /// Something goes out: the window opens.
    pub(crate) fn opens(&mut self, cx: &Context<'_>) {
        self.ends = cx.now() + self.span;
    }

    /// The timer is due. True if what waits goes out; `waits` says whether anything does.
    #[must_use]
    pub(crate) fn timer(&mut self, waits: bool, tag: u64, cx: &mut Context<'_>) -> bool {
        self.rings();
        waits && self.change(tag, cx)
    }

    /// The timer is due, before [`SendWindow::ready`] is asked again.
    pub(crate) fn rings(&mut self) {
        self.armed = false;
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;
    use crate::node::NodeId;
    use crate::replica::{Effect, Rng};

    const TAG: u64 = 7;

    /// What `call` says at `ms`, and the wait of the timer that it set.
    fn at(ms: u64, call: impl FnOnce(&mut Context<'_>) -> bool) -> (bool, Option<u64>) {
        let (mut rng, mut effects) = (Rng::seed_from_u64(1), Vec::new());
        let said = call(&mut Context::new(NodeId(1), Time::from_ms(ms), Time::ZERO, &mut rng, &mut effects));
        let timer = effects.iter().find_map(|effect| match effect {
            Effect::SetTimer { after, tag: TAG } => Some(after.as_millis() as u64),
            _ => None,
        });
        (said, timer)
    }

    #[test]
    fn the_first_change_goes_at_once_and_the_others_at_the_end() {
        let mut window = SendWindow::new(Duration::from_millis(50));
        assert_eq!(at(10, |cx| window.change(TAG, cx)), (true, None));
        assert_eq!(at(20, |cx| window.change(TAG, cx)), (false, Some(40)));
        assert_eq!(at(30, |cx| window.change(TAG, cx)), (false, None), "one timer is enough");
        assert_eq!(at(60, |cx| window.timer(true, TAG, cx)), (true, None));
        assert_eq!(at(80, |cx| window.change(TAG, cx)), (false, Some(30)), "what went out has opened the next window");
        assert_eq!(at(110, |cx| window.timer(true, TAG, cx)), (true, None));
        assert_eq!(at(160, |cx| window.change(TAG, cx)), (true, None), "that window is over");
    }

    #[test]
    fn a_timer_that_comes_too_early_or_for_nothing_sends_nothing() {
        let mut window = SendWindow::new(Duration::from_millis(50));
        assert_eq!(at(0, |cx| window.change(TAG, cx)), (true, None));
        assert_eq!(at(40, |cx| window.timer(true, TAG, cx)), (false, Some(10)));
        assert_eq!(at(50, |cx| window.timer(false, TAG, cx)), (false, None));
    }

    #[test]
    fn without_a_window_each_change_goes_at_once() {
        let mut window = SendWindow::new(Duration::ZERO);
        for _ in 0..3 {
            assert_eq!(at(0, |cx| window.change(TAG, cx)), (true, None));
        }
    }
}
