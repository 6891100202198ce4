//! `json`: one tree of maps, lists and values: set and delete at paths, add to lists, and make what is missing on the way.
//!
//! Nobody makes a container for its own sake: whoever sets `o1/in/in/a` makes the maps that are not there yet, and whoever
//! adds to `o1/tags` makes the list, as in `(doc.tags ??= []).push(x)`. So two people make the same container at the same
//! time now and then, and what becomes of their two containers is the strategy's to say.
//!
//! Longer than most files: what the operations mean, what users do and what the oracle asks are one thing, read together.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use syncbench_strategies::document::{Document, Edit, EditKind, Kind, Path};
use syncbench_strategies::model::{Model, ModelRef, Operation, Plan, Rejected, erase};
use syncbench_strategies::path;
use syncbench_strategies::replica::{NodeId, Rng};
use syncbench_strategies::spec::{Content, Param, ParamKind};
use syncbench_strategies::view::View;

use crate::finding::{self, Finding, Findings, kinds};
use crate::ledger::Fate;
use crate::oracles::undo::{LOST_TO_UNDO, UNDO_WITHOUT_EFFECT};
use crate::oracles::writes::{EDIT_LOST, OVERWRITTEN};
use crate::rng::{below, unit};
use crate::workload::{History, Intent, Issued, User, Workload, WorkloadSpec};

kinds! {
    LOST_TO_DELETE = lost(
        "lost to delete",
        "A user wrote a value or an item, and another user, who had not seen it, deleted it, its list or a map \
         around it at the same time."
    );
    HIDDEN_SUBTREE = lost(
        "hidden subtree",
        "Two users made the same container at the same time, and what one of them wrote into it is gone."
    );
    LOST_ITEM = lost("lost item", "A user added an item to a list, and it is gone although nobody took it out.");
    DUPLICATED_ITEM = lost("duplicated item", "An item or a value is in the tree more than once.");
    RESURRECTED = lost(
        "resurrected",
        "A user deleted a value or took an item that was on the screen, and it is there again."
    );
    DELETE_OVERWRITTEN = lost(
        "delete overwritten",
        "A user deleted something, and in its place is what a user wrote who had not seen the delete."
    );
    VALUE_FROM_NOWHERE = noted(
        "value from nowhere",
        "A value that nobody wrote, or whose write was rejected, is in the tree."
    );
}

/// The workload's card.
pub static SPEC: WorkloadSpec = WorkloadSpec {
    name: "json",
    summary: "set and delete values in nested maps, add to lists and take from them, make containers on the way",
    product: "settings, a design document's properties, the state of an application as JSON",
    params: &[
        Param {
            name: "list",
            kind: ParamKind::Share,
            default: "0.3",
            help: "share of operations on lists, of what is no delete; two of three add, the others take. A third: an \
                   object here has two values and one list at each level",
        },
        Param {
            name: "delete",
            kind: ParamKind::Share,
            default: "0.1",
            help: "share of deletes of a value, a list or a map: so many that containers are made anew throughout a run",
        },
        Param {
            name: "depth",
            kind: ParamKind::Count,
            default: "2",
            help: "how many maps are nested in an object, at most 32: an address in a profile, a street in an address",
        },
        Param {
            name: "hot",
            kind: ParamKind::Share,
            default: "0.3",
            help: "share of operations on the first object; as on the first row in `record`",
        },
    ],
    edits: &[EditKind::Put, EditKind::Remove, EditKind::ListInsert, EditKind::ListRemove],
    kinds: &[
        &LOST_TO_DELETE,
        &OVERWRITTEN,
        &HIDDEN_SUBTREE,
        &LOST_TO_UNDO,
        &EDIT_LOST,
        &LOST_ITEM,
        &DUPLICATED_ITEM,
        &RESURRECTED,
        &DELETE_OVERWRITTEN,
        &UNDO_WITHOUT_EFFECT,
        &VALUE_FROM_NOWHERE,
    ],
    content: Content::Data,
    undo: true,
    size_unit: "objects",
    // As many as `record` has rows.
    default_size: 8,
    build: |params| {
        Box::new(Tree {
            list: params.share("list"),
            delete: params.share("delete"),
            depth: params.count("depth").min(DEEPEST) as usize,
            hot: params.share("hot"),
        })
    },
};

