//! Sets and maps of nodes, by node number: nodes are few and numbered without gaps, so a table is faster than a tree and keeps
//! its memory while what is in it comes and goes.

use syncbench_strategies::replica::NodeId;

/// Nodes, each once.
#[derive(Clone, Debug, Default)]
pub struct NodeSet {
    /// Those in the set: in the order of insertion, or descending.
    nodes: Vec<NodeId>,
    descending: bool,
    /// By node number.
    contains: Vec<bool>,
}

impl NodeSet {
    /// Adds a node.
    pub fn insert(&mut self, node: NodeId) {
        let slot = node.0 as usize;
        if self.contains.len() <= slot {
            self.contains.resize(slot + 1, false);
        }
        if !std::mem::replace(&mut self.contains[slot], true) {
            self.nodes.push(node);
            self.descending = self.nodes.len() == 1;
        }
    }

    /// Takes a node out, if it is there.
    pub fn remove(&mut self, node: NodeId) {
        if self.contains.get_mut(node.0 as usize).is_some_and(std::mem::take) {
            self.nodes.retain(|other| *other != node);
        }
    }

    /// Takes the node with the smallest number out.
    pub fn pop_first(&mut self) -> Option<NodeId> {
        if !self.descending {
            self.nodes.sort_unstable_by(|a, b| b.cmp(a));
            self.descending = true;
        }
        let first = self.nodes.pop()?;
        self.contains[first.0 as usize] = false;
        Some(first)
    }
}

impl Extend<NodeId> for NodeSet {
    fn extend<T: IntoIterator<Item = NodeId>>(&mut self, nodes: T) {
        nodes.into_iter().for_each(|node| self.insert(node));
    }
}

/// A value for some of the nodes.
#[derive(Clone, Debug)]
pub struct NodeMap<T> {
    /// By node number.
    values: Vec<Option<T>>,
    len: usize,
}

impl<T> Default for NodeMap<T> {
    fn default() -> Self {
        Self { values: Vec::new(), len: 0 }
    }
}

impl<T> NodeMap<T> {
    /// The value of a node.
    pub fn get(&self, node: NodeId) -> Option<&T> {
        self.values.get(node.0 as usize)?.as_ref()
    }

    /// Gives a node a value, and hands out the one that it had.
    pub fn insert(&mut self, node: NodeId, value: T) -> Option<T> {
        let before = self.slot(node).replace(value);
        self.len += usize::from(before.is_none());
        before
    }

    /// Takes the value of a node out.
    pub fn remove(&mut self, node: NodeId) -> Option<T> {
        let before = self.values.get_mut(node.0 as usize)?.take();
        self.len -= usize::from(before.is_some());
        before
    }

    /// The value of a node, which gets the default if it has none.
    pub fn or_default(&mut self, node: NodeId) -> &mut T
    where
        T: Default,
    {
        self.len += usize::from(self.get(node).is_none());
        self.slot(node).get_or_insert_default()
    }

    /// The values, by node.
    pub fn values(&self) -> impl Iterator<Item = &T> {
        self.values.iter().flatten()
    }

    /// How many nodes have a value.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether no node has a value.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    fn slot(&mut self, node: NodeId) -> &mut Option<T> {
        let slot = node.0 as usize;
        if self.values.len() <= slot {
            self.values.resize_with(slot + 1, || None);
        }
        &mut self.values[slot]
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_node_set_is_a_set(steps in prop::collection::vec((0..6u32, 0..4u8), 0..60)) {
            let (mut set, mut plain) = (NodeSet::default(), BTreeSet::new());
            for (node, step) in steps {
                match step {
                    0 => prop_assert_eq!(set.pop_first(), plain.pop_first()),
                    1 => {
                        set.remove(NodeId(node));
                        plain.remove(&NodeId(node));
                    }
                    _ => {
                        set.insert(NodeId(node));
                        plain.insert(NodeId(node));
                    }
                }
            }
            let all: Vec<_> = std::iter::from_fn(|| set.pop_first()).collect();
            prop_assert_eq!(all, plain.into_iter().collect::<Vec<_>>());
        }

        #[test]
        fn a_node_map_is_a_map(steps in prop::collection::vec((0..6u32, 0..4u8), 0..60)) {
            let (mut map, mut plain) = (NodeMap::default(), BTreeMap::new());
            for (number, (node, step)) in steps.into_iter().enumerate() {
                let node = NodeId(node);
                match step {
                    0 => prop_assert_eq!(map.remove(node), plain.remove(&node)),
                    1 => prop_assert_eq!(map.or_default(node), plain.entry(node).or_default()),
                    _ => prop_assert_eq!(map.insert(node, number), plain.insert(node, number)),
                }
                prop_assert_eq!((map.len(), map.is_empty()), (plain.len(), plain.is_empty()));
                prop_assert_eq!(map.get(node), plain.get(&node));
            }
            prop_assert_eq!(map.values().collect::<Vec<_>>(), plain.values().collect::<Vec<_>>());
        }
    }
}
