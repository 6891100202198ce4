//! Undo by history: the operations since are reduced again without the one that is undone.
//!
//! It is rejected when one of them would get another verdict than its user got. Operations name what they mean, so a
//! later one finds its place by itself; only positions in a text do not, and those move along as in operational
//! transformation.

use super::{Action, Effect, Keeps, Order, Ordered, reduce};
use crate::change::Change;
use crate::document::{Document, Edit, diff};
use crate::model::{ErasedModel, Rejected};
use crate::node::NodeId;
use crate::serial::splices::only_splices;
use crate::star::Placed;

impl Order {
    /// Rewrites the history without one operation; gives what that changes in the state.
    pub(super) fn take_back(&mut self, model: &dyn ErasedModel, client: NodeId, n: u64) -> Result<Vec<Edit>, Rejected> {
        if self.keeps != Keeps::Everything {
            return Err(Rejected::too_old(format_args!("operation {n}")));
        }
        let history = self.log.entries();
        let found = history.iter().rposition(|ordered| ordered.client == client && ordered.n == n);
        let index = found.ok_or_else(|| Rejected::too_old(format_args!("operation {n}")))?;
        let target = &history[index];
        if target.undone || target.verdict.is_err() || matches!(target.action, Some(Action::Undo(_))) {
            return Err(Rejected::new("not_there", format!("operation {n} has no effect that could be undone")));
        }
        // Only a history that was tampered with does not fit its own state.
        let misfit = |_| Rejected::new("too_old", "the history does not lead here");
        let mut data = self.data.clone();
        for ordered in history.range(index..).rev() {
            data.apply_all(&ordered.now.inverse).map_err(misfit)?;
        }
        let mut effects = vec![Effect::none()];
        let mut gone = Change::of(&target.now.inverse).ok_or_else(|| depended_upon_by(target))?;
        for ordered in history.range(index + 1..) {
            effects.push(ordered.again(model, &mut data, &gone)?);
            let change = Change::of(&ordered.now.edits).ok_or_else(|| depended_upon_by(ordered))?;
            gone = gone.transform(&change, false);
        }
        let edits = diff(&self.data, &data);
        self.data = data;
        let history = self.log.entries_mut();
        history[index].undone = true;
        history.range_mut(index..).zip(effects).for_each(|(ordered, now)| ordered.now = now);
        Ok(edits)
    }
}

impl Ordered {
    /// Carries it out on another state, on which the change `gone` was made before; fails if its verdict would differ.
    fn again(&self, model: &dyn ErasedModel, data: &mut Document, gone: &Change) -> Result<Effect, Rejected> {
        let Some(Action::Operate(operation)) = &self.action else { return Ok(Effect::none()) };
        if self.undone {
            return Ok(Effect::none());
        }
        let edits = &self.now.edits;
        if only_splices(edits) {
            let change = Change::of(edits).ok_or_else(|| depended_upon_by(self))?.transform(gone, true);
            let mut after = data.clone();
            change.apply(&mut after).map_err(|_| depended_upon_by(self))?;
            let edits = diff(data, &after);
            let inverse = data.apply_all(&edits).map_err(|_| depended_upon_by(self))?;
            return Ok(Effect { edits: edits.into(), inverse });
        }
        match (reduce(model, data, operation), &self.verdict) {
            (Ok((outcome, effect)), Ok(told)) if outcome == *told => Ok(effect),
            (Err(reason), Err(told)) if reason.code == told.code => Ok(Effect::none()),
            _ => Err(depended_upon_by(self)),
        }
    }
}

fn depended_upon_by(ordered: &Ordered) -> Rejected {
    Rejected::new("depended_upon", format!("{} would have come out otherwise", ordered.id()))
}
