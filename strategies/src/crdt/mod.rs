//! Strategies built on a library of conflict-free replicated data types.

#[cfg(feature = "automerge")]
pub mod automerge;
#[cfg(feature = "automerge")]
mod automerge_doc;
#[cfg(feature = "diamond")]
pub mod diamond;
#[cfg(feature = "diamond")]
mod diamond_doc;
#[cfg(feature = "loro")]
pub mod loro;
#[cfg(feature = "loro")]
mod loro_doc;
#[cfg(any(feature = "loro", feature = "diamond"))]
mod mesh;
#[cfg(feature = "yrs")]
pub mod yrs;
#[cfg(feature = "yrs")]
mod yrs_doc;

/// Whether splices of one text fit, each on the text after the one before, without applying them. `None` where the edits
/// are anything else.
#[cfg(any(feature = "yrs", feature = "diamond"))]
fn check_splices(view: &impl crate::view::View, edits: &[crate::document::Edit]) -> Option<Result<(), String>> {
    use crate::document::Edit;
    let Some(Edit::TextSplice { path: text, .. }) = edits.first() else { return None };
    let Some(mut len) = view.len(text) else { return Some(Err(format!("no text at {text}"))) };
    for edit in edits {
        match edit {
            Edit::TextSplice { path, pos, delete, insert } if path == text => match pos.checked_add(*delete) {
                Some(end) if end <= len => len = len - delete + chars(insert),
                _ => return Some(Err(format!("{path} is shorter than {}", pos.saturating_add(*delete)))),
            },
            _ => return None,
        }
    }
    Some(Ok(()))
}

/// How many characters: mostly one is typed.
#[cfg(any(feature = "yrs", feature = "loro", feature = "diamond"))]
fn chars(text: &str) -> usize {
    if text.len() < 2 { text.len() } else { text.chars().count() }
}
