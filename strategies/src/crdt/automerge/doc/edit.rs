//! Edits applied to the library's document.

use automerge::transaction::Transactable;
use automerge::{AutoCommit, AutomergeError, ObjId, ObjType, Prop, ReadDoc, Value};

use super::view::find;
use crate::crdt::automerge::value::{insert, materialise, put, to_scalar};
use crate::crdt::last_text::LastText;
use crate::document::{Edit, Path, Step};

type Applied = Result<(), String>;

/// Applies an edit. `last` is the text that was found last.
pub(super) fn apply(tx: &mut AutoCommit, edit: &Edit, last: &mut LastText<ObjId>) -> Applied {
    let text = |error: AutomergeError| error.to_string();
    if !matches!(edit, Edit::TextSplice { .. }) {
        last.clear();
    }
    match edit {
        Edit::Put { path, value } => {
            let (parent, prop) = place(tx, path)?;
            put(tx, &parent, prop, value)
        }
        Edit::Remove { path } => {
            find(tx, path).ok_or_else(|| format!("nothing at {path}"))?;
            let (parent, prop) = place(tx, path)?;
            tx.delete(&parent, prop).map_err(text)
        }
        Edit::Increment { path, by } => {
            let (parent, prop) = place(tx, path)?;
            tx.increment(&parent, prop, *by).map_err(text)
        }
        Edit::ListInsert { path, index, values } => {
            let list = list(tx, path)?;
            let scalars: Result<Vec<_>, _> = values.iter().map(to_scalar).collect();
            match scalars {
                Ok(scalars) => tx.splice(&list, *index, 0, scalars).map_err(text),
                Err(_) => (*index..).zip(values).try_for_each(|(index, value)| insert(tx, &list, index, value)),
            }
        }
        Edit::ListRemove { path, index, count } => {
            let list = list(tx, path)?;
            (0..*count).try_for_each(|_| tx.delete(&list, *index).map_err(text))
        }
        Edit::ListMove { path, from, to } => {
            let list = list(tx, path)?;
            let value = tx.get(&list, *from).map_err(text)?.map(|(value, id)| materialise(tx, &value, &id));
            let value = value.ok_or_else(|| format!("nothing at {path}/{from}"))?;
            tx.delete(&list, *from).map_err(text)?;
            insert(tx, &list, *to, &value)
        }
        Edit::TextSplice { path, pos, delete, insert } => {
            // The library clamps a delete that goes too far; here it does not fit, as everywhere.
            let id = last.splice(path, (*pos, *delete, insert), || match find(tx, path)? {
                (Value::Object(ObjType::Text), id) => Some((id.clone(), tx.length(&id))),
                _ => None,
            })?;
            let delete = isize::try_from(*delete).map_err(|error| error.to_string())?;
            tx.splice_text(id, *pos, delete, insert).map_err(text)
        }
    }
}

fn list(tx: &AutoCommit, path: &Path) -> Result<ObjId, String> {
    match find(tx, path) {
        Some((Value::Object(ObjType::List), id)) => Ok(id),
        _ => Err(format!("no list at {path}")),
    }
}

fn place(tx: &AutoCommit, path: &Path) -> Result<(ObjId, Prop), String> {
    let (last, parent) = path.split_last().ok_or("the root cannot be replaced")?;
    match (find(tx, parent), last) {
        (Some((Value::Object(ObjType::Map), id)), Step::Key(key)) => Ok((id, Prop::from(&**key))),
        (Some((Value::Object(ObjType::List), id)), Step::Index(index)) => Ok((id, Prop::from(*index))),
        _ => Err(format!("nothing holds {path}")),
    }
}
