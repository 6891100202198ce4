//! Applying edits.

use super::{Document, Edit, EditError, Key, Kind, List, MAX_DEPTH, Path, Step};

impl Document {
    /// Applies one edit in place and returns its inverse.
    ///
    /// Earlier clones keep the old state. On an error nothing has changed.
    pub fn apply(&mut self, edit: &Edit) -> Result<Edit, EditError> {
        match edit {
            Edit::Put { path, value } => self.put(path, value),
            Edit::Remove { path } => self.remove(path),
            Edit::Increment { path, by } => self.increment(path, *by),
            Edit::ListInsert { path, index, values } => self.list_insert(path, *index, values),
            Edit::ListRemove { path, index, count } => self.list_remove(path, *index, *count),
            Edit::ListMove { path, from, to } => self.list_move(path, *from, *to),
            Edit::TextSplice { path, pos, delete, insert } => self.text_splice(path, *pos, *delete, insert),
        }
    }

    /// Applies edits one after the other, all or none, and returns their inverses in the order to apply them.
    pub fn apply_all(&mut self, edits: &[Edit]) -> Result<Vec<Edit>, EditError> {
        let mut inverse = Vec::with_capacity(edits.len());
        for edit in edits {
            match self.apply(edit) {
                Ok(back) => inverse.push(back),
                Err(error) => {
                    // A clone to return to would share all that is edited.
                    for back in inverse.iter().rev() {
                        let taken_back = self.apply(back);
                        debug_assert!(taken_back.is_ok(), "an edit that was made can be taken back: {back:?}");
                    }
                    return Err(error);
                }
            }
        }
        inverse.reverse();
        Ok(inverse)
    }

    /// The new state and the inverse edits, leaving this document as it is (Immer's `produceWithPatches`).
    pub fn produce(&self, edits: &[Edit]) -> Result<(Document, Vec<Edit>), EditError> {
        let mut next = self.clone();
        let inverse = next.apply_all(edits)?;
        Ok((next, inverse))
    }

    fn put(&mut self, path: &Path, value: &Document) -> Result<Edit, EditError> {
        if path.len() + value.depth() > MAX_DEPTH {
            return Err(EditError::TooDeep { path: path.clone() });
        }
        let Some((last, parent)) = path.split_last() else {
            let old = std::mem::replace(self, value.clone());
            return Ok(Edit::Put { path: Path::root(), value: old });
        };
        match (self.node_mut(parent, path)?, last) {
            (Document::Map(map), Step::Key(key)) => Ok(match map.insert(Key::clone(key), value.clone()) {
                Some(old) => Edit::Put { path: path.clone(), value: old },
                None => Edit::Remove { path: path.clone() },
            }),
            (Document::List(list), Step::Index(index)) => match list.get_mut(*index) {
                Some(slot) => Ok(Edit::Put { path: path.clone(), value: std::mem::replace(slot, value.clone()) }),
                None => {
                    let needed = index.saturating_add(1);
                    Err(EditError::OutOfBounds { path: parent.to_vec().into(), needed, len: list.len() })
                }
            },
            (node, step) => {
                let expected = match step {
                    Step::Key(_) => Kind::Map,
                    Step::Index(_) => Kind::List,
                };
                Err(EditError::WrongKind { path: parent.to_vec().into(), expected, found: node.kind() })
            }
        }
    }

    fn remove(&mut self, path: &Path) -> Result<Edit, EditError> {
        let Some((last, parent)) = path.split_last() else {
            return Err(EditError::Root);
        };
        match (self.node_mut(parent, path)?, last) {
            (Document::Map(map), Step::Key(key)) => match map.remove(key) {
                Some(old) => Ok(Edit::Put { path: path.clone(), value: old }),
                None => Err(EditError::NoSuchPath { path: path.clone() }),
            },
            // Entries of a map have no index.
            (Document::Map(_), Step::Index(_)) => Err(EditError::NoSuchPath { path: path.clone() }),
            (node, _) => {
                Err(EditError::WrongKind { path: parent.to_vec().into(), expected: Kind::Map, found: node.kind() })
            }
        }
    }

