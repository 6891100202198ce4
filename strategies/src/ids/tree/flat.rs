//! Ids as they travel.

use std::sync::Arc;

use imbl::OrdMap;
use serde::{Deserialize, Serialize};

use super::{Ids, Items, Mark, NONE, Slot};
use crate::document::Document;
use crate::ids::list::{IdList, Run};
use crate::replica::ProtocolError;

/// The ids beside a document, in the order in which a walk over the document meets them: without paths and without
/// nesting.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Flat {
    /// Of each text and each list.
    orders: Vec<Vec<Run>>,
    /// The marks of entries and items, each with how many have none before it.
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

    /// The ids as they stand beside `document`. Fails if they do not fit it.
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

    /// The next slot; `Some(None)` if it is empty.
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
