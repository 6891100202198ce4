//! Trials that the libraries' undo must pass.

use crate::document::Document;
use crate::testing::{Table, Toy, typed};

/// What others did since stays when a replica undoes its own operation.
pub(super) fn an_undo_keeps_what_others_did(strategy: &str) {
    let mut table = Table::new(strategy, 2);
    let mine = table.act(1, &typed(1, "xyz"));
    table.run();
    table.act(2, &typed(2, "!"));
    table.run();
    let second = table.act(1, &Toy::Add(5));
    table.run();
    table.act(2, &Toy::Add(2));
    table.run();
    for target in [second, mine] {
        let undo = table.undo(target);
        assert_eq!(table.told(undo), Some(Ok(Document::Null)), "{strategy}");
        table.run();
    }
    table.agree();
    assert_eq!((table.sees(1, "text"), table.sees(1, "count")), ("\"a!bc\"".into(), "2".into()), "{strategy}");
}

#[cfg(any(feature = "automerge", feature = "yrs"))]
pub(super) use self::alone::{Alone, an_undo_of_splices_keeps_those_of_others, genesis, splice};

#[cfg(any(feature = "automerge", feature = "yrs"))]
mod alone {
    use rand::{RngExt, SeedableRng};

    use crate::document::{Document, Edit};
    use crate::path;
    use crate::replica::Rng;
    use crate::view::View;

    /// A client without messages.
    pub(in crate::crdt) trait Alone {
        fn view(&self) -> &dyn View;

        /// Makes an operation of edits that fit. Returns its number.
        fn edit(&mut self, edits: &[Edit]) -> Option<u64>;

        fn undo(&mut self, n: u64);

        /// Merges everything that the other did.
        fn hear(&mut self, other: &mut Self);
    }

    pub(in crate::crdt) fn genesis() -> Document {
        let fields =
            Document::map([("x", Document::Int(0)), ("n", Document::Counter(3)), ("t", Document::text("deep"))]);
        Document::map([
            ("text", Document::text("some text")),
            ("list", Document::list([1, 2, 3])),
            ("rows", Document::list([fields.clone(), fields.clone()])),
            ("fields", fields),
        ])
    }

    pub(in crate::crdt) fn splice(pos: usize, delete: usize, insert: &str) -> Edit {
        Edit::TextSplice { path: path!["text"], pos, delete, insert: insert.into() }
    }

    fn random_splice(view: &dyn View, letter: char, rng: &mut Rng) -> (Edit, usize) {
        let mut below = |n: usize| rng.random_range(0..n);
        let len = view.len(&path!["text"]).unwrap();
        let pos = below(len + 1);
        let delete = below((len - pos).min(3) + 1);
        (splice(pos, delete, &letter.to_string().repeat(below(3))), delete)
    }

    /// Deleted characters are restored where they were, and typed ones go, whatever two others do in the same text
    /// meanwhile.
    pub(in crate::crdt) fn an_undo_of_splices_keeps_those_of_others<A: Alone>(seeds: u64, begin: impl Fn(u8) -> A) {
        for seed in 0..seeds {
            let mut rng = Rng::seed_from_u64(seed);
            let (mut one, mut other) = (begin(0), begin(1));
            let (mine, _) = random_splice(one.view(), 'X', &mut rng);
            let mine = one.edit(&[mine]).unwrap();
            let mut erased = 0;
            for turn in 0..6 {
                let (theirs, deleted) = random_splice(other.view(), 'y', &mut rng);
                other.edit(&[theirs]).unwrap();
                erased += deleted;
                if turn % 2 == 0 {
                    other.hear(&mut one);
                }
            }
            one.hear(&mut other);
            let typed = |view: &dyn View| view.document().to_string().matches('y').count();
            let theirs = typed(one.view());
            one.undo(mine);
            other.hear(&mut one);
            let text = one.view().get(&path!["text"]).unwrap().to_string();
            assert!(!text.contains('X') && typed(one.view()) == theirs, "seed {seed}: {text}");
            let left = text.chars().filter(|char| "some text".contains(*char)).count();
            assert!(left + erased >= "some text".len(), "seed {seed}: {text}");
            assert_eq!(one.view().document(), other.view().document(), "seed {seed}");
        }
    }
}
