use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use rand::{RngExt, SeedableRng};

use super::*;
use crate::crdt::trials::{self as crdt, Alone, genesis, splice};
use crate::crdt::yrs::counter::Counters;
use crate::crdt::yrs::doc::{Doc, Written};
use crate::document::generate::{Dice, dice};
use crate::document::{Document, Edit, Kind, Path, Step};
use crate::path;
use crate::replica::{NodeId, OpId, Rng};
use crate::testing::trials;
use crate::testing::{Table, Toy, set};
use crate::undo::UNDO_DEPTH;
use crate::view::View;

/// A client without messages.
struct Client {
    doc: Doc,
    history: History,
    n: u64,
    /// The updates that it sent.
    updates: Vec<Vec<u8>>,
}

impl Client {
    fn new(genesis: &Document, client: u64, counters: Counters) -> Self {
        let mut doc = Doc::load(&Doc::genesis(genesis, counters), client, counters).unwrap();
        doc.record(true);
        Self { history: History::new(&doc.library), doc, n: 0, updates: Vec::new() }
    }
}

impl Alone for Client {
    fn view(&self) -> &dyn View {
        &self.doc
    }

    fn edit(&mut self, edits: &[Edit]) -> Option<u64> {
        let footprint = match self.doc.commit(edits).ok()? {
            Some(Written { update, footprint }) => {
                self.updates.push(update);
                footprint
            }
            None => Footprint::default(),
        };
        self.n += 1;
        self.history.push(&self.doc.library, self.n, footprint);
        Some(self.n)
    }

    fn undo(&mut self, n: u64) {
        let updates = self.history.undo(&self.doc.library, OpId { client: NodeId(1), n });
        self.updates.extend(updates.unwrap());
    }

    fn hear(&mut self, other: &mut Self) {
        other.updates.iter().for_each(|update| self.doc.apply(update, 0).map(drop).unwrap());
        assert!(self.doc.whole());
    }
}

/// No sums that overflow, and no writes over the root.
fn plain(edit: &Edit) -> bool {
    match edit {
        Edit::Increment { by, .. } => by.unsigned_abs() <= 1 << 40,
        Edit::Put { path, .. } => !path.is_empty(),
        _ => true,
    }
}

fn removes_no_object(edit: &Edit, document: &Document) -> bool {
    let object = |path: &[Step]| {
        let kind = View::kind(document, path);
        kind.is_some_and(|kind| matches!(kind, Kind::Map | Kind::List | Kind::Text))
    };
    match edit {
        Edit::Put { path, .. } | Edit::Remove { path } => !object(path),
        Edit::ListRemove { path, index, count } => {
            (*index..index + count).all(|at| !object(&[&path[..], &[Step::Index(at)]].concat()))
        }
        // A sum is lost with its counter, so there are none.
        Edit::ListMove { .. } | Edit::Increment { .. } => false,
        _ => true,
    }
}

/// Both ways to write a counter.
const BOTH: [Counters; 2] = [Counters::Entries, Counters::Sum];