/// What users do. Containers that are missing on the way are made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum JsonOp {
    /// Set a value.
    Set {
        /// Where.
        path: Vec<String>,
        /// The new value.
        value: String,
    },
    /// Add to the end of a list.
    Append {
        /// The list.
        path: Vec<String>,
        /// The new item.
        item: String,
    },
    /// Take an item out of a list.
    Take {
        /// The list.
        path: Vec<String>,
        /// The item.
        item: String,
    },
    /// Delete a value or a container with all that is in it.
    Delete {
        /// Which.
        path: Vec<String>,
    },
}

impl JsonOp {
    fn path(&self) -> &[String] {
        match self {
            JsonOp::Set { path, .. }
            | JsonOp::Append { path, .. }
            | JsonOp::Take { path, .. }
            | JsonOp::Delete { path } => path,
        }
    }

    /// The value or the item that it puts into the tree.
    fn word(&self) -> Option<&str> {
        match self {
            JsonOp::Set { value, .. } => Some(value),
            JsonOp::Append { item, .. } => Some(item),
            JsonOp::Take { .. } | JsonOp::Delete { .. } => None,
        }
    }
}

/// A tree that grows where somebody sets something.
#[derive(Clone, Copy, Debug, Default)]
pub struct JsonModel;

/// The deepest nesting that a run may ask for; documents end at twice as much.
const DEEPEST: u64 = 32;
/// Longer lists get shorter.
const LONG: usize = 20;
/// The map in a map.
const INNER: &str = "in";
const TAGS: &str = "tags";
const VALUES: [&str; 2] = ["a", "b"];

fn place(path: &[String]) -> Path {
    Path::from(path.iter().map(Into::into).collect::<Vec<_>>())
}

/// How many of the containers on the way to `path` are there.
fn made(view: &dyn View, path: &[String]) -> usize {
    (1..path.len()).take_while(|len| view.kind(&place(&path[..*len])).is_some()).count()
}

/// The edits that make the maps in which `path` lies, where they are missing.
fn open(view: &dyn View, path: &[String]) -> Result<Vec<Edit>, Rejected> {
    if path.is_empty() {
        return Err(Rejected::new("no_path", "the root is not for setting or deleting"));
    }
    let made = made(view, path);
    if let Some(len) = (1..=made).find(|len| view.kind(&place(&path[..*len])) != Some(Kind::Map)) {
        return Err(Rejected::new("not_a_map", format!("{} is no map", place(&path[..len]))));
    }
    let map = |len: usize| Edit::Put { path: place(&path[..len]), value: Document::Map(Default::default()) };
    Ok((made + 1..path.len()).map(map).collect())
}

impl Model for JsonModel {
    type Op = JsonOp;

