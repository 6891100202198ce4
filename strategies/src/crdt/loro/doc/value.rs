//! Values of the library and of documents.

use loro::{Container, LoroMap, LoroMovableList, LoroValue, ValueOrContainer};

use crate::document::{Document, Key, Kind};

pub(super) fn scalar(document: &Document) -> LoroValue {
    match document {
        Document::Bool(value) => LoroValue::Bool(*value),
        Document::Int(value) => LoroValue::I64(*value),
        Document::Float(value) => LoroValue::Double(value.get()),
        Document::String(value) => LoroValue::from(&**value),
        _ => LoroValue::Null,
    }
}

fn from_scalar(value: &LoroValue) -> Document {
    match value {
        LoroValue::Bool(value) => Document::Bool(*value),
        LoroValue::I64(value) => Document::Int(*value),
        LoroValue::Double(value) => Document::from(*value),
        LoroValue::String(value) => Document::from(&***value),
        // Nothing here writes the others; a forged update may.
        _ => Document::Null,
    }
}

/// The value with everything in it.
pub(super) fn materialise(node: &ValueOrContainer) -> Document {
    match node {
        ValueOrContainer::Value(value) => from_scalar(value),
        ValueOrContainer::Container(Container::Map(map)) => {
            let mut entries = Vec::new();
            map.for_each(|key, node| entries.push((Key::from(key), node)));
            Document::Map(entries.iter().map(|(key, node)| (key.clone(), materialise(node))).collect())
        }
        ValueOrContainer::Container(Container::MovableList(list)) => Document::List(items(list).into_iter().collect()),
        ValueOrContainer::Container(Container::Text(text)) => Document::text(&text.to_string()),
        ValueOrContainer::Container(Container::Counter(counter)) => Document::Counter(counter.get() as i64),
        _ => Document::Null,
    }
}

/// The keys of a map in order: the library iterates as it likes, and every replica and run has to send the same bytes.
pub(super) fn sorted_keys(map: &LoroMap) -> Vec<Key> {
    let mut keys: Vec<Key> = map.keys().map(|key| Key::from(&*key)).collect();
    keys.sort();
    keys
}

pub(super) fn items(list: &LoroMovableList) -> Vec<Document> {
    let mut items = Vec::with_capacity(list.len());
    list.for_each(|node| items.push(node));
    items.iter().map(materialise).collect()
}

pub(super) fn kind(node: &ValueOrContainer) -> Kind {
    match node {
        ValueOrContainer::Container(Container::Map(_)) => Kind::Map,
        ValueOrContainer::Container(Container::MovableList(_)) => Kind::List,
        ValueOrContainer::Container(Container::Text(_)) => Kind::Text,
        ValueOrContainer::Container(Container::Counter(_)) => Kind::Counter,
        ValueOrContainer::Value(value) => from_scalar(value).kind(),
        ValueOrContainer::Container(_) => Kind::Null,
    }
}
