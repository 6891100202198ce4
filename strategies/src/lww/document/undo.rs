//! What is needed to take back an own operation on a document that others have replaced since.
//!
//! Of each own operation its inverse is kept, and what has changed until the next one. To take it back, the inverse is fitted
//! to all of that, as in operational transformation. What the own operations changed is known exactly. What others changed
//! can only be seen from two whole documents, and there is no telling whether theirs was made on top of the own operation or
//! has wiped it out; nor whether somebody put `more` in front of an own `m` or `orem` behind it. So where that matters the
//! operation is not taken back.

use std::collections::VecDeque;

use crate::change::{Change, Slot};
use crate::change::{list, text};
use crate::document::{Document, Edit, diff};
use crate::model::Rejected;

/// How many own operations can be taken back, as for `ot`.
pub(super) const DEPTH: usize = 100;

/// The latest own operations. It is not saved: after a crash nothing can be taken back.
#[derive(Default)]
pub(super) struct Memory(VecDeque<Made>);

/// An own operation.
struct Made {
    n: u64,
    edits: Vec<Edit>,
    inverse: Vec<Edit>,
    /// What others changed until the next own operation; where that can be read in several ways, as far in front and as far
    /// behind in a text as it may be. `None` if it is too much, or no change.
    others: Option<[Change; 2]>,
}

/// A document that differs in more places than this from the one before was rewritten, and nothing is followed through that.
/// Composing changes takes the square of their number. Most operations make fewer than five edits, and a document stands for
/// a few operations at a time.
const MOST_EDITS: usize = 100;

impl Memory {
    /// An own operation, with the edits that take it back at once.
    pub(super) fn made(&mut self, n: u64, edits: Vec<Edit>, inverse: Vec<Edit>) {
        self.0.push_back(Made { n, edits, inverse, others: Some([Change::Keep, Change::Keep]) });
        if self.0.len() > DEPTH {
            self.0.pop_front();
        }
    }

    /// Another document has come in the stead of the one here.
    pub(super) fn replaced(&mut self, before: &Document, after: &Document) {
        let Some(last) = self.0.back_mut() else { return };
        let Some([in_front, behind]) = &last.others else { return };
        let edits = diff(before, after);
        if edits.len() > MOST_EDITS {
            last.others = None;
            return;
        }
        let compose = |first: &Change, edits: &[Edit]| first.compose(&Change::of(edits)?);
        last.others = compose(in_front, &slid(&edits, before))
            .zip(compose(behind, &edits))
            .map(|(in_front, behind)| [in_front, behind]);
    }

    /// The document as it is `now` without the own operation `n`.
    pub(super) fn take_back(&self, n: u64, now: &Document) -> Result<Document, Rejected> {
        let found = self.0.iter().position(|made| made.n == n);
        let index = found.ok_or_else(|| Rejected::new("too_old", format!("operation {n} is no longer remembered")))?;
        let [one, other] = [0, 1].map(|reading| {
            let mut document = now.clone();
            self.fitted(index, reading)?.apply(&mut document).ok()?;
            Some(document)
        });
        let depended = || Rejected::new("depended_upon", "others have changed what it changed");
        one.filter(|document| Some(document) == other.as_ref()).ok_or_else(depended)
    }

    /// The inverse of an own operation as it must be made now, if that is certain.
    fn fitted(&self, index: usize, reading: usize) -> Option<Change> {
        let change = |edits: &[Edit]| if edits.len() > MOST_EDITS { None } else { Change::of(edits) };
        let mut inverse = change(&self.0[index].inverse)?;
        for (later, made) in self.0.range(index..).enumerate() {
            if later > 0 {
                inverse = inverse.transform(&change(&made.edits)?, false);
            }
            let others = &made.others.as_ref()?[reading];
            let fitted = inverse.transform(others, false);
            if !certain(&inverse, others, &fitted) {
                return None;
            }
            inverse = fitted;
        }
        Some(inverse)
    }
}

/// The same edits with every stretch of a text that comes or goes as far in front as it may be; [`diff`] has it as far
/// behind as possible.
fn slid(edits: &[Edit], before: &Document) -> Vec<Edit> {
    let (mut document, mut slid) = (before.clone(), edits.to_vec());
    for edit in &mut slid {
        let now = document.clone();
        // A diff fits the document that it was made of.
        let _ = document.apply(edit);
        let Edit::TextSplice { path, pos, delete, insert } = edit else { continue };
        let (Some(Document::Text(before)), Some(Document::Text(after))) = (now.at(path), document.at(path)) else {
            continue;
        };
        // In the longer of both texts the stretch stands between two that are in both.
        let (longer, len) = match (*delete, insert.chars().count()) {
            (0, len) => (after, len),
            (len, 0) => (before, len),
            _ => continue,
        };
        while *pos > 0 && longer.get_char(*pos - 1) == longer.get_char(*pos + len - 1) {
            *pos -= 1;
        }
        if *delete == 0 {
            *insert = longer.get_slice(*pos..*pos + len).map(|slice| slice.to_string()).unwrap_or_default();
        }
    }
    slid
}

