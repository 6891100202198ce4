//! The ids beside a document: those of its characters and list items, and which operation put what.
//!
//! The document itself has no ids, as an editor's text knows nothing of the `IdList` beside it.

mod flat;

use std::sync::Arc;

use imbl::OrdMap;
use serde::{Deserialize, Serialize};

use super::list::{Id, IdList, Span};
use super::step::Step;
use crate::document::{self, Document, Key, Path};
use crate::node::{NodeId, OpId};
pub(crate) use flat::Flat;

/// The ids inside a node.
#[derive(Clone, Debug, Default)]
pub(crate) enum Ids {
    /// It has no ids inside.
    #[default]
    None,
    /// Of a map: the entries that have ids inside or a mark.
    Map(OrdMap<Key, Arc<Slot>>),
    List(Arc<Items>),
    Text(IdList),
}

/// Of a list: the order of its items, and the items that have ids inside or a mark.
#[derive(Clone, Debug, Default)]
pub(crate) struct Items {
    pub(crate) order: IdList,
    pub(crate) slots: OrdMap<Id, Arc<Slot>>,
}

/// Of an entry of a map or an item of a list.
#[derive(Clone, Debug, Default)]
pub(crate) struct Slot {
    pub(crate) mark: Mark,
    pub(crate) ids: Ids,
}

/// Which operations changed a place last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Mark {
    /// The operation that put it there; none if it was there from the beginning.
    pub(crate) put: Option<OpId>,
    /// The operation that moved it last.
    pub(crate) moved: Option<OpId>,
}

impl Mark {
    const NONE: Mark = Mark { put: None, moved: None };
}

impl Slot {
    /// Whether it holds nothing.
    pub(crate) fn is_empty(&self) -> bool {
        self.mark == Mark::NONE && matches!(self.ids, Ids::None)
    }
}

/// Where new ids come from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fresh {
    pub(crate) client: NodeId,
    pub(crate) next: u64,
}

impl Fresh {
    /// The next `len` ids.
    pub(crate) fn span(&mut self, len: u64) -> Span {
        let first = Id { client: self.client, n: self.next };
        self.next = self.next.saturating_add(len);
        Span { first, len }
    }

    /// Ids for everything in a new document: those of a list's items in a row, then those inside the items.
    pub(crate) fn ids(&mut self, document: &Document) -> Ids {
        match document {
            Document::Text(rope) => Ids::Text(IdList::of(self.span(rope.len_chars() as u64))),
            Document::List(items) => {
                let span = self.span(items.len() as u64);
                let slots = self.slots(span, items.iter());
                Ids::List(Arc::new(Items { order: IdList::of(span), slots }))
            }
            Document::Map(entries) => {
                let mut slots = OrdMap::new();
                for (key, value) in entries {
                    if let Some(slot) = self.slot(value) {
                        slots.insert(key.clone(), slot);
                    }
                }
                if slots.is_empty() { Ids::None } else { Ids::Map(slots) }
            }
            _ => Ids::None,
        }
    }

    /// The slots of those new items that have ids inside.
    pub(crate) fn slots<'a>(&mut self, span: Span, items: impl Iterator<Item = &'a Document>) -> OrdMap<Id, Arc<Slot>> {
        let mut slots = OrdMap::new();
        for (offset, item) in (0..).zip(items) {
            if let Some(slot) = self.slot(item) {
                slots.insert(span.from(offset).first, slot);
            }
        }
        slots
    }

    fn slot(&mut self, document: &Document) -> Option<Arc<Slot>> {
        match self.ids(document) {
            Ids::None => None,
            ids => Some(Arc::new(Slot { ids, ..Slot::default() })),
        }
    }
}

/// How many ids everything in a document needs.
pub(crate) fn needed(document: &Document) -> u64 {
    match document {
        Document::Text(rope) => rope.len_chars() as u64,
        Document::List(items) => items.len() as u64 + items.iter().map(needed).sum::<u64>(),
        Document::Map(entries) => entries.values().map(needed).sum(),
        _ => 0,
    }
}

/// Where a node is now, and the ids inside it.
pub(crate) struct Found<'a> {
    pub(crate) path: Path,
    pub(crate) ids: &'a Ids,
}

static NONE: Ids = Ids::None;

impl Ids {
    /// The slot of an entry or an item.
    pub(crate) fn slot(&self, step: &Step) -> Option<&Slot> {
        match (self, step) {
            (Ids::Map(slots), Step::Key(key)) => slots.get(key).map(|slot| &**slot),
            (Ids::List(items), Step::Item(id)) => items.slots.get(id).map(|slot| &**slot),
            _ => None,
        }
    }

    /// The same to be changed, made if it is missing. `None` where there can be none.
    pub(crate) fn slot_mut(&mut self, step: &Step) -> Option<&mut Slot> {
        if let (Ids::None, Step::Key(_)) = (&*self, step) {
            *self = Ids::Map(OrdMap::new());
        }
        match (self, step) {
            (Ids::Map(slots), Step::Key(key)) => Some(Arc::make_mut(slots.entry(key.clone()).or_default())),
            (Ids::List(items), Step::Item(id)) => {
                Some(Arc::make_mut(Arc::make_mut(items).slots.entry(*id).or_default()))
            }
            _ => None,
        }
    }

    /// The ids inside the node at `at`, to be changed.
    pub(crate) fn below_mut(&mut self, at: &[Step]) -> Option<&mut Ids> {
        at.iter().try_fold(self, |ids, step| Some(&mut ids.slot_mut(step)?.ids))
    }

    /// Where the node at `at` is in `document`, whose ids these are.
    pub(crate) fn find<'a>(&'a self, document: &'a Document, at: &[Step]) -> Option<Found<'a>> {
        let (mut node, mut ids, mut path) = (document, self, Vec::with_capacity(at.len()));
        for step in at {
            let index: document::Step = match (ids, step) {
                (_, Step::Key(key)) => key.clone().into(),
                (Ids::List(items), Step::Item(id)) => items.order.index(*id)?.into(),
                _ => return None,
            };
            node = node.at(std::slice::from_ref(&index))?;
            ids = ids.slot(step).map_or(&NONE, |slot| &slot.ids);
            path.push(index);
        }
        Some(Found { path: path.into(), ids })
    }

    /// A path of indices as one of ids.
    pub(crate) fn steps(&self, path: &[document::Step]) -> Option<Vec<Step>> {
        let (mut ids, mut steps) = (self, Vec::with_capacity(path.len()));
        for step in path {
            let step = match (ids, step) {
                (_, document::Step::Key(key)) => Step::Key(key.clone()),
                (Ids::List(items), document::Step::Index(index)) => Step::Item(items.order.at(*index)?),
                _ => return None,
            };
            ids = ids.slot(&step).map_or(&NONE, |slot| &slot.ids);
            steps.push(step);
        }
        Some(steps)
    }
}
