use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use super::*;
use crate::crdt::automerge_doc::Doc;
use crate::document::generate::{Dice, dice};
use crate::document::{Document, Edit};
use crate::model::Rejected;
use crate::path;
use crate::testing::trials;
use crate::testing::{Table, Toy, set, typed};
use crate::view::View;

/// A client without messages.
struct Alone {
    doc: Doc,
    history: History,
    n: u64,
}

impl Alone {
    fn new(genesis: &[u8], actor: u8) -> Self {
        let doc = Doc::load(genesis, automerge::ActorId::from([actor; 16])).unwrap();
        Self { doc, history: History::default(), n: 0 }
    }

    /// An operation in the change that is begun; it has the number that is returned.
    fn edit(&mut self, edits: &[Edit]) -> Option<u64> {
        let before = self.doc.library.pending_ops();
        self.doc.edit(edits, true).ok()?;
        self.n += 1;
        let ops = before..self.doc.library.pending_ops();
        self.history.made(self.n, ops, std::mem::take(&mut self.doc.moved));
        Some(self.n)
    }

    fn commit(&mut self) {
        if let Some(hash) = self.doc.commit(0) {
            self.history.committed(hash);
        }
    }

    fn undo(&mut self, n: u64) -> Result<bool, Rejected> {
        self.commit();
        let done = self.history.take_back(&mut self.doc.library, n);
        self.doc.commit(0);
        done
    }

    fn hear(&mut self, other: &mut Self) {
        self.commit();
        other.commit();
        assert!(self.doc.merge(other.doc.library.get_changes(&[])));
    }
}

fn genesis() -> Document {
    let fields = Document::map([("x", Document::Int(0)), ("n", Document::Counter(3)), ("t", Document::text("deep"))]);
    Document::map([
        ("text", Document::text("some text")),
        ("list", Document::list([1, 2, 3])),
        ("rows", Document::list([fields.clone(), fields.clone()])),
        ("fields", fields),
    ])
}

/// No sums that overflow, and nothing written over an item of a list: its place may be lost if it is moved as well.
fn plain(edit: &Edit) -> bool {
    match edit {
        Edit::Increment { by, .. } => by.unsigned_abs() <= 1 << 40,
        Edit::Put { path, .. } => !matches!(path.last(), Some(crate::document::Step::Index(_))),
        _ => true,
    }
}

proptest! {
    // The same cases each time: one in some thousands puts a character beside its place, where its text was made anew.
    #![proptest_config(ProptestConfig { rng_seed: RngSeed::Fixed(1), ..ProptestConfig::with_cases(100) })]

    /// From the last to the first, each leaves what was there before it, wherever changes begin and end.
    #[test]
    fn all_taken_back_in_turn_leave_the_beginning(dice in vec((dice(), any::<bool>()), 1..12)) {
        let mut one = Alone::new(&Doc::genesis(&genesis()), 1);
        let mut states = vec![(None, one.doc.document())];
        let mut log = Vec::new();
        for (dice, ends) in &dice {
            let edit = Dice::fitting(dice, &one.doc.document());
            if plain(&edit) && let Some(n) = one.edit(std::slice::from_ref(&edit)) {
                log.push(format!("{edit:?} {ends}"));
                states.push((Some(n), one.doc.document()));
            }
            if *ends {
                one.commit();
            }
        }
        for pair in states.windows(2).rev() {
            let n = pair[1].0.expect("an operation");
            prop_assert!(one.undo(n).is_ok());
            prop_assert_eq!(one.doc.document(), pair[0].1.clone(), "{} of {:#?}", n, log);
        }
    }

    /// In whatever order: what all of them did is gone, and nothing else. A move that is taken back while its item is away
    /// stays, so there are none.
    #[test]
    fn all_taken_back_in_any_order_leave_the_beginning(
        dice in vec((dice(), any::<bool>()), 1..8),
        order in any::<prop::sample::Index>(),
    ) {
        let mut one = Alone::new(&Doc::genesis(&genesis()), 1);
        let mut made = Vec::new();
        let mut log = Vec::new();
        for (dice, ends) in &dice {
            let edit = Dice::fitting(dice, &one.doc.document());
            if plain(&edit) && !matches!(edit, Edit::ListMove { .. }) {
                log.push(format!("{edit:?} {ends}"));
                made.extend(one.edit(&[edit]));
            }
            if *ends {
                one.commit();
            }
        }
        let turn = order.index(made.len().max(1));
        made.rotate_left(turn);
        for n in made {
            prop_assert!(one.undo(n).is_ok());
        }
        prop_assert_eq!(one.doc.document(), genesis(), "{} first, of {:#?}", turn, log);
    }
}

