//! The text that was found last.

use crate::crdt::splices;
use crate::document::{Path, Step};

/// The text that was found last, and its length: people type where they have just typed, and a library walks its structures
/// to find an entry or to measure a text. Code that may put something else in its place has to clear this.
pub(super) struct LastText<T>(Option<At<T>>);

struct At<T> {
    path: Path,
    text: T,
    len: usize,
}

impl<T> Default for LastText<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T> LastText<T> {
    pub(super) fn clear(&mut self) {
        self.0 = None;
    }

    pub(super) fn set(&mut self, path: &[Step], text: T, len: usize) {
        self.0 = Some(At { path: Path::from(path.to_vec()), text, len });
    }

    /// The length of the text at `path`, if it is the last one.
    pub(super) fn len(&self, path: &[Step]) -> Option<usize> {
        self.0.as_ref().filter(|at| *at.path == *path).map(|at| at.len)
    }

    /// The text for a splice that fits, with its new length noted. Where the last text is another one, `find` finds the text
    /// and its length.
    pub(super) fn splice(
        &mut self,
        path: &Path,
        (pos, delete, insert): (usize, usize, &str),
        find: impl FnOnce() -> Option<(T, usize)>,
    ) -> Result<&T, String> {
        let at = match self.0.take().filter(|at| at.path == *path) {
            Some(same) => self.0.insert(same),
            None => {
                let (text, len) = find().ok_or_else(|| format!("no text at {path}"))?;
                self.0.insert(At { path: path.clone(), text, len })
            }
        };
        at.len = splices::after(path, at.len, pos, delete, insert)?;
        Ok(&at.text)
    }
}
