//! Typing: users at a keyboard, for every workload that has a text in it.
//!
//! Every character of a run is unique, so `oracles::text` can follow each one.

mod cursor;
mod glyphs;
mod seen;
mod small;
mod typist;

use serde::{Deserialize, Serialize};
use syncbench_strategies::document::{Document, Edit, Path};
use syncbench_strategies::model::Rejected;
use syncbench_strategies::view::View;

pub(crate) use glyphs::original;
pub(crate) use seen::Seen;
pub(crate) use small::{Press, press};
pub(crate) use typist::{Keys, Typist};

/// A stretch of text replaced by another. Positions and lengths are code points.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Splice {
    /// The first character that changes.
    pub pos: usize,
    /// How many characters go.
    pub delete: usize,
    /// What comes instead.
    pub insert: String,
}

/// The edits that splice the text at `path`, each on the text after the one before.
pub(crate) fn plan(view: &dyn View, path: &Path, splices: &[Splice]) -> Result<Vec<Edit>, Rejected> {
    let mut len = view.len(path).unwrap_or(0);
    let mut edits = Vec::with_capacity(splices.len());
    for Splice { pos, delete, insert } in splices {
        let end = pos.saturating_add(*delete);
        if end > len {
            return Err(Rejected::new("out_of_range", format!("the text has {len} characters, not {end}")));
        }
        len = len - delete + insert.chars().count();
        edits.push(Edit::TextSplice { path: path.clone(), pos: *pos, delete: *delete, insert: insert.clone() });
    }
    Ok(edits)
}

/// The characters of a text; none where there is no text.
pub(crate) fn characters(document: &Document, path: &Path) -> Vec<char> {
    match document.at(path) {
        Some(Document::Text(rope)) => rope.chars().collect(),
        _ => Vec::new(),
    }
}
