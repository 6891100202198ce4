//! The ids beside a document: which ids the characters of its texts and the items of its lists have, and who put what.
//!
//! The document itself knows nothing of this, as an editor's text knows nothing of an `IdList` beside it.

use std::sync::Arc;

use imbl::OrdMap;
use serde::{Deserialize, Serialize};

use super::change::Step;
use super::list::{Id, IdList, Run, Span};
use crate::document::{Document, Key, Path};
use crate::replica::{NodeId, OpId, ProtocolError};

/// What stands beside a node.
#[derive(Clone, Debug, Default)]
pub(crate) enum Ids {
    /// Nothing: there are no ids in it.
    #[default]
    None,
    /// Beside a map: its entries that have ids in them or were put by somebody.
    Map(OrdMap<Key, Arc<Slot>>),
    List(Arc<Items>),
    Text(IdList),
}

/// Beside a list: the order of its items, and those that have ids in them or were put or moved by somebody.
#[derive(Clone, Debug, Default)]
pub(crate) struct Items {
    pub(crate) order: IdList,
    pub(crate) slots: OrdMap<Id, Arc<Slot>>,
}

/// Beside an entry of a map or an item of a list.
#[derive(Clone, Debug, Default)]
pub(crate) struct Slot {
    pub(crate) mark: Mark,
    pub(crate) ids: Ids,
}

/// Who did what to a place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Mark {
    /// The operation that put it there, if it was not there from the beginning.
    pub(crate) put: Option<OpId>,
    /// The operation that moved it last.
    pub(crate) moved: Option<OpId>,
}

impl Mark {
    const NONE: Mark = Mark { put: None, moved: None };
}

impl Slot {
    /// Whether there is nothing in it to be kept.
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
    /// The next ids, as many.
    pub(crate) fn span(&mut self, len: u64) -> Span {
        let first = Id { client: self.client, n: self.next };
        self.next = self.next.saturating_add(len);
        Span { first, len }
    }

    /// Ids for everything in a new document: those of a list's items are in a row, what is in the items comes after.
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

    /// The slots of new items that have ids in them.
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

/// Where a node is now, and what stands beside it.
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

    /// The same to be changed, made where there is none. `None` beside what has no such entries.
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

    /// What stands beside the node at `at`, to be changed.
    pub(crate) fn below_mut(&mut self, at: &[Step]) -> Option<&mut Ids> {
        at.iter().try_fold(self, |ids, step| Some(&mut ids.slot_mut(step)?.ids))
    }

