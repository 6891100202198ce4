//! `kanban`: a board of cards in columns, some of which hold only so many: add, retitle, drag, delete.
//!
//! The board is `columns/<name>`, lists of card ids, and `cards/<id>`, their content: the normalised state of front ends with
//! drag and drop lists. A move within a column is a real move; one between columns is a removal here and an insertion there,
//! and nothing in the document says that a card is in one place only. Boards that sit on a database keep column and rank in
//! the card itself instead: there no move can duplicate a card, and there is no list to compare strategies on.
//! (Longer than most files: a workload is one file, and nearly half of this one is tests.)

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use syncbench_strategies::document::{Document, Edit, EditKind, Key, Kind, Path};
use syncbench_strategies::model::{Model, ModelRef, Operation, Plan, Rejected, erase};
use syncbench_strategies::path;
use syncbench_strategies::replica::{NodeId, Rng};
use syncbench_strategies::spec::{Content, Param, ParamKind};
use syncbench_strategies::view::View;

use crate::ledger::Fate;
use crate::results::Finding;
use crate::rng::{below, unit};
use crate::workload::{Act, Author, Findings, History, Intent, Workload, WorkloadSpec};

/// The workload's card.
pub static SPEC: WorkloadSpec = WorkloadSpec {
    name: "kanban",
    summary: "add cards, retitle them, drag them within a column and to others, some of them limited, delete them",
    product: "a task board as in Trello, Jira or GitHub Projects, in a meeting where all have it open",
    params: &[
        Param {
            name: "move",
            kind: ParamKind::Share,
            default: "0.5",
            help: "share of moves, of what is neither an add nor a delete; the rest sets titles. Half: a board is there to \
                   be dragged about",
        },
        Param {
            name: "within",
            kind: ParamKind::Share,
            default: "0.3",
            help: "share of moves that stay in the column: fewer than half, as a card goes through all columns once and is \
                   put in order now and then",
        },
        Param {
            name: "add",
            kind: ParamKind::Share,
            default: "0.06",
            help: "share of adds: one for about eight moves. A board that has doubled gets a delete instead",
        },
        Param {
            name: "delete",
            kind: ParamKind::Share,
            default: "0.06",
            help: "share of deletes: as many as adds. A board that has shrunk to half gets an add instead",
        },
        Param {
            name: "hot",
            kind: ParamKind::Share,
            default: "0.3",
            help: "share of operations on the oldest card, the one that is talked about; as on the first row in `record`",
        },
        Param {
            name: "limit",
            kind: ParamKind::Count,
            default: "5",
            help: "how many cards each of the two columns for work in progress may hold: one for each of the default's four \
                   people and one more",
        },
    ],
    edits: &[EditKind::Put, EditKind::Remove, EditKind::ListInsert, EditKind::ListRemove, EditKind::ListMove],
    kinds: &[
        "duplicate on move",
        "duplicated card",
        "lost card",
        "ghost card",
        "resurrected card",
        "card from nowhere",
        "edit lost to delete",
        "edit overwritten",
        "move overwritten",
        "edit lost",
        "move lost",
        "misplaced card",
        "lost to undo",
        "undo without effect",
        "limit breach",
    ],
    content: Content::Data,
    undo: true,
    size_unit: "cards",
    // Three for each column: a board that fits a screen.
    default_size: 12,
    build: |params| {
        Box::new(Board {
            moves: params.share("move"),
            within: params.share("within"),
            add: params.share("add"),
            delete: params.share("delete"),
            hot: params.share("hot"),
            limit: i64::try_from(params.count("limit")).unwrap_or(i64::MAX),
        })
    },
};

/// What users do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum KanbanOp {
    /// Put a new card at the end of a column.
    Add {
        /// Its id, made by who adds it.
        card: String,
        /// Its title.
        title: String,
        /// Where to.
        column: String,
    },
    /// Set a title.
    Retitle {
        /// Of which card.
        card: String,
        /// The new one.
        title: String,
    },
    /// Drag a card.
    Move {
        /// Which.
        card: String,
        /// Where to.
        column: String,
        /// Below which card; to the top if `None`. To the end if that card is not there any more.
        after: Option<String>,
    },
    /// Delete a card.
    Delete {
        /// Which.
        card: String,
    },
}

impl KanbanOp {
    fn card(&self) -> &str {
        match self {
            KanbanOp::Add { card, .. }
            | KanbanOp::Retitle { card, .. }
            | KanbanOp::Move { card, .. }
            | KanbanOp::Delete { card } => card,
        }
    }
}

/// Refuses what is about a card that is gone, and what a full column cannot take.
#[derive(Clone, Copy, Debug, Default)]
pub struct KanbanModel;

const COLUMNS: &str = "columns";
const CARDS: &str = "cards";
const LIMITS: &str = "limits";
const TITLE: &str = "title";
/// The columns of a new board, in the order of their names, and whether they are limited.
const LAYOUT: [(&str, bool); 4] = [("backlog", false), ("doing", true), ("done", false), ("review", true)];

fn card_path(card: &str) -> Path {
    path![CARDS, card]
}

/// Every column with the cards that it lists.
fn columns(view: &dyn View) -> Vec<(String, Vec<String>)> {
    let names = view.keys(&path![COLUMNS]).unwrap_or_default();
    let listed = |name: &str| {
        let items = view.items(&path![COLUMNS, name]).unwrap_or_default();
        items.iter().map(|card| card.as_str().unwrap_or_default().to_owned()).collect()
    };
    names.iter().map(|name| (name.to_string(), listed(name))).collect()
}

/// How many cards a column may hold, if it is limited.
fn limit(view: &dyn View, column: &str) -> Option<usize> {
    let limit = view.get(&path![LIMITS, column])?.as_int()?;
    Some(usize::try_from(limit).unwrap_or(0))
}

/// A board as a plan sees it.
struct Columns<'a> {
    view: &'a dyn View,
    lists: Vec<(Key, Vec<Document>)>,
}

impl<'v> Columns<'v> {
    fn of(view: &'v dyn View) -> Self {
        let names = view.keys(&path![COLUMNS]).unwrap_or_default();
        let list = |name: Key| {
            let cards = view.items(&path![COLUMNS, &*name]).unwrap_or_default();
            (name, cards)
        };
        Self { view, lists: names.into_iter().map(list).collect() }
    }

