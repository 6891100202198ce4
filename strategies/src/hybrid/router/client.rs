//! The client's side: which part gets an operation, and which operations wait.

use super::replica::Router;
use crate::hybrid::book::{Lane, tag};
use crate::hybrid::models::{TextOp, Typing, typing};
use crate::model::Operation;
use crate::node::OpId;
use crate::path;
use crate::replica::{Context, Replica};

impl Router {
    /// Gives an operation to its part. `false` if it has to wait for the text that it types in.
    pub(super) fn try_submit(&mut self, id: OpId, operation: &Operation, cx: &mut Context<'_>) -> bool {
        let plan = self.model.plan(&self.merged.document, operation).ok();
        let typed = plan.and_then(|plan| Some((typing(&self.route, &plan)?, plan.outcome)));
        let on_screen = |typed: &[Typing]| typed.iter().all(|typing| self.merged.shows(&typing.text));
        let Some((typed, outcome)) = typed.filter(|(typed, _)| on_screen(typed)) else {
            self.hand(Lane::Rest, id, cx, |part, id, cx| part.submit(id, operation, cx));
            return true;
        };
        if !typed.iter().all(|typing| self.text.view().kind(&path![typing.text.clone()]).is_some()) {
            return false;
        }
        let operation = Operation::encode(&TextOp::Type(typed, outcome));
        self.hand(Lane::Text, id, cx, |part, id, cx| part.submit(id, &operation, cx));
        true
    }

    /// Gives the first waiting operation to its part, unless it still has to wait; whether it was given.
    pub(super) fn submit_waiting(&mut self, cx: &mut Context<'_>) -> bool {
        let Some((n, operation)) = self.client.waiting.pop_front() else { return false };
        let submitted = self.try_submit(OpId { client: cx.node(), n }, &operation, cx);
        if !submitted {
            self.client.waiting.push_front((n, operation));
        }
        submitted
    }

    /// Gives one of this client's operations its number in a lane.
    pub(super) fn hand(
        &mut self,
        lane: Lane,
        id: OpId,
        cx: &mut Context<'_>,
        handler: impl FnOnce(&mut dyn Replica, OpId, &mut Context<'_>),
    ) {
        let part = OpId { client: id.client, n: self.client.book.enter(lane, id.n, self.undo) };
        cx.tagged(id, tag(lane, part));
        self.run(lane, cx, |replica, cx| handler(replica, part, cx));
    }
}
