//! One order of everything, with the end of its history: where clients are brought up to date from, and what an undo is
//! worked out on.
//!
//! Undo is by history: the operations since are reduced again without the one that is taken back. It is refused when one of
//! them would come out otherwise than its user was told. Operations name what they mean, so a later one finds its place by
//! itself; only positions in a text do not, and those move along as in operational transformation.

use std::collections::VecDeque;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::sessions::Verdict;
use crate::document::{Document, Edit, EditKind, diff};
use crate::model::{ErasedModel, Operation, Outcome, Rejected};
use crate::ot::change::Change;
use crate::replica::{NodeId, OpId, ProtocolError};

/// What a client asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Act {
    Operate(Operation),
    /// Take back the own operation with this number.
    Undo(u64),
}

/// One place in the order.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Placed {
    /// The place, from 1 without gaps.
    pub(crate) seq: u64,
    /// Who submitted it.
    pub(crate) client: NodeId,
    /// Its number among that client's operations.
    pub(crate) n: u64,
    /// What was submitted, refused or not.
    pub(crate) act: Act,
    /// What its user is told.
    pub(crate) told: Verdict,
    /// What it changed when it got its place.
    pub(crate) made: Arc<[Edit]>,
    /// What it changes in the history as it is told now: nothing if it was taken back, and nothing if it is an undo.
    now: Effect,
    undone: bool,
}

impl Placed {
    pub(crate) fn id(&self) -> OpId {
        OpId { client: self.client, n: self.n }
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Effect {
    edits: Arc<[Edit]>,
    inverse: Vec<Edit>,
}

impl Effect {
    fn none() -> Self {
        Self { edits: Arc::from([]), inverse: Vec::new() }
    }
}

/// The order: how far it has come, the state there, and its last `limit` places.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Order {
    pub(crate) seq: u64,
    pub(crate) data: Document,
    limit: usize,
    history: VecDeque<Placed>,
}

impl Order {
    pub(crate) fn new(data: Document, limit: usize) -> Self {
        Self { seq: 0, data, limit, history: VecDeque::new() }
    }

    /// Whether this can be an order, for one that was saved.
    pub(crate) fn check(self) -> Result<Self, ProtocolError> {
        let first = self.seq.checked_sub(self.history.len() as u64);
        match first {
            Some(first) if self.history.iter().zip(first + 1..).all(|(placed, seq)| placed.seq == seq) => Ok(self),
            _ => Err(ProtocolError::malformed("a history with gaps")),
        }
    }

    /// Gives an act its place and carries it out there.
    pub(crate) fn place(&mut self, model: &dyn ErasedModel, client: NodeId, n: u64, act: Act) -> Placed {
        let (told, made, now) = match &act {
            Act::Operate(operation) => match reduce(model, &mut self.data, operation) {
                Ok((outcome, now)) => (Ok(outcome), now.edits.clone(), now),
                Err(reason) => (Err(reason), Arc::from([]), Effect::none()),
            },
            Act::Undo(target) => match self.take_back(model, client, *target) {
                Ok(edits) => (Ok(Outcome::Null), edits.into(), Effect::none()),
                Err(reason) => (Err(reason), Arc::from([]), Effect::none()),
            },
        };
        self.seq += 1;
        let placed = Placed { seq: self.seq, client, n, act, told, made, now, undone: false };
        self.history.push_back(placed.clone());
        while self.history.len() > self.limit {
            self.history.pop_front();
        }
        placed
    }

    /// Everything after `seq`; `None` when some of it is gone.
    pub(crate) fn since(&self, seq: u64) -> Option<impl Iterator<Item = &Placed>> {
        let missing = usize::try_from(self.seq.checked_sub(seq)?).ok()?;
        Some(self.history.range(self.history.len().checked_sub(missing)?..))
    }

    /// Tells the history again without one operation; gives what that changes in the state.
    fn take_back(&mut self, model: &dyn ErasedModel, client: NodeId, n: u64) -> Result<Vec<Edit>, Rejected> {
        let found = self.history.iter().rposition(|placed| placed.client == client && placed.n == n);
        let Some(index) = found else {
            return Err(Rejected::new("too_old", format!("operation {n} is no longer in the history")));
        };
        let target = &self.history[index];
        if target.undone || target.told.is_err() || matches!(target.act, Act::Undo(_)) {
            return Err(Rejected::new("not_there", format!("operation {n} has no effect that could be taken back")));
        }
        // Only a history that somebody tampered with does not fit its own state.
        let misfit = |_| Rejected::new("too_old", "the history does not lead here");
        let mut data = self.data.clone();
        for placed in self.history.range(index..).rev() {
            data.apply_all(&placed.now.inverse).map_err(misfit)?;
        }
        let mut effects = vec![Effect::none()];
        let mut gone = Change::of(&target.now.inverse).ok_or_else(|| depended(target))?;
        for placed in self.history.range(index + 1..) {
            effects.push(placed.again(model, &mut data, &gone)?);
            let change = Change::of(&placed.now.edits).ok_or_else(|| depended(placed))?;
            gone = gone.transform(&change, false);
        }
        let edits = diff(&self.data, &data);
        self.data = data;
        self.history[index].undone = true;
        self.history.range_mut(index..).zip(effects).for_each(|(placed, now)| placed.now = now);
        Ok(edits)
    }
}

impl Placed {
    /// Carries it out on another state, on which the change `gone` was made before; refuses to be told otherwise.
    fn again(&self, model: &dyn ErasedModel, data: &mut Document, gone: &Change) -> Result<Effect, Rejected> {
        let Act::Operate(operation) = &self.act else { return Ok(Effect::none()) };
        if self.undone {
            return Ok(Effect::none());
        }
        let edits = &self.now.edits;
        if !edits.is_empty() && edits.iter().all(|edit| edit.kind() == EditKind::TextSplice) {
            let change = Change::of(edits).ok_or_else(|| depended(self))?.transform(gone, true);
            let mut after = data.clone();
            change.apply(&mut after).map_err(|_| depended(self))?;
            let edits = diff(data, &after);
            let inverse = data.apply_all(&edits).map_err(|_| depended(self))?;
            return Ok(Effect { edits: edits.into(), inverse });
        }
        match (reduce(model, data, operation), &self.told) {
            (Ok((outcome, effect)), Ok(told)) if outcome == *told => Ok(effect),
            (Err(reason), Err(told)) if reason.code == told.code => Ok(Effect::none()),
            _ => Err(depended(self)),
        }
    }
}

fn depended(placed: &Placed) -> Rejected {
    Rejected::new("depended_upon", format!("{} would have come out otherwise", placed.id()))
}

/// The state reducer, with what it did.
fn reduce(model: &dyn ErasedModel, data: &mut Document, operation: &Operation) -> Result<(Outcome, Effect), Rejected> {
    let plan = model.plan(data, operation)?;
    match data.apply_all(&plan.edits) {
        Ok(inverse) => Ok((plan.outcome, Effect { edits: plan.edits.into(), inverse })),
        Err(error) => Err(Rejected::new("edit_refused", error.to_string())),
    }
}
