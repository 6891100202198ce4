//! Writes to properties.

use serde::{Deserialize, Serialize};

use super::{Item, ItemId, Items, Node, Stone};
use crate::document::MAX_DEPTH;
use crate::lww::fractional::Place;

/// One write to one property.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::lww::property) enum Write {
    /// Sets the value of a property. Maps and lists are merged with what is there, key by key and item by item.
    Set { at: Vec<Stone>, to: Node },
    /// Removes a property, or an item with everything in it.
    Remove { at: Vec<Stone> },
    /// Inserts an item.
    Insert { at: Vec<Stone>, place: Place, to: Node },
    /// Moves an item. Its place is a property like any other.
    Move { at: Vec<Stone>, place: Place },
}

impl Write {
    /// Checks that it can be a write to some document.
    pub(in crate::lww::property) fn check(&self) -> Result<(), &'static str> {
        let (at, depth) = match self {
            Write::Set { at, to } | Write::Insert { at, to, .. } => (at, to.depth()),
            Write::Remove { at } | Write::Move { at, .. } => (at, 0),
        };
        let needs_item = matches!(self, Write::Insert { .. } | Write::Move { .. });
        if at.len() + depth > MAX_DEPTH {
            Err("nested too deep")
        } else if needs_item && !matches!(at.last(), Some(Stone::Item(_))) {
            Err("a place for what is no item")
        } else {
            Ok(())
        }
    }
}

impl Node {
    /// Applies a write. `false` if the thing that it is written to is gone; then nothing has changed.
    pub(in crate::lww::property) fn apply(&mut self, write: &Write) -> bool {
        match write {
            Write::Set { at, to } => match at.split_last() {
                None => self.take(to),
                Some((last, parent)) => match (self.find_mut(parent), last) {
                    (Some(Node::Map(map)), Stone::Key(key)) => match map.get_mut(key) {
                        Some(node) => node.take(to),
                        None => drop(map.insert(key.clone(), to.clone())),
                    },
                    (Some(Node::List(items)), Stone::Item(id)) => {
                        let Some(node) = items.node_mut(*id) else { return false };
                        node.take(to);
                    }
                    _ => return false,
                },
            },
            Write::Remove { at } => {
                let Some((last, parent)) = at.split_last() else { return false };
                return match (self.find_mut(parent), last) {
                    (Some(Node::Map(map)), Stone::Key(key)) => map.remove(key).is_some(),
                    (Some(Node::List(items)), Stone::Item(id)) => items.remove(*id).is_some(),
                    _ => false,
                };
            }
            Write::Insert { at, place, to } => {
                let Some((items, id)) = self.list_of(at) else { return false };
                items.insert(Item { place: place.clone(), id, node: to.clone() });
            }
            Write::Move { at, place } => {
                let Some((items, id)) = self.list_of(at) else { return false };
                let Some(item) = items.remove(id) else { return false };
                items.insert(Item { place: place.clone(), ..item });
            }
        }
        true
    }

    fn list_of(&mut self, at: &[Stone]) -> Option<(&mut Items, ItemId)> {
        let (Stone::Item(id), list) = at.split_last()? else { return None };
        match self.find_mut(list)? {
            Node::List(items) => Some((items, *id)),
            _ => None,
        }
    }

    /// Becomes `to`. Two maps or two lists are merged.
    fn take(&mut self, to: &Node) {
        match (self, to) {
            (Node::Map(map), Node::Map(to)) => {
                for (key, node) in to {
                    match map.get_mut(key) {
                        Some(there) => there.take(node),
                        None => drop(map.insert(key.clone(), node.clone())),
                    }
                }
            }
            (Node::List(items), Node::List(to)) => to.iter().for_each(|item| items.insert(item.clone())),
            (node, to) => *node = to.clone(),
        }
    }
}
