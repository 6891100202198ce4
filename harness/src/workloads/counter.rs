//! `counter`: add to shared counters, and like a post once: increments that must add up, and one that must not repeat.
//!
//! A user has two devices, clients 2k-1 and 2k, and reads the same feed on both. So now and then both like the same post
//! before either hears of the other: a rule that holds on each device alone and not over both.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use syncbench_strategies::document::{Document, Edit, EditKind, Kind, Path};
use syncbench_strategies::model::{Model, ModelRef, Plan, Rejected, erase};
use syncbench_strategies::path;
use syncbench_strategies::replica::{NodeId, OpId, Rng};
use syncbench_strategies::spec::{Content, Param, ParamKind};
use syncbench_strategies::view::View;

use crate::finding::{Finding, Findings, kinds};
use crate::ledger::Fate;
use crate::oracles::undo::UNDO_WITHOUT_EFFECT;
use crate::rng::{below, unit};
use crate::workload::{History, Intent, User, Workload, WorkloadSpec};

kinds! {
    LOST_INCREMENT = lost(
        "lost increment",
        "An addition is missing from its counter, or a like from the count of likes; counted in units."
    );
    DOUBLE_INCREMENT = lost(
        "double increment",
        "A counter has gone further than was ever added to it; counted in units."
    );
    DOUBLE_LIKE = lost("double like", "More likes are counted than were given.");
    LIKE_LOST = lost("like lost", "A user liked a post, and the like is gone.");
}

/// The workload's card.
pub static SPEC: WorkloadSpec = WorkloadSpec {
    name: "counter",
    summary: "add to shared counters; like a post, at most once per user, from two devices",
    product: "views, votes and stock; likes in a feed that is open on phone and laptop",
    params: &[
        Param {
            name: "like",
            kind: ParamKind::Share,
            default: "0.2",
            help: "share of likes; the rest adds to counters. A fifth: enough for both devices to meet, and likes are \
                   kept for good, so that more would grow the document",
        },
        Param {
            name: "hot",
            kind: ParamKind::Share,
            default: "0.5",
            help: "share of the additions that go to the one counter that all look at; the rest spreads evenly",
        },
    ],
    edits: &[EditKind::Put, EditKind::Increment],
    kinds: &[&LOST_INCREMENT, &DOUBLE_INCREMENT, &DOUBLE_LIKE, &LIKE_LOST, &UNDO_WITHOUT_EFFECT],
    content: Content::Data,
    undo: true,
    size_unit: "counters besides the shared one",
    default_size: 10,
    build: |params| Box::new(Counters { like: params.share("like"), hot: params.share("hot") }),
};

/// What users do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CounterOp {
    /// Add to a counter.
    Add {
        /// Its name.
        counter: String,
        /// How much; may be negative.
        by: i64,
    },
    /// Like a post.
    Like {
        /// Who likes, on whichever device.
        user: u32,
        /// What is liked.
        post: u32,
    },
}

/// Counters add up; a like is counted once per user and post.
#[derive(Clone, Copy, Debug, Default)]
pub struct CounterModel;

const SHARED: &str = "count";
const LIKES: &str = "likes";
const LIKE_COUNT: &str = "like_count";

fn like_path(user: u32, post: u32) -> Path {
    path![LIKES, &format!("post{post}/user{user}")]
}

impl Model for CounterModel {
    type Op = CounterOp;

    fn plan(&self, view: &dyn View, op: &CounterOp) -> Result<Plan, Rejected> {
        match op {
            CounterOp::Add { counter, by } => {
                let path = path![counter];
                match view.kind(&path) {
                    Some(Kind::Counter) => Ok(Plan::new(vec![Edit::Increment { path, by: *by }])),
                    _ => Err(Rejected::new("gone", format!("there is no counter {counter}"))),
                }
            }
            CounterOp::Like { user, post } => {
                let path = like_path(*user, *post);
                if view.kind(&path).is_some() {
                    return Err(Rejected::new("already_liked", format!("user {user} has liked post {post} before")));
                }
                let like = Edit::Put { path, value: Document::Bool(true) };
                Ok(Plan::new(vec![like, Edit::Increment { path: path![LIKE_COUNT], by: 1 }]))
            }
        }
    }
}

struct Counters {
    like: f64,
    hot: f64,
}

