//! The board, and what operations mean on it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use syncbench_strategies::document::{Document, Edit, Key, Kind, Path};
use syncbench_strategies::model::{Model, Plan, Rejected};
use syncbench_strategies::path;
use syncbench_strategies::view::View;

/// What users do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum KanbanOp {
    /// Put a new card at the end of a column.
    Add {
        /// Its id, made by the user who adds it.
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
        /// Below which card; at the top if `None`, at the end if that card is gone.
        after: Option<String>,
    },
    /// Delete a card.
    Delete {
        /// Which.
        card: String,
    },
}

impl KanbanOp {
    pub(super) fn card(&self) -> &str {
        match self {
            KanbanOp::Add { card, .. }
            | KanbanOp::Retitle { card, .. }
            | KanbanOp::Move { card, .. }
            | KanbanOp::Delete { card } => card,
        }
    }
}

/// Rejects operations on cards that do not exist, and cards that do not fit into a limited column.
#[derive(Clone, Copy, Debug, Default)]
pub struct KanbanModel;

pub(super) const COLUMNS: &str = "columns";
pub(super) const CARDS: &str = "cards";
pub(super) const LIMITS: &str = "limits";
pub(super) const TITLE: &str = "title";
/// The columns of a new board, in the order of their names, and whether they are limited.
const LAYOUT: [(&str, bool); 4] = [("backlog", false), ("doing", true), ("done", false), ("review", true)];

pub(super) fn card_path(card: &str) -> Path {
    path![CARDS, card]
}

/// Every column with the cards that it lists.
pub(super) fn columns(view: &dyn View) -> Vec<(String, Vec<String>)> {
    let names = view.keys(&path![COLUMNS]).unwrap_or_default();
    let listed = |name: &str| {
        let items = view.items(&path![COLUMNS, name]).unwrap_or_default();
        items.iter().map(|card| card.as_str().unwrap_or_default().to_owned()).collect()
    };
    names.iter().map(|name| (name.to_string(), listed(name))).collect()
}

/// How many cards a column may hold, if it is limited.
pub(super) fn limit(view: &dyn View, column: &str) -> Option<usize> {
    let limit = view.get(&path![LIMITS, column])?.as_int()?;
    Some(usize::try_from(limit).unwrap_or(0))
}

/// The columns that a plan reads.
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

    /// Every place where a card is listed, from the end of a column to its beginning, so that indices stay valid when
    /// the card is removed in this order.
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

/// `size` cards, dealt out to the columns in turn; what does not fit into a limited column goes to the backlog.
pub(super) fn genesis(size: u64, limit: i64) -> Document {
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

/// The title of a card that has content.
pub(super) fn title(view: &dyn View, card: &str) -> Option<String> {
    if view.kind(&card_path(card))? != Kind::Map {
        return None;
    }
    view.get(&card_path(card).child(TITLE))?.as_str().map(str::to_owned)
}
