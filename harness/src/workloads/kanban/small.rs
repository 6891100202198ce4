//! The small case: three cards in a column, since a move needs somewhere to go, and a column that holds one.

use std::collections::BTreeMap;

use syncbench_strategies::document::Document;
use syncbench_strategies::view::View;

use super::model::{CARDS, COLUMNS, KanbanOp, LIMITS, TITLE, columns, limit};
use super::users::intent;
use crate::workload::Letter;

const BACKLOG: &str = "backlog";
const DOING: &str = "doing";

/// The board at first.
pub(super) fn genesis() -> Document {
    let cards = ["k0", "k1", "k2"];
    let card = |card: &str| (card.to_owned(), Document::map([(TITLE, card)]));
    let lists = BTreeMap::from([(BACKLOG, Document::list(cards)), (DOING, Document::list::<Document>([]))]);
    Document::map([
        (COLUMNS, Document::map(lists)),
        (CARDS, Document::map(cards.map(card))),
        (LIMITS, Document::map([(DOING, Document::Int(1))])),
    ])
}

pub(super) const LETTERS: &[Letter] = &[
    Letter::new("reorder", |_, view| {
        let cards = backlog(view);
        let (card, after) = (cards.first()?.clone(), cards.last().filter(|_| cards.len() > 1)?.clone());
        Some(intent(view, &KanbanOp::Move { card, column: BACKLOG.into(), after: Some(after) }))
    }),
    Letter::new("drag", |_, view| {
        let card = backlog(view).first()?.clone();
        open(view).then(|| intent(view, &KanbanOp::Move { card, column: DOING.into(), after: None }))
    }),
    Letter::new("add", |seat, view| {
        let op = KanbanOp::Add { card: format!("n{}", seat.label()), title: seat.label(), column: DOING.into() };
        open(view).then(|| intent(view, &op))
    }),
    Letter::new("retitle", |seat, view| {
        let card = backlog(view).first()?.clone();
        Some(intent(view, &KanbanOp::Retitle { card, title: seat.label() }))
    }),
    Letter::new("delete", |_, view| {
        let card = backlog(view).first()?.clone();
        Some(intent(view, &KanbanOp::Delete { card }))
    }),
];

fn column(view: &dyn View, wanted: &str) -> Vec<String> {
    columns(view).into_iter().find(|(name, _)| name == wanted).map_or_else(Vec::new, |(_, cards)| cards)
}

fn backlog(view: &dyn View) -> Vec<String> {
    column(view, BACKLOG)
}

/// Nobody puts a card into a column that is shown as full.
fn open(view: &dyn View) -> bool {
    limit(view, DOING).is_none_or(|limit| column(view, DOING).len() < limit)
}
