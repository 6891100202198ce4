//! Splices of a text, before they are applied.

#[cfg(any(feature = "yrs", feature = "diamond"))]
use crate::document::Edit;
use crate::document::Path;
#[cfg(any(feature = "yrs", feature = "diamond"))]
use crate::view::View;

/// Whether splices of one text fit, each on the text after the one before, without applying them. `None` if the edits are
/// anything else.
#[cfg(any(feature = "yrs", feature = "diamond"))]
pub(super) fn check(view: &impl View, edits: &[Edit]) -> Option<Result<(), String>> {
    let Some(Edit::TextSplice { path: text, .. }) = edits.first() else { return None };
    let Some(mut len) = view.len(text) else { return Some(Err(format!("no text at {text}"))) };
    for edit in edits {
        match edit {
            Edit::TextSplice { path, pos, delete, insert } if path == text => {
                match after(path, len, *pos, *delete, insert) {
                    Ok(after) => len = after,
                    Err(reason) => return Some(Err(reason)),
                }
            }
            _ => return None,
        }
    }
    Some(Ok(()))
}

/// The length of a text after a splice, or why the splice does not fit.
pub(super) fn after(path: &Path, len: usize, pos: usize, delete: usize, insert: &str) -> Result<usize, String> {
    match pos.checked_add(delete) {
        Some(end) if end <= len => Ok(len - delete + chars(insert)),
        _ => Err(format!("{path} is shorter than {}", pos.saturating_add(delete))),
    }
}

/// The number of characters: mostly one is typed.
fn chars(text: &str) -> usize {
    if text.len() < 2 { text.len() } else { text.chars().count() }
}
