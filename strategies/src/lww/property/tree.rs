//! The document as properties: maps by key, lists whose items have an identity and a place, and leaves.
//!
//! One structure for the server and for both states of a client. A clone shares everything, and a write touches only the
//! way to its property.

use std::ops::Range;

use imbl::{OrdMap, Vector};
use serde::{Deserialize, Serialize};

use super::super::fractional::Place;
use crate::document::{Document, Key, Kind, MAX_DEPTH, Step};
use crate::replica::NodeId;
use crate::view::View;

/// The name of an item, made by the client that inserts it: its `k`-th in its operation `n`. Node 0 stands for the genesis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct ItemId {
    pub(super) client: NodeId,
    pub(super) n: u64,
    pub(super) k: u32,
}

/// One step down, by what does not change when others write.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) enum Stone {
    Key(Key),
    Item(ItemId),
}

/// A property, or an object with properties of its own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Vec<Row>", into = "Vec<Row>")]
pub(super) enum Node {
    /// A value that is written as a whole; no list and no map.
    Leaf(Document),
    Map(OrdMap<Key, Node>),
    List(Items),
}

/// The items of a list, by place; of two in one place, the one with the lesser name is first.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Items {
    order: Vector<Item>,
    places: OrdMap<ItemId, Place>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Item {
    pub(super) place: Place,
    pub(super) id: ItemId,
    pub(super) node: Node,
}

impl Items {
    pub(super) fn len(&self) -> usize {
        self.order.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Item> {
        self.order.iter()
    }

    pub(super) fn at(&self, index: usize) -> Option<&Item> {
        self.order.get(index)
    }

    /// Items from `index` on.
    pub(super) fn from(&self, index: usize) -> impl Iterator<Item = &Item> {
        (index..self.order.len()).map_while(|index| self.order.get(index))
    }

    pub(super) fn get(&self, id: ItemId) -> Option<&Item> {
        self.order.get(self.index(id)?)
    }

    fn search(&self, place: &Place, id: ItemId) -> Result<usize, usize> {
        self.order.binary_search_by(|item| (&item.place, item.id).cmp(&(place, id)))
    }

    fn index(&self, id: ItemId) -> Option<usize> {
        self.search(self.places.get(&id)?, id).ok()
    }

    /// Adds an item, in the stead of one with its name.
    fn insert(&mut self, item: Item) {
        self.remove(item.id);
        let index = self.search(&item.place, item.id).unwrap_or_else(|index| index);
        self.places.insert(item.id, item.place.clone());
        self.order.insert(index, item);
    }

    pub(super) fn remove(&mut self, id: ItemId) -> Option<Item> {
        let index = self.index(id)?;
        self.places.remove(&id);
        Some(self.order.remove(index))
    }
}

/// One write to one property, as it travels.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum Write {
    /// The property has this value. Maps and lists take up what is there already, key by key and item by item.
    Set { at: Vec<Stone>, to: Node },
    /// The property, or the item with all that is in it, is gone.
    Remove { at: Vec<Stone> },
    /// There is such an item.
    Insert { at: Vec<Stone>, place: Place, to: Node },
    /// The item stands there. Its place is a property like any other.
    Move { at: Vec<Stone>, place: Place },
}

impl Write {
    /// Whether it can be a write to some document.
    pub(super) fn check(&self) -> Result<(), &'static str> {
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
    /// A document whose items get their names from `name`, one after the other.
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

