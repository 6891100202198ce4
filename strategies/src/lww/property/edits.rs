//! From edits of a document to writes of properties, and back again for undo.

use std::collections::BTreeMap;

use super::super::fractional::{Place, Ruler};
use super::tree::{Item, ItemId, Items, Node, Stone, Write};
use crate::document::{Document, Edit, Kind, MAX_DEPTH, Path, Step};
use crate::model::Rejected;
use crate::replica::OpId;

/// What takes back one write, as far as that can be said when it is made.
#[derive(Clone, Debug)]
pub(super) enum Back {
    /// The property gets its old value, whatever it holds by then.
    Write(Write),
    /// What was made where there was nothing goes; a container that holds more by then stays, with the rest.
    Unmake { at: Vec<Stone>, made: Node },
    /// The counter is put to as much less as had been added.
    Add { at: Vec<Stone>, by: i64 },
    /// The text gets its old value if it still is what was put.
    Retext { at: Vec<Stone>, put: Document, was: Document },
}

/// Turns an operation's edits into writes, on the author's own view.
pub(super) struct Author<'a> {
    view: &'a mut Node,
    id: OpId,
    named: u32,
    pub(super) writes: Vec<Write>,
    pub(super) back: Vec<Back>,
}

/// Why an edit does not fit.
type Fits<T> = Result<T, Rejected>;

fn misfit(path: &Path, what: &str) -> Rejected {
    Rejected::new("edit_refused", format!("{path}: {what}"))
}

impl<'a> Author<'a> {
    /// For the operation `id`; what it writes is applied to `view`, which is of no use after an error.
    pub(super) fn new(view: &'a mut Node, id: OpId) -> Self {
        Self { view, id, named: 0, writes: Vec::new(), back: Vec::new() }
    }

    /// Carries out an edit.
    pub(super) fn edit(&mut self, edit: &Edit) -> Fits<()> {
        match edit {
            Edit::Put { path, value } => self.put(path, value),
            Edit::Remove { path } => {
                let at = self.stones(path)?;
                match (at.last(), self.view.find(&at)) {
                    (Some(Stone::Key(_)), Some(node)) => {
                        self.back.push(Back::Write(Write::Set { at: at.clone(), to: node.clone() }));
                    }
                    _ => return Err(misfit(path, "no entry of a map")),
                }
                self.write(Write::Remove { at });
                Ok(())
            }
            Edit::Increment { path, by } => {
                let (at, _, sum) = self.leaf(path, &Edit::Increment { path: Path::root(), by: *by })?;
                self.back.push(Back::Add { at: at.clone(), by: -by });
                self.write(Write::Set { at, to: Node::Leaf(sum) });
                Ok(())
            }
            Edit::TextSplice { path, pos, delete, insert } => {
                let splice =
                    Edit::TextSplice { path: Path::root(), pos: *pos, delete: *delete, insert: insert.clone() };
                let (at, was, put) = self.leaf(path, &splice)?;
                self.back.push(Back::Retext { at: at.clone(), put: put.clone(), was });
                self.write(Write::Set { at, to: Node::Leaf(put) });
                Ok(())
            }
            Edit::ListInsert { path, index, values } => self.list_insert(path, *index, values),
            Edit::ListRemove { path, index, count } => self.list_remove(path, *index, *count),
            Edit::ListMove { path, from, to } => self.list_move(path, *from, *to),
        }
    }

    /// Takes back what an own operation did: the last write first.
    pub(super) fn take_back(&mut self, back: &[Back]) -> Fits<()> {
        for back in back.iter().rev() {
            match back {
                Back::Write(write) => self.put_back(write.clone()),
                Back::Unmake { at, made } => {
                    let now = self.view.find(at).cloned();
                    now.iter().for_each(|now| self.unmake(at, now, made));
                }
                Back::Add { at, by } => {
                    if let Some(Node::Leaf(Document::Counter(now))) = self.view.find(at)
                        && let Some(sum) = now.checked_add(*by)
                    {
                        self.back.push(Back::Add { at: at.clone(), by: -by });
                        self.write(Write::Set { at: at.clone(), to: Node::Leaf(Document::Counter(sum)) });
                    }
                }
                Back::Retext { at, put, was } => match self.view.find(at) {
                    Some(Node::Leaf(now)) if now == put => {
                        self.back.push(Back::Retext { at: at.clone(), put: was.clone(), was: put.clone() });
                        self.write(Write::Set { at: at.clone(), to: Node::Leaf(was.clone()) });
                    }
                    None => {}
                    Some(_) => {
                        return Err(Rejected::new("depended_upon", "the text was written again since"));
                    }
                },
            }
        }
        Ok(())
    }

