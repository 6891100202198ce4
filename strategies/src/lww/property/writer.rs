//! From edits of a document to writes of properties.

use std::collections::BTreeMap;
use std::mem::discriminant;

use super::back::{Back, Backs, again};
use super::tree::{ItemId, Node, Stone, Write};
use crate::document::{Document, Edit, MAX_DEPTH, Path, Step};
use crate::model::Rejected;
use crate::replica::OpId;

/// Turns the edits of an operation into writes, on its issuer's view.
pub(super) struct Writer<'a> {
    pub(super) view: &'a mut Node,
    id: OpId,
    named: u32,
    pub(super) writes: Vec<Write>,
    pub(super) back: Backs,
}

/// The rejection says why an edit does not fit.
pub(super) type Fits<T> = Result<T, Rejected>;

pub(super) fn misfit(path: &Path, what: &str) -> Rejected {
    Rejected::new("edit_refused", format!("{path}: {what}"))
}

impl<'a> Writer<'a> {
    /// For the operation `id`; what it writes is applied to `view`, which is invalid after an error.
    pub(super) fn new(view: &'a mut Node, id: OpId, undo: bool) -> Self {
        Self { view, id, named: 0, writes: Vec::new(), back: Backs::new(undo) }
    }

    /// Makes an edit.
    pub(super) fn edit(&mut self, edit: &Edit) -> Fits<()> {
        match edit {
            Edit::Put { path, value } => self.put(path, value),
            Edit::Remove { path } => {
                let at = self.stones(path)?;
                match (at.last(), self.view.find(&at)) {
                    (Some(Stone::Key(_)), Some(node)) => {
                        self.back.push(|| Back::Write(Write::Set { at: at.clone(), to: node.clone() }));
                    }
                    _ => return Err(misfit(path, "no entry of a map")),
                }
                self.write(Write::Remove { at });
                Ok(())
            }
            Edit::Increment { path, by } => {
                let (at, _, sum) = self.leaf(path, &Edit::Increment { path: Path::root(), by: *by })?;
                self.back.push(|| Back::Add { at: at.clone(), by: -by });
                self.write(Write::Set { at, to: Node::Leaf(sum) });
                Ok(())
            }
            Edit::TextSplice { path, pos, delete, insert } => {
                let splice =
                    Edit::TextSplice { path: Path::root(), pos: *pos, delete: *delete, insert: insert.clone() };
                let (at, was, put) = self.leaf(path, &splice)?;
                self.back.push(|| Back::Retext { at: at.clone(), put: put.clone(), was });
                self.write(Write::Set { at, to: Node::Leaf(put) });
                Ok(())
            }
            Edit::ListInsert { path, index, values } => self.list_insert(path, *index, values),
            Edit::ListRemove { path, index, count } => self.list_remove(path, *index, *count),
            Edit::ListMove { path, from, to } => self.list_move(path, *from, *to),
        }
    }

    pub(super) fn write(&mut self, write: Write) {
        let applied = self.view.apply(&write);
        debug_assert!(applied, "{write:?} was checked against the view");
        self.writes.push(write);
    }

    /// A new node.
    pub(super) fn node(&mut self, value: &Document) -> Node {
        let Self { id, named, .. } = self;
        Node::of(value, &mut || name(*id, named))
    }

    /// A name for a new item.
    pub(super) fn name(&mut self) -> ItemId {
        name(self.id, &mut self.named)
    }

    /// The names down to what is at `path`, or, if its last step is a key, to where it would be.
    pub(super) fn stones(&self, path: &Path) -> Fits<Vec<Stone>> {
        let (mut node, mut at) = (Some(&*self.view), Vec::with_capacity(path.len()));
        for step in path.iter() {
            let stone = match (node, step) {
                (Some(Node::Map(_)), Step::Key(key)) => Stone::Key(key.clone()),
                (Some(Node::List(items)), Step::Index(index)) => {
                    Stone::Item(items.at(*index).ok_or_else(|| misfit(path, "beyond the list's end"))?.id)
                }
                _ => return Err(misfit(path, "nothing there")),
            };
            node = node.and_then(|node| node.find(std::slice::from_ref(&stone)));
            at.push(stone);
        }
        Ok(at)
    }

    /// The leaf at `path` before and after an edit of it alone.
    fn leaf(&self, path: &Path, edit: &Edit) -> Fits<(Vec<Stone>, Document, Document)> {
        let at = self.stones(path)?;
        let Some(Node::Leaf(was)) = self.view.find(&at) else { return Err(misfit(path, "no value")) };
        let mut now = was.clone();
        now.apply(edit).map_err(|error| misfit(path, &error.to_string()))?;
        Ok((at, was.clone(), now))
    }

    /// A put of a container writes its leaves, and removes what its issuer saw there and it has not.
    fn put(&mut self, path: &Path, value: &Document) -> Fits<()> {
        if path.len() + value.depth() > MAX_DEPTH {
            return Err(misfit(path, "nested too deep"));
        }
        let at = self.stones(path)?;
        let (was, made) = (self.view.find(&at).cloned(), self.node(value));
        if let Some(was) = &was {
            self.clear(&at, was, &made);
        }
        if self.back.wanted() {
            self.remember(&at, was.as_ref(), &made);
        }
        self.write(Write::Set { at, to: made });
        Ok(())
    }

    /// Removes what would stay when `made` is merged with what is there.
    fn clear(&mut self, at: &[Stone], was: &Node, made: &Node) {
        if discriminant(was) != discriminant(made) {
            return;
        }
        for (stone, was) in children(was) {
            let below = [at, std::slice::from_ref(&stone)].concat();
            match made.find(&[stone]) {
                Some(made) => self.clear(&below, was, made),
                None => {
                    self.back.push(|| Back::Write(again(self.view, &below, was)));
                    self.write(Write::Remove { at: below });
                }
            }
        }
    }
}

/// The operation's next name for an item.
fn name(id: OpId, named: &mut u32) -> ItemId {
    *named += 1;
    ItemId { client: id.client, n: id.n, k: *named }
}

/// The children of a container, by name.
pub(super) fn children(node: &Node) -> BTreeMap<Stone, &Node> {
    match node {
        Node::Leaf(_) => BTreeMap::new(),
        Node::Map(map) => map.iter().map(|(key, node)| (Stone::Key(key.clone()), node)).collect(),
        Node::List(items) => items.iter().map(|item| (Stone::Item(item.id), &item.node)).collect(),
    }
}
