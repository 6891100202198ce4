//! Values of the library and of documents: read from the library, and written into it.

use automerge::transaction::Transactable;
use automerge::{AutoCommit, ObjId, ObjType, Prop, ReadDoc, ScalarValue, Value};

use crate::document::{Document, Key};

/// The value with everything in it.
pub(super) fn materialise<D: ReadDoc>(doc: &D, value: &Value<'_>, id: &ObjId) -> Document {
    match value {
        Value::Object(ObjType::Map | ObjType::Table) => {
            let entries = doc.map_range(id, ..).map(|item| {
                let (value, id) = (Value::from(item.value.clone()), item.id());
                (Key::from(&*item.key), materialise(doc, &value, &id))
            });
            Document::Map(entries.collect())
        }
        Value::Object(ObjType::List) => Document::List(
            doc.list_range(id, ..)
                .map(|item| {
                    let (value, id) = (Value::from(item.value.clone()), item.id());
                    materialise(doc, &value, &id)
                })
                .collect(),
        ),
        Value::Object(ObjType::Text) => Document::text(&doc.text(id).unwrap_or_default()),
        Value::Scalar(scalar) => from_scalar(scalar),
    }
}

pub(super) fn from_scalar(scalar: &ScalarValue) -> Document {
    match scalar {
        ScalarValue::Boolean(value) => Document::Bool(*value),
        ScalarValue::Int(value) | ScalarValue::Timestamp(value) => Document::Int(*value),
        ScalarValue::Uint(value) => i64::try_from(*value).map_or(Document::Null, Document::Int),
        ScalarValue::F64(value) => Document::from(*value),
        ScalarValue::Str(value) => Document::from(value.as_str()),
        ScalarValue::Counter(value) => Document::Counter(value.into()),
        // Nothing here writes these; a forged change may.
        ScalarValue::Null | ScalarValue::Bytes(_) | ScalarValue::Unknown { .. } => Document::Null,
    }
}

/// The scalar that a value is, or the kind of object.
pub(super) fn to_scalar(document: &Document) -> Result<ScalarValue, ObjType> {
    Ok(match document {
        Document::Null => ScalarValue::Null,
        Document::Bool(value) => ScalarValue::Boolean(*value),
        Document::Int(value) => ScalarValue::Int(*value),
        Document::Float(value) => ScalarValue::F64(value.get()),
        Document::String(value) => ScalarValue::Str((&**value).into()),
        Document::Counter(value) => ScalarValue::counter(*value),
        Document::List(_) => return Err(ObjType::List),
        Document::Map(_) => return Err(ObjType::Map),
        Document::Text(_) => return Err(ObjType::Text),
    })
}

type Written = Result<(), String>;

pub(super) fn put(tx: &mut AutoCommit, parent: &ObjId, prop: Prop, value: &Document) -> Written {
    match to_scalar(value) {
        Ok(scalar) => tx.put(parent, prop, scalar).map_err(|error| error.to_string()),
        Err(kind) => {
            let id = tx.put_object(parent, prop, kind).map_err(|error| error.to_string())?;
            fill(tx, &id, value)
        }
    }
}

pub(super) fn insert(tx: &mut AutoCommit, list: &ObjId, index: usize, value: &Document) -> Written {
    match to_scalar(value) {
        Ok(scalar) => tx.insert(list, index, scalar).map_err(|error| error.to_string()),
        Err(kind) => {
            let id = tx.insert_object(list, index, kind).map_err(|error| error.to_string())?;
            fill(tx, &id, value)
        }
    }
}

/// Fills an object that was just made.
fn fill(tx: &mut AutoCommit, id: &ObjId, value: &Document) -> Written {
    match value {
        Document::Map(map) => map.iter().try_for_each(|(key, value)| put(tx, id, Prop::from(&**key), value)),
        Document::List(list) => list.iter().enumerate().try_for_each(|(index, value)| insert(tx, id, index, value)),
        Document::Text(rope) => tx.splice_text(id, 0, 0, &rope.to_string()).map_err(|error| error.to_string()),
        _ => Ok(()),
    }
}
