//! What operations on a text mean.

use serde::{Deserialize, Serialize};
use syncbench_strategies::document::{Document, Path};
use syncbench_strategies::model::{Model, Plan, Rejected};
use syncbench_strategies::path;
use syncbench_strategies::view::View;

use crate::typing::{self, Splice};

/// What users do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TextOp {
    /// Edit the text by splices, each on the text after the one before.
    Edit(Vec<Splice>),
}

/// A text at the path `text`.
#[derive(Clone, Copy, Debug, Default)]
pub struct TextModel {}

pub(super) fn text() -> Path {
    path!["text"]
}

impl Model for TextModel {
    type Op = TextOp;

    fn plan(&self, view: &dyn View, TextOp::Edit(splices): &TextOp) -> Result<Plan, Rejected> {
        Ok(Plan::new(typing::plan(view, &text(), splices)?))
    }
}

/// A text of `size` characters, no two the same; it stops at 268,544.
pub fn genesis(size: u64) -> Document {
    Document::map([("text", Document::text(&typing::original(0, size)))])
}
