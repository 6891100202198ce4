//! `text=embedded`: typing travels as what it does to a text whose characters have ids, as the argument of a mutation.
//!
//! Replicache's manual: "You can implement collaborative text elements [...] by sending Yjs documents over push and pull.
//! [...] It's easy to send just deltas upstream via Replicache mutations. For downstream, sending just deltas is more
//! difficult." Here the text is the one of `text-ids`, which has a server anyway and needs no library: an insertion is made
//! behind an id, a deletion names ids, and both mean the same wherever they are carried out. Deltas travel down, too, in the
//! server's order; most users of Replicache send the whole text. Mutators decide as before: the model is asked whether the
//! operation is allowed on the state as it is then, and only the positions are those that its user saw.
//!
//! Whatever is no typing is carried out as without this. Its new characters and items have ids as well, counted under
//! another name of its issuer from a number of the operation's own, so that what a client shows before the server has
//! answered already has the ids that it will keep.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::data::{Data, Ledger, News};
use super::message::{Mutation, Place};
use crate::document::Document;
use crate::ids::{Change, Inverse, State};
use crate::model::{ErasedModel, Operation, Outcome, Rejected};
use crate::node::{NodeId, OpId};
use crate::replica::{Context, ProtocolError};
use crate::serial::splices::only_splices;
use crate::star::{Log, Outbox, Placed, Verdict};

/// What a mutation asks for.
#[derive(Clone, Serialize, Deserialize)]
pub(super) enum Action {
    Operate(Operation),
    /// An operation that only types, and what that does on its user's view.
    Type(Operation, Change),
    /// Undo the client's operation with this number.
    Undo(u64),
}

/// What a place changed; nothing if it was rejected.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Delta {
    /// Its client made the ids.
    typed: bool,
    change: Change,
}

/// How many ids an operation may make that does not type: a long document's worth of characters.
const IDS: u64 = 1 << 24;

/// Operations have smaller numbers, so that each has its ids.
const OPERATIONS: u64 = 1 << 39;

/// The name under which the ids of a client's operations are counted that do not type.
fn other_name(client: NodeId) -> NodeId {
    NodeId(client.0 | 1 << 31)
}

/// Carries out an action that undoes nothing. If it is rejected, nothing has changed.
fn carry_out(
    state: &mut State,
    model: &dyn ErasedModel,
    id: OpId,
    action: &Action,
    inverse: Option<&mut Inverse>,
) -> Result<(Outcome, Delta), Rejected> {
    match action {
        Action::Operate(operation) => {
            let plan = model.plan(&state.document, operation)?;
            let (mut next, first) = (state.clone(), id.n.saturating_mul(IDS));
            let change = next.carry_out(other_name(id.client), id.n, first, &plan.edits, inverse)?;
            if change.end().is_none_or(|end| end - first > IDS) {
                return Err(Rejected::new("edit_refused", "it makes more characters and items than have ids"));
            }
            *state = next;
            Ok((plan.outcome, Delta { typed: false, change }))
        }
        Action::Type(operation, change) => {
            let now = model.plan(&state.document, operation);
            // Its positions may lie beyond the end of a text from which others have deleted.
            let plan = now.or_else(|_| model.plan(&state.undeleted(change), operation))?;
            state.apply(id.client, change, inverse);
            Ok((plan.outcome, Delta { typed: true, change: change.clone() }))
        }
        Action::Undo(_) => Err(Rejected::new("too_old", "an undo has its place at the server")),
    }
}

impl Data for State {
    type Action = Action;
    type Edits = Option<Delta>;

    fn document(&self) -> &Document {
        &self.document
    }

    fn action(
        &self,
        pending: &Outbox<Action>,
        model: &dyn ErasedModel,
        id: OpId,
        operation: &Operation,
    ) -> Result<Action, Rejected> {
        let plan = model.plan(&self.document, operation)?;
        if !only_splices(&plan.edits) {
            return Ok(Action::Operate(operation.clone()));
        }
        // Also those of typing that is not in the view, because its user takes it back.
        let used = pending.values().filter_map(|action| match action {
            Action::Type(_, change) => change.end(),
            _ => None,
        });
        let first = used.max().unwrap_or(0).max(self.used(id.client).next);
        let change = self.clone().carry_out(id.client, id.n, first, &plan.edits, None)?;
        Ok(Action::Type(operation.clone(), change))
    }