/// No likes, and `size` counters besides the shared one, all at zero.
pub fn genesis(size: u64) -> Document {
    let mut entries: BTreeMap<String, Document> = (0..size).map(|i| (format!("c{i}"), Document::Counter(0))).collect();
    entries.insert(SHARED.into(), Document::Counter(0));
    entries.insert(LIKE_COUNT.into(), Document::Counter(0));
    entries.insert(LIKES.into(), Document::Map(Default::default()));
    Document::map(entries)
}

impl Workload for Counters {
    fn model(&self) -> ModelRef {
        erase(CounterModel)
    }

    fn genesis(&self, size: u64) -> Document {
        genesis(size)
    }

    fn user(&self, client: NodeId, _: u32) -> Box<dyn User> {
        Box::new(CounterUser { like: self.like, hot: self.hot, user: client.0.div_ceil(2), read: 0 })
    }

    fn judge(&self, history: &History<'_>) -> Vec<Finding> {
        judge(history)
    }

    fn invariant(&self, document: &Document) -> Result<(), String> {
        let (likes, counted) = (likes(document), value(document, LIKE_COUNT));
        if likes == counted { Ok(()) } else { Err(format!("{likes} likes, and {counted} are counted")) }
    }
}

/// How far down its feed a user looks for something to like: both devices choose among the same few posts.
const FEED: usize = 3;

struct CounterUser {
    like: f64,
    hot: f64,
    user: u32,
    /// All posts before this one are liked.
    read: u32,
}

impl User for CounterUser {
    fn next(&mut self, view: &dyn View, rng: &mut Rng) -> Option<Intent> {
        if unit(rng) < self.like {
            let (user, skip) = (self.user, below(rng, FEED));
            let liked = |post: &u32| view.kind(&like_path(user, *post)).is_some();
            let mut open = (self.read..).filter(|post| !liked(post));
            // The feed has no end: there is always a post that is not liked yet.
            self.read = open.next()?;
            let post = if skip == 0 { self.read } else { open.nth(skip - 1)? };
            return Some(Intent::blind(&CounterOp::Like { user, post }));
        }
        // Besides the shared counter the document has the likes and their count.
        let others = view.len(&[]).unwrap_or(0).saturating_sub(3);
        let op = if unit(rng) < self.hot || others == 0 {
            CounterOp::Add { counter: SHARED.into(), by: 1 }
        } else {
            let index = below(rng, others);
            // One direction for each counter: losses in both would cancel out, and the oracle could not count them.
            CounterOp::Add { counter: format!("c{index}"), by: if index.is_multiple_of(2) { 1 } else { -1 } }
        };
        Some(Intent::blind(&op))
    }
}

/// What a counter was to receive.
#[derive(Default)]
struct Sum {
    /// Acknowledged.
    promised: i64,
    /// Without an answer when the run ended: may be in or not.
    open: (i64, i64),
    /// Acknowledged and taken back.
    undone: u64,
    last: String,
}

