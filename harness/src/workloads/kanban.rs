//! `kanban`: a board of cards in columns, some of which hold only so many: add, retitle, drag, delete.
//!
//! The board is `columns/<name>`, lists of card ids, and `cards/<id>`, their content: the normalised state of front ends with
//! drag and drop lists. A move within a column is a real move; one between columns is a removal here and an insertion there,
//! and nothing in the document says that a card is in one place only. Boards that sit on a database keep column and rank in
//! the card itself instead: there no move can duplicate a card, and there is no list to compare strategies on.
//!
//! Longer than most files: what the operations mean, what users do and what the oracle asks are one thing, read together.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use syncbench_strategies::document::{Document, Edit, EditKind, Key, Kind, Path};
use syncbench_strategies::model::{Model, ModelRef, Operation, Plan, Rejected, erase};
use syncbench_strategies::path;
use syncbench_strategies::replica::{NodeId, Rng};
use syncbench_strategies::spec::{Content, Param, ParamKind};
use syncbench_strategies::view::View;

use crate::finding::{self, Finding, Findings, kinds};
use crate::ledger::Fate;
use crate::oracles::undo::{LOST_TO_UNDO, UNDO_WITHOUT_EFFECT};
use crate::oracles::writes::{EDIT_LOST, EDIT_LOST_TO_DELETE};
use crate::rng::{below, unit};
use crate::workload::{History, Intent, Issued, User, Workload, WorkloadSpec};

kinds! {
    DUPLICATE_ON_MOVE = lost("duplicate on move", "A card that was moved is listed more than once.");
    DUPLICATED_CARD = lost("duplicated card", "A card that nobody moved is listed more than once.");
    LOST_CARD = lost("lost card", "A card that nobody deleted is in no column, or has no content.");
    GHOST_CARD = lost("ghost card", "A column lists a card that has no content.");
    RESURRECTED_CARD = lost("resurrected card", "A card was deleted, and it is on the board.");
    CARD_FROM_NOWHERE = noted(
        "card from nowhere",
        "A card that nobody added, or whose add was rejected, is on the board."
    );
    EDIT_OVERWRITTEN = lost(
        "edit overwritten",
        "A user set the title of a card, and another user who had not seen it set another at the same time and won."
    );
    MOVE_OVERWRITTEN = lost(
        "move overwritten",
        "A user moved a card, and another user who had not seen it moved it elsewhere at the same time and won."
    );
    MOVE_LOST = lost("move lost", "A user moved a card, and it is elsewhere although nobody else moved it.");
    MISPLACED_CARD = lost(
        "misplaced card",
        "A user dropped a card below another, and it is above that card although nobody has moved either since."
    );
    LIMIT_BREACH = lost(
        "limit breach",
        "A column holds more cards than its limit allows; counted in cards beyond the limit."
    );
}

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
        &DUPLICATE_ON_MOVE,
        &DUPLICATED_CARD,
        &LOST_CARD,
        &GHOST_CARD,
        &RESURRECTED_CARD,
        &CARD_FROM_NOWHERE,
        &EDIT_LOST_TO_DELETE,
        &EDIT_OVERWRITTEN,
        &MOVE_OVERWRITTEN,
        &EDIT_LOST,
        &MOVE_LOST,
        &MISPLACED_CARD,
        &LOST_TO_UNDO,
        &UNDO_WITHOUT_EFFECT,
        &LIMIT_BREACH,
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

    fn user(&self, client: NodeId, _: u32) -> Box<dyn User> {
        Box::new(KanbanUser { habits: *self, client, drawn: 0, home: None })
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

struct KanbanUser {
    habits: Board,
    client: NodeId,
    /// Intents so far: the source of ids and titles, the same whatever was seen.
    drawn: u64,
    /// How many cards there were at first.
    home: Option<usize>,
}

impl User for KanbanUser {
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
    acts: Vec<(&'a Issued<'a, KanbanOp>, Seen)>,
    last: Seen,
    shown: bool,
}

type Kanban<'a> = &'a Issued<'a, KanbanOp>;

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
    fn honoured(&self, act: &Issued<'_, KanbanOp>, word: &Word) -> bool {
        let told = |(later, seen): &(Kanban<'a>, Seen)| {
            let on_its_way = later.id().client == act.id().client && !later.entry.reflected.contains(act.id());
            let same =
                Word::of(&later.op).is_none_or(|other| std::mem::discriminant(&other) == std::mem::discriminant(word));
            later.outcome().is_some()
                && later.id() != act.id()
                && later.follows(act)
                && same
                && (on_its_way || seen.0.contains(word))
        };
        (self.shown && self.last.0.contains(word)) || self.acts.iter().any(told)
    }

    /// How an acknowledged title or move was lost, if it was.
    fn loss(&self, act: &Issued<'_, KanbanOp>) -> Option<&'static finding::Kind> {
        let word = Word::of(&act.op)?;
        if self.honoured(act, &word) {
            return None;
        }
        if !self.shown && self.deletes().any(|delete| unaware(act, delete)) {
            return Some(&EDIT_LOST_TO_DELETE);
        }
        let noticed =
            |word: &Word| self.last.0.contains(word) || self.acts.iter().any(|(_, seen)| seen.0.contains(word));
        let winner = |rival: Kanban<'_>| {
            unaware(act, rival) && Word::of(&rival.op).is_some_and(|other| word.rivals(&other) && noticed(&other))
        };
        let overwritten = self.standing().any(winner);
        Some(match word {
            Word::Title(_) if overwritten => &EDIT_OVERWRITTEN,
            Word::Column(_) if overwritten => &MOVE_OVERWRITTEN,
            _ if self.disturbed() => &LOST_TO_UNDO,
            Word::Title(_) => &EDIT_LOST,
            Word::Column(_) => &MOVE_LOST,
        })
    }

    /// Whether an operation has its effect though its author took it back.
    fn stands(&self, act: &Issued<'_, KanbanOp>) -> bool {
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
fn unaware(one: &Issued<'_, KanbanOp>, other: &Issued<'_, KanbanOp>) -> bool {
    one.id() != other.id() && !one.follows(other) && !other.follows(one)
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
    let acts = history.operations::<KanbanOp>();
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
            findings.add(&CARD_FROM_NOWHERE, card);
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
                findings.add(&UNDO_WITHOUT_EFFECT, words());
            }
            if act.outcome().is_none() {
                continue;
            }
            if let Some(kind) = card.loss(act) {
                findings.add(kind, words());
            } else if misplaced(act, &cards, &last) {
                findings.add(&MISPLACED_CARD, words());
            }
        }
    }
    for (column, listed) in &last.columns {
        let distinct: BTreeSet<&String> = listed.iter().collect();
        let over = last.limits.get(column).map_or(0, |limit| distinct.len().saturating_sub(*limit));
        findings.count(&LIMIT_BREACH, over as u64, format_args!("{column} holds {} cards", distinct.len()));
    }
    findings.done()
}

