//! Edits of lists.

use super::back::Back;
use super::tree::{Item, ItemId, Items, Node, Stone, Write};
use super::writer::{Fits, Writer, misfit};
use crate::document::{Document, Kind, MAX_DEPTH, Path};
use crate::lww::fractional::{Place, Ruler};

impl Writer<'_> {
    fn list(&self, path: &Path) -> Fits<(Vec<Stone>, Items)> {
        let at = self.stones(path)?;
        match self.view.find(&at) {
            Some(Node::List(items)) => Ok((at, items.clone())),
            _ => Err(misfit(path, &format!("no {}", Kind::List))),
        }
    }

    pub(super) fn list_insert(&mut self, path: &Path, index: usize, values: &[Document]) -> Fits<()> {
        let (at, items) = self.list(path)?;
        let depth = values.iter().map(Document::depth).max().unwrap_or(0);
        if index > items.len() || path.len() + 1 + depth > MAX_DEPTH {
            return Err(misfit(path, "beyond the list's end, or nested too deep"));
        }
        let places = self.room(&at, &items, index, values.len());
        for (value, place) in values.iter().zip(places) {
            let at = below(&at, self.name());
            let to = self.node(value);
            self.back.push(|| Back::Write(Write::Remove { at: at.clone() }));
            self.write(Write::Insert { at, place, to });
        }
        Ok(())
    }

    pub(super) fn list_remove(&mut self, path: &Path, index: usize, count: usize) -> Fits<()> {
        let (at, items) = self.list(path)?;
        if index.checked_add(count).is_none_or(|end| end > items.len()) {
            return Err(misfit(path, "beyond the list's end"));
        }
        for Item { place, id, node } in items.from(index).take(count) {
            let at = below(&at, *id);
            self.back.push(|| Back::Write(Write::Insert { at: at.clone(), place: place.clone(), to: node.clone() }));
            self.write(Write::Remove { at });
        }
        Ok(())
    }

    pub(super) fn list_move(&mut self, path: &Path, from: usize, to: usize) -> Fits<()> {
        let (list, mut items) = self.list(path)?;
        let Some(Item { id, place, .. }) = items.at(from).filter(|_| to < items.len()).cloned() else {
            return Err(misfit(path, "beyond the list's end"));
        };
        if from != to {
            items.remove(id);
            let at = below(&list, id);
            self.back.push(|| Back::Write(Write::Move { at: at.clone(), place }));
            let places = self.room(&list, &items, to, 1);
            places.into_iter().for_each(|place| self.write(Write::Move { at: at.clone(), place }));
        }
        Ok(())
    }

    /// Places for `count` items in front of the one at `index`. There is no room between two items if two clients have made
    /// the same place for them: then those behind the gap move on.
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

fn below(at: &[Stone], id: ItemId) -> Vec<Stone> {
    [at, &[Stone::Item(id)]].concat()
}