/// Kinds, all of them intents that did not have their effect or had it wrongly:
/// * `lost increment`: an acknowledged addition is missing from its counter. Counted in units, and exact, because every
///   addition here is by one and every counter has one direction; were additions to cancel out, it would be the smallest
///   number that explains the value. A like that is there but not counted is one too.
/// * `double increment`: a counter has gone further than was ever acknowledged.
/// * `undo without effect`: it has gone further by what was acknowledged and then taken back; or a like is there that was.
/// * `double like`: more likes are counted than given.
/// * `like lost`: an acknowledged like is not there.
fn judge(history: &History<'_>) -> Vec<Finding> {
    let mut sums: BTreeMap<String, Sum> = counters(history.genesis).map(|name| (name, Sum::default())).collect();
    let mut likes: BTreeMap<(u32, u32), Vec<OpId>> = BTreeMap::new();
    let (mut open_likes, mut taken_back) = (0, BTreeSet::new());
    for act in history.operations::<CounterOp>() {
        let (told, id) = (act.outcome().is_some(), act.id());
        match act.op {
            _ if matches!(act.entry.fate, Fate::Rejected(_)) => {}
            CounterOp::Add { counter, by } if act.undone() => {
                sums.entry(counter).or_default().undone += by.unsigned_abs();
            }
            CounterOp::Like { user, post } if act.undone() => drop(taken_back.insert((post, user))),
            CounterOp::Add { counter, by } => {
                let sum = sums.entry(counter).or_default();
                match (told, by > 0) {
                    (true, _) => (sum.promised, sum.last) = (sum.promised + by, id.to_string()),
                    (false, true) => sum.open.1 += by,
                    (false, false) => sum.open.0 += by,
                }
            }
            CounterOp::Like { user, post } if told => likes.entry((post, user)).or_default().push(id),
            CounterOp::Like { .. } => open_likes += 1,
        }
    }
    let mut findings = Findings::default();
    for (name, sum) in &sums {
        let moved = value(history.last, name) - value(history.genesis, name);
        let (low, high) = (sum.promised + sum.open.0, sum.promised + sum.open.1);
        let off = (moved - high).max(0) - (low - moved).max(0);
        let words = format!("{name} moved by {moved} and not by {}; the last was {}", sum.promised, sum.last);
        if off.signum() == -sum.promised.signum() {
            findings.count(&LOST_INCREMENT, off.unsigned_abs(), words);
        } else {
            let still_in = off.unsigned_abs().min(sum.undone);
            findings.count(&UNDO_WITHOUT_EFFECT, still_in, &words);
            findings.count(&DOUBLE_INCREMENT, off.unsigned_abs() - still_in, words);
        }
    }
    for (post, user) in taken_back.iter().filter(|like| !likes.contains_key(like)) {
        if history.last.at(&like_path(*user, *post)).is_some() {
            let words = format_args!("user {user} took back the like of post {post}, and it is there");
            findings.add(&UNDO_WITHOUT_EFFECT, words);
        }
    }
    judge_likes(history, &likes, open_likes, &mut findings);
    findings.done()
}

fn judge_likes(history: &History<'_>, wanted: &BTreeMap<(u32, u32), Vec<OpId>>, open: i64, findings: &mut Findings) {
    let mut missing = 0;
    for ((post, user), ids) in wanted {
        if history.last.at(&like_path(*user, *post)).is_none() {
            missing += 1;
            findings
                .add(&LIKE_LOST, format_args!("{} was acknowledged, user {user} likes post {post} no more", ids[0]));
        }
    }
    let (given, counted) = (likes(history.last), value(history.last, LIKE_COUNT));
    // A like that was lost may or may not have left its count behind: it is one finding, not two.
    let (low, high) = (given - open, given + missing + open);
    let twice = wanted.iter().find(|(_, ids)| ids.len() > 1);
    let twice =
        twice.map(|((post, user), ids)| format!("; user {user} liked post {post} in {} and {}", ids[0], ids[1]));
    let words = format!("{counted} likes are counted for {given} given{}", twice.unwrap_or_default());
    findings.count(&DOUBLE_LIKE, (counted - high).max(0).unsigned_abs(), &words);
    findings.count(&LOST_INCREMENT, (low - counted).max(0).unsigned_abs(), &words);
}

/// The counters that users add to.
fn counters(document: &Document) -> impl Iterator<Item = String> {
    let names = View::keys(document, &[]).unwrap_or_default();
    names.into_iter().map(|name| name.to_string()).filter(|name| name != LIKES && name != LIKE_COUNT)
}

fn value(document: &Document, counter: &str) -> i64 {
    document.at(&path![counter]).and_then(Document::as_int).unwrap_or(0)
}

fn likes(document: &Document) -> i64 {
    View::len(document, &path![LIKES]).unwrap_or(0) as i64
}

#[cfg(test)]
mod tests {
    #[cfg(feature = "automerge")]
    use syncbench_strategies::crdt;
    use syncbench_strategies::model::{Operation, reduce};
    use syncbench_strategies::{lww, serial};

    use super::*;
    use crate::testing::{Book, Trial, intents, workload};

    fn add(counter: &str, by: i64) -> CounterOp {
        CounterOp::Add { counter: counter.into(), by }
    }

    fn like(user: u32, post: u32) -> CounterOp {
        CounterOp::Like { user, post }
    }

    /// The genesis after these operations.
    fn after(ops: &[CounterOp]) -> Document {
        let mut document = genesis(2);
        let model = erase(CounterModel);
        for op in ops {
            reduce(&*model, &mut document, &Operation::encode(op)).unwrap();
        }
        document
    }

    fn plan(document: &Document, op: &CounterOp) -> Result<Plan, Rejected> {
        CounterModel.plan(document, op)
    }

