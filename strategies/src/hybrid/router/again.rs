//! Messages for the rest that come while texts are behind: among those texts they would be reduced to something else than at
//! the server. A client passes them over, and the rest joins again once the texts are up to date.

use super::replica::Router;
use super::request::wrap;
use crate::hybrid::book::Lane;
use crate::node::NodeId;
use crate::replica::{Context, Effect, LinkState};

impl Router {
    /// Whether a client passes over a message for the rest. `request` is what it answers, if it says so.
    pub(super) fn passes_over(&mut self, request: Option<u64>, cx: &mut Context<'_>) -> bool {
        let passes = self.again.passes_over(!self.text.is_up_to_date(), request);
        if passes {
            cx.count("told_later", 1);
        }
        passes
    }

    /// Joins again with the rest, if it has to and the texts are up to date.
    pub(super) fn join_again(&mut self, cx: &mut Context<'_>) {
        let Some(request) = self.again.ask(!self.text.is_up_to_date()) else { return };
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
