//! What became of things with an identity: records in a table, cards on a board, items on a stack.
//!
//! A member must be there when it was added and not removed since, and gone when it was removed and not added since. After
//! an addition and a removal at the same time both are right. An operation that was neither confirmed nor rejected may or
//! may not have had its effect.

use crate::ledger::Entry;

/// One thing, with what users did to it as a whole. Rejected operations are left out.
#[derive(Clone, Debug, Default)]
pub(crate) struct Member<'a> {
    /// Whether the initial document has it.
    original: bool,
    /// How often the final state shows it.
    copies: u64,
    adds: Vec<&'a Entry>,
    removals: Vec<&'a Entry>,
    changes: Vec<&'a Entry>,
}

/// What is wrong with a member, besides copies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wrong {
    /// It must be there and is not.
    Lost,
    /// It must be there again, as its removal was undone, and is not.
    NotBack,
    /// It must be gone and is there.
    Resurrected,
    /// It must be gone, as its addition was undone, and is there.
    NotWithdrawn,
    /// It is there and nobody added it.
    FromNowhere,
}

impl<'a> Member<'a> {
    /// A member of which the final state shows so many copies.
    pub(crate) fn new(original: bool, copies: u64) -> Self {
        Self { original, copies, ..Self::default() }
    }

    /// A user added it, for the first time or again.
    pub(crate) fn add(&mut self, entry: &'a Entry) {
        self.adds.extend(Some(entry).filter(|entry| !entry.rejected()));
    }

    /// A user removed it.
    pub(crate) fn remove(&mut self, entry: &'a Entry) {
        self.removals.extend(Some(entry).filter(|entry| !entry.rejected()));
    }

    /// A user changed something in it, and may rely on its existence.
    pub(crate) fn change(&mut self, entry: &'a Entry) {
        self.changes.extend(Some(entry).filter(|entry| !entry.rejected()));
    }

    /// Whether the initial document has it.
    pub(crate) fn original(&self) -> bool {
        self.original
    }

    /// How often the final state shows it.
    pub(crate) fn copies(&self) -> u64 {
        self.copies
    }

    /// How many copies there are too many.
    pub(crate) fn duplicates(&self) -> u64 {
        self.copies.saturating_sub(1)
    }

    /// Whether it must be there: it was added, and some addition follows all removals, if there are any.
    pub(crate) fn expected(&self) -> bool {
        let added = self.original || self.adds.iter().any(|add| add.outcome().is_some());
        let removals = || self.removals.iter().filter(|removal| removal.stands());
        let mut again = self.adds.iter().filter(|add| add.outcome().is_some());
        added && (removals().next().is_none() || again.any(|add| removals().all(|removal| add.follows(removal))))
    }

    /// The removals after which it must be gone: each follows every addition.
    pub(crate) fn last_removals(&self) -> impl Iterator<Item = &'a Entry> {
        let adds = || self.adds.iter().filter(|add| add.stands());
        let confirmed = self.removals.iter().copied().filter(|removal| removal.outcome().is_some());
        confirmed.filter(move |removal| adds().all(|add| removal.follows(add)))
    }

    /// The additions that were undone.
    pub(crate) fn undone_adds(&self) -> impl Iterator<Item = &'a Entry> {
        self.adds.iter().copied().filter(|add| add.undone)
    }

    /// The removals that were undone.
    pub(crate) fn undone_removals(&self) -> impl Iterator<Item = &'a Entry> {
        self.removals.iter().copied().filter(|removal| removal.undone)
    }

    /// The last addition that was confirmed and not undone.
    pub(crate) fn last_add(&self) -> Option<&'a Entry> {
        let confirmed = self.adds.iter().copied().filter(|add| add.outcome().is_some());
        confirmed.max_by_key(|add| (add.issued, add.id))
    }

    /// Whether all that added it was undone.
    pub(crate) fn withdrawn(&self) -> bool {
        !self.original && self.adds.iter().all(|add| add.undone)
    }

    /// What is wrong with it, if something is.
    pub(crate) fn wrong(&self) -> Option<Wrong> {
        let undone = |entries: &[&Entry]| entries.iter().any(|entry| entry.undone);
        if self.copies == 0 {
            let wrong = if undone(&self.removals) { Wrong::NotBack } else { Wrong::Lost };
            return self.expected().then_some(wrong);
        }
        if !self.original && self.adds.is_empty() {
            return Some(Wrong::FromNowhere);
        }
        if self.last_removals().next().is_some() {
            return Some(if undone(&self.adds) { Wrong::NotWithdrawn } else { Wrong::Resurrected });
        }
        // It may stay for the sake of other users who have worked on it.
        let others = || {
            let all = self.adds.iter().chain(&self.removals).chain(&self.changes);
            all.map(|entry| entry.id.client).any(|client| client != self.adds[0].id.client)
        };
        (self.withdrawn() && !others()).then_some(Wrong::NotWithdrawn)
    }
}

