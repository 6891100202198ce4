//! One order of all operations, with the end of its history: what brings clients up to date, and what undo is worked out on.

mod undo;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::document::{Document, Edit};
use crate::model::{ErasedModel, Operation, Outcome, Rejected};
use crate::node::{NodeId, OpId};
use crate::replica::ProtocolError;
use crate::star::{Log, Placed, Verdict};

/// What a client asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Action {
    Operate(Operation),
    /// Undo the client's operation with this number.
    Undo(u64),
}

/// An action in its place.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Ordered {
    /// The place, from 1 without gaps.
    pub(crate) seq: u64,
    /// Who issued it.
    pub(crate) client: NodeId,
    /// Its number among that client's operations.
    pub(crate) n: u64,
    /// What was asked for, rejected or not. `None` in a history that nobody reduces again.
    pub(crate) action: Option<Action>,
    /// Its verdict, as its user gets it.
    pub(crate) verdict: Verdict,
    /// What it changed when it got its place; nothing in a history that keeps actions only.
    pub(crate) edits: Arc<[Edit]>,
    /// What it changes in the history as it stands now: nothing if it was undone, and nothing if it is an undo.
    now: Effect,
    undone: bool,
}

impl Placed for Ordered {
    fn id(&self) -> OpId {
        OpId { client: self.client, n: self.n }
    }
}

impl Ordered {
    /// As much of it as the history keeps.
    fn kept(&self, keeps: Keeps) -> Self {
        match keeps {
            Keeps::Everything => self.clone(),
            Keeps::Actions => Self { edits: Arc::from([]), now: Effect::none(), ..self.clone() },
            Keeps::Edits => Self { action: None, now: Effect::none(), ..self.clone() },
        }
    }
}

/// Edits, and those that undo them.
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

/// What a history keeps of each place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Keeps {
    /// Everything, for users who undo.
    Everything,
    /// What was asked for: what a client that returns reduces.
    Actions,
    /// What it changed: what a client that returns applies.
    Edits,
}

/// The order: its last `limit` places, and the state at its end.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Order {
    pub(crate) log: Log<Ordered>,
    pub(crate) data: Document,
    limit: usize,
    keeps: Keeps,
}

impl Order {
    pub(crate) fn new(data: Document, limit: usize, keeps: Keeps) -> Self {
        Self { log: Log::default(), data, limit, keeps }
    }

    /// Fails on a saved order whose history has gaps.
    pub(crate) fn check(self) -> Result<Self, ProtocolError> {
        let Self { log, data, limit, keeps } = self;
        let log = log.check()?;
        let gapless = log.numbered().all(|(place, ordered)| place == ordered.seq);
        if gapless {
            Ok(Self { log, data, limit, keeps })
        } else {
            Err(ProtocolError::malformed("a history with gaps"))
        }
    }

    /// Gives an action its place and carries it out there.
    pub(crate) fn place(&mut self, model: &dyn ErasedModel, client: NodeId, n: u64, action: Action) -> Ordered {
        let (verdict, edits, now) = match &action {
            Action::Operate(operation) => match reduce(model, &mut self.data, operation) {
                Ok((outcome, now)) => (Ok(outcome), now.edits.clone(), now),
                Err(reason) => (Err(reason), Arc::from([]), Effect::none()),
            },
            Action::Undo(target) => match self.take_back(model, client, *target) {
                Ok(edits) => (Ok(Outcome::Null), edits.into(), Effect::none()),
                Err(reason) => (Err(reason), Arc::from([]), Effect::none()),
            },
        };
        let seq = self.log.end() + 1;
        let ordered = Ordered { seq, client, n, action: Some(action), verdict, edits, now, undone: false };
        self.log.push(ordered.kept(self.keeps), self.limit);
        ordered
    }
}

/// The state reducer, with what it did.
fn reduce(model: &dyn ErasedModel, data: &mut Document, operation: &Operation) -> Result<(Outcome, Effect), Rejected> {
    let plan = model.plan(data, operation)?;
    let inverse = data.apply_all(&plan.edits)?;
    Ok((plan.outcome, Effect { edits: plan.edits.into(), inverse }))
}
