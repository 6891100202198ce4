//! The model: operations are parts of a recording.

use std::ops::Range;
use std::sync::Arc;

use syncbench_strategies::document::{self, Document, Edit, Key, Kind, Step};
use syncbench_strategies::model::{Model, Plan, Rejected};
use syncbench_strategies::path;
use syncbench_strategies::view::View;

use crate::trace::Splice;

/// Operations are numbers of parts of a recording.
pub(crate) struct Recording {
    path: document::Path,
    splices: Arc<[Splice]>,
    size: usize,
}

impl Model for Recording {
    type Op = usize;

    fn plan(&self, view: &dyn View, part: &usize) -> Result<Plan, Rejected> {
        let path = &self.path;
        let mut len = view.len(path).ok_or_else(|| Rejected::new("no_text", "there is no text"))?;
        let splices = self.splices.chunks(self.size).nth(*part).unwrap_or_default();
        let mut edits = Vec::with_capacity(splices.len());
        for (pos, delete, insert) in splices {
            if pos.checked_add(*delete).is_none_or(|end| end > len) {
                return Err(Rejected::new("out_of_range", format!("{delete} at {pos} of {len}")));
            }
            len = len - delete + insert.chars().count();
            edits.push(Edit::TextSplice { path: path.clone(), pos: *pos, delete: *delete, insert: insert.clone() });
        }
        Ok(Plan::new(edits))
    }
}

pub(crate) fn recording(splices: &Arc<[Splice]>, size: usize) -> Recording {
    Recording { path: path!["text"], splices: splices.clone(), size }
}

/// The view that the model plans on alone: a text without end.
pub(crate) struct Endless;

impl View for Endless {
    fn kind(&self, _: &[Step]) -> Option<Kind> {
        Some(Kind::Text)
    }

    fn get(&self, _: &[Step]) -> Option<Document> {
        None
    }

    fn len(&self, _: &[Step]) -> Option<usize> {
        Some(usize::MAX / 2)
    }

    fn keys(&self, _: &[Step]) -> Option<Vec<Key>> {
        None
    }

    fn items(&self, _: &[Step]) -> Option<Vec<Document>> {
        None
    }

    fn text_slice(&self, _: &[Step], _: Range<usize>) -> Option<String> {
        None
    }

    fn document(&self) -> Document {
        Document::Null
    }
}
