//! Where things are now.

use yrs::types::TypeRef;
use yrs::{ArrayRef, BranchID, ID, IdSet, MapRef, Out, ReadTxn, SharedRef, TextRef, Transact};

use super::Inverse;
use super::manager::{Run, runs};
use crate::crdt::yrs::library::materialise;
use crate::document::Document;

/// The id of an object.
pub(super) fn id(out: &Out) -> Option<ID> {
    let branch: BranchID = match out {
        Out::YMap(map) => map.hook().into(),
        Out::YArray(list) => list.hook().into(),
        Out::YText(text) => text.hook().into(),
        _ => return None,
    };
    if let BranchID::Nested(id) = branch { Some(id) } else { None }
}

/// The object with an id, if it is there.
pub(super) fn object(txn: &impl ReadTxn, id: &ID) -> Option<Out> {
    let branch = BranchID::get_nested(txn, id).filter(|branch| !branch.is_deleted())?;
    Some(match branch.type_ref() {
        TypeRef::Map => Out::YMap(MapRef::from(branch)),
        TypeRef::Array => Out::YArray(ArrayRef::from(branch)),
        TypeRef::Text => Out::YText(TextRef::from(branch)),
        _ => return None,
    })
}

impl Inverse<'_> {
    /// The contents of an object, if it is one.
    pub(super) fn contents(&self, id: ID) -> Option<Document> {
        let txn = self.library.doc.transact();
        object(&txn, &id).map(|out| materialise(&txn, &out))
    }

    /// Everything that is deleted now.
    pub(super) fn gone(&self) -> IdSet {
        self.library.doc.transact().snapshot().delete_set
    }

    /// The present id of what had this one, with what was put back a moment ago.
    fn latest(&self, id: ID) -> Option<ID> {
        let now = self.put_back_as(&id).unwrap_or(id);
        let ids = Run { client: now.client, from: now.clock, to: now.clock + 1 }.ids();
        let run = runs(&self.history.ids(&ids).1).next().map(|run| ID::new(run.client, run.from))?;
        Some(self.put_back_as(&run).unwrap_or(run))
    }

    pub(super) fn branch(&self, map: &BranchID) -> Option<BranchID> {
        match map {
            BranchID::Root(_) => Some(map.clone()),
            BranchID::Nested(id) => self.latest(*id).map(BranchID::Nested),
        }
    }

    /// The map that had this id, if it is there now.
    pub(super) fn map(&self, map: &BranchID) -> Option<MapRef> {
        match self.branch(map)? {
            BranchID::Root(_) => Some(self.library.root.clone()),
            BranchID::Nested(id) => match object(&self.library.doc.transact(), &id) {
                Some(Out::YMap(map)) => Some(map),
                _ => None,
            },
        }
    }

    /// Whether the map with this id is there.
    pub(super) fn is_in_place(&self, map: &BranchID) -> bool {
        self.map(map).is_some() && self.branch(map).as_ref() == Some(map)
    }

    /// The new id of what had this one and was put back a moment ago.
    pub(super) fn put_back_as(&self, id: &ID) -> Option<ID> {
        self.anew.start(id).map(|start| ID::new(self.history.client, start))
    }
}
