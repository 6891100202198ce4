//! A copy of the document, the order that leads to it, and what travels for both.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::message::{Mutation, Place, ToClient};
use crate::document::{Document, Edit};
use crate::model::{ErasedModel, Operation, Rejected, reduce};
use crate::node::{NodeId, OpId};
use crate::replica::{Context, ProtocolError};
use crate::serial::order::{Action, Order};
use crate::star::{Outbox, Update, Verdict};

/// A copy of the document, as clients have it.
pub(super) trait Data: Clone + Serialize + DeserializeOwned + Send + 'static {
    /// What a mutation asks for.
    type Action: Clone + Serialize + DeserializeOwned + Send;
    /// What a place in the order changed.
    type Edits: Clone + Serialize + DeserializeOwned + Send;

    fn document(&self) -> &Document;

    /// What is sent for an operation that was made on this view, whose `pending` mutations are not in the order yet.
    fn action(
        &self,
        pending: &Outbox<Self::Action>,
        model: &dyn ErasedModel,
        id: OpId,
        operation: &Operation,
    ) -> Result<Self::Action, Rejected>;

    /// What is sent to undo the operation `target`.
    fn undo(target: u64) -> Self::Action;

    /// The operation that an action undoes, if it does.
    fn target(action: &Self::Action) -> Option<u64>;

    /// Carries out a mutation that undoes nothing. If it is rejected, nothing has changed.
    fn perform(&mut self, model: &dyn ErasedModel, id: OpId, action: &Self::Action) -> Result<(), Rejected>;

    /// Applies what a place changed. The copy is invalid after an error.
    fn take(&mut self, id: OpId, edits: &Self::Edits) -> Result<(), ProtocolError>;
}

/// What a client of this data misses.
pub(super) type News<D> = Update<Place<<D as Data>::Edits>, D>;
/// What a client of this data is told.
pub(super) type Told<D> = ToClient<<D as Data>::Edits, D>;

/// The actions of a ledger's mutations.
pub(super) type ActionOf<L> = <<L as Ledger>::Data as Data>::Action;
/// What the places in a ledger changed.
pub(super) type EditsOf<L> = <<L as Ledger>::Data as Data>::Edits;

/// The order of all mutations, as the server has it.
pub(super) trait Ledger: Serialize + DeserializeOwned + Send + 'static {
    type Data: Data;

    fn document(&self) -> &Document;

    /// The copy at the last place.
    fn standing(&self) -> &Self::Data;

    /// The last place.
    fn end(&self) -> u64;

    /// Fails on a saved ledger that no honest server wrote.
    fn check(self) -> Result<Self, ProtocolError>;

    /// Fails on mutations that no honest client makes.
    fn admit(&self, client: NodeId, mutations: &[Mutation<ActionOf<Self>>]) -> Result<(), ProtocolError>;

    /// Gives a mutation its place and carries it out there.
    fn place(&mut self, model: &dyn ErasedModel, id: OpId, action: ActionOf<Self>) -> (EditsOf<Self>, Verdict);

    /// What a client misses that has everything up to a place.
    fn catch_up(&self, place: u64, cx: &mut Context<'_>) -> Result<News<Self::Data>, ProtocolError>;
}

impl Data for Document {
    type Action = Action;
    type Edits = Vec<Edit>;

    fn document(&self) -> &Document {
        self
    }

    fn action(
        &self,
        _: &Outbox<Action>,
        _: &dyn ErasedModel,
        _: OpId,
        operation: &Operation,
    ) -> Result<Action, Rejected> {
        Ok(Action::Operate(operation.clone()))
    }

    fn undo(target: u64) -> Action {
        Action::Undo(target)
    }

    fn target(action: &Action) -> Option<u64> {
        match action {
            Action::Operate(_) => None,
            Action::Undo(target) => Some(*target),
        }
    }

    fn perform(&mut self, model: &dyn ErasedModel, _: OpId, action: &Action) -> Result<(), Rejected> {
        match action {
            Action::Operate(operation) => reduce(model, self, operation).map(drop),
            Action::Undo(_) => Ok(()),
        }
    }

    fn take(&mut self, _: OpId, edits: &Vec<Edit>) -> Result<(), ProtocolError> {
        self.apply_all(edits).map(drop).map_err(ProtocolError::malformed)
    }
}

impl Ledger for Order {
    type Data = Document;

    fn document(&self) -> &Document {
        &self.data
    }

    fn standing(&self) -> &Document {
        &self.data
    }

    fn end(&self) -> u64 {
        self.log.end()
    }

    fn check(self) -> Result<Self, ProtocolError> {
        Order::check(self)
    }

    fn admit(&self, _: NodeId, _: &[Mutation<Action>]) -> Result<(), ProtocolError> {
        Ok(())
    }

    fn place(&mut self, model: &dyn ErasedModel, id: OpId, action: Action) -> (Vec<Edit>, Verdict) {
        let ordered = Order::place(self, model, id.client, id.n, action);
        (ordered.edits.to_vec(), ordered.verdict)
    }

    fn catch_up(&self, place: u64, cx: &mut Context<'_>) -> Result<News<Document>, ProtocolError> {
        let entry = |ordered: &crate::serial::order::Ordered| Place {
            client: ordered.client,
            n: ordered.n,
            edits: ordered.edits.to_vec(),
        };
        self.log.catch_up(place, entry, || self.data.clone(), cx)
    }
}