    fn list(&self, column: &str) -> Result<&[Document], Rejected> {
        let found = self.lists.iter().find(|(name, _)| **name == *column);
        let (_, cards) = found.ok_or_else(|| Rejected::new("no_column", format!("there is no column {column}")))?;
        Ok(cards)
    }

    /// The edit that puts another card into a column, if there is room.
    fn insert(&self, column: &str, index: usize, card: &str) -> Result<Edit, Rejected> {
        match limit(self.view, column) {
            Some(limit) if self.list(column)?.len() >= limit => {
                Err(Rejected::new("full", format!("{column} holds {limit} cards")))
            }
            _ => Ok(Edit::ListInsert { path: path![COLUMNS, column], index, values: vec![card.into()] }),
        }
    }

    /// Every place where a card is listed. From the end of a column to its beginning, so that the cards can be taken out
    /// in this order.
    fn places<'a>(&'a self, card: &'a str) -> impl Iterator<Item = (&'a str, usize)> {
        self.lists.iter().flat_map(move |(name, cards)| {
            let copies = cards.iter().enumerate().rev().filter(move |(_, other)| other.as_str() == Some(card));
            copies.map(|(index, _)| (&**name, index))
        })
    }

    fn drag(&self, card: &str, column: &str, after: Option<&str>) -> Result<Vec<Edit>, Rejected> {
        let gone = || Rejected::new("gone", format!("no column lists {card}"));
        let (home, from) = self.places(card).next().ok_or_else(gone)?;
        let mut others = self.list(column)?.iter().filter_map(Document::as_str).filter(|other| *other != card);
        let to = match after {
            None => 0,
            Some(after) => {
                let count = others.clone().count();
                others.position(|other| other == after).map_or(count, |above| above + 1)
            }
        };
        let path = path![COLUMNS, home];
        Ok(match home == column {
            true if from == to => Vec::new(),
            true => vec![Edit::ListMove { path, from, to }],
            false => vec![Edit::ListRemove { path, index: from, count: 1 }, self.insert(column, to, card)?],
        })
    }
}

impl Model for KanbanModel {
    type Op = KanbanOp;

    fn plan(&self, view: &dyn View, op: &KanbanOp) -> Result<Plan, Rejected> {
        let (card, path) = (op.card(), card_path(op.card()));
        let board = || Columns::of(view);
        match (view.kind(&path).is_some(), op) {
            (true, KanbanOp::Add { .. }) => {
                return Err(Rejected::new("exists", format!("there is a card {card} already")));
            }
            (true, _) | (_, KanbanOp::Add { .. }) => {}
            _ => return Err(Rejected::new("gone", format!("there is no card {card}"))),
        }
        Ok(Plan::new(match op {
            KanbanOp::Add { title, column, .. } => {
                let board = board();
                let insert = board.insert(column, board.list(column)?.len(), card)?;
                vec![Edit::Put { path, value: Document::map([(TITLE, title.as_str())]) }, insert]
            }
            KanbanOp::Retitle { title, .. } => {
                vec![Edit::Put { path: path.child(TITLE), value: title.as_str().into() }]
            }
            KanbanOp::Move { column, after, .. } => board().drag(card, column, after.as_deref())?,
            KanbanOp::Delete { .. } => {
                let take =
                    |(column, index): (&str, usize)| Edit::ListRemove { path: path![COLUMNS, column], index, count: 1 };
                board().places(card).map(take).chain([Edit::Remove { path: path.clone() }]).collect()
            }
        }))
    }
}

#[derive(Clone, Copy)]
struct Board {
    moves: f64,
    within: f64,
    add: f64,
    delete: f64,
    hot: f64,
    limit: i64,
}

/// `size` cards over the columns by turns; what a limited column cannot take is in the backlog.
fn genesis(size: u64, limit: i64) -> Document {
    let mut lists: BTreeMap<&str, Vec<String>> = LAYOUT.iter().map(|(name, _)| (*name, Vec::new())).collect();
    for i in 0..size {
        let (name, limited) = LAYOUT[i as usize % LAYOUT.len()];
        let full = limited && lists.get(name).is_some_and(|cards| cards.len() as i64 >= limit);
        lists.entry(if full { LAYOUT[0].0 } else { name }).or_default().push(format!("k{i}"));
    }
    let cards = (0..size).map(|i| (format!("k{i}"), Document::map([(TITLE, format!("card {i}"))])));
    let limits = LAYOUT.iter().filter(|(_, limited)| *limited).map(|(name, _)| (*name, limit));
    Document::map([
        (COLUMNS, Document::map(lists.into_iter().map(|(name, cards)| (name, Document::list(cards))))),
        (CARDS, Document::map(cards)),
        (LIMITS, Document::map(limits)),
    ])
}

impl Workload for Board {
    fn model(&self) -> ModelRef {
        erase(KanbanModel)
    }

    fn genesis(&self, size: u64) -> Document {
        genesis(size, self.limit)
    }

    fn author(&self, client: NodeId, _: u32) -> Box<dyn Author> {
        Box::new(User { habits: *self, client, drawn: 0, home: None })
    }

    fn judge(&self, history: &History<'_>) -> Vec<Finding> {
        judge(history)
    }

    fn invariant(&self, document: &Document) -> Result<(), String> {
        let mut listed = BTreeSet::new();
        for (column, cards) in columns(document) {
            if let Some(limit) = limit(document, &column).filter(|limit| cards.len() > *limit) {
                return Err(format!("limit breach: {column} holds {} cards and not {limit}", cards.len()));
            }
            for card in cards {
                if title(document, &card).is_none() {
                    return Err(format!("ghost card: {column} lists {card}, which has no content"));
                }
                if listed.contains(&card) {
                    return Err(format!("duplicated card: {card} is listed twice"));
                }
                listed.insert(card);
            }
        }
        Ok(())
    }
}

struct User {
    habits: Board,
    client: NodeId,
    /// Intents so far: the source of ids and titles, the same whatever was seen.
    drawn: u64,
    /// How many cards there were at first.
    home: Option<usize>,
}