    /// The node at a path as models know it.
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
        // Look before copying: a way that leads nowhere must not unshare anything.
        self.find(at)?;
        at.iter().try_fold(self, |node, stone| match (node, stone) {
            (Node::Map(map), Stone::Key(key)) => map.get_mut(key),
            (Node::List(items), Stone::Item(id)) => {
                let index = items.index(*id)?;
                items.order.get_mut(index).map(|item| &mut item.node)
            }
            _ => None,
        })
    }

    /// Carries out a write. `false` if there is nothing that it could be written to; nothing has changed then.
    pub(super) fn apply(&mut self, write: &Write) -> bool {
        match write {
            Write::Set { at, to } => match at.split_last() {
                None => self.take(to),
                Some((last, parent)) => match (self.find_mut(parent), last) {
                    (Some(Node::Map(map)), Stone::Key(key)) => match map.get_mut(key) {
                        Some(node) => node.take(to),
                        None => drop(map.insert(key.clone(), to.clone())),
                    },
                    (Some(Node::List(items)), Stone::Item(id)) => {
                        let Some(node) = items.index(*id).and_then(|index| items.order.get_mut(index)) else {
                            return false;
                        };
                        node.node.take(to);
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

    /// Becomes `to`; two maps or two lists become one.
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

impl View for Node {
    fn kind(&self, path: &[Step]) -> Option<Kind> {
        Some(match self.at(path)? {
            Node::Leaf(leaf) => leaf.kind(),
            Node::Map(_) => Kind::Map,
            Node::List(_) => Kind::List,
        })
    }

    fn get(&self, path: &[Step]) -> Option<Document> {
        self.at(path).map(View::document)
    }

    fn len(&self, path: &[Step]) -> Option<usize> {
        match self.at(path)? {
            Node::Leaf(leaf) => leaf.size(),
            Node::Map(map) => Some(map.len()),
            Node::List(items) => Some(items.len()),
        }
    }

    fn keys(&self, path: &[Step]) -> Option<Vec<Key>> {
        match self.at(path)? {
            Node::Map(map) => Some(map.keys().cloned().collect()),
            _ => None,
        }
    }

    fn items(&self, path: &[Step]) -> Option<Vec<Document>> {
        match self.at(path)? {
            Node::List(items) => Some(items.iter().map(|item| item.node.document()).collect()),
            _ => None,
        }
    }

    fn text_slice(&self, path: &[Step], range: Range<usize>) -> Option<String> {
        match self.at(path)? {
            Node::Leaf(leaf) => View::text_slice(leaf, &[], range),
            _ => None,
        }
    }

    fn document(&self) -> Document {
        match self {
            Node::Leaf(leaf) => leaf.clone(),
            Node::Map(map) => Document::Map(map.iter().map(|(key, node)| (key.clone(), node.document())).collect()),
            Node::List(items) => Document::List(items.iter().map(|item| item.node.document()).collect()),
        }
    }
}

/// A node as it travels: one row for each node in it, parents first. Flat, so that no hostile bytes nest deeper than the
/// stack.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Row {
    depth: u8,
    name: Name,
    seed: Seed,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
enum Name {
    Root,
    Key(Key),
    Item(ItemId, Place),
}

#[derive(Clone, Debug, Serialize, Deserialize)]
enum Seed {
    Leaf(Document),
    Map,
    List,
}

impl From<Node> for Vec<Row> {
    fn from(node: Node) -> Self {
        fn list(node: &Node, depth: u8, name: Name, rows: &mut Vec<Row>) {
            let seed = match node {
                Node::Leaf(leaf) => Seed::Leaf(leaf.clone()),
                Node::Map(_) => Seed::Map,
                Node::List(_) => Seed::List,
            };
            rows.push(Row { depth, name, seed });
            match node {
                Node::Leaf(_) => {}
                Node::Map(map) => {
                    map.iter().for_each(|(key, node)| list(node, depth + 1, Name::Key(key.clone()), rows));
                }
                Node::List(items) => {
                    for item in items.iter() {
                        list(&item.node, depth + 1, Name::Item(item.id, item.place.clone()), rows);
                    }
                }
            }
        }
        let mut rows = Vec::new();
        list(&node, 0, Name::Root, &mut rows);
        rows
    }
}

impl TryFrom<Vec<Row>> for Node {
    type Error = &'static str;

    fn try_from(rows: Vec<Row>) -> Result<Self, Self::Error> {
        // Nodes whose own rows have come and whose children's may still come.
        let mut open: Vec<(Name, Node)> = Vec::new();
        for (index, Row { depth, name, seed }) in rows.into_iter().enumerate() {
            let depth = usize::from(depth);
            let node = match seed {
                Seed::Leaf(Document::Map(_) | Document::List(_)) => return Err("a leaf with children"),
                Seed::Leaf(leaf) => Node::Leaf(leaf),
                Seed::Map => Node::Map(OrdMap::new()),
                Seed::List => Node::List(Items::default()),
            };
            if depth > MAX_DEPTH || (depth == MAX_DEPTH && !matches!(node, Node::Leaf(_))) {
                return Err("nested too deep");
            }
            if (depth == 0) != (index == 0) || (index == 0) != matches!(name, Name::Root) {
                return Err("one root is at the top");
            }
            close(&mut open, depth)?;
            if open.len() != depth {
                return Err("a child without parent");
            }
            open.push((name, node));
        }
        close(&mut open, 1)?;
        open.pop().map(|(_, root)| root).ok_or("no root")
    }
}

/// Puts nodes at this depth and below into their parents.
fn close(open: &mut Vec<(Name, Node)>, depth: usize) -> Result<(), &'static str> {
    while open.len() > depth.max(1) {
        let Some((name, node)) = open.pop() else { break };
        match (open.last_mut(), name) {
            (Some((_, Node::Map(map))), Name::Key(key)) => drop(map.insert(key, node)),
            (Some((_, Node::List(items))), Name::Item(id, place)) => items.insert(Item { place, id, node }),
            _ => return Err("a child that its parent cannot have"),
        }
    }
    Ok(())
}
