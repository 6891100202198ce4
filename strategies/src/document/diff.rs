//! From two states to the edits between them.
//!
//! This is what makes edits of a reducer over plain data (Immer's `produceWithPatches`), and it keeps more of the intent
//! than Immer does on lists: an item put in front is one insertion there, not a change of every item behind it.

use imbl::Vector;
use imbl::ordmap::DiffItem;
use ropey::Rope;

use super::{Document, Edit, Key, MAX_DEPTH, Path, Step};

/// The edits that turn `before` into `after`: `before.clone().apply_all(&diff(before, after))` gives `after` exactly.
///
/// * Maps: key by key; what is on one side only is removed or put.
/// * Lists: the items at both ends that are equal stay. Of the rest, one item that moved is a move; as many items as
///   before are compared one by one; otherwise they are removed and the new ones inserted.
/// * Texts: one splice between the common prefix and the common suffix, in code points.
/// * Counters: increments. One, unless the difference is beyond 64 bits; then up to three.
/// * Anything else that differs, in kind or in content: a put.
///
/// The diff is one of many; it need not be the shortest, and it cannot know which of two equal items or letters was
/// meant. Work is at most proportional to the nodes of both documents times their depth, and what they share in memory
/// is skipped. `after` keeps to [`MAX_DEPTH`], as all documents that come from edits or bytes do; a deeper one gives
/// edits that are refused.
pub fn diff(before: &Document, after: &Document) -> Vec<Edit> {
    let mut differ = Differ { path: Vec::new(), edits: Vec::new() };
    differ.node(before, after);
    differ.edits
}

struct Differ {
    /// Where the comparison is.
    path: Vec<Step>,
    edits: Vec<Edit>,
}

impl Differ {
    fn here(&self) -> Path {
        self.path.clone().into()
    }

    fn child(&mut self, step: impl Into<Step>, before: &Document, after: &Document) {
        self.path.push(step.into());
        self.node(before, after);
        self.path.pop();
    }

    fn node(&mut self, before: &Document, after: &Document) {
        match (before, after) {
            (Document::Counter(before), Document::Counter(after)) => self.counter(*before, *after),
            (Document::Text(before), Document::Text(after)) => self.text(before, after),
            (Document::List(before), Document::List(after)) if self.path.len() < MAX_DEPTH => self.list(before, after),
            (Document::Map(before), Document::Map(after)) if self.path.len() < MAX_DEPTH => {
                for item in before.diff(after) {
                    match item {
                        DiffItem::Add(key, value) => self.put(key, value),
                        DiffItem::Update { old: (key, old), new: (_, new) } => self.child(key.clone(), old, new),
                        DiffItem::Remove(key, _) => {
                            let path = self.here().child(key.clone());
                            self.edits.push(Edit::Remove { path });
                        }
                    }
                }
            }
            _ if same(before, after) => {}
            _ => self.edits.push(Edit::Put { path: self.here(), value: after.clone() }),
        }
    }

    fn put(&mut self, key: &Key, value: &Document) {
        let path = self.here().child(key.clone());
        self.edits.push(Edit::Put { path, value: value.clone() });
    }

    fn counter(&mut self, before: i64, after: i64) {
        let mut rest = i128::from(after) - i128::from(before);
        while rest != 0 {
            // Not down to the least integer, which has no inverse. Every sum on the way lies between the two ends.
            let by = rest.clamp(-i128::from(i64::MAX), i128::from(i64::MAX)) as i64;
            self.edits.push(Edit::Increment { path: self.here(), by });
            rest -= i128::from(by);
        }
    }

    fn text(&mut self, before: &Rope, after: &Rope) {
        if before.is_instance(after) {
            return;
        }
        let (old, new) = (before.len_chars(), after.len_chars());
        let prefix = common(before.chars(), after.chars());
        if prefix == old.max(new) {
            return;
        }
        let suffix = common(before.chars_at(old).reversed(), after.chars_at(new).reversed());
        // The ends may overlap, as in "aa" to "aaa".
        let suffix = suffix.min(old.min(new) - prefix);
        self.edits.push(Edit::TextSplice {
            path: self.here(),
            pos: prefix,
            delete: old - prefix - suffix,
            insert: after.slice(prefix..new - suffix).to_string(),
        });
    }