fn judge_card(card: &Card<'_>, original: bool, last: &Last, findings: &mut Findings) {
    let name = card.name;
    let copies = last.places(name).count();
    let words = || last.words(name);
    let moved = card.standing().any(|act| matches!(act.op, KanbanOp::Move { .. }));
    let kind = if moved { &DUPLICATE_ON_MOVE } else { &DUPLICATED_CARD };
    findings.count(kind, copies.saturating_sub(1) as u64, words());
    if copies > 0 && !card.shown {
        findings.add(&GHOST_CARD, words());
        return;
    }
    let deleted = |act: Kanban<'_>| act.outcome().is_some();
    let told = card.standing().any(|act| matches!(act.op, KanbanOp::Add { .. }) && act.outcome().is_some());
    let deletes = card.acts.iter().any(|(act, _)| matches!(act.op, KanbanOp::Delete { .. }));
    if card.shown && card.deletes().any(deleted) {
        findings.add(if card.disturbed() { &LOST_TO_UNDO } else { &RESURRECTED_CARD }, words());
    } else if !card.shown && (original || told) && !deletes {
        findings.add(if card.disturbed() { &LOST_TO_UNDO } else { &LOST_CARD }, words());
    }
}

/// Whether a card that was dropped below another is above it, and nobody has touched either since or at the same time.
fn misplaced(act: &Issued<'_, KanbanOp>, cards: &BTreeMap<&str, Card<'_>>, last: &Last) -> bool {
    let KanbanOp::Move { card, column, after: Some(upper) } = &act.op else { return false };
    let quiet = |name: &String| {
        let stirs = |(other, _): &(Kanban<'_>, Seen)| {
            !matches!(other.op, KanbanOp::Retitle { .. })
                && other.id() != act.id()
                && (other.undone() || !act.follows(other))
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
mod tests;