/// The four ways in which an operation becomes a change that travels.
const WAYS: [&str; 4] = ["", ":sync=protocol", ":batch=50ms,commit=window", ":batch=50ms,commit=window,sync=protocol"];

#[test]
fn what_others_did_stays_when_one_takes_back() {
    for way in WAYS {
        let mut table = Table::new(&format!("crdt-automerge{way}"), 2);
        let mine = table.act(1, &typed(1, "xyz"));
        table.run();
        table.act(2, &typed(2, "!"));
        table.run();
        let second = table.act(1, &Toy::Add(5));
        table.act(2, &Toy::Add(2));
        table.run();
        for target in [second, mine] {
            let undo = table.undo(target);
            assert_eq!(table.told(undo), Some(Ok(Document::Null)), "{way}");
            table.run();
        }
        table.agree();
        assert_eq!((table.sees(1, "text"), table.sees(1, "count")), ("\"a!bc\"".into(), "2".into()), "{way}");
    }
}

#[test]
fn of_a_window_one_operation_is_taken_back_alone() {
    let mut table = Table::new("crdt-automerge:batch=50ms,commit=window", 2);
    table.act(1, &typed(0, "x"));
    let mine = table.act(1, &typed(1, "y"));
    table.act(1, &typed(2, "z"));
    table.undo(mine);
    assert_eq!(table.sees(1, "text"), "\"xzabc\"");
    // Two changes: the window that was begun, and the undo. Both travel when it ends.
    assert_eq!(table.wire(1, 2).len(), 0);
    table.run();
    table.agree();
    assert_eq!(table.sees(2, "text"), "\"xzabc\"");
}

#[test]
fn an_entry_comes_back_only_if_nobody_has_written_since() {
    let mut table = Table::new("crdt-automerge", 2);
    let mine = table.act(1, &set("x", 1));
    table.run();
    table.act(2, &set("x", 2));
    table.run();
    table.undo(mine);
    table.run();
    assert_eq!(table.sees(1, "fields"), "{x:2,y:0}");
    // Of two at the same time, the other's stays when the one that won is taken back.
    let both = [table.act(1, &set("y", 1)), table.act(2, &set("y", 2))];
    table.run();
    let won = usize::from(table.sees(1, "fields") == "{x:2,y:2}");
    table.undo(both[won]);
    table.run();
    table.agree();
    assert_eq!(table.sees(1, "fields"), format!("{{x:2,y:{}}}", 2 - won));
}

#[test]
fn a_map_that_an_undo_made_anew_is_the_place_of_the_undos_that_follow() {
    trials::a_map_made_anew_is_the_place_of_the_undos_that_follow("crdt-automerge", 7);
}

#[test]
fn a_hundred_operations_can_be_taken_back_and_no_more() {
    trials::a_hundred_can_be_taken_back("crdt-automerge");
}

/// Deleted characters come back where they were, and typed ones go, whatever two others do in the same text meanwhile.
#[test]
fn of_a_text_everybody_keeps_what_the_others_did() {
    use rand::{RngExt, SeedableRng};
    let genesis = Doc::genesis(&genesis());
    for seed in 0..100 {
        let mut rng = crate::replica::Rng::seed_from_u64(seed);
        let mut below = |n: usize| rng.random_range(0..n);
        let [mut one, mut other] = [1, 2].map(|actor| Alone::new(&genesis, actor));
        let mut edit = |doc: &Doc, letter: char| {
            let len = View::len(doc, &path!["text"]).unwrap();
            let pos = below(len + 1);
            let delete = below((len - pos).min(3) + 1);
            let insert = letter.to_string().repeat(below(3));
            (Edit::TextSplice { path: path!["text"], pos, delete, insert }, delete)
        };
        let (mine, _) = edit(&one.doc, 'X');
        let mine = one.edit(&[mine]).unwrap();
        let mut erased = 0;
        for turn in 0..6 {
            let (theirs, deleted) = edit(&other.doc, 'y');
            other.edit(&[theirs]).unwrap();
            other.commit();
            erased += deleted;
            if turn % 2 == 0 {
                other.hear(&mut one);
            }
        }
        one.hear(&mut other);
        let typed = |doc: &Doc| doc.document().to_string().matches('y').count();
        let theirs = typed(&one.doc);
        one.undo(mine).unwrap();
        other.hear(&mut one);
        let text = one.doc.get(&path!["text"]).unwrap().to_string();
        assert!(!text.contains('X') && typed(&one.doc) == theirs, "seed {seed}: {text}");
        let left = text.chars().filter(|char| "some text".contains(*char)).count();
        assert!(left + erased >= "some text".len(), "seed {seed}: {text}");
        assert_eq!(one.doc.document(), other.doc.document(), "seed {seed}");
    }
}