    fn list(&mut self, before: &Vector<Document>, after: &Vector<Document>) {
        if before.ptr_eq(after) {
            return;
        }
        let (old, new) = (before.len(), after.len());
        let prefix = common_items(before, after, End::Front);
        let suffix = common_items(before, after, End::Back).min(old.min(new) - prefix);
        let gone = before.clone().slice(prefix..old - suffix);
        let come = after.clone().slice(prefix..new - suffix);
        if gone.len() != come.len() {
            if !gone.is_empty() {
                self.edits.push(Edit::ListRemove { path: self.here(), index: prefix, count: gone.len() });
            }
            if !come.is_empty() {
                let values = come.into_iter().collect();
                self.edits.push(Edit::ListInsert { path: self.here(), index: prefix, values });
            }
        } else if let Some((from, to)) = moved(&gone, &come) {
            self.edits.push(Edit::ListMove { path: self.here(), from: prefix + from, to: prefix + to });
        } else {
            for (offset, (before, after)) in gone.iter().zip(&come).enumerate() {
                self.child(prefix + offset, before, after);
            }
        }
    }
}

/// From where to where one item moved, if that is all that happened. What is equal at the ends has been cut off, so the
/// item must have moved from one end to the other.
fn moved(before: &Vector<Document>, after: &Vector<Document>) -> Option<(usize, usize)> {
    let last = before.len().checked_sub(1)?;
    let rotates = |one: &Vector<Document>, other: &Vector<Document>| {
        same(&one[0], &other[last])
            && common_items(&one.clone().slice(1..), &other.clone().slice(..last), End::Front) == last
    };
    if rotates(before, after) {
        Some((0, last))
    } else if rotates(after, before) {
        Some((last, 0))
    } else {
        None
    }
}

/// Equality that does not look into what is shared.
fn same(a: &Document, b: &Document) -> bool {
    match (a, b) {
        (Document::List(a), Document::List(b)) => a.ptr_eq(b) || a == b,
        (Document::Text(a), Document::Text(b)) => a.is_instance(b) || a == b,
        _ => a == b,
    }
}

/// How many items two sequences have in common before they part.
fn common<T: PartialEq>(a: impl Iterator<Item = T>, b: impl Iterator<Item = T>) -> usize {
    a.zip(b).take_while(|(a, b)| a == b).count()
}

#[derive(Clone, Copy)]
enum End {
    Front,
    Back,
}

/// How many items two lists have in common at one end. Leaves that the lists share are not looked into.
fn common_items(a: &Vector<Document>, b: &Vector<Document>, end: End) -> usize {
    match end {
        End::Front => common_leaves(a.leaves(), b.leaves(), end),
        End::Back => common_leaves(a.leaves().rev(), b.leaves().rev(), end),
    }
}

fn common_leaves<'a>(
    mut a: impl Iterator<Item = &'a [Document]>,
    mut b: impl Iterator<Item = &'a [Document]>,
    end: End,
) -> usize {
    let (mut left, mut right, mut found): (&[Document], &[Document], usize) = (&[], &[], 0);
    loop {
        if left.is_empty() {
            let Some(leaf) = a.next() else { return found };
            left = leaf;
        } else if right.is_empty() {
            let Some(leaf) = b.next() else { return found };
            right = leaf;
        } else {
            let len = left.len().min(right.len());
            let ((x, left_rest), (y, right_rest)) = (cut(left, len, end), cut(right, len, end));
            let equal = if std::ptr::eq(x, y) {
                len
            } else {
                let pairs = x.iter().zip(y);
                match end {
                    End::Front => pairs.take_while(|(x, y)| same(x, y)).count(),
                    End::Back => pairs.rev().take_while(|(x, y)| same(x, y)).count(),
                }
            };
            found += equal;
            if equal < len {
                return found;
            }
            (left, right) = (left_rest, right_rest);
        }
    }
}