    fn plan(&self, view: &dyn View, op: &JsonOp) -> Result<Plan, Rejected> {
        let path = place(op.path());
        let kind = view.kind(&path);
        let gone = |what: &str| Rejected::new("gone", format!("there is no {what} at {path}"));
        let no_list = || Rejected::new("not_a_list", format!("{path} is no list"));
        let mut edits = open(view, op.path())?;
        match (op, kind) {
            (JsonOp::Set { value, .. }, _) => edits.push(Edit::Put { path, value: value.as_str().into() }),
            (JsonOp::Append { item, .. }, None | Some(Kind::List)) => {
                let index = view.len(&path).unwrap_or(0);
                if kind.is_none() {
                    edits.push(Edit::Put { path: path.clone(), value: Document::List(Default::default()) });
                }
                edits.push(Edit::ListInsert { path, index, values: vec![item.as_str().into()] });
            }
            (JsonOp::Take { item, .. }, Some(Kind::List)) => {
                let items = view.items(&path).unwrap_or_default();
                let index = items.iter().position(|other| other.as_str() == Some(item)).ok_or_else(|| gone(item))?;
                edits = vec![Edit::ListRemove { path, index, count: 1 }];
            }
            (JsonOp::Append { .. } | JsonOp::Take { .. }, Some(_)) => return Err(no_list()),
            (JsonOp::Delete { .. }, Some(_)) => edits = vec![Edit::Remove { path }],
            (JsonOp::Delete { .. } | JsonOp::Take { .. }, None) => return Err(gone("value")),
        }
        Ok(Plan::new(edits))
    }
}

#[derive(Clone, Copy)]
struct Tree {
    list: f64,
    delete: f64,
    depth: usize,
    hot: f64,
}

/// `size` objects with two values each; lists and further maps are for users to make.
fn genesis(size: u64) -> Document {
    let object = |i: u64| {
        let values = VALUES.map(|key| (key, Document::from(format!("o{i}.{key}"))));
        (format!("o{i}"), Document::map(values))
    };
    Document::map((0..size).map(object))
}

impl Workload for Tree {
    fn model(&self) -> ModelRef {
        erase(JsonModel)
    }

    fn genesis(&self, size: u64) -> Document {
        genesis(size)
    }

    fn user(&self, client: NodeId, _: u32) -> Box<dyn User> {
        Box::new(JsonUser { habits: *self, client, drawn: 0 })
    }

    fn judge(&self, history: &History<'_>) -> Vec<Finding> {
        judge(history)
    }

    fn invariant(&self, document: &Document) -> Result<(), String> {
        let mut words = BTreeSet::new();
        for (path, word) in words_below(document) {
            if !words.insert(word.clone()) {
                return Err(format!("duplicated item: {word} is in {} twice", place(&path)));
            }
        }
        Ok(())
    }
}

struct JsonUser {
    habits: Tree,
    client: NodeId,
    /// Intents so far: the source of values, the same whatever was seen.
    drawn: u64,
}

impl User for JsonUser {
    fn next(&mut self, view: &dyn View, rng: &mut Rng) -> Option<Intent> {
        self.drawn += 1;
        let (act, hot, list, take) = (unit(rng), unit(rng), unit(rng), unit(rng));
        let (level, which) = (below(rng, self.habits.depth + 1), unit(rng));
        let objects = view.keys(&path![]).unwrap_or_default();
        let object = objects.get(if hot < self.habits.hot { 0 } else { below(rng, objects.len()) })?;
        let mut path = vec![object.to_string()];
        path.extend(std::iter::repeat_n(INNER.to_owned(), level));
        let at = |key: &str| [&path[..], &[key.to_owned()]].concat();
        let there = |key: &&str| view.kind(&place(&at(key))).is_some();
        let word = format!("{}.{}", self.client, self.drawn);
        let pick = |keys: usize| ((which * keys as f64) as usize).min(keys - 1);
        if act < self.habits.delete {
            let keys = [VALUES[0], VALUES[1], TAGS, INNER];
            let first = pick(keys.len());
            if let Some(key) = keys[first..].iter().chain(&keys[..first]).copied().find(there) {
                return Some(intent(view, &JsonOp::Delete { path: at(key) }));
            }
        }
        let op = if list < self.habits.list {
            let path = at(TAGS);
            let items = view.items(&place(&path)).unwrap_or_default();
            let item = items.get(((which * items.len() as f64) as usize).min(items.len().saturating_sub(1)));
            match item.and_then(Document::as_str) {
                Some(item) if take < 1.0 / 3.0 || items.len() >= LONG => JsonOp::Take { path, item: item.into() },
                _ => JsonOp::Append { path, item: word },
            }
        } else {
            JsonOp::Set { path: at(VALUES[pick(VALUES.len())]), value: word }
        };
        Some(intent(view, &op))
    }
}

