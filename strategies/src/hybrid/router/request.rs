//! Requests with which the rest of a client joins again, and when there is one.

use crate::replica::ProtocolError;
use crate::wire::{decode, encode};

/// In front of a message with which the rest joins again, and of its answer.
pub(super) const AGAIN: u8 = 3;

/// Whether a client's rest has to join again.
#[derive(Default)]
pub(super) struct Again {
    state: State,
    /// How often it was asked for.
    requests: u64,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum State {
    /// Nothing was passed over.
    #[default]
    Not,
    /// Something was passed over.
    Needed,
    /// The request with this number is under way. What comes before its answer is passed over.
    Asked(u64),
}

impl Again {
    /// Both parts join anew on another connection, or the rest took a message.
    pub(super) fn clear(&mut self) {
        self.state = State::Not;
    }

    /// Whether a message for the rest is passed over. `behind`: texts are not up to date. `request` is what the message
    /// answers, if it says so.
    pub(super) fn passes_over(&mut self, behind: bool, request: Option<u64>) -> bool {
        let answers = request.is_some_and(|request| self.state == State::Asked(request));
        if behind && (answers || self.state == State::Not) {
            self.state = State::Needed;
        }
        behind || (self.state != State::Not && !answers)
    }

    /// The number of a request that goes out now, if one has to.
    pub(super) fn ask(&mut self, behind: bool) -> Option<u64> {
        if self.state != State::Needed || behind {
            return None;
        }
        self.requests += 1;
        self.state = State::Asked(self.requests);
        Some(self.requests)
    }
}

/// A message that comes with a request, or answers it.
pub(super) fn wrap(request: u64, message: &[u8]) -> Vec<u8> {
    [&[AGAIN], &*encode(&(request, message))].concat()
}

/// The number of a request, and the message; of what follows [`AGAIN`].
pub(super) fn unwrap(bytes: &[u8]) -> Result<(u64, Vec<u8>), ProtocolError> {
    decode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_before_the_answer_is_passed_over() {
        let mut again = Again::default();
        assert!(!again.passes_over(false, None) && !again.passes_over(false, Some(7)));
        assert_eq!((again.passes_over(true, None), again.ask(true), again.ask(false)), (true, None, Some(1)));
        assert_eq!(
            (again.ask(false), again.passes_over(false, None), again.passes_over(false, Some(7))),
            (None, true, true)
        );
        // Its answer comes too late.
        assert_eq!((again.passes_over(true, Some(1)), again.ask(false)), (true, Some(2)));
        assert_eq!((again.passes_over(false, Some(1)), again.passes_over(false, Some(2))), (true, false));
        again.clear();
        assert!(!again.passes_over(false, None));
    }
}
