//! Messages for the rest that come while texts are behind: among those texts they would be reduced to something else than at
//! the server. A client passes them over, and the rest joins again once the texts are up to date.

use super::replica::Router;
use crate::hybrid::book::Lane;
use crate::node::NodeId;
use crate::replica::{Context, Effect, LinkState, ProtocolError};
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
    /// A connection opened or broke: both parts join anew.
    pub(super) fn forget(&mut self) {
        self.state = State::Not;
    }

    /// The rest took a message.
    pub(super) fn taken(&mut self) {
        self.state = State::Not;
    }
}

/// The number of a request, and the message that it comes with or that answers it.
pub(super) fn unwrap(bytes: &[u8]) -> Result<(u64, Vec<u8>), ProtocolError> {
    decode(bytes)
}

fn wrap(request: u64, message: &[u8]) -> Vec<u8> {
    [&[AGAIN], &*encode(&(request, message))].concat()
}

impl Router {
    /// Whether a message for the rest is passed over. `request` is what it answers, if it says so.
    pub(super) fn passes_over(&mut self, request: Option<u64>, cx: &mut Context<'_>) -> bool {
        let answers = request.is_some_and(|request| self.again.state == State::Asked(request));
        let behind = !self.text.is_up_to_date();
        if behind && (answers || self.again.state == State::Not) {
            self.again.state = State::Needed;
        }
        let passes = behind || (self.again.state != State::Not && !answers);
        if passes {
            cx.count("told_later", 1);
        }
        passes
    }

    /// Joins again with the rest, if it has to and the texts are up to date.
    pub(super) fn join_again(&mut self, cx: &mut Context<'_>) {
        if self.again.state != State::Needed || !self.text.is_up_to_date() {
            return;
        }
        self.again.requests += 1;
        let request = self.again.requests;
        self.again.state = State::Asked(request);
        self.run(Lane::Rest, cx, |rest, cx| rest.link(NodeId::SERVER, LinkState::Down, cx));
        let ((), effects) = self.call(Lane::Rest, cx, |rest, cx| rest.link(NodeId::SERVER, LinkState::Up, cx));
        self.pass_on_again(NodeId::SERVER, request, effects, cx);
    }

    /// Passes on effects of the rest. What goes to `peer` comes with a request, or answers it.
    pub(super) fn pass_on_again(&mut self, peer: NodeId, request: u64, effects: Vec<Effect>, cx: &mut Context<'_>) {
        let mut others = Vec::new();
        for effect in effects {
            match effect {
                Effect::Send { to, bytes, sidecar } if to == peer => {
                    let sidecar = self.tags.of(to, Lane::Rest, &sidecar);
                    cx.send(to, wrap(request, &bytes), sidecar);
                }
                effect => others.push(effect),
            }
        }
        self.pass_on(Lane::Rest, others, cx);
    }
}