/// `len` items from one end, and the rest.
fn cut(items: &[Document], len: usize, end: End) -> (&[Document], &[Document]) {
    match end {
        End::Front => items.split_at(len),
        End::Back => {
            let (rest, cut) = items.split_at(items.len() - len);
            (cut, rest)
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::document::EditKind;
    use crate::document::generate::{dice, document, int};
    use crate::path;

    fn leads_from(before: &Document, after: &Document) -> Vec<Edit> {
        let edits = diff(before, after);
        let mut now = before.clone();
        let inverse = now.apply_all(&edits).unwrap();
        assert_eq!(&now, after, "{edits:?}");
        assert_eq!(now.encode(), after.encode());
        now.apply_all(&inverse).unwrap();
        assert_eq!(&now, before);
        edits
    }

    proptest! {
        #[test]
        fn leads_from_any_state_to_any_other(before in document(), after in document()) {
            leads_from(&before, &after);
            leads_from(&after, &before);
        }

        #[test]
        fn leads_over_any_edits(before in document(), rolls in vec(dice(), 1..6)) {
            let mut after = before.clone();
            for roll in rolls {
                after.apply(&roll.fitting(&after)).unwrap();
            }
            leads_from(&before, &after);
            // The same without anything shared.
            prop_assert_eq!(diff(&before, &Document::decode(&after.encode()).unwrap()), diff(&before, &after));
        }

        #[test]
        fn one_edit_gives_at_most_one(before in document(), roll in dice()) {
            let (mut after, edit) = (before.clone(), roll.fitting(&before));
            after.apply(&edit).unwrap();
            let edits = leads_from(&before, &after);
            // What a put replaced may be equal in parts.
            if !matches!(edit, Edit::Put { .. }) {
                prop_assert!(edits.len() <= 1, "{edit:?} became {edits:?}");
                prop_assert!(edits.iter().all(|found| found.kind() == edit.kind()), "{edit:?} became {edits:?}");
            }
        }

        #[test]
        fn no_change_is_no_edit(state in document()) {
            prop_assert_eq!(diff(&state, &state), vec![]);
            prop_assert_eq!(diff(&state, &Document::decode(&state.encode()).unwrap()), vec![]);
        }

        #[test]
        fn few_items_many_lists(before in vec(0..3i64, 0..9), after in vec(0..3i64, 0..9)) {
            leads_from(&Document::list(before), &Document::list(after));
        }

        #[test]
        fn counters_count(before in int(), after in int()) {
            let edits = leads_from(&Document::Counter(before), &Document::Counter(after));
            let increments = edits.iter().filter(|edit| edit.kind() == EditKind::Increment).count();
            prop_assert!(increments == edits.len() && increments <= 3);
        }
    }

    #[test]
    fn says_what_happened() {
        let board = |cards: &[&str], votes, note: &str| {
            let cards = cards.iter().map(|card| Document::map([("title", *card)]));
            let cards = Document::list(cards);
            Document::map([("cards", cards), ("votes", Document::Counter(votes)), ("note", Document::text(note))])
        };
        let card = |title: &str| Document::map([("title", title)]);
        let before = board(&["a", "b", "c", "d"], 3, "grüße 🦀!");
        let cards = path!["cards"];
        let cases = [
            (board(&["a", "b", "c", "d"], 1, "grüße 🦀!"), Edit::Increment { path: path!["votes"], by: -2 }),
            (
                board(&["a", "b", "c", "d"], 3, "grüße 🦞🦞!"),
                Edit::TextSplice { path: path!["note"], pos: 6, delete: 1, insert: "🦞🦞".into() },
            ),
            (
                board(&["x", "a", "b", "c", "d"], 3, "grüße 🦀!"),
                Edit::ListInsert { path: cards.clone(), index: 0, values: vec![card("x")] },
            ),
            (board(&["a", "d"], 3, "grüße 🦀!"), Edit::ListRemove { path: cards.clone(), index: 1, count: 2 }),
            (board(&["a", "c", "d", "b"], 3, "grüße 🦀!"), Edit::ListMove { path: cards.clone(), from: 1, to: 3 }),
            (board(&["c", "a", "b", "d"], 3, "grüße 🦀!"), Edit::ListMove { path: cards.clone(), from: 2, to: 0 }),
            (
                board(&["a", "b", "x", "d"], 3, "grüße 🦀!"),
                Edit::Put { path: path!["cards", 2, "title"], value: "x".into() },
            ),
        ];
        for (after, edit) in cases {
            assert_eq!(leads_from(&before, &after), [edit]);
        }
        assert_eq!(
            leads_from(&Document::from("a"), &Document::text("a")),
            [Edit::Put { path: Path::root(), value: Document::text("a") }]
        );
    }

    #[test]
    fn depth_is_bounded() {
        let nested =
            |levels: usize, core: i64| (0..levels).fold(Document::from(core), |inner, _| Document::list([inner]));
        let edits = leads_from(&nested(MAX_DEPTH, 1), &nested(MAX_DEPTH, 2));
        assert_eq!(edits[0].path().len(), MAX_DEPTH);
        let edits = diff(&nested(4 * MAX_DEPTH, 1), &nested(4 * MAX_DEPTH, 2));
        assert_eq!(edits[0].path().len(), MAX_DEPTH);
    }
}