/// An intent with what its author saw in the place that it changes, and how much of the way there; the oracle asks for it.
pub fn intent(view: &dyn View, op: &JsonOp) -> Intent {
    let was = match op {
        JsonOp::Set { .. } | JsonOp::Delete { .. } => view.get(&place(op.path())).unwrap_or_default(),
        // A whole list is much to remember, and all that it takes is known.
        JsonOp::Append { .. } | JsonOp::Take { .. } => Document::Null,
    };
    let list = matches!(op, JsonOp::Append { .. }) && view.kind(&place(op.path())).is_some();
    let made = made(view, op.path()) + usize::from(list);
    Intent { operation: Operation::encode(op), seen: Document::list([was, Document::Int(made as i64)]) }
}

/// Every value and every item in a tree, with the place of the value or the list.
fn words_below(document: &Document) -> Vec<(Vec<String>, String)> {
    let mut words = Vec::new();
    let mut open = vec![(Vec::new(), document)];
    while let Some((path, node)) = open.pop() {
        match node {
            Document::Map(map) => {
                open.extend(map.iter().map(|(key, child)| ([&path[..], &[key.to_string()]].concat(), child)))
            }
            Document::List(items) => open.extend(items.iter().map(|item| (path.clone(), item))),
            _ => words.extend(node.as_str().map(|word| (path, word.to_owned()))),
        }
    }
    words.sort();
    words
}

/// An operation that was not refused, with what its author saw.
struct Action<'a> {
    act: &'a Issued<'a, JsonOp>,
    /// The values and items that it took out of the tree or replaced, as far as its author saw them.
    took: BTreeSet<String>,
    /// How many of the containers on its way were there.
    made: usize,
}

impl<'a> Action<'a> {
    fn of(act: &'a Issued<'a, JsonOp>) -> Self {
        let was = act.entry.seen.at(&path![0]);
        let mut took: BTreeSet<String> = was.into_iter().flat_map(words_below).map(|(_, word)| word).collect();
        if let JsonOp::Take { item, .. } = &act.op {
            took.insert(item.clone());
        }
        let made = act.entry.seen.at(&path![1]).and_then(Document::as_int);
        Self { act, took, made: made.and_then(|made| usize::try_from(made).ok()).unwrap_or(usize::MAX) }
    }

    /// Whether it changes what is at `path` as a whole: sets it, deletes it or something around it.
    fn covers(&self, path: &[String]) -> bool {
        match &self.act.op {
            JsonOp::Set { path: own, .. } => own == path,
            JsonOp::Delete { path: own } => path.starts_with(own),
            _ => false,
        }
    }

    fn deletes(&self, path: &[String]) -> bool {
        matches!(self.act.op, JsonOp::Delete { .. }) && self.covers(path)
    }

    /// Whether it made this container, as its author saw it.
    fn makes(&self, container: &[String]) -> bool {
        let path = self.act.op.path();
        let containers = match self.act.op {
            JsonOp::Set { .. } => path.len().saturating_sub(1),
            JsonOp::Append { .. } => path.len(),
            JsonOp::Take { .. } | JsonOp::Delete { .. } => 0,
        };
        path.starts_with(container) && self.made < container.len() && container.len() <= containers
    }
}

/// Whether neither author knew of the other's operation.
fn unaware(one: &Issued<'_, JsonOp>, other: &Issued<'_, JsonOp>) -> bool {
    one.id() != other.id() && !one.follows(other) && !other.follows(one)
}

/// The whole story of a tree.
struct Story<'a> {
    actions: Vec<Action<'a>>,
    /// Every value and item that is there at the end, with its places.
    last: BTreeMap<String, Vec<Vec<String>>>,
    /// Who put it there.
    authors: BTreeMap<&'a str, &'a Issued<'a, JsonOp>>,
}