    fn undo(target: u64) -> Action {
        Action::Undo(target)
    }

    fn target(action: &Action) -> Option<u64> {
        match action {
            Action::Undo(target) => Some(*target),
            _ => None,
        }
    }

    fn perform(&mut self, model: &dyn ErasedModel, id: OpId, action: &Action) -> Result<(), Rejected> {
        carry_out(self, model, id, action, None).map(drop)
    }

    fn take(&mut self, id: OpId, edits: &Option<Delta>) -> Result<(), ProtocolError> {
        let Some(Delta { typed, change }) = edits else { return Ok(()) };
        let by = if *typed { id.client } else { other_name(id.client) };
        if change.n != id.n || !self.used(by).precedes(change) {
            return Err(ProtocolError::malformed("a change that does not follow its client's last"));
        }
        self.apply(by, change, None);
        Ok(())
    }
}

#[derive(Clone, Serialize, Deserialize)]
struct Entry {
    place: Place<Option<Delta>>,
    /// What takes it back, where users undo.
    back: Option<Inverse>,
}

impl Placed for Entry {
    fn id(&self) -> OpId {
        self.place.id()
    }
}

/// The server's order, and the state at its end.
#[derive(Serialize, Deserialize)]
pub(super) struct Embedded {
    log: Log<Entry>,
    state: State,
    limit: usize,
    undo: bool,
}

impl Embedded {
    pub(super) fn new(state: State, limit: usize, undo: bool) -> Self {
        Self { log: Log::default(), state, limit, undo }
    }

    /// Takes an operation back, unless another depends on it.
    fn take_back(&mut self, id: OpId, n: u64) -> Result<(Outcome, Delta), Rejected> {
        let target = OpId { n, ..id };
        let entries: &mut VecDeque<Entry> = self.log.entries_mut();
        let found = entries.iter_mut().rfind(|entry| entry.id() == target);
        let found = found.ok_or_else(|| Rejected::too_old(format_args!("operation {n}")))?;
        let not_there = || Rejected::new("not_there", format!("operation {n} has no effect that could be undone"));
        let Inverse { needs, edits } = found.back.clone().ok_or_else(not_there)?;
        let change = Change { n: id.n, first: id.n.saturating_mul(IDS), needs, edits };
        if self.state.apply(other_name(id.client), &change, None).barred {
            return Err(Rejected::depended_upon());
        }
        found.back = None;
        Ok((Outcome::Null, Delta { typed: false, change }))
    }
}

impl Ledger for Embedded {
    type Data = State;

    fn document(&self) -> &Document {
        &self.state.document
    }

    fn standing(&self) -> &State {
        &self.state
    }

    fn end(&self) -> u64 {
        self.log.end()
    }

    fn check(self) -> Result<Self, ProtocolError> {
        Ok(Self { log: self.log.check()?, ..self })
    }

    fn admit(&self, client: NodeId, mutations: &[Mutation<Action>]) -> Result<(), ProtocolError> {
        let mut used = self.state.used(client);
        for Mutation { n, action } in mutations {
            if let Action::Type(_, change) = action {
                if change.n != *n || !change.needs.is_empty() || !used.precedes(change) {
                    return Err(ProtocolError::Unexpected(format!("change {} of {client} does not follow", change.n)));
                }
                used.add(change);
            }
            if *n >= OPERATIONS {
                return Err(ProtocolError::malformed("a number beyond all operations"));
            }
        }
        Ok(())
    }

    fn place(&mut self, model: &dyn ErasedModel, id: OpId, action: Action) -> (Option<Delta>, Verdict) {
        let mut back = self.undo.then(Inverse::default);
        let placed = match action {
            Action::Undo(target) => {
                back = None;
                self.take_back(id, target)
            }
            action => carry_out(&mut self.state, model, id, &action, back.as_mut()),
        };
        let (edits, verdict) = match placed {
            Ok((outcome, delta)) => (Some(delta), Ok(outcome)),
            Err(reason) => (None, Err(reason)),
        };
        let place = Place { client: id.client, n: id.n, edits: edits.clone() };
        self.log.push(Entry { place, back: back.filter(|_| edits.is_some()) }, self.limit);
        (edits, verdict)
    }

    fn catch_up(&self, place: u64, cx: &mut Context<'_>) -> Result<News<State>, ProtocolError> {
        self.log.catch_up(place, |entry| entry.place.clone(), || self.state.clone(), cx)
    }
}