    /// Where the node at `at` is in the document beside which this stands.
    pub(crate) fn find<'a>(&'a self, document: &'a Document, at: &[Step]) -> Option<Found<'a>> {
        let (mut node, mut ids, mut path) = (document, self, Vec::with_capacity(at.len()));
        for step in at {
            let index: crate::document::Step = match (ids, step) {
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
    pub(crate) fn steps(&self, path: &[crate::document::Step]) -> Option<Vec<Step>> {
        let (mut ids, mut steps) = (self, Vec::with_capacity(path.len()));
        for step in path {
            let step = match (ids, step) {
                (_, crate::document::Step::Key(key)) => Step::Key(key.clone()),
                (Ids::List(items), crate::document::Step::Index(index)) => Step::Item(items.order.at(*index)?),
                _ => return None,
            };
            ids = ids.slot(&step).map_or(&NONE, |slot| &slot.ids);
            steps.push(step);
        }
        Some(steps)
    }
}

/// The ids beside a document as they travel: in the order in which a walk over the document meets them, so that nothing
/// says where, and nothing is nested.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Flat {
    /// Of each text and each list.
    orders: Vec<Vec<Run>>,
    /// Of each entry and item that somebody put or moved, with how many have none before it.
    marks: Vec<(u64, Mark)>,
}

impl Flat {
    pub(crate) fn of(document: &Document, ids: &Ids) -> Self {
        let (mut flat, mut unmarked) = (Self::default(), 0);
        flat.add(document, ids, &mut unmarked);
        flat
    }

    fn add(&mut self, document: &Document, ids: &Ids, unmarked: &mut u64) {
        match (document, ids) {
            (Document::Text(_), Ids::Text(order)) => self.orders.push(order.runs()),
            (Document::List(nodes), Ids::List(items)) => {
                self.orders.push(items.order.runs());
                let ids = items.order.spans(0..nodes.len()).unwrap_or_default();
                let ids = ids.iter().flat_map(|span| (0..span.len).map(|offset| span.from(offset).first));
                for (node, id) in nodes.iter().zip(ids) {
                    self.add_slot(node, items.slots.get(&id), unmarked);
                }
            }
            (Document::Map(entries), ids) => {
                for (key, node) in entries {
                    let slot = if let Ids::Map(slots) = ids { slots.get(key) } else { None };
                    self.add_slot(node, slot, unmarked);
                }
            }
            _ => {}
        }
    }

    fn add_slot(&mut self, node: &Document, slot: Option<&Arc<Slot>>, unmarked: &mut u64) {
        match slot.filter(|slot| slot.mark != Mark::NONE) {
            Some(slot) => self.marks.push((std::mem::take(unmarked), slot.mark)),
            None => *unmarked += 1,
        }
        self.add(node, slot.map_or(&NONE, |slot| &slot.ids), unmarked);
    }

    /// The ids beside `document`, if these are some.
    pub(crate) fn ids(self, document: &Document) -> Result<Ids, ProtocolError> {
        let mut reader = Reader { orders: self.orders.into_iter(), marks: self.marks.into_iter(), next: None };
        reader.next = reader.marks.next();
        let ids = reader.read(document).ok_or_else(misfit)?;
        if reader.orders.next().is_some() || reader.next.is_some() { Err(misfit()) } else { Ok(ids) }
    }
}

fn misfit() -> ProtocolError {
    ProtocolError::malformed("ids that do not fit the document")
}

struct Reader {
    orders: std::vec::IntoIter<Vec<Run>>,
    marks: std::vec::IntoIter<(u64, Mark)>,
    next: Option<(u64, Mark)>,
}

impl Reader {
    fn read(&mut self, document: &Document) -> Option<Ids> {
        Some(match document {
            Document::Text(rope) => Ids::Text(self.order(rope.len_chars())?),
            Document::List(nodes) => {
                let order = self.order(nodes.len())?;
                let spans = order.spans(0..nodes.len())?;
                let ids = spans.iter().flat_map(|span| (0..span.len).map(|offset| span.from(offset).first));
                let mut slots = OrdMap::new();
                for (node, id) in nodes.iter().zip(ids) {
                    if let Some(slot) = self.slot(node)? {
                        slots.insert(id, slot);
                    }
                }
                Ids::List(Arc::new(Items { order, slots }))
            }
            Document::Map(entries) => {
                let mut slots = OrdMap::new();
                for (key, node) in entries {
                    if let Some(slot) = self.slot(node)? {
                        slots.insert(key.clone(), slot);
                    }
                }
                if slots.is_empty() { Ids::None } else { Ids::Map(slots) }
            }
            _ => Ids::None,
        })
    }

    fn order(&mut self, len: usize) -> Option<IdList> {
        let order = IdList::load(self.orders.next()?)?;
        (order.shown() == Some(len)).then_some(order)
    }

    /// The next slot; `Some(None)` where there is nothing to be said.
    fn slot(&mut self, node: &Document) -> Option<Option<Arc<Slot>>> {
        let mark = match &mut self.next {
            Some((0, _)) => std::mem::replace(&mut self.next, self.marks.next()).map(|(_, mark)| mark),
            Some((before, _)) => {
                *before -= 1;
                None
            }
            None => None,
        };
        let slot = Slot { mark: mark.unwrap_or_default(), ids: self.read(node)? };
        Some((!slot.is_empty()).then(|| Arc::new(slot)))
    }
}