impl<'a> Story<'a> {
    fn of(acts: &'a [Issued<'a, JsonOp>], last: &Document) -> Self {
        let kept = || acts.iter().filter(|act| !matches!(act.entry.fate, Fate::Rejected(_)));
        let mut places: BTreeMap<String, Vec<Vec<String>>> = BTreeMap::new();
        for (path, word) in words_below(last) {
            places.entry(word).or_default().push(path);
        }
        let authors = kept().filter_map(|act| Some((act.op.word()?, act))).collect();
        Self { actions: kept().map(Action::of).collect(), last: places, authors }
    }

    fn standing(&self) -> impl Iterator<Item = &Action<'a>> {
        self.actions.iter().filter(|action| !action.act.undone())
    }

    /// Whether somebody took back something at this path or around it.
    fn disturbed(&self, path: &[String]) -> bool {
        let undone = self.actions.iter().filter(|action| action.act.undone());
        undone.map(|action| action.act.op.path()).any(|own| own.starts_with(path) || path.starts_with(own))
    }

    /// How an acknowledged value or item was lost, if it was.
    fn loss(&self, act: &Issued<'_, JsonOp>) -> Option<&'static finding::Kind> {
        let (word, path) = (act.op.word()?, act.op.path());
        let on_its_way = |later: &Action<'_>| {
            let (this, id) = (act.id(), later.act.id());
            id.client == this.client && id.n > this.n && !later.act.entry.reflected.contains(this)
        };
        let followed = |later: &Action<'_>| {
            // What somebody took and should have given back is looked at from there.
            let told = later.act.outcome().is_some() || later.act.undone();
            told && ((later.act.follows(act) && later.took.contains(word)) || (on_its_way(later) && later.covers(path)))
        };
        if self.last.contains_key(word) || self.actions.iter().any(followed) {
            return None;
        }
        let open =
            |later: &Action<'_>| later.act.outcome().is_none() && (later.took.contains(word) || later.covers(path));
        if self.standing().any(open) {
            return None;
        }
        if self.standing().any(|other| other.deletes(path) && unaware(act, other.act)) {
            return Some(&LOST_TO_DELETE);
        }
        let noticed =
            |word: &str| self.last.contains_key(word) || self.actions.iter().any(|action| action.took.contains(word));
        let wins = |rival: &Action<'_>| {
            matches!(&rival.act.op, JsonOp::Set { path: own, value } if own == path && noticed(value))
                && unaware(act, rival.act)
        };
        if matches!(act.op, JsonOp::Set { .. }) && self.standing().any(wins) {
            return Some(&OVERWRITTEN);
        }
        if self.made_twice(act) {
            return Some(&HIDDEN_SUBTREE);
        }
        Some(match act.op {
            _ if self.disturbed(path) => &LOST_TO_UNDO,
            JsonOp::Set { .. } => &EDIT_LOST,
            _ => &LOST_ITEM,
        })
    }

    /// Whether a container in which this operation wrote was made by two who did not know of each other.
    fn made_twice(&self, act: &Issued<'_, JsonOp>) -> bool {
        let path = act.op.path();
        (1..=path.len()).any(|len| {
            let makers: Vec<_> =
                self.standing().filter(|action| action.makes(&path[..len])).map(|action| action.act).collect();
            makers.iter().any(|one| makers.iter().any(|other| unaware(one, other)))
        })
    }

    /// How an acknowledged delete was lost, if it was.
    fn revival(&self, delete: &Action<'_>) -> Option<&'static finding::Kind> {
        let path = delete.act.op.path();
        let below = self.last.iter().filter(|(_, places)| places.iter().any(|place| place.starts_with(path)));
        let mut found = None;
        for (word, _) in below {
            match self.authors.get(word.as_str()) {
                _ if delete.took.contains(word) => return Some(&RESURRECTED),
                Some(author) if unaware(author, delete.act) => found = Some(&DELETE_OVERWRITTEN),
                _ => {}
            }
        }
        found
    }

    /// Whether an operation has its effect though its author took it back.
    fn stands(&self, action: &Action<'_>) -> bool {
        let there = |word: &String| self.last.contains_key(word);
        match action.act.op.word() {
            Some(word) => self.last.contains_key(word),
            None => {
                let takes = |other: &Action<'_>| {
                    other.act.id() != action.act.id()
                        && (other.covers(action.act.op.path())
                            || other.took.iter().any(|word| action.took.contains(word)))
                };
                let withdrawn = |word: &String| self.authors.get(word.as_str()).is_some_and(|act| act.undone());
                let below = |other: &Action<'_>| other.act.op.path().starts_with(action.act.op.path());
                !action.took.is_empty()
                    && !action.took.iter().any(|word| there(word) || withdrawn(word))
                    && !self.standing().any(|other| takes(other) || (below(other) && unaware(other.act, action.act)))
            }
        }
    }
}

