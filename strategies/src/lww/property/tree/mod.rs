//! The document as properties: maps by key, lists whose items have an identity and a place, and leaves.
//!
//! The server and both states of a client have this structure. A clone shares everything, and a write copies only the path to
//! its property.

mod items;
mod rows;
mod view;
mod write;

use imbl::OrdMap;
use serde::{Deserialize, Serialize};

pub(super) use self::items::{Item, Items};
use self::rows::Row;
pub(super) use self::write::Write;
use crate::document::{Document, Key, Step};
use crate::lww::fractional::Place;
use crate::replica::NodeId;

/// The name of an item, made by the client that inserts it: the `k`-th of its operation `n`. Node 0 stands for the genesis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct ItemId {
    pub(super) client: NodeId,
    pub(super) n: u64,
    pub(super) k: u32,
}

/// One step down, by a name that does not change when others write.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) enum Stone {
    Key(Key),
    Item(ItemId),
}

/// A property, or an object with properties.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Vec<Row>", into = "Vec<Row>")]
pub(super) enum Node {
    /// A value that is written as a whole: neither a list nor a map.
    Leaf(Document),
    Map(OrdMap<Key, Node>),
    List(Items),
}

impl Node {
    /// A document whose items get their names from `name`, in order.
    pub(super) fn of(document: &Document, name: &mut impl FnMut() -> ItemId) -> Self {
        match document {
            Document::Map(map) => {
                Node::Map(map.iter().map(|(key, value)| (key.clone(), Node::of(value, name))).collect())
            }
            Document::List(list) => {
                let mut items = Items::default();
                for (index, value) in list.iter().enumerate() {
                    let id = name();
                    items.insert(Item { place: Place::first(index), id, node: Node::of(value, name) });
                }
                Node::List(items)
            }
            leaf => Node::Leaf(leaf.clone()),
        }
    }

    /// Levels of lists and maps, as [`Document::depth`] counts them.
    fn depth(&self) -> usize {
        match self {
            Node::Leaf(_) => 0,
            Node::Map(map) => 1 + map.values().map(Node::depth).max().unwrap_or(0),
            Node::List(items) => 1 + items.iter().map(|item| item.node.depth()).max().unwrap_or(0),
        }
    }

    /// The node at a path of the document.
    pub(super) fn at(&self, path: &[Step]) -> Option<&Node> {
        path.iter().try_fold(self, |node, step| match (node, step) {
            (Node::Map(map), Step::Key(key)) => map.get(key),
            (Node::List(items), Step::Index(index)) => items.at(*index).map(|item| &item.node),
            _ => None,
        })
    }

    pub(super) fn find(&self, at: &[Stone]) -> Option<&Node> {
        at.iter().try_fold(self, |node, stone| match (node, stone) {
            (Node::Map(map), Stone::Key(key)) => map.get(key),
            (Node::List(items), Stone::Item(id)) => items.get(*id).map(|item| &item.node),
            _ => None,
        })
    }

    fn find_mut(&mut self, at: &[Stone]) -> Option<&mut Node> {
        // Look before copying: a path that leads nowhere must not unshare anything.
        self.find(at)?;
        at.iter().try_fold(self, |node, stone| match (node, stone) {
            (Node::Map(map), Stone::Key(key)) => map.get_mut(key),
            (Node::List(items), Stone::Item(id)) => items.node_mut(*id),
            _ => None,
        })
    }
}