#[cfg(test)]
mod tests {
    use syncbench_strategies::document::Document;
    use syncbench_strategies::model::Rejected;

    use super::*;
    use crate::testing::Book;

    /// What users do to one thing: the client, and what it does, `+` adds, `-` removes, `.` changes. After it, `*` makes everybody's
    /// replica reflect it, `?` leaves it without an answer, `!` has it rejected, and `~` has it undone at once.
    fn wrong(original: bool, story: &str, copies: u64) -> Option<Wrong> {
        let mut book = Book::new(3);
        for step in story.split_whitespace() {
            let (client, rest) = step.split_at(1);
            let client: u32 = client.parse().unwrap();
            let id = book.issued(client, &rest.chars().next().unwrap(), Document::Null);
            book.reached(client, id);
            match rest.chars().nth(1) {
                Some('?') => continue,
                Some('!') => book.told(id, Err(Rejected::new("no", ""))),
                _ => book.told(id, Ok(Document::Null)),
            }
            match rest.chars().nth(1) {
                Some('*') => (1..=3).for_each(|other| book.reached(other, id)),
                Some('~') => book.undone(id),
                _ => {}
            }
        }
        let operations = book.operations::<char>();
        let mut member = Member::new(original, copies);
        for issued in &operations {
            match issued.op {
                '+' => member.add(issued.entry),
                '-' => member.remove(issued.entry),
                _ => member.change(issued.entry),
            }
        }
        member.wrong()
    }

    #[test]
    fn what_was_added_and_not_removed_is_there() {
        assert_eq!(wrong(true, "", 0), Some(Wrong::Lost));
        assert_eq!(wrong(false, "1+", 0), Some(Wrong::Lost));
        assert_eq!((wrong(true, "", 1), wrong(false, "1+", 1)), (None, None));
        assert_eq!((wrong(false, "", 0), wrong(false, "1+! 1+?", 0)), (None, None));
        assert_eq!((wrong(false, "", 1), wrong(false, "1+!", 1)), (Some(Wrong::FromNowhere), Some(Wrong::FromNowhere)));
    }

    #[test]
    fn what_was_removed_is_gone_until_a_user_who_saw_that_adds_it_again() {
        assert_eq!((wrong(true, "1-", 1), wrong(true, "1-", 0)), (Some(Wrong::Resurrected), None));
        assert_eq!(wrong(true, "1-* 2+", 0), Some(Wrong::Lost));
        assert_eq!(wrong(true, "1-* 2+", 1), None);
        // At the same time, either is right.
        assert_eq!((wrong(true, "1- 2+", 0), wrong(true, "1- 2+", 1)), (None, None));
        assert_eq!(wrong(true, "1-* 2+* 3-", 1), Some(Wrong::Resurrected));
        // The addition follows one of two removals.
        assert_eq!(wrong(true, "1-* 2+ 3-", 0), None);
    }

    #[test]
    fn an_unanswered_operation_may_have_happened_or_not() {
        assert_eq!((wrong(true, "1-?", 0), wrong(true, "1-?", 1)), (None, None));
        assert_eq!((wrong(true, "1-* 2+?", 0), wrong(true, "1-* 2+?", 1)), (None, None));
    }

    #[test]
    fn undo_brings_back_what_was_removed_and_withdraws_what_was_added() {
        assert_eq!((wrong(true, "1-~", 0), wrong(true, "1-~", 1)), (Some(Wrong::NotBack), None));
        assert_eq!(wrong(true, "1-~ 2-", 0), None);
        assert_eq!((wrong(false, "1+~", 1), wrong(false, "1+~", 0)), (Some(Wrong::NotWithdrawn), None));
        // Another user has worked on it since.
        assert_eq!(wrong(false, "1+~ 2.", 1), None);
        assert_eq!(wrong(true, "1-* 2+~", 1), Some(Wrong::NotWithdrawn));
    }
}