impl Author for User {
    fn next(&mut self, view: &dyn View, rng: &mut Rng) -> Option<Intent> {
        self.drawn += 1;
        let (act, hot, moves, within) = (unit(rng), unit(rng), unit(rng), unit(rng));
        let columns = columns(view);
        let cards = view.keys(&path![CARDS]).unwrap_or_default();
        let (any, column, place) = (below(rng, cards.len()), below(rng, columns.len()), unit(rng));
        let home = *self.home.get_or_insert(cards.len());
        let habits = self.habits;
        let (deletes, adds) = (act < habits.delete, act >= 1.0 - habits.add);
        // The board stays between half and double of what it was: it must neither vanish nor grow without end.
        let (small, large) = (cards.len() <= home / 2, cards.len() >= home.saturating_mul(2).max(1));
        let title = format!("{}.{}", self.client, self.drawn);
        // Nobody drops a card on a column that is shown as full.
        let open = |index: &usize| limit(view, &columns[*index].0).is_none_or(|limit| columns[*index].1.len() < limit);
        let mut free = (column..columns.len()).chain(0..column).filter(open);
        if cards.is_empty() || (adds && !large) || (deletes && small) {
            let column = columns[free.next()?].0.clone();
            return Some(intent(view, &KanbanOp::Add { card: format!("n{title}"), title, column }));
        }
        // A card that is in no column is not on the screen.
        let from = if hot < habits.hot { 0 } else { any };
        let listing = |card: &str| columns.iter().position(|(_, cards)| cards.iter().any(|other| other == card));
        let (card, at) =
            cards[from..].iter().chain(&cards[..from]).find_map(|card| Some((card.to_string(), listing(card)?)))?;
        let here = &columns[at];
        let op = if deletes || adds {
            KanbanOp::Delete { card }
        } else if moves < habits.moves {
            let within = within < habits.within && here.1.len() > 1;
            let to = if within { at } else { free.find(|index| *index != at)? };
            let others: Vec<&String> = columns[to].1.iter().filter(|other| **other != card).collect();
            let places = others.len() + usize::from(!within);
            let mut slot = ((place * places as f64) as usize).min(places.saturating_sub(1));
            // To where it is already is no move.
            slot += usize::from(within && here.1.iter().position(|other| *other == card) <= Some(slot));
            let after = slot.checked_sub(1).and_then(|above| others.get(above)).map(|above| (*above).clone());
            KanbanOp::Move { card, column: columns[to].0.clone(), after }
        } else {
            KanbanOp::Retitle { card, title }
        };
        Some(intent(view, &op))
    }
}

/// An intent with what its author saw of the card; the oracle asks for it.
pub fn intent(view: &dyn View, op: &KanbanOp) -> Intent {
    Intent { operation: Operation::encode(op), seen: Seen::of(view, op.card(), &columns(view)) }
}

/// What one operation writes: the author's word on one aspect of a card.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Word {
    Title(String),
    Column(String),
}

impl Word {
    fn of(op: &KanbanOp) -> Option<Self> {
        match op {
            KanbanOp::Retitle { title, .. } => Some(Word::Title(title.clone())),
            KanbanOp::Move { column, .. } => Some(Word::Column(column.clone())),
            KanbanOp::Add { .. } | KanbanOp::Delete { .. } => None,
        }
    }

    /// Whether they are about the same aspect, and differ.
    fn rivals(&self, other: &Self) -> bool {
        matches!((self, other), (Word::Title(a), Word::Title(b)) | (Word::Column(a), Word::Column(b)) if a != b)
    }
}

/// What a card shows: its title, and every column that lists it.
#[derive(Clone, Debug, Default)]
struct Seen(BTreeSet<Word>);

impl Seen {
    fn of(view: &dyn View, card: &str, columns: &[(String, Vec<String>)]) -> Document {
        let listing = columns.iter().filter(|(_, cards)| cards.iter().any(|other| other == card));
        let listing = Document::list(listing.map(|(name, _)| name.as_str()));
        Document::map([(TITLE, title(view, card).map_or(Document::Null, Document::from)), (COLUMNS, listing)])
    }

    fn read(document: &Document) -> Self {
        let title = document.at(&path![TITLE]).and_then(Document::as_str);
        let columns = View::items(document, &path![COLUMNS]).unwrap_or_default();
        let columns = columns.iter().filter_map(Document::as_str);
        let title = title.map(|title| Word::Title(title.into()));
        Self(title.into_iter().chain(columns.map(|column| Word::Column(column.into()))).collect())
    }
}

fn title(view: &dyn View, card: &str) -> Option<String> {
    if view.kind(&card_path(card))? != Kind::Map {
        return None;
    }
    view.get(&card_path(card).child(TITLE))?.as_str().map(str::to_owned)
}

/// The board at the end.
struct Last {
    columns: Vec<(String, Vec<String>)>,
    /// Every column and index where a card is listed.
    places: BTreeMap<String, Vec<(String, usize)>>,
    limits: BTreeMap<String, usize>,
    titles: BTreeMap<String, String>,
}

impl Last {
    fn of(document: &Document) -> Self {
        let names = View::keys(document, &path![CARDS]).unwrap_or_default();
        let columns = columns(document);
        let limits = columns.iter().filter_map(|(name, _)| Some((name.clone(), limit(document, name)?))).collect();
        let titles = names.iter().filter_map(|card| Some((card.to_string(), title(document, card)?))).collect();
        let mut places: BTreeMap<String, Vec<(String, usize)>> = BTreeMap::new();
        for (column, cards) in &columns {
            for (index, card) in cards.iter().enumerate() {
                places.entry(card.clone()).or_default().push((column.clone(), index));
            }
        }
        Self { columns, places, limits, titles }
    }

    fn places(&self, card: &str) -> impl Iterator<Item = (&str, usize)> {
        let places = self.places.get(card).into_iter().flatten();
        places.map(|(column, index)| (column.as_str(), *index))
    }

    /// Where a card is that is in one place only.
    fn place(&self, card: &str) -> Option<(&str, usize)> {
        let mut places = self.places(card);
        places.next().filter(|_| places.next().is_none())
    }

