//! When a client's own changes go out.

use std::mem;
use std::time::Duration;

use crate::params::{Param, WINDOW};
use crate::replica::Context;

/// A send window with a leading edge: a change goes out at once and opens the window; those made before the window ends go
/// out together at its end, which opens the next one. A span of zero sends each change at once.
#[derive(Clone, Debug)]
pub(crate) struct SendWindow {
    span: Duration,
    open: bool,
}

impl SendWindow {
    /// The parameter, the same for every strategy but for what it says about the product.
    pub(crate) const fn param(help: &'static str) -> Param {
        Param { help, ..WINDOW }
    }

    pub(crate) fn new(span: Duration) -> Self {
        Self { span, open: false }
    }

    /// See [`Strategy::send_window`](crate::replica::Strategy::send_window).
    pub(crate) fn span(&self) -> Duration {
        self.span
    }

    /// Whether every change goes out at once.
    pub(crate) fn is_zero(&self) -> bool {
        self.span.is_zero()
    }

    /// A change was made. True if it goes out now; otherwise the timer with this tag is due at the window's end.
    #[must_use]
    pub(crate) fn change(&mut self, tag: u64, cx: &mut Context<'_>) -> bool {
        if self.span.is_zero() {
            return true;
        }
        if mem::replace(&mut self.open, true) {
            return false;
        }
        cx.set_timer(self.span, tag);
        true
    }

    /// The window has ended. True if what was made meanwhile goes out; `unsent` says whether anything was.
    #[must_use]
    pub(crate) fn end(&mut self, unsent: bool, tag: u64, cx: &mut Context<'_>) -> bool {
        self.open = unsent;
        if unsent {
            cx.set_timer(self.span, tag);
        }
        unsent
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;
    use crate::node::NodeId;
    use crate::replica::{Effect, Rng};
    use crate::time::Time;

    /// What `call` says, and whether it set a timer.
    fn timed(call: impl FnOnce(&mut Context<'_>) -> bool) -> (bool, bool) {
        let (mut rng, mut effects) = (Rng::seed_from_u64(1), Vec::new());
        let said = call(&mut Context::new(NodeId(1), Time::ZERO, Time::ZERO, &mut rng, &mut effects));
        (said, matches!(effects[..], [Effect::SetTimer { tag: 7, .. }]))
    }

    #[test]
    fn the_first_change_goes_at_once_and_the_others_at_the_end() {
        let mut window = SendWindow::new(Duration::from_millis(5));
        assert_eq!(timed(|cx| window.change(7, cx)), (true, true));
        assert_eq!(timed(|cx| window.change(7, cx)), (false, false));
        assert_eq!(timed(|cx| window.end(true, 7, cx)), (true, true), "what goes out at the end opens the next window");
        assert_eq!(timed(|cx| window.change(7, cx)), (false, false));
        assert_eq!(timed(|cx| window.end(true, 7, cx)), (true, true));
        assert_eq!(timed(|cx| window.end(false, 7, cx)), (false, false));
        assert_eq!(timed(|cx| window.change(7, cx)), (true, true));
    }

    #[test]
    fn without_a_window_each_change_goes_at_once() {
        let mut window = SendWindow::new(Duration::ZERO);
        for _ in 0..3 {
            assert_eq!(timed(|cx| window.change(7, cx)), (true, false));
        }
    }
}