    /// Writes an old value, unless there is nothing to write it to by now.
    fn put_back(&mut self, write: Write) {
        let (Write::Set { at, .. } | Write::Remove { at } | Write::Insert { at, .. } | Write::Move { at, .. }) = &write;
        let place = self.place(at);
        let again = match (self.view.find(at), place) {
            (Some(now), Some(place)) if matches!(write, Write::Remove { .. } | Write::Insert { .. }) => {
                Write::Insert { at: at.clone(), place, to: now.clone() }
            }
            (Some(_), Some(place)) if matches!(write, Write::Move { .. }) => Write::Move { at: at.clone(), place },
            (Some(now), _) => Write::Set { at: at.clone(), to: now.clone() },
            (None, _) => Write::Remove { at: at.clone() },
        };
        if self.view.apply(&write) {
            self.back.push(Back::Write(again));
            self.writes.push(write);
        }
    }

    fn unmake(&mut self, at: &[Stone], now: &Node, made: &Node) {
        if within(now, made) {
            return self.put_back(Write::Remove { at: at.to_vec() });
        }
        for (stone, made) in children(made) {
            let at = [at, &[stone]].concat();
            if let Some(now) = self.view.find(&at).cloned() {
                self.unmake(&at, &now, made);
            }
        }
    }

    fn place(&self, at: &[Stone]) -> Option<Place> {
        let (Stone::Item(id), list) = at.split_last()? else { return None };
        match self.view.find(list)? {
            Node::List(items) => items.get(*id).map(|item| item.place.clone()),
            _ => None,
        }
    }

    fn write(&mut self, write: Write) {
        let applied = self.view.apply(&write);
        debug_assert!(applied, "{write:?} was checked against the view");
        self.writes.push(write);
    }

    /// A node of the author's own making.
    fn node(&mut self, value: &Document) -> Node {
        let Self { id, named, .. } = self;
        Node::of(value, &mut || name(*id, named))
    }

