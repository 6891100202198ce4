//! What undoes a write.

use super::tree::{Node, Stone, Write};
use crate::document::Document;
use crate::lww::fractional::Place;

/// What undoes the writes of an operation, the first write first.
pub(super) struct Backs {
    /// Users undo. Where they do not, nothing is noted.
    undo: bool,
    pub(super) list: Vec<Back>,
}

impl Backs {
    pub(super) fn new(undo: bool) -> Self {
        Self { undo, list: Vec::new() }
    }

    /// Notes what undoes the next write.
    pub(super) fn push(&mut self, back: impl FnOnce() -> Back) {
        if self.undo {
            self.list.push(back());
        }
    }

    /// Whether anything is noted.
    pub(super) fn wanted(&self) -> bool {
        self.undo
    }
}

/// What undoes one write, as far as that is known when it is made.
#[derive(Clone, Debug)]
pub(super) enum Back {
    /// The property gets its old value, whatever it holds by then.
    Write(Write),
    /// What was made where there was nothing is removed. A container that holds more by then stays, with the rest.
    Unmake { at: Vec<Stone>, made: Node },
    /// The counter is moved by `by`.
    Add { at: Vec<Stone>, by: i64 },
    /// The text gets its old value if it still is what was put.
    Retext { at: Vec<Stone>, put: Document, was: Document },
}

/// The place of an item of a list.
pub(super) fn place(view: &Node, at: &[Stone]) -> Option<Place> {
    let (Stone::Item(id), list) = at.split_last()? else { return None };
    match view.find(list)? {
        Node::List(items) => items.get(*id).map(|item| item.place.clone()),
        _ => None,
    }
}

/// The write that would put back what is there now.
pub(super) fn again(view: &Node, at: &[Stone], was: &Node) -> Write {
    match place(view, at) {
        Some(place) => Write::Insert { at: at.to_vec(), place, to: was.clone() },
        None => Write::Set { at: at.to_vec(), to: was.clone() },
    }
}
