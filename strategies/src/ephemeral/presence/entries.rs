//! Entries: who may show what, and where.

use super::client::Client;
use super::entry::Entry;
use crate::document::{Document, Edit, Kind, Path, Step};
use crate::model::Rejected;
use crate::replica::{NodeId, ProtocolError};

impl Client {
    /// This client's entry and the view after an operation's edits, or why the operation is rejected.
    pub(super) fn change(&self, edits: &[Edit]) -> Result<(Option<Entry>, Document), Rejected> {
        let Some(first) = edits.first() else { return Ok((self.own.clone(), self.view.clone())) };
        let path = self.own.as_ref().map_or(first.path(), |own| &own.path);
        if !edits.iter().all(|edit| edit.path().starts_with(path)) {
            return Err(Rejected::new("foreign", format!("only what is at {path} is this client's to change")));
        }
        if self.own.is_none() {
            self.free(path, self.node).map_err(|reason| Rejected::new("foreign", reason))?;
        }
        let (view, _) = self.view.produce(edits).map_err(|error| Rejected::new("edit_refused", error.to_string()))?;
        let value = view.at(path).cloned();
        Ok((value.map(|value| Entry { path: path.clone(), value }), view))
    }

    /// Checks that `node` may show something at `path`: in a map of the genesis, where nothing else is shown.
    fn free(&self, path: &Path, node: NodeId) -> Result<(), String> {
        let Some((Step::Key(_), parent)) = path.split_last() else { return Err(format!("no entry can be at {path}")) };
        if self.base.at(parent).map(Document::kind) != Some(Kind::Map) || self.base.at(path).is_some() {
            return Err(format!("no entry can be at {path}"));
        }
        let own = self.own.as_ref().filter(|_| node != self.node);
        let others = self.peers.iter().filter(|(other, _)| **other != node).filter_map(|(_, peer)| peer.entry.as_ref());
        if own.into_iter().chain(others).any(|entry| entry.path == *path) {
            return Err(format!("somebody else is shown at {path}"));
        }
        Ok(())
    }

    /// The view with another client's new entry in place of the old one.
    pub(super) fn showing(
        &self,
        node: NodeId,
        old: Option<&Entry>,
        new: Option<&Entry>,
    ) -> Result<Document, ProtocolError> {
        let mut view = self.view.clone();
        let moved = old.filter(|old| new.is_none_or(|new| new.path != old.path));
        let removed = moved.map(|old| Edit::Remove { path: old.path.clone() });
        let put = new.map(|new| Edit::Put { path: new.path.clone(), value: new.value.clone() });
        if let Some(new) = new.filter(|new| old.is_none_or(|old| new.path != old.path)) {
            self.free(&new.path, node).map_err(ProtocolError::Unexpected)?;
        }
        let edits: Vec<Edit> = removed.into_iter().chain(put).collect();
        view.apply_all(&edits).map_err(ProtocolError::malformed)?;
        Ok(view)
    }
}
