//! Cells: what the last writer wrote, and when.
//!
//! A document is split into cells: one for each leaf, one for each map and list to say that it exists, and one for the
//! place of each item in its list. The latest stamp wins each cell. A cell that is emptied, or whose container is
//! replaced, also says that everything below it that was written before is gone, so an old entry does not reappear with
//! a new container. Each of these is a maximum of two, so replicas that hold the same writes hold the same cells.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::clock::Stamp;
use crate::document::{Document, Key, MAX_DEPTH};
use crate::lww::fractional::Place;

/// An item of a list: the node that made it, and a number of that node's. Node 0 made the items of the genesis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct ItemId {
    pub(super) node: u32,
    pub(super) n: u64,
}

/// One step down to a cell. Unlike in a document's path, items go by their ids.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) enum Hop {
    Key(Key),
    Item(ItemId),
}

/// Where a cell is.
pub(super) type Hops = Arc<[Hop]>;

/// What is at a path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Value {
    /// Nothing: it was removed.
    Gone,
    Map,
    List,
    /// A scalar, a counter's sum, a whole text.
    Leaf(Document),
}

/// The cell of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ValueCell {
    pub(super) stamp: Stamp,
    pub(super) value: Value,
    /// Everything that was written below before this is gone.
    pub(super) cleared: Stamp,
}

/// The cell of an item's place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PlaceCell {
    pub(super) stamp: Stamp,
    pub(super) place: Place,
}

/// A cell's content as it travels.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Part {
    /// A value that leaves what is below.
    Value(Value),
    /// A value that clears everything below.
    Instead(Value),
    /// A value, and when everything below was last cleared.
    Cleared(Value, Stamp),
    Place(Place),
}

/// Cells that were written with one stamp.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Write {
    pub(super) stamp: Stamp,
    pub(super) cells: Vec<(Hops, Part)>,
}

impl Write {
    /// Whether these can be cells.
    pub(super) fn is_sound(&self) -> bool {
        self.cells.iter().all(|(path, part)| {
            path.len() < MAX_DEPTH
                && match part {
                    Part::Value(value) | Part::Instead(value) => value.is_sound(),
                    Part::Cleared(value, cleared) => value.is_sound() && *cleared <= self.stamp,
                    Part::Place(_) => matches!(path.last(), Some(Hop::Item(_))),
                }
        })
    }
}

impl Value {
    fn is_sound(&self) -> bool {
        !matches!(self, Value::Leaf(Document::List(_) | Document::Map(_)))
    }
}

/// A cell among all others, in the order of writing.
pub(super) type Element = (Stamp, [u8; 8]);
