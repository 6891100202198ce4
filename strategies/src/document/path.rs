//! Where in a document: a sequence of keys and indices from the root.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::ptr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Key;

/// One step down the tree.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Step {
    /// Into a map.
    Key(Key),
    /// Into a list.
    Index(usize),
}

impl From<&str> for Step {
    fn from(key: &str) -> Self {
        Step::Key(key.into())
    }
}

impl From<&String> for Step {
    fn from(key: &String) -> Self {
        Step::Key(key.as_str().into())
    }
}

impl From<Key> for Step {
    fn from(key: Key) -> Self {
        Step::Key(key)
    }
}

impl From<usize> for Step {
    fn from(index: usize) -> Self {
        Step::Index(index)
    }
}

/// A sequence of [`Step`]s from the root, cheap to clone. Written with [`path!`](crate::path).
#[derive(Clone, Debug, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct Path(Arc<[Step]>);

/// The edits of one plan mostly share their path, so the pointers are compared first.
impl PartialEq for Path {
    fn eq(&self, other: &Self) -> bool {
        ptr::eq(&*self.0, &*other.0) || self.0 == other.0
    }
}

impl Hash for Path {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl Path {
    /// The root of the document.
    pub fn root() -> Self {
        Self::default()
    }

    /// This path with one more step.
    #[must_use]
    pub fn child(&self, step: impl Into<Step>) -> Self {
        Self(self.iter().cloned().chain([step.into()]).collect())
    }
}

impl From<Vec<Step>> for Path {
    fn from(steps: Vec<Step>) -> Self {
        Self(steps.into())
    }
}

impl Deref for Path {
    type Target = [Step];

    fn deref(&self) -> &[Step] {
        &self.0
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("/");
        }
        for step in self.iter() {
            match step {
                Step::Key(key) => write!(f, "/{key}")?,
                Step::Index(index) => write!(f, "/{index}")?,
            }
        }
        Ok(())
    }
}

/// A [`Path`] from keys and indices: `path!["cards", 3, "title"]`.
#[macro_export]
macro_rules! path {
    ($($step:expr),* $(,)?) => {
        $crate::document::Path::from(vec![$($crate::document::Step::from($step)),*])
    };
}
