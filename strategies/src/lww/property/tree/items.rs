//! The items of a list.

use imbl::{OrdMap, Vector};

use super::{ItemId, Node};
use crate::lww::fractional::Place;

/// The items of a list, by place. Of two in one place, the one with the smaller name is first.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::lww::property) struct Items {
    order: Vector<Item>,
    places: OrdMap<ItemId, Place>,
}

#[derive(Clone, Debug, PartialEq)]
pub(in crate::lww::property) struct Item {
    pub(in crate::lww::property) place: Place,
    pub(in crate::lww::property) id: ItemId,
    pub(in crate::lww::property) node: Node,
}

impl Items {
    pub(in crate::lww::property) fn len(&self) -> usize {
        self.order.len()
    }

    pub(in crate::lww::property) fn iter(&self) -> impl Iterator<Item = &Item> {
        self.order.iter()
    }

    pub(in crate::lww::property) fn at(&self, index: usize) -> Option<&Item> {
        self.order.get(index)
    }

    /// Items from `index` on.
    pub(in crate::lww::property) fn from(&self, index: usize) -> impl Iterator<Item = &Item> {
        (index..self.order.len()).map_while(|index| self.order.get(index))
    }

    pub(in crate::lww::property) fn get(&self, id: ItemId) -> Option<&Item> {
        self.order.get(self.index(id)?)
    }

    fn search(&self, place: &Place, id: ItemId) -> Result<usize, usize> {
        self.order.binary_search_by(|item| (&item.place, item.id).cmp(&(place, id)))
    }

    /// The node of an item, to be changed.
    pub(super) fn node_mut(&mut self, id: ItemId) -> Option<&mut Node> {
        let index = self.index(id)?;
        self.order.get_mut(index).map(|item| &mut item.node)
    }

    fn index(&self, id: ItemId) -> Option<usize> {
        self.search(self.places.get(&id)?, id).ok()
    }

    /// Adds an item, in place of one with its name.
    pub(super) fn insert(&mut self, item: Item) {
        self.remove(item.id);
        let index = self.search(&item.place, item.id).unwrap_or_else(|index| index);
        self.places.insert(item.id, item.place.clone());
        self.order.insert(index, item);
    }

    pub(in crate::lww::property) fn remove(&mut self, id: ItemId) -> Option<Item> {
        let index = self.index(id)?;
        self.places.remove(&id);
        Some(self.order.remove(index))
    }
}