    /// Whether a card is on the screen: listed, and with content.
    fn shows(&self, card: &str) -> bool {
        self.titles.contains_key(card) && self.places(card).next().is_some()
    }

    /// What has become of a card.
    fn words(&self, card: &str) -> String {
        let places: Vec<_> = self.places(card).map(|(column, _)| column).collect();
        match (self.titles.get(card), places.as_slice()) {
            (None, []) => format!("{card} is gone"),
            (None, _) => format!("{card} is in {} and has no content", places.join(" and ")),
            (Some(title), []) => format!("{card}, \"{title}\", is in no column"),
            (Some(title), _) => format!("{card}, \"{title}\", is in {}", places.join(" and ")),
        }
    }

    fn seen(&self, card: &str) -> Seen {
        let title = self.titles.get(card).map(|title| Word::Title(title.clone()));
        Seen(title.into_iter().chain(self.places(card).map(|(column, _)| Word::Column(column.into()))).collect())
    }
}

/// Everything about one card: whoever was not refused, those who took it back included.
struct Card<'a> {
    name: &'a str,
    acts: Vec<(&'a Act<'a, KanbanOp>, Seen)>,
    last: Seen,
    shown: bool,
}

type Kanban<'a> = &'a Act<'a, KanbanOp>;

impl<'a> Card<'a> {
    fn standing(&self) -> impl Iterator<Item = Kanban<'a>> {
        self.acts.iter().map(|(act, _)| *act).filter(|act| !act.undone())
    }

    fn deletes(&self) -> impl Iterator<Item = Kanban<'a>> {
        self.standing().filter(|act| matches!(act.op, KanbanOp::Delete { .. }))
    }

    /// Whether somebody took something back here, which may explain what nothing else does.
    fn disturbed(&self) -> bool {
        self.acts.iter().any(|(act, _)| act.undone())
    }

    /// Whether a word stood at the end, or before the eyes of somebody who then acted on this card and had heard of it; or
    /// its author has acted on the card again while it was on its way.
    fn honoured(&self, act: &Act<'_, KanbanOp>, word: &Word) -> bool {
        let told = |(later, seen): &(Kanban<'a>, Seen)| {
            let on_its_way = later.id().client == act.id().client && !later.entry.known.contains(act.id());
            let same =
                Word::of(&later.op).is_none_or(|other| std::mem::discriminant(&other) == std::mem::discriminant(word));
            later.outcome().is_some()
                && later.id() != act.id()
                && later.knew(act)
                && same
                && (on_its_way || seen.0.contains(word))
        };
        (self.shown && self.last.0.contains(word)) || self.acts.iter().any(told)
    }

    /// How an acknowledged title or move was lost, if it was.
    fn loss(&self, act: &Act<'_, KanbanOp>) -> Option<&'static str> {
        let word = Word::of(&act.op)?;
        if self.honoured(act, &word) {
            return None;
        }
        if !self.shown && self.deletes().any(|delete| unaware(act, delete)) {
            return Some("edit lost to delete");
        }
        let noticed =
            |word: &Word| self.last.0.contains(word) || self.acts.iter().any(|(_, seen)| seen.0.contains(word));
        let winner = |rival: Kanban<'_>| {
            unaware(act, rival) && Word::of(&rival.op).is_some_and(|other| word.rivals(&other) && noticed(&other))
        };
        let overwritten = self.standing().any(winner);
        Some(match word {
            Word::Title(_) if overwritten => "edit overwritten",
            Word::Column(_) if overwritten => "move overwritten",
            _ if self.disturbed() => "lost to undo",
            Word::Title(_) => "edit lost",
            Word::Column(_) => "move lost",
        })
    }

    /// Whether an operation has its effect though its author took it back.
    fn stands(&self, act: &Act<'_, KanbanOp>) -> bool {
        let others = || self.acts.iter().filter(|(other, _)| other.id() != act.id()).map(|(other, _)| *other);
        match &act.op {
            KanbanOp::Add { .. } => self.shown && others().all(|other| other.id().client == act.id().client),
            KanbanOp::Retitle { title, .. } => self.shown && self.last.0.contains(&Word::Title(title.clone())),
            KanbanOp::Move { column, .. } => {
                let word = Word::Column(column.clone());
                let before = Seen::read(&act.entry.seen).0.contains(&word);
                let theirs = others().any(|other| !matches!(other.op, KanbanOp::Retitle { .. }));
                !before && !theirs && self.last.0.contains(&word)
            }
            KanbanOp::Delete { .. } => {
                let explains = |other: Kanban<'_>| match other.op {
                    KanbanOp::Delete { .. } => true,
                    KanbanOp::Add { .. } => other.undone(),
                    _ => false,
                };
                !self.shown && !others().any(explains)
            }
        }
    }
}

/// Whether neither author knew of the other's operation.
fn unaware(one: &Act<'_, KanbanOp>, other: &Act<'_, KanbanOp>) -> bool {
    one.id() != other.id() && !one.knew(other) && !other.knew(one)
}

