//! Values of the library and of documents.

use automerge::{ObjId, ObjType, ReadDoc, ScalarValue, Value};
use imbl::OrdMap;

use crate::document::{Document, Key};

/// The value with everything in it.
pub(in crate::crdt::automerge) fn materialise<D: ReadDoc>(doc: &D, value: &Value<'_>, id: &ObjId) -> Document {
    match value {
        Value::Object(ObjType::Map | ObjType::Table) => {
            let entries = doc.map_range(id, ..).map(|item| {
                let (value, id) = (Value::from(item.value.clone()), item.id());
                (Key::from(&*item.key), materialise(doc, &value, &id))
            });
            Document::Map(entries.collect::<OrdMap<_, _>>())
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
