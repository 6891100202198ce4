//! Writing the inverse of an operation.

use automerge::transaction::Transactable;
use automerge::{ObjId, Prop, ReadDoc, ScalarValue, Value};

use super::history::Was;
use super::places::Place;
use super::{Done, Inverse, failed, twins};
use crate::crdt::automerge::value::{insert, materialise, put};

impl Inverse<'_> {
    /// Puts back what was in a place: as the value there, or as a new element.
    pub(super) fn write(&mut self, object: &ObjId, prop: Prop, new: bool, was: &Was) -> Done {
        let library = &mut *self.library;
        match (was, &prop) {
            (Was::Nothing, _) if new => return Ok(()),
            (Was::Nothing, _) => return library.delete(object, prop).map_err(failed),
            (Was::Scalar(value, _), Prop::Seq(index)) if new => {
                library.insert(object, *index, value.clone()).map_err(failed)?;
            }
            (Was::Scalar(value, _), _) => library.put(object, prop.clone(), value.clone()).map_err(failed)?,
            (Was::Object(kind, id), _) => {
                let value = materialise(library, &Value::Object(*kind), id);
                match prop {
                    Prop::Seq(index) if new => insert(library, object, index, &value)?,
                    _ => put(library, object, prop.clone(), &value)?,
                }
            }
        }
        if let Some((value, now)) = library.get(object, prop).map_err(failed)? {
            let now = Was::new((value, now));
            twins(library, was, &now, &mut |old, now| drop(self.undone.anew.insert(old, now)));
        }
        Ok(())
    }

    /// Deletes, changes and puts back elements of one list or text, from the end, so that the indices of the others hold.
    pub(super) fn write_elements(&mut self, object: &ObjId, mut places: Vec<Place>) -> Done {
        let text = !self.is_list(object);
        let back = |place: &Place| matches!(place.element, Some((_, true)));
        let index = |place: &Place| if let Prop::Seq(index) = place.prop { index } else { 0 };
        places.sort_by_key(|place| (index(place), !back(place), place.order));
        for places in places.chunk_by(|a, b| index(a) == index(b)).rev() {
            let (come, change) = places.split_at(places.partition_point(back));
            let at = index(&places[0]);
            for place in change {
                match &place.old {
                    Was::Nothing if text => self.library.splice_text(object, at, 1, "").map_err(failed)?,
                    old => self.write(object, Prop::Seq(at), false, old)?,
                }
            }
            let come = come.iter().filter(|place| place.old.id().is_some());
            if text {
                self.write_text(object, at, come)?;
            } else {
                for (offset, place) in come.enumerate() {
                    self.write(object, Prop::Seq(at + offset), true, &place.old)?;
                    self.renamed(object, at + offset, place)?;
                }
            }
        }
        Ok(())
    }

    fn write_text<'p>(&mut self, text: &ObjId, at: usize, come: impl Iterator<Item = &'p Place>) -> Done {
        let char = |place: &'p Place| match &place.old {
            Was::Scalar(ScalarValue::Str(char), _) => Some((place, char.as_str())),
            _ => None,
        };
        let come: Vec<(&Place, &str)> = come.filter_map(char).collect();
        let chars: String = come.iter().map(|(_, char)| *char).collect();
        if !chars.is_empty() {
            self.library.splice_text(text, at, 0, &chars).map_err(failed)?;
        }
        come.iter().enumerate().try_for_each(|(offset, (place, _))| self.renamed(text, at + offset, place))
    }

    /// An element was restored under another id.
    fn renamed(&mut self, object: &ObjId, at: usize, place: &Place) -> Done {
        let now = self.library.get(object, at).map_err(failed)?.map(|(_, id)| id);
        if let (Some(now), Some((element, _))) = (now, &place.element) {
            self.undone.anew.extend(place.old.id().map(|id| (id.clone(), now.clone())));
            self.undone.anew.insert(element.clone(), now);
        }
        Ok(())
    }
}
