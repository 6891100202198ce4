//! How a tree travels.

use imbl::OrdMap;
use serde::{Deserialize, Serialize};

use super::{Item, ItemId, Items, Node};
use crate::document::{Document, Key, MAX_DEPTH};
use crate::lww::fractional::Place;

/// A node of a tree, parents first. The rows are flat, so that hostile bytes cannot nest deeper than the stack.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Row {
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
        // Nodes whose children may still follow.
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

/// Puts the open nodes at this depth and below into their parents.
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
