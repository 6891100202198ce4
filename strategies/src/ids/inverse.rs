//! What takes a change back.

use serde::{Deserialize, Serialize};

use super::change::{Edit, Kept, Need};
use super::list::Span;

/// Needs and edits, in the order in which they are to be carried out.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Inverse {
    pub(crate) needs: Vec<Need>,
    pub(crate) edits: Vec<Edit>,
}

impl Inverse {
    /// Of several needs at a place only the latest counts.
    pub(super) fn need(&mut self, need: Need) {
        let place = |need: &Need| match need {
            Need::Put { at, .. } | Need::Absent { at } => (at.clone(), None),
            Need::Moved { at, item, .. } => (at.clone(), Some(*item)),
        };
        self.needs.retain(|known| place(known) != place(&need));
        self.needs.push(need);
    }

    /// Completes the inverse of a change with the one from when it was made: content that another user deleted in between was
    /// no longer there to be kept.
    pub(super) fn complete(&mut self, made: &Inverse) {
        for edit in &mut self.edits {
            let Edit::Bring { at, spans } = edit else { continue };
            let known = made.edits.iter().filter_map(|edit| match edit {
                Edit::Bring { at: place, spans } if place == at => Some(spans),
                _ => None,
            });
            let known: Vec<_> =
                known.flatten().filter_map(|(span, content)| Some((*span, content.as_ref()?))).collect();
            let complete = |(span, content): (Span, Option<Kept>)| match content {
                Some(_) => vec![(span, content)],
                None => recall(span, &known),
            };
            *spans = std::mem::take(spans).into_iter().flat_map(complete).collect();
        }
    }
}

/// These ids with the content that they are known to have had.
fn recall(span: Span, known: &[(Span, &Kept)]) -> Vec<(Span, Option<Kept>)> {
    let (mut left, mut parts) = (span, Vec::new());
    while left.len > 0 {
        let found = known.iter().find_map(|(span, content)| Some((span.offset(left.first)?, span, *content)));
        let Some((offset, span, content)) = found else {
            parts.push((left, None));
            break;
        };
        let part = left.to(span.len - offset);
        parts.push((part, Some(content.part(offset, part.len))));
        left = left.from(part.len);
    }
    parts
}