proptest! {
    // Fixed cases: in one of some thousands an operation writes into something and then over it.
    #![proptest_config(ProptestConfig { rng_seed: RngSeed::Fixed(1), ..ProptestConfig::with_cases(300) })]

    /// From the last to the first, each undo restores the state before its operation. No operation moves an item and does more.
    #[test]
    fn undoing_everything_from_the_last_restores_every_state(dice in vec(vec(dice(), 1..3), 1..12)) {
        for counters in BOTH {
            let mut one = Client::new(&genesis(), 2, counters);
            let mut other = Client::new(&genesis(), 3, counters);
            let mut states = vec![(None, one.doc.document())];
            let mut log = Vec::new();
            for dice in &dice {
                let (mut edits, mut document) = (Vec::new(), one.doc.document());
                for dice in dice {
                    let edit = Dice::fitting(dice, &document);
                    let moves = edits.iter().chain([&edit]).any(|edit| matches!(edit, Edit::ListMove { .. }));
                    let alone = edits.is_empty() || !moves;
                    if plain(&edit) && alone && document.apply_all(std::slice::from_ref(&edit)).is_ok() {
                        edits.push(edit);
                    }
                }
                let n = one.edit(&edits);
                prop_assert!(n.is_some(), "{edits:?} are not taken");
                if let Some(n) = n {
                    log.push(format!("{edits:?}"));
                    states.push((Some(n), one.doc.document()));
                }
            }
            for pair in states.windows(2).rev() {
                let n = pair[1].0.expect("an operation");
                one.undo(n);
                prop_assert_eq!(one.doc.document(), pair[0].1.clone(), "{} of {:#?}", n, log);
            }
            other.hear(&mut one);
            prop_assert_eq!(one.doc.document(), other.doc.document(), "{:#?}", log);
        }
    }

    /// In any order, undoing everything restores the genesis. No object is moved or removed: its contents are other things
    /// afterwards.
    #[test]
    fn undoing_everything_in_any_order_restores_the_genesis(dice in vec(dice(), 1..8), order in any::<prop::sample::Index>()) {
        for counters in BOTH {
            let mut one = Client::new(&genesis(), 2, counters);
            let mut made = Vec::new();
            let mut log = Vec::new();
            for dice in &dice {
                let document = one.doc.document();
                let edit = Dice::fitting(dice, &document);
                if plain(&edit) && removes_no_object(&edit, &document) {
                    log.push(format!("{edit:?}"));
                    made.extend(one.edit(&[edit]));
                }
            }
            let turn = order.index(made.len().max(1));
            made.rotate_left(turn);
            for n in made {
                one.undo(n);
            }
            prop_assert_eq!(one.doc.document(), genesis(), "{} first, of {:#?}", turn, log);
        }
    }

    /// Two clients act concurrently, and each undoes all of its own operations: both end in the same state.
    #[test]
    fn concurrent_undos_converge(
        dice in vec((dice(), any::<bool>(), 0..4u8), 1..20),
    ) {
        for counters in BOTH {
            let mut both = [2, 3].map(|client| Client::new(&genesis(), client, counters));
            let mut made = [Vec::new(), Vec::new()];
            let mut log = Vec::new();
            for (dice, second, then) in &dice {
                let who = usize::from(*second);
                let edit = Dice::fitting(dice, &both[who].doc.document());
                if plain(&edit) {
                    log.push(format!("{who}: {edit:?}, then {then}"));
                    made[who].extend(both[who].edit(&[edit]));
                }
                if *then == 0 && let Some(n) = made[who].pop() {
                    both[who].undo(n);
                }
                if *then == 1 {
                    let [one, other] = &mut both;
                    one.hear(other);
                    other.hear(one);
                }
            }
            for who in [0, 1] {
                while let Some(n) = made[who].pop() {
                    both[who].undo(n);
                }
            }
            let [one, other] = &mut both;
            one.hear(other);
            other.hear(one);
            prop_assert_eq!(one.doc.document(), other.doc.document(), "{:#?}", log);
            let document = one.doc.document();
            prop_assert_eq!(Doc::load(&one.doc.save(), 4, counters).unwrap().document(), document);
        }
    }
}

#[test]
fn an_undo_of_splices_keeps_those_of_others() {
    let genesis = genesis();
    crdt::an_undo_of_splices_keeps_those_of_others(300, |n| Client::new(&genesis, 2 + u64::from(n), Counters::Entries));
}

#[test]
fn an_undo_keeps_what_others_did() {
    for params in ["", ":window=50ms", ":counter=sum"] {
        crdt::an_undo_keeps_what_others_did(&format!("crdt-yrs{params}"));
    }
}

#[test]
fn an_entry_is_restored_only_if_nobody_has_written_since() {
    let mut table = Table::new("crdt-yrs", 2);
    let mine = table.act(1, &set("x", 1));
    table.run();
    table.act(2, &set("x", 2));
    table.run();
    table.undo(mine);
    table.run();
    assert_eq!(table.sees(1, "fields"), "{x:2,y:0}");
    let mine = table.act(1, &set("y", 1));
    table.run();
    let removed = table.act(2, &Toy::Unset("y".into()));
    table.run();
    table.undo(mine);
    table.run();
    assert_eq!(table.sees(1, "fields"), "{x:2}");
    table.undo(removed);
    table.run();
    table.agree();
    assert_eq!(table.sees(1, "fields"), "{x:2,y:1}");
}

