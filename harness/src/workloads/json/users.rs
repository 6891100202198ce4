//! What users of the tree do.

use syncbench_strategies::document::Document;
use syncbench_strategies::model::Operation;
use syncbench_strategies::path;
use syncbench_strategies::replica::{NodeId, Rng};
use syncbench_strategies::view::View;

use super::Tree;
use super::model::{INNER, JsonOp, LONG, TAGS, VALUES, made, place};
use crate::contention::Chooser;
use crate::rng::{below, nth, unit};
use crate::workload::{Intent, User};
use crate::workloads::habits::Labels;

pub(super) struct JsonUser {
    habits: Tree,
    labels: Labels,
    object: Chooser,
}

impl JsonUser {
    pub(super) fn new(habits: Tree, client: NodeId) -> Self {
        Self { habits, labels: Labels::new(client), object: Chooser::new(habits.contention) }
    }
}

impl User for JsonUser {
    fn next(&mut self, view: &dyn View, rng: &mut Rng) -> Option<Intent> {
        let word = self.labels.next();
        let (act, popular, list, take) = (unit(rng), unit(rng), unit(rng), unit(rng));
        let (level, which, object) = (below(rng, self.habits.depth + 1), unit(rng), unit(rng));
        let objects = view.keys(&path![]).unwrap_or_default();
        let object = objects.get(self.object.pick(popular, object, objects.len()))?;
        let mut path = vec![object.to_string()];
        path.extend(std::iter::repeat_n(INNER.to_owned(), level));
        let at = |key: &str| [&path[..], &[key.to_owned()]].concat();
        let exists = |key: &&str| view.kind(&place(&at(key))).is_some();
        if act < self.habits.delete {
            let keys = [VALUES[0], VALUES[1], TAGS, INNER];
            let first = nth(which, keys.len());
            if let Some(key) = keys[first..].iter().chain(&keys[..first]).copied().find(exists) {
                return Some(intent(view, &JsonOp::Delete { path: at(key) }));
            }
        }
        let op = if list < self.habits.list {
            let path = at(TAGS);
            let items = view.items(&place(&path)).unwrap_or_default();
            match items.get(nth(which, items.len())).and_then(Document::as_str) {
                Some(item) if take < 1.0 / 3.0 || items.len() >= LONG => JsonOp::Take { path, item: item.into() },
                _ => JsonOp::Append { path, item: word },
            }
        } else {
            JsonOp::Set { path: at(VALUES[nth(which, VALUES.len())]), value: word }
        };
        Some(intent(view, &op))
    }
}

/// An intent with what its user saw, for the oracle: what is in the place that it changes, and how many of the containers
/// that it needs exist.
pub fn intent(view: &dyn View, op: &JsonOp) -> Intent {
    let was = match op {
        JsonOp::Set { .. } | JsonOp::Delete { .. } => view.get(&place(op.path())).unwrap_or_default(),
        // A whole list is much to remember, and the operation names all that it takes.
        JsonOp::Append { .. } | JsonOp::Take { .. } => Document::Null,
    };
    let list = matches!(op, JsonOp::Append { .. }) && view.kind(&place(op.path())).is_some();
    let made = made(view, op.path()) + usize::from(list);
    Intent { operation: Operation::encode(op), seen: Document::list([was, Document::Int(made as i64)]) }
}