    #[test]
    fn plans_mean_what_they_say() {
        let document = after(&[add("count", 1), add("c1", -1), like(1, 7)]);
        let shown = "{c0:0,c1:-1,count:1,like_count:1,likes:{post7/user1:true}}";
        assert_eq!(document.to_string(), shown);
        assert_eq!(plan(&document, &like(1, 7)).unwrap_err().code, "already_liked");
        assert!(plan(&document, &like(2, 7)).is_ok() && plan(&document, &like(1, 8)).is_ok());
        for name in ["c2", "likes", ""] {
            assert_eq!(plan(&document, &add(name, 1)).unwrap_err().code, "gone", "{name}");
        }
        let kinds: BTreeSet<EditKind> = [add("count", 1), like(3, 3)]
            .iter()
            .flat_map(|op| plan(&document, op).unwrap().edits)
            .map(|edit| edit.kind())
            .collect();
        assert_eq!(kinds.into_iter().collect::<Vec<_>>(), SPEC.edits);
    }

    #[test]
    fn users_want_the_same_whatever_they_see() {
        let ops = |view: &Document| -> Vec<CounterOp> {
            intents("counter", view, 300).iter().map(|op| op.decode().unwrap()).collect()
        };
        let (empty, used) = (genesis(10), {
            let mut document = genesis(10);
            (0..5).for_each(|post| {
                let like = Edit::Put { path: like_path(1, post), value: Document::Bool(true) };
                document.apply(&like).unwrap();
            });
            document
        });
        let (first, second) = (ops(&empty), ops(&used));
        assert_eq!(first, ops(&empty));
        let likes = |ops: &[CounterOp]| ops.iter().filter(|op| matches!(op, CounterOp::Like { .. })).count();
        assert!((40..80).contains(&likes(&first)), "{}", likes(&first));
        for pair in first.iter().zip(&second) {
            match pair {
                (CounterOp::Like { user: 1, post: a }, CounterOp::Like { user: 1, post: b }) => assert_eq!(a + 5, *b),
                (a, b) => assert_eq!(a, b),
            }
        }
        let parameter = |text| intents(text, &empty, 50);
        assert!(parameter("counter:like=1").iter().all(|op| matches!(op.decode(), Some(CounterOp::Like { .. }))));
        assert!(parameter("counter:like=0,hot=1").iter().all(|op| op.decode() == Some(add("count", 1))));
        assert!(parameter("counter:like=0,hot=0").iter().all(|op| op.decode() != Some(add("count", 1))));
    }

    fn kinds(book: &Book, last: &Document) -> Vec<(String, u64)> {
        let found = book.judge("counter", &genesis(2), last);
        assert!(found.0.iter().all(|finding| finding.lost && !finding.example.is_empty()));
        found.kinds().into_iter().map(|(kind, count)| (kind.to_owned(), count)).collect()
    }

    #[test]
    fn what_was_taken_back_must_be_gone() {
        let mut book = Book::new(2);
        let ids = [add("count", 1), add("count", 1), like(1, 0)].map(|op| book.acted(1, &op));
        book.undone(ids[0]);
        book.undone(ids[2]);
        assert_eq!(kinds(&book, &after(&[add("count", 1)])), []);
        assert_eq!(kinds(&book, &after(&[add("count", 2)])), [("undo without effect".into(), 1)]);
        assert_eq!(kinds(&book, &after(&[])), [("lost increment".into(), 1)]);
        let both = [("double increment".into(), 1), ("undo without effect".into(), 1)];
        assert_eq!(kinds(&book, &after(&[add("count", 3)])), both);
        assert_eq!(kinds(&book, &after(&[add("count", 1), like(1, 0)])), [("undo without effect".into(), 1)]);
        // Liked again, by the other device.
        book.acted(2, &like(1, 0));
        assert_eq!(kinds(&book, &after(&[add("count", 1), like(1, 0)])), []);
    }