/// A title or a move is lost when it is not there at the end and nobody replaced it knowingly, with it on the screen; its
/// own author replaces it knowingly also while it is on its way. A card is there when a column lists it and it has content.
///
/// Kinds, all of them intents that did not have their effect, or had it wrongly; per card:
/// * `duplicate on move`: a card that was moved is listed so many times more than once;
/// * `duplicated card`: the same of a card that nobody moved;
/// * `lost card`: a card that nobody deleted is not there: no column lists it, or it has no content and is not listed;
/// * `ghost card`: a column lists a card that has no content: it was deleted while somebody dragged it;
/// * `resurrected card`: deleted and acknowledged, and there;
/// * `card from nowhere` (noted): nobody added it, or whoever did was refused, and it is there;
///
/// per operation:
/// * `edit lost to delete`: a title was set or the card moved, and somebody who did not know of that deleted the card;
/// * `edit overwritten`, `move overwritten`: somebody who did not know of this one, nor this author of that one, set another
///   title or moved the card elsewhere, and that is what was seen;
/// * `edit lost`, `move lost`: none of these explains it;
/// * `misplaced card`: dropped below a card in whose column it is, and above it now, though nobody has touched either since;
/// * `lost to undo`: none of these explains it, but somebody took back something on this card;
/// * `undo without effect`: taken back by its author, and yet there (or a deleted card is not);
///
/// per column: `limit breach`, counted in cards beyond its limit.
fn judge(history: &History<'_>) -> Vec<Finding> {
    let acts = history.acts::<KanbanOp>();
    let last = Last::of(history.last);
    let first: BTreeSet<Key> = View::keys(history.genesis, &path![CARDS]).unwrap_or_default().into_iter().collect();
    let mut cards: BTreeMap<&str, Vec<(Kanban<'_>, Seen)>> = first.iter().map(|card| (&**card, Vec::new())).collect();
    for act in acts.iter().filter(|act| !matches!(act.entry.fate, Fate::Rejected(_))) {
        cards.entry(act.op.card()).or_default().push((act, Seen::read(&act.entry.seen)));
    }
    let mut findings = Findings::default();
    for card in last.titles.keys().filter(|card| last.shows(card)) {
        let added = |(act, _): &(Kanban<'_>, Seen)| matches!(act.op, KanbanOp::Add { .. });
        let acts = cards.get(card.as_str());
        if !first.contains(card.as_str()) && !acts.is_some_and(|acts| acts.iter().any(added)) {
            findings.noted("card from nowhere", card);
        }
    }
    let cards: BTreeMap<&str, Card<'_>> = cards
        .into_iter()
        .map(|(name, acts)| (name, Card { name, acts, last: last.seen(name), shown: last.shows(name) }))
        .collect();
    for card in cards.values() {
        judge_card(card, first.contains(card.name), &last, &mut findings);
        for (act, _) in &card.acts {
            let words = || format!("{}, {:?}: {}", act.id(), act.op, last.words(card.name));
            if act.undone() && card.stands(act) {
                findings.lost("undo without effect", words());
            }
            if act.outcome().is_none() {
                continue;
            }
            if let Some(kind) = card.loss(act) {
                findings.lost(kind, words());
            } else if misplaced(act, &cards, &last) {
                findings.lost("misplaced card", words());
            }
        }
    }
    for (column, listed) in &last.columns {
        let distinct: BTreeSet<&String> = listed.iter().collect();
        let over = last.limits.get(column).map_or(0, |limit| distinct.len().saturating_sub(*limit));
        findings.add("limit breach", over as u64, true, format_args!("{column} holds {} cards", distinct.len()));
    }
    findings.done()
}

fn judge_card(card: &Card<'_>, original: bool, last: &Last, findings: &mut Findings) {
    let name = card.name;
    let copies = last.places(name).count();
    let words = || last.words(name);
    let moved = card.standing().any(|act| matches!(act.op, KanbanOp::Move { .. }));
    let kind = if moved { "duplicate on move" } else { "duplicated card" };
    findings.add(kind, copies.saturating_sub(1) as u64, true, words());
    if copies > 0 && !card.shown {
        findings.lost("ghost card", words());
        return;
    }
    let deleted = |act: Kanban<'_>| act.outcome().is_some();
    let told = card.standing().any(|act| matches!(act.op, KanbanOp::Add { .. }) && act.outcome().is_some());
    let deletes = card.acts.iter().any(|(act, _)| matches!(act.op, KanbanOp::Delete { .. }));
    if card.shown && card.deletes().any(deleted) {
        findings.lost(if card.disturbed() { "lost to undo" } else { "resurrected card" }, words());
    } else if !card.shown && (original || told) && !deletes {
        findings.lost(if card.disturbed() { "lost to undo" } else { "lost card" }, words());
    }
}

/// Whether a card that was dropped below another is above it, and nobody has touched either since or at the same time.
fn misplaced(act: &Act<'_, KanbanOp>, cards: &BTreeMap<&str, Card<'_>>, last: &Last) -> bool {
    let KanbanOp::Move { card, column, after: Some(upper) } = &act.op else { return false };
    let quiet = |name: &String| {
        let stirs = |(other, _): &(Kanban<'_>, Seen)| {
            !matches!(other.op, KanbanOp::Retitle { .. })
                && other.id() != act.id()
                && (other.undone() || !act.knew(other))
        };
        cards.get(name.as_str()).is_some_and(|card| !card.acts.iter().any(stirs))
    };
    let at = |name| last.place(name).filter(|(place, _)| place == column).map(|(_, index)| index);
    match (at(card), at(upper)) {
        (Some(at), Some(above)) => at < above && quiet(card) && quiet(upper),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    #[cfg(feature = "automerge")]
    use syncbench_strategies::crdt;
    use syncbench_strategies::model::reduce;
    use syncbench_strategies::replica::OpId;
    use syncbench_strategies::{lww, serial};

    use super::*;
    use crate::engines::load::Pace;
    use crate::testing::{Book, Found, Trial, intent_stream, intents, workload};

    fn add(card: &str, column: &str) -> KanbanOp {
        KanbanOp::Add { card: card.into(), title: format!("about {card}"), column: column.into() }
    }

    fn retitle(card: &str, title: &str) -> KanbanOp {
        KanbanOp::Retitle { card: card.into(), title: title.into() }
    }

    fn drag(card: &str, column: &str, after: Option<&str>) -> KanbanOp {
        KanbanOp::Move { card: card.into(), column: column.into(), after: after.map(str::to_owned) }
    }

    fn delete(card: &str) -> KanbanOp {
        KanbanOp::Delete { card: card.into() }
    }

    /// Five cards, one in each column and two in the backlog, after these operations.
    fn after(ops: &[KanbanOp]) -> Document {
        let mut document = genesis(5, 2);
        for op in ops {
            reduce(&*erase(KanbanModel), &mut document, &Operation::encode(op)).unwrap();
        }
        document
    }

    fn with(document: &Document, edit: Edit) -> Document {
        document.produce(&[edit]).unwrap().0
    }

    /// The same with one more listing.
    fn listed(document: &Document, column: &str, card: &str) -> Document {
        with(document, Edit::ListInsert { path: path![COLUMNS, column], index: 0, values: vec![card.into()] })
    }

    fn lists(document: &Document) -> String {
        document.at(&path![COLUMNS]).unwrap().to_string().replace('"', "")
    }

    #[test]
    fn plans_mean_what_they_say() {
        assert_eq!(lists(&after(&[])), "{backlog:[k0,k4],doing:[k1],done:[k2],review:[k3]}");
        let moves = [drag("k0", "backlog", Some("k4")), drag("k1", "done", Some("k2")), drag("k3", "done", None)];
        assert_eq!(lists(&after(&moves)), "{backlog:[k4,k0],doing:[],done:[k3,k2,k1],review:[]}");
        assert_eq!(
            lists(&after(&[drag("k0", "done", Some("k4"))])),
            "{backlog:[k4],doing:[k1],done:[k2,k0],review:[k3]}"
        );
        assert_eq!(
            lists(&after(&[drag("k0", "backlog", Some("k3"))])),
            "{backlog:[k4,k0],doing:[k1],done:[k2],review:[k3]}"
        );
        let ops = [add("n", "doing"), retitle("n", "x"), delete("k0")];
        let document = after(&ops);
        assert_eq!(lists(&document), "{backlog:[k4],doing:[k1,n],done:[k2],review:[k3]}");
        assert_eq!(title(&document, "n").as_deref(), Some("x"));
        assert_eq!(title(&document, "k0"), None);
        let refused = |op: &KanbanOp| KanbanModel.plan(&document, op).unwrap_err().code;
        for op in [retitle("k0", "y"), drag("k0", "done", None), delete("k0"), delete("")] {
            assert_eq!(refused(&op), "gone", "{op:?}");
        }
        assert_eq!(refused(&add("n", "done")), "exists");
        assert_eq!(refused(&add("m", "doing")), "full");
        assert_eq!(refused(&drag("k4", "doing", None)), "full");
        assert_eq!(refused(&drag("k4", "attic", None)), "no_column");
        assert!(KanbanModel.plan(&document, &drag("k1", "doing", Some("n"))).is_ok());
        // Of a card in two places, both go.
        let mut twice = listed(&after(&[]), "done", "k0");
        reduce(&*erase(KanbanModel), &mut twice, &Operation::encode(&delete("k0"))).unwrap();
        assert_eq!(lists(&twice), "{backlog:[k4],doing:[k1],done:[k2],review:[k3]}");
        let plans = [&moves[..], &[add("n", "doing"), retitle("k0", "x"), delete("k0")]].concat();
        let edits = plans.iter().flat_map(|op| KanbanModel.plan(&after(&[]), op).unwrap().edits);
        let kinds: BTreeSet<EditKind> = edits.map(|edit| edit.kind()).collect();
        assert_eq!(kinds.into_iter().collect::<Vec<_>>(), SPEC.edits);
    }

    #[test]
    fn boards_are_whole_or_not_allowed() {
        let allowed = |document: &Document| workload("kanban").invariant(document);
        assert_eq!(allowed(&workload("kanban").genesis(50)), Ok(()));
        assert_eq!(allowed(&workload("kanban:limit=0").genesis(12)), Ok(()));
        assert!(allowed(&listed(&after(&[]), "done", "k0")).unwrap_err().contains("duplicated card"));
        assert!(allowed(&listed(&after(&[]), "done", "n")).unwrap_err().contains("ghost card"));
        let full = after(&[add("n", "doing")]);
        let more = listed(&after(&[add("n", "doing"), drag("k2", "review", None)]), "doing", "k9");
        assert_eq!(allowed(&full), Ok(()));
        assert!(allowed(&more).unwrap_err().contains("limit breach: doing holds 3"));
    }

    fn wants(text: &str, view: &Document) -> Vec<KanbanOp> {
        intents(text, view, 400).iter().map(|op| op.decode().unwrap()).collect()
    }

    #[test]
    fn users_want_the_same_whatever_they_see() {
        let (first, second) = (wants("kanban", &genesis(12, 5)), wants("kanban", &genesis(16, 5)));
        assert_eq!(first, wants("kanban", &genesis(12, 5)));
        let blank = |op: &KanbanOp| match op.clone() {
            KanbanOp::Retitle { title, .. } => retitle("", &title),
            KanbanOp::Move { .. } => drag("", "", None),
            KanbanOp::Delete { .. } => delete(""),
            add => add,
        };
        assert!(first.iter().map(blank).eq(second.iter().map(blank)) && first != second);
        let share = |text: &str, wanted: fn(&KanbanOp) -> bool| {
            wants(text, &genesis(12, 5)).iter().filter(|op| wanted(op)).count() as f64 / 400.0
        };
        let near = |text: &str, wanted: fn(&KanbanOp) -> bool, expected: f64| {
            let found = share(text, wanted);
            assert!((found - expected).abs() < 0.06, "{text}: {found}, not {expected}");
        };
        let moves = |op: &KanbanOp| matches!(op, KanbanOp::Move { .. });
        let stays = |op: &KanbanOp| {
            let home = |card: &str| ["backlog", "doing", "done", "review"][card[1..].parse::<usize>().unwrap() % 4];
            matches!(op, KanbanOp::Move { card, column, .. } if home(card) == column)
        };
        near("kanban", moves, 0.44);
        near("kanban", stays, 0.13);
        near("kanban:move=1,add=0,delete=0", moves, 1.0);
        near("kanban:move=1,add=0,delete=0,within=0.8", stays, 0.8);
        near("kanban:add=0.3", |op| matches!(op, KanbanOp::Add { .. }), 0.3);
        near("kanban:delete=0.3", |op| matches!(op, KanbanOp::Delete { .. }), 0.3);
        near("kanban:hot=0.9", |op| op.card() == "k0", 0.85);
        near("kanban:hot=0", |op| op.card() == "k0", 0.08);
        // No card is dropped where it is, or where there is no room.
        let board = genesis(12, 3);
        for op in wants("kanban:move=1", &board).iter().filter(|op| moves(op)) {
            assert!(!KanbanModel.plan(&board, op).unwrap().edits.is_empty(), "{op:?}");
        }
        assert!(workload("kanban:limit=7").genesis(4) == genesis(4, 7));
    }

    #[test]
    fn boards_neither_vanish_nor_grow_without_end() {
        let mut author = workload("kanban:delete=1").author(NodeId(1), 1);
        let mut next = |view: &Document| author.next(view, &mut intent_stream(1)).unwrap().operation.decode();
        assert!(matches!(next(&genesis(8, 5)), Some(KanbanOp::Delete { .. })));
        assert!(matches!(next(&genesis(4, 5)), Some(KanbanOp::Add { .. })));
        assert!(matches!(next(&genesis(0, 5)), Some(KanbanOp::Add { .. })));
        let mut author = workload("kanban:add=1,delete=0").author(NodeId(1), 1);
        let mut next = |view: &Document| author.next(view, &mut intent_stream(1)).unwrap().operation.decode();
        assert!(matches!(next(&genesis(4, 5)), Some(KanbanOp::Add { .. })));
        assert!(matches!(next(&genesis(8, 5)), Some(KanbanOp::Delete { .. })));
    }

    /// What happened to the five cards; each author sees the board as it was at first, and hears of nobody.
    struct Story(Book);

    impl Story {
        fn new(ops: &[(u32, KanbanOp)]) -> Self {
            let mut story = Story(Book::new(3));
            for (client, op) in ops {
                story.act(*client, op, &after(&[]));
            }
            story
        }

        fn act(&mut self, client: u32, op: &KanbanOp, view: &Document) -> OpId {
            self.0.acted_on(client, op, intent(view, op).seen)
        }

        #[track_caller]
        fn ends(&self, last: &Document, expected: &[(&str, u64)]) {
            let found = self.0.judge("kanban:limit=2", &genesis(5, 2), last);
            assert!(found.0.iter().all(|finding| !finding.example.is_empty()));
            assert_eq!(found.kinds(), expected, "{found:?}");
        }
    }

    #[test]
    fn each_kind_is_found_and_nothing_else() {
        let (left, right) = (drag("k0", "doing", None), drag("k0", "done", None));
        let both = Story::new(&[(1, left.clone()), (2, right.clone())]);
        both.ends(&after(&[left.clone(), right.clone()]), &[("move overwritten", 1)]);
        both.ends(&listed(&after(std::slice::from_ref(&right)), "doing", "k0"), &[("duplicate on move", 1)]);
        both.ends(&after(&[]), &[("move lost", 2)]);
        Story::new(&[]).ends(&listed(&after(&[]), "doing", "k0"), &[("duplicated card", 1)]);
        Story::new(&[]).ends(&after(&[delete("k0")]), &[("lost card", 1)]);
        Story::new(&[]).ends(&listed(&after(&[]), "doing", "n"), &[]);
        Story::new(&[]).ends(&after(&[add("n", "done")]), &[("card from nowhere", 1)]);
        Story::new(&[(1, add("n", "done"))]).ends(&after(&[]), &[("lost card", 1)]);

        let dragged = Story::new(&[(1, left.clone()), (2, delete("k0"))]);
        dragged.ends(&after(&[delete("k0")]), &[("edit lost to delete", 1)]);
        dragged.ends(&listed(&after(&[delete("k0")]), "doing", "k0"), &[("edit lost to delete", 1), ("ghost card", 1)]);
        dragged.ends(&after(std::slice::from_ref(&left)), &[("resurrected card", 1)]);
        let titled = Story::new(&[(1, retitle("k0", "a")), (2, retitle("k0", "b"))]);
        titled.ends(&after(&[retitle("k0", "b")]), &[("edit overwritten", 1)]);
        titled.ends(&after(&[]), &[("edit lost", 2)]);
        Story::new(&[(1, retitle("k0", "a")), (2, delete("k0"))])
            .ends(&after(&[delete("k0")]), &[("edit lost to delete", 1)]);

        let full = [(1, drag("k0", "doing", None)), (2, drag("k4", "doing", None))];
        let over = listed(&after(&[drag("k0", "doing", None), drag("k4", "done", None)]), "doing", "k4");
        Story::new(&full).ends(&over, &[("duplicate on move", 1), ("limit breach", 1)]);
        let within = Story::new(&[(1, drag("k0", "backlog", Some("k4")))]);
        within.ends(&after(&[drag("k0", "backlog", Some("k4"))]), &[]);
        within.ends(&after(&[]), &[("misplaced card", 1)]);
        // Somebody else has touched the other card at the same time.
        Story::new(&[(1, drag("k0", "backlog", Some("k4"))), (2, drag("k4", "backlog", None))]).ends(&after(&[]), &[]);
    }

    #[test]
    fn whoever_saw_a_card_somewhere_may_move_it_on() {
        let moves = [drag("k0", "doing", None), drag("k0", "done", None), drag("k0", "review", None)];
        // A chain, in which each saw the one before.
        let mut story = Story::new(&[]);
        for (index, op) in moves.iter().enumerate() {
            let id = story.act(index as u32 + 1, op, &after(&moves[..index]));
            (1..=3).for_each(|client| story.0.reached(client, id));
        }
        story.ends(&after(&moves), &[]);
        // Of two at once the second won; the third had heard of both and saw that one.
        let mut story = Story::new(&[(1, moves[0].clone()), (2, moves[1].clone())]);
        for client in [1, 2] {
            story.0.reached(3, OpId { client: NodeId(client), n: 1 });
        }
        story.act(3, &moves[2], &after(&moves[..2]));
        story.ends(&after(&moves), &[("move overwritten", 1)]);
        // Its own author moves it on before it is there, or after.
        for (reached, expected) in [(false, &[][..]), (true, &[("move lost", 1)])] {
            let mut story = Story::new(&[]);
            let first = story.0.issued(1, &moves[0], Document::Null);
            if reached {
                story.0.reached(1, first);
            }
            story.0.told(first, Ok(Document::Null));
            story.act(1, &moves[1], &after(&[]));
            story.ends(&after(&moves[1..2]), expected);
        }
    }

    #[test]
    fn what_was_refused_or_never_answered_is_not_expected() {
        let mut story = Story::new(&[]);
        let refused = story.0.issued(1, &add("n", "done"), Document::Null);
        story.0.told(refused, Err(Rejected::new("full", "")));
        story.0.issued(2, &retitle("k0", "a"), Document::Null);
        story.0.issued(2, &delete("k1"), Document::Null);
        story.ends(&after(&[]), &[]);
        story.ends(&after(&[delete("k1"), retitle("k0", "a")]), &[]);
        story.ends(&after(&[add("n", "done")]), &[("card from nowhere", 1)]);
    }

    #[test]
    fn what_was_taken_back_must_be_gone_and_what_others_did_must_stay() {
        let undone = |op: &KanbanOp| {
            let mut story = Story::new(&[]);
            let id = story.act(1, op, &after(&[]));
            story.0.undone(id);
            story
        };
        for op in [add("n", "done"), retitle("k0", "a"), drag("k0", "done", None), delete("k0")] {
            undone(&op).ends(&after(&[]), &[]);
            undone(&op).ends(&after(std::slice::from_ref(&op)), &[("undo without effect", 1)]);
        }
        // Somebody else has done the same.
        for op in [drag("k0", "done", None), delete("k0")] {
            let mut story = undone(&op);
            story.act(2, &op, &after(&[]));
            story.ends(&after(&[op]), &[]);
            story.ends(&after(&[]), &[("lost to undo", 1)]);
        }
        let mut story = undone(&retitle("k0", "a"));
        story.act(2, &retitle("k0", "b"), &after(&[]));
        story.ends(&after(&[retitle("k0", "b")]), &[]);
        story.ends(&after(&[]), &[("lost to undo", 1)]);
    }

    #[test]
    fn taking_turns_loses_nothing() {
        let trial = Trial { pace: Pace::Turns, ops: 200, ..Trial::new(&serial::reducer::SPEC, "kanban") };
        for seed in 1..=3 {
            assert_eq!(Trial { seed, ..trial.clone() }.run().1.kinds(), []);
            assert_eq!(Trial { strategy: &lww::document::SPEC, seed, ..trial.clone() }.run().1.kinds(), []);
        }
    }

    fn kinds(found: &Found) -> Vec<&str> {
        found.kinds().into_iter().map(|(kind, _)| kind).collect()
    }

    #[test]
    fn one_order_overwrites_and_never_breaks_the_board() {
        for seed in 1..=3 {
            let (ran, found) = Trial { seed, ..Trial::new(&serial::reducer::SPEC, "kanban") }.run();
            assert_eq!(kinds(&found), ["edit lost to delete", "edit overwritten", "move overwritten"], "{found:?}");
            assert_eq!(ran.ledger.broken_states().0, 0);
            let refused = |code: &str| {
                ran.ledger.entries().any(|entry| matches!(&entry.fate, Fate::Rejected(why) if why.code == code))
            };
            assert!(refused("gone"));
        }
    }

    #[test]
    fn the_last_document_loses_cards_and_duplicates_none() {
        let (ran, found) = Trial::new(&lww::document::SPEC, "kanban").run();
        assert!(found.count("lost card") > 0 && found.count("move overwritten") > 0, "{found:?}");
        assert_eq!(found.count("duplicate on move") + found.count("ghost card"), 0, "{found:?}");
        assert_eq!(ran.ledger.broken_states().0, 0);
    }

    #[cfg(feature = "automerge")]
    #[test]
    fn merged_lists_duplicate_cards_and_breach_limits() {
        let (ran, found) = Trial::new(&crdt::automerge::SPEC, "kanban").run();
        assert!(found.count("duplicate on move") > 0 && found.count("ghost card") > 0, "{found:?}");
        assert_eq!(found.count("lost card") + found.count("move lost"), 0, "{found:?}");
        assert!(ran.ledger.broken_states().0 > 0);
        // A column that is too full is soon put right, so that few are at the end.
        let breaches = (1..=8).map(|seed| {
            let trial = Trial::new(&crdt::automerge::SPEC, "kanban:delete=0,within=0,hot=0,limit=2");
            Trial { seed, ..trial }.run().1.count("limit breach")
        });
        assert!(breaches.sum::<u64>() > 0);
    }

    /// Forgets some of what it should do with a card, by the last digit of its title or id.
    struct Careless;

    impl Model for Careless {
        type Op = KanbanOp;

        fn plan(&self, view: &dyn View, op: &KanbanOp) -> Result<Plan, Rejected> {
            let title = title(view, op.card()).unwrap_or_default();
            let mut edits = KanbanModel.plan(view, op)?.edits;
            match op {
                KanbanOp::Add { card, .. } if card.ends_with('1') => drop(edits.pop()),
                KanbanOp::Add { card, column, .. } if card.ends_with('2') => {
                    edits[0] = Edit::Put { path: card_path("other"), value: Document::map([(TITLE, "other")]) };
                    edits[1] =
                        Edit::ListInsert { path: path![COLUMNS, column], index: 0, values: vec!["other".into()] };
                }
                KanbanOp::Add { card, .. } if card.ends_with('3') => edits.extend(edits.last().cloned()),
                KanbanOp::Move { .. } if title.ends_with('4') => edits.clear(),
                KanbanOp::Move { .. } if title.ends_with('5') && edits.len() > 1 => drop(edits.remove(0)),
                KanbanOp::Move { column, after: Some(_), .. } => {
                    for edit in &mut edits {
                        match edit {
                            Edit::ListMove { to, .. } => *to = 0,
                            Edit::ListInsert { index, path, .. } if *path == path![COLUMNS, column] => *index = 0,
                            _ => {}
                        }
                    }
                }
                KanbanOp::Retitle { title, .. } if title.ends_with('6') => edits.clear(),
                KanbanOp::Delete { .. } if title.ends_with('7') => edits.clear(),
                KanbanOp::Delete { .. } if title.ends_with('8') => drop(edits.remove(0)),
                _ => {}
            }
            Ok(Plan::new(edits))
        }
    }

    #[test]
    fn planted_bugs_are_found() {
        let trial =
            Trial { ops: 1000, ..Trial::new(&serial::reducer::SPEC, "kanban:hot=0,move=0.3,add=0.2,delete=0.1") };
        let found = Trial { model: Some(erase(Careless)), pace: Pace::Turns, ..trial }.run().1;
        let expected = [
            "card from nowhere",
            "duplicate on move",
            "duplicated card",
            "edit lost",
            "ghost card",
            "lost card",
            "misplaced card",
            "move lost",
            "resurrected card",
        ];
        assert_eq!(kinds(&found), expected, "{found:?}");
    }
}