/// Whether `fitted` takes back what `inverse` did, and no more, whatever others did to bring about `others`.
fn certain(inverse: &Change, others: &Change, fitted: &Change) -> bool {
    match (inverse, others, fitted) {
        (Change::Map(slots), Change::Map(theirs), Change::Map(fitted)) => {
            slots.iter().all(|(key, slot)| match (slot, theirs.get(key), fitted.get(key)) {
                (Slot::Inside(slot), Some(Slot::Inside(theirs)), Some(Slot::Inside(fitted))) => {
                    certain(slot, theirs, fitted)
                }
                // Who writes an entry, or takes it away, has the last word.
                _ => true,
            })
        }
        (Change::List(steps), Change::List(theirs), Change::List(fitted)) => {
            !steps.has_inside() && !theirs.has_inside() && items(steps).is_some_and(|n| items(fitted) == Some(n))
        }
        (Change::Text(steps), Change::Text(_), Change::Text(fitted)) => {
            letters(steps).is_some_and(|n| letters(fitted) == Some(n))
        }
        (Change::Count(_), Change::Count(_), _) => false,
        _ => true,
    }
}

/// How many items go, if nothing else happens.
fn items(steps: &list::Steps) -> Option<usize> {
    steps.steps().iter().try_fold(0, |sum: usize, step| match step {
        list::Step::Keep(_) => Some(sum),
        list::Step::Delete(n) => sum.checked_add(*n),
        _ => None,
    })
}

/// How many letters go, if nothing else happens.
fn letters(steps: &text::Steps) -> Option<usize> {
    steps.steps().iter().try_fold(0, |sum: usize, step| match step {
        text::Step::Keep(_) => Some(sum),
        text::Step::Delete(n) => sum.checked_add(*n),
        text::Step::Insert(_) => None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;

    fn word() -> impl Strategy<Value = Document> {
        vec(select(vec!['a', 'b', 'ü']), 0..8).prop_map(|chars| Document::text(&String::from_iter(chars)))
    }

    fn pos(edits: &[Edit]) -> Option<usize> {
        edits.iter().find_map(|edit| match edit {
            Edit::TextSplice { pos, .. } => Some(*pos),
            _ => None,
        })
    }

    proptest! {
        #[test]
        fn both_readings_lead_to_the_same_text(before in word(), after in word()) {
            let edits = diff(&before, &after);
            let slid = slid(&edits, &before);
            prop_assert!(pos(&slid) <= pos(&edits));
            prop_assert_eq!(before.produce(&slid).unwrap().0, after);
        }
    }

    #[test]
    fn nothing_is_followed_through_a_document_that_was_rewritten() {
        let table = |value: i64, len: usize| {
            let rows = (0..len).map(|row| (format!("r{row:03}"), Document::Int(value)));
            Document::map(rows.chain([("mine".into(), Document::Int(value))]))
        };
        for (changed, kept) in [(MOST_EDITS, true), (MOST_EDITS + 1, false)] {
            let (mut memory, before) = (Memory::default(), table(0, changed));
            let edit = Edit::Put { path: crate::path!["mine"], value: 5.into() };
            let (here, inverse) = before.produce(std::slice::from_ref(&edit)).unwrap();
            memory.made(1, vec![edit.clone()], inverse);
            let (theirs, _) = table(1, changed).produce(&[edit]).unwrap();
            memory.replaced(&here, &theirs);
            let back = memory.take_back(1, &theirs).ok();
            let mine = back.map(|document| document.at(&crate::path!["mine"]).cloned());
            assert_eq!(mine, kept.then_some(Some(Document::Int(0))), "{changed}");
        }
    }

    #[test]
    fn a_stretch_is_read_in_front_as_well() {
        let before = Document::text("xmabc");
        let edits = diff(&before, &Document::text("xmoremabc"));
        assert_eq!((pos(&edits), pos(&slid(&edits, &before))), (Some(2), Some(1)));
        let gone = diff(&Document::text("xmoremabc"), &before);
        assert_eq!((pos(&gone), pos(&slid(&gone, &Document::text("xmoremabc")))), (Some(2), Some(1)));
    }
}