    fn increment(&mut self, path: &Path, by: i64) -> Result<Edit, EditError> {
        let overflow = || EditError::Overflow { path: path.clone() };
        let back = by.checked_neg().ok_or_else(overflow)?;
        match self.node_mut(path, path)? {
            Document::Counter(value) => {
                *value = value.checked_add(by).ok_or_else(overflow)?;
                Ok(Edit::Increment { path: path.clone(), by: back })
            }
            node => Err(EditError::WrongKind { path: path.clone(), expected: Kind::Counter, found: node.kind() }),
        }
    }

    fn list_insert(&mut self, path: &Path, index: usize, values: &[Document]) -> Result<Edit, EditError> {
        let depth = values.iter().map(Document::depth).max().unwrap_or(0);
        if path.len() + 1 + depth > MAX_DEPTH {
            return Err(EditError::TooDeep { path: path.clone() });
        }
        let list = self.list_mut(path)?;
        check(path, index, list.len())?;
        list.insert_all(index, values);
        Ok(Edit::ListRemove { path: path.clone(), index, count: values.len() })
    }

    fn list_remove(&mut self, path: &Path, index: usize, count: usize) -> Result<Edit, EditError> {
        let list = self.list_mut(path)?;
        check(path, index.saturating_add(count), list.len())?;
        let values = list.remove(index, count);
        Ok(Edit::ListInsert { path: path.clone(), index, values })
    }

    fn list_move(&mut self, path: &Path, from: usize, to: usize) -> Result<Edit, EditError> {
        let list = self.list_mut(path)?;
        check(path, from.max(to).saturating_add(1), list.len())?;
        list.shift(from, to);
        Ok(Edit::ListMove { path: path.clone(), from: to, to: from })
    }

    fn text_splice(&mut self, path: &Path, pos: usize, delete: usize, insert: &str) -> Result<Edit, EditError> {
        match self.node_mut(path, path)? {
            Document::Text(rope) => {
                let end = pos.saturating_add(delete);
                check(path, end, rope.len_chars())?;
                let gone = if delete == 0 { String::new() } else { rope.slice(pos..end).to_string() };
                if delete > 0 {
                    rope.remove(pos..end);
                }
                if !insert.is_empty() {
                    rope.insert(pos, insert);
                }
                Ok(Edit::TextSplice { path: path.clone(), pos, delete: insert.chars().count(), insert: gone })
            }
            node => Err(EditError::WrongKind { path: path.clone(), expected: Kind::Text, found: node.kind() }),
        }
    }

    fn list_mut(&mut self, path: &Path) -> Result<&mut List, EditError> {
        match self.node_mut(path, path)? {
            Document::List(list) => Ok(list),
            node => Err(EditError::WrongKind { path: path.clone(), expected: Kind::List, found: node.kind() }),
        }
    }

    /// The node at `steps`, unshared on the way down; `whole` is the path for the error.
    fn node_mut(&mut self, steps: &[Step], whole: &Path) -> Result<&mut Document, EditError> {
        // Look before copying: a path that leads nowhere must not unshare anything.
        if self.at(steps).is_none() {
            return Err(EditError::NoSuchPath { path: whole.clone() });
        }
        let mut node = self;
        for step in steps {
            let next = match (node, step) {
                (Document::Map(map), Step::Key(key)) => map.get_mut(key),
                (Document::List(list), Step::Index(index)) => list.get_mut(*index),
                _ => None,
            };
            node = next.ok_or_else(|| EditError::NoSuchPath { path: whole.clone() })?;
        }
        Ok(node)
    }
}

fn check(path: &Path, needed: usize, len: usize) -> Result<(), EditError> {
    if needed > len { Err(EditError::OutOfBounds { path: path.clone(), needed, len }) } else { Ok(()) }
}