/// Every value and item is written once, so that each can be followed. One is lost when it is not there at the end and
/// nobody replaced, took or deleted it knowingly, with it on the screen; its own author does so knowingly also while it is
/// on its way.
///
/// Kinds, all of them intents that did not have their effect, or had it wrongly:
/// * `lost to delete`: somebody who did not know of it deleted this value, its list, or a map around it;
/// * `overwritten`: somebody who did not know of this value, nor this author of that one, set what was seen there instead;
/// * `hidden subtree`: two who did not know of each other made the same container, and what was written into the one is not
///   to be seen any more;
/// * `lost to undo`: none of these explains it, but somebody took back something there;
/// * `edit lost`, `lost item`: none of these explains it;
/// * `duplicated item`: so many times more than once in the tree;
/// * `resurrected`: something that was deleted or taken, and seen by who did it, is there;
/// * `delete overwritten`: at a deleted place is what somebody wrote who did not know of the delete;
/// * `undo without effect`: taken back by its author, and yet there (or what was deleted or taken is not);
/// * `value from nowhere` (noted): nobody wrote it, or whoever did was refused.
fn judge(history: &History<'_>) -> Vec<Finding> {
    let acts = history.operations::<JsonOp>();
    let story = Story::of(&acts, history.last);
    let original: BTreeSet<String> = words_below(history.genesis).into_iter().map(|(_, word)| word).collect();
    let mut findings = Findings::default();
    for (word, places) in &story.last {
        let words = || places.iter().map(|path| format!("{word} at {}", place(path))).collect::<Vec<_>>().join(", ");
        findings.count(&DUPLICATED_ITEM, places.len() as u64 - 1, words());
        if !original.contains(word) && !story.authors.contains_key(word.as_str()) {
            findings.add(&VALUE_FROM_NOWHERE, words());
        }
    }
    for action in &story.actions {
        let act = action.act;
        let words = || {
            let near = history.last.at(&place(&act.op.path()[..1]));
            format!("{}, {:?}: there is {}", act.id(), act.op, near.cloned().unwrap_or_default())
        };
        if act.undone() && story.stands(action) {
            findings.add(&UNDO_WITHOUT_EFFECT, words());
        }
        if act.outcome().is_none() {
            continue;
        }
        let kind = match &act.op {
            JsonOp::Set { .. } | JsonOp::Append { .. } => story.loss(act),
            JsonOp::Take { item, .. } => story.last.contains_key(item).then_some(&RESURRECTED),
            JsonOp::Delete { .. } => story.revival(action),
        };
        match kind {
            Some(kind) if *kind == RESURRECTED && story.disturbed(act.op.path()) => {
                findings.add(&LOST_TO_UNDO, words())
            }
            Some(kind) => findings.add(kind, words()),
            None => {}
        }
    }
    findings.done()
}

#[cfg(test)]
mod tests;