#[test]
fn later_undos_find_a_map_that_an_undo_made_anew() {
    trials::later_undos_apply_to_the_map_that_came_back("crdt-yrs", 0);
}

#[test]
fn the_latest_hundred_operations_can_be_undone() {
    trials::the_last_hundred_can_be_undone("crdt-yrs");
}

/// Deleted content is kept only as long as its deletion can be undone, and a deleted block is restored as one block.
#[test]
fn deleted_content_is_forgotten_in_time() {
    let mut one = Client::new(&genesis(), 2, Counters::Entries);
    let long = "long ".repeat(1000);
    one.edit(&[splice(0, 0, &long)]).unwrap();
    let before = one.doc.save().len();
    let erase = one.edit(&[splice(0, 5000, "")]).unwrap();
    assert!(one.doc.save().len() >= before);
    one.undo(erase);
    assert_eq!(one.updates.last().unwrap().len() / 100, 50);
    one.edit(&[splice(0, 5000, "")]).unwrap();
    for _ in 0..300 {
        one.edit(&[splice(0, 0, "x"), splice(0, 1, "")]).unwrap();
    }
    assert!(one.doc.save().len() < 3000, "{}", one.doc.save().len());
    assert_eq!(one.doc.document(), genesis());
}

#[test]
fn content_that_no_undo_needs_is_forgotten() {
    let mut one = Client::new(&genesis(), 2, Counters::Entries);
    let mut rng = Rng::seed_from_u64(1);
    one.edit(&[splice(9, 0, &"a long beginning ".repeat(100))]).unwrap();
    let (mut len, mut at) = (1_709_usize, 1_709_usize);
    let mut forgotten = IdSet::new();
    for _ in 0..2_000 {
        if rng.random_range(0..20) == 0 {
            at = rng.random_range(0..=len);
        }
        let edit = if rng.random_range(0..3) == 0 && at > 0 {
            let some = rng.random_range(1..=at.min(5));
            at -= some;
            len -= some;
            splice(at, some, "")
        } else {
            let word = &"words"[..rng.random_range(1..=5)];
            at += word.len();
            len += word.len();
            splice(at - word.len(), 0, word)
        };
        let remembered = one.history.made.len();
        let oldest: Vec<IdSet> =
            one.history.made.iter().take(UNDO_DEPTH).map(|made| made.footprint.all_deleted()).collect();
        one.edit(&[edit]).unwrap();
        if one.history.made.len() < remembered {
            oldest.into_iter().for_each(|deleted| forgotten.merge_with(deleted));
            let left = manager::blocks(&one.doc.library.doc, &forgotten);
            assert!(left.is_empty(), "content is still there after operation {}: {left:?}", one.n);
        }
    }
}

/// The counter goes with its map. The library's reference to the map then points to freed memory, so only a tool such as
/// valgrind sees whether it is used.
#[test]
fn a_counter_in_a_removed_map_is_left_alone() {
    let mut one = Client::new(&genesis(), 2, Counters::Entries);
    let put = Edit::Put { path: path!["fields"], value: Document::map([("n", Document::Counter(1))]) };
    let n = one.edit(&[put, Edit::Increment { path: path!["fields", "n"], by: 1 }]).unwrap();
    one.undo(n);
    assert_eq!(one.doc.document(), genesis());
}

/// The library places restored items of a list by what became of their neighbours, and the copy of a neighbour may be
/// on the other side.
#[test]
fn a_restored_list_has_one_order_everywhere() {
    let genesis = Document::map([("list", Document::list([1, 2, 3]))]);
    let mut both = [2, 3].map(|client| Client::new(&genesis, client, Counters::Entries));
    let put = |path: Path, value: Document| Edit::Put { path, value };
    let n = both[0].edit(&[put(path!["list", 2], Document::Null)]).unwrap();
    both[0].undo(n);
    both[1].edit(&[put(path!["list", 1], Document::list([Document::Null]))]).unwrap();
    let [one, other] = &mut both;
    one.hear(other);
    let before = one.doc.document();
    let n = one.edit(&[put(path!["list"], Document::Null)]).unwrap();
    one.undo(n);
    other.hear(one);
    assert_eq!((one.doc.document(), other.doc.document()), (before.clone(), before));
}
