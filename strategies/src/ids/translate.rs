//! From edits by indices, as a plan has them, to edits by ids.

use super::change::{Content, Edit};
use super::state::State;
use super::step::Step;
use super::tree::Ids;
use crate::document;

impl State {
    /// An edit by indices as edits by ids, to be applied one after the other. `None` if it does not fit.
    pub(crate) fn translate(&self, edit: &document::Edit) -> Option<Vec<Edit>> {
        let at = match edit {
            // The entry that a put writes need not exist.
            document::Edit::Put { path, .. } => match path.split_last() {
                Some((document::Step::Key(key), above)) => {
                    let mut at = self.root.ids.steps(above)?;
                    at.push(Step::Key(key.clone()));
                    at
                }
                _ => self.root.ids.steps(path)?,
            },
            _ => self.root.ids.steps(edit.path())?,
        };
        let order = || match self.find(&at)?.ids {
            Ids::Text(order) => Some(order),
            Ids::List(items) => Some(&items.order),
            Ids::None | Ids::Map(_) => None,
        };
        let behind = |index: usize| match index.checked_sub(1) {
            Some(before) => Some(Some(order()?.at(before)?)),
            None => Some(None),
        };
        let delete = |index: usize, count: usize| {
            let spans = order()?.spans(index..index.checked_add(count)?)?;
            Some(Edit::Delete { at: at.clone(), spans })
        };
        Some(match edit {
            document::Edit::Put { value, .. } => vec![Edit::Put { at, value: value.clone() }],
            document::Edit::Remove { .. } => vec![Edit::Remove { at }],
            document::Edit::Increment { by, .. } => vec![Edit::Increment { at, by: *by }],
            document::Edit::ListInsert { index, values, .. } => {
                let (behind, content) = (behind(*index)?, Content::Items(values.clone()));
                if values.is_empty() { Vec::new() } else { vec![Edit::Insert { at, behind, content }] }
            }
            document::Edit::ListRemove { index, count, .. } => {
                let delete = delete(*index, *count)?;
                if *count == 0 { Vec::new() } else { vec![delete] }
            }
            document::Edit::ListMove { from, to, .. } => {
                let (item, last) = (order()?.at(*from)?, order()?.shown()?.checked_sub(1)?);
                if *to > last {
                    return None;
                }
                // The place is named by what will be in front of it once the item is taken out.
                let behind = behind(if to > from { *to + 1 } else { *to })?;
                if from == to { Vec::new() } else { vec![Edit::Move { at, item, behind }] }
            }
            document::Edit::TextSplice { pos, delete: count, insert, .. } => {
                let (behind, content) = (behind(*pos)?, Content::Text(insert.clone()));
                let mut edits = Vec::new();
                if *count > 0 {
                    edits.push(delete(*pos, *count)?);
                }
                if !insert.is_empty() {
                    edits.push(Edit::Insert { at, behind, content });
                }
                edits
            }
        })
    }
}