    #[test]
    fn each_kind_is_found_and_nothing_else() {
        let mut book = Book::new(2);
        let all = [add("count", 1), add("count", 1), add("c1", -1), like(1, 0)];
        for op in &all {
            book.acted(1, op);
        }
        assert_eq!(kinds(&book, &after(&all)), []);
        assert_eq!(kinds(&book, &after(&[add("c1", -1), like(1, 0)])), [("lost increment".into(), 2)]);
        assert_eq!(kinds(&book, &after(&all[..2])), [("like lost".into(), 1), ("lost increment".into(), 1)]);
        let more = [&all[..], &[add("count", 1), add("c1", -2), add("c0", 1)]].concat();
        assert_eq!(kinds(&book, &after(&more)), [("double increment".into(), 4)]);
        // Both devices of one user, before either heard of the other.
        book.acted(2, &like(1, 0));
        let mut twice = after(&all);
        assert_eq!(kinds(&book, &twice), []);
        twice.apply(&Edit::Increment { path: path![LIKE_COUNT], by: 1 }).unwrap();
        assert_eq!(kinds(&book, &twice), [("double like".into(), 1)]);
        // The like is gone and its count has stayed: one lost intent, not two.
        let mut orphan = after(&all);
        orphan.apply(&Edit::Remove { path: like_path(1, 0) }).unwrap();
        assert_eq!(kinds(&book, &orphan), [("like lost".into(), 1)]);
        // A like that is not counted is a lost increment.
        let mut uncounted = after(&all);
        uncounted.apply(&Edit::Increment { path: path![LIKE_COUNT], by: -1 }).unwrap();
        assert_eq!(kinds(&book, &uncounted), [("lost increment".into(), 1)]);
    }

    #[test]
    fn what_was_refused_or_never_answered_is_not_expected() {
        let mut book = Book::new(2);
        let refused = book.issued(1, &add("count", 1), Document::Null);
        book.told(refused, Err(Rejected::new("gone", "")));
        assert_eq!(kinds(&book, &genesis(2)), []);
        assert_eq!(kinds(&book, &after(&[add("count", 1)])), [("double increment".into(), 1)]);
        book.issued(2, &add("c0", 1), Document::Null);
        book.issued(2, &like(1, 0), Document::Null);
        assert_eq!(kinds(&book, &genesis(2)), []);
        assert_eq!(kinds(&book, &after(&[add("c0", 1), like(1, 0)])), []);
    }

    #[test]
    fn one_order_loses_nothing_and_refuses_the_second_like() {
        let (ran, found) = Trial::new(&serial::reducer::SPEC, "counter").run();
        assert_eq!(found.kinds(), []);
        let refused = |code: &str| {
            let refused =
                |entry: &&crate::ledger::Entry| matches!(&entry.fate, Fate::Rejected(why) if why.code == code);
            ran.ledger.entries().filter(refused).count()
        };
        assert!(refused("already_liked") > 0);
        assert!(workload("counter").invariant(ran.last()).is_ok());
    }

    #[test]
    fn the_last_document_loses_increments_and_likes() {
        let (_, found) = Trial::new(&lww::document::SPEC, "counter").run();
        assert!(found.count(&LOST_INCREMENT) > 0 && found.count(&LIKE_LOST) > 0, "{found:?}");
        assert_eq!(found.count(&DOUBLE_INCREMENT) + found.count(&DOUBLE_LIKE), 0, "{found:?}");
    }

    #[cfg(feature = "automerge")]
    #[test]
    fn merged_counters_add_up_and_merged_likes_count_twice() {
        let (ran, found) = Trial::new(&crdt::automerge::SPEC, "counter").run();
        assert!(found.count(&DOUBLE_LIKE) > 0, "{found:?}");
        assert_eq!(found.kinds().len(), 1, "{found:?}");
        assert!(workload("counter").invariant(ran.last()).is_err());
    }

    /// Additions are made twice as long as the number of likes divides by three.
    struct Stutter;

    impl Model for Stutter {
        type Op = CounterOp;

        fn plan(&self, view: &dyn View, op: &CounterOp) -> Result<Plan, Rejected> {
            let mut plan = CounterModel.plan(view, op)?;
            if matches!(op, CounterOp::Add { .. })
                && view.len(&path![LIKES]).is_some_and(|likes| likes.is_multiple_of(3))
            {
                plan.edits.extend(plan.edits.clone());
            }
            Ok(plan)
        }
    }

    #[test]
    fn a_planted_bug_is_found() {
        let trial = Trial { model: Some(erase(Stutter)), ..Trial::new(&serial::reducer::SPEC, "counter") };
        let (_, found) = trial.run();
        assert!(found.count(&DOUBLE_INCREMENT) > 0, "{found:?}");
        assert_eq!(found.kinds().len(), 1, "{found:?}");
    }
}