    /// The way to what is at `path`, or, if its last step is a key, to where it would be.
    fn stones(&self, path: &Path) -> Fits<Vec<Stone>> {
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

    /// A put of a container writes its leaves, and takes away what its author saw there and it has not.
    fn put(&mut self, path: &Path, value: &Document) -> Fits<()> {
        if path.len() + value.depth() > MAX_DEPTH {
            return Err(misfit(path, "nested too deep"));
        }
        let at = self.stones(path)?;
        let (was, made) = (self.view.find(&at).cloned(), self.node(value));
        if let Some(was) = &was {
            self.clear(&at, was, &made);
        }
        self.remember(&at, was.as_ref(), &made);
        self.write(Write::Set { at, to: made });
        Ok(())
    }

    /// Takes away what stays when `made` is taken up by what is there.
    fn clear(&mut self, at: &[Stone], was: &Node, made: &Node) {
        if std::mem::discriminant(was) != std::mem::discriminant(made) {
            return;
        }
        for (stone, was) in children(was) {
            let below = [at, std::slice::from_ref(&stone)].concat();
            match made.find(&[stone]) {
                Some(made) => self.clear(&below, was, made),
                None => {
                    self.back.push(Back::Write(self.again(&below, was)));
                    self.write(Write::Remove { at: below });
                }
            }
        }
    }

    /// The write that brings back what is there now.
    fn again(&self, at: &[Stone], was: &Node) -> Write {
        match self.place(at) {
            Some(place) => Write::Insert { at: at.to_vec(), place, to: was.clone() },
            None => Write::Set { at: at.to_vec(), to: was.clone() },
        }
    }

    /// Remembers what is needed to take back a put of `made` over `was`.
    fn remember(&mut self, at: &[Stone], was: Option<&Node>, made: &Node) {
        match (was, made) {
            (None, made) => self.back.push(Back::Unmake { at: at.to_vec(), made: made.clone() }),
            (Some(Node::Map(_)), Node::Map(_)) | (Some(Node::List(_)), Node::List(_)) => {
                for (stone, made) in children(made) {
                    let was = was.and_then(|was| was.find(std::slice::from_ref(&stone)));
                    self.remember(&[at, &[stone]].concat(), was, made);
                }
            }
            (Some(was), _) => self.back.push(Back::Write(Write::Set { at: at.to_vec(), to: was.clone() })),
        }
    }

    fn list(&self, path: &Path) -> Fits<(Vec<Stone>, Items)> {
        let at = self.stones(path)?;
        match self.view.find(&at) {
            Some(Node::List(items)) => Ok((at, items.clone())),
            _ => Err(misfit(path, &format!("no {}", Kind::List))),
        }
    }

    fn list_insert(&mut self, path: &Path, index: usize, values: &[Document]) -> Fits<()> {
        let (at, items) = self.list(path)?;
        let depth = values.iter().map(Document::depth).max().unwrap_or(0);
        if index > items.len() || path.len() + 1 + depth > MAX_DEPTH {
            return Err(misfit(path, "beyond the list's end, or nested too deep"));
        }
        let places = self.room(&at, &items, index, values.len());
        for (value, place) in values.iter().zip(places) {
            let at = below(&at, name(self.id, &mut self.named));
            let to = self.node(value);
            self.back.push(Back::Write(Write::Remove { at: at.clone() }));
            self.write(Write::Insert { at, place, to });
        }
        Ok(())
    }

    fn list_remove(&mut self, path: &Path, index: usize, count: usize) -> Fits<()> {
        let (at, items) = self.list(path)?;
        if index.checked_add(count).is_none_or(|end| end > items.len()) {
            return Err(misfit(path, "beyond the list's end"));
        }
        for Item { place, id, node } in items.from(index).take(count) {
            let at = below(&at, *id);
            self.back.push(Back::Write(Write::Insert { at: at.clone(), place: place.clone(), to: node.clone() }));
            self.write(Write::Remove { at });
        }
        Ok(())
    }

    fn list_move(&mut self, path: &Path, from: usize, to: usize) -> Fits<()> {
        let (list, mut items) = self.list(path)?;
        let Some(Item { id, place, .. }) = items.at(from).filter(|_| to < items.len()).cloned() else {
            return Err(misfit(path, "beyond the list's end"));
        };
        if from != to {
            items.remove(id);
            let at = below(&list, id);
            self.back.push(Back::Write(Write::Move { at: at.clone(), place }));
            let places = self.room(&list, &items, to, 1);
            places.into_iter().for_each(|place| self.write(Write::Move { at: at.clone(), place }));
        }
        Ok(())
    }

    /// Places for `count` items in front of the one at `index`. Where two clients have made the same place there is no room
    /// between their items: those behind the gap move on then.
    fn room(&mut self, at: &[Stone], items: &Items, index: usize, count: usize) -> Vec<Place> {
        let low = index.checked_sub(1).and_then(|index| items.at(index)).map(|item| &item.place);
        let tied: Vec<ItemId> =
            items.from(index).take_while(|item| Some(&item.place) == low).map(|item| item.id).collect();
        let high = items.at(index + tied.len()).map(|item| &item.place);
        let mut places = Ruler::default().between(low, high, count + tied.len());
        for (id, place) in tied.into_iter().zip(places.split_off(count)) {
            self.write(Write::Move { at: below(at, id), place });
        }
        places
    }
}

/// The operation's next name for an item.
fn name(id: OpId, named: &mut u32) -> ItemId {
    *named += 1;
    ItemId { client: id.client, n: id.n, k: *named }
}

fn below(at: &[Stone], id: ItemId) -> Vec<Stone> {
    [at, &[Stone::Item(id)]].concat()
}

fn children(node: &Node) -> BTreeMap<Stone, &Node> {
    match node {
        Node::Leaf(_) => BTreeMap::new(),
        Node::Map(map) => map.iter().map(|(key, node)| (Stone::Key(key.clone()), node)).collect(),
        Node::List(items) => items.iter().map(|item| (Stone::Item(item.id), &item.node)).collect(),
    }
}

/// Whether all that is there now was made.
fn within(now: &Node, made: &Node) -> bool {
    match (now, made) {
        (Node::Leaf(_), Node::Leaf(_)) => true,
        (Node::Map(_), Node::Map(_)) | (Node::List(_), Node::List(_)) => {
            children(now).into_iter().all(|(stone, now)| made.find(&[stone]).is_some_and(|made| within(now, made)))
        }
        _ => false,
    }
}
