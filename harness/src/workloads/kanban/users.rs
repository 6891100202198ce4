//! What users of the board do.

use syncbench_strategies::document::Document;
use syncbench_strategies::model::Operation;
use syncbench_strategies::path;
use syncbench_strategies::replica::{NodeId, Rng};
use syncbench_strategies::view::View;

use super::Board;
use super::model::{CARDS, COLUMNS, KanbanOp, TITLE, columns, limit, title};
use crate::contention::Chooser;
use crate::rng::{below, nth, unit};
use crate::workload::{Intent, User};
use crate::workloads::habits::{Labels, Population, Turn};

pub(super) struct KanbanUser {
    habits: Board,
    labels: Labels,
    cards: Population,
    which: Chooser,
}

impl KanbanUser {
    pub(super) fn new(habits: Board, client: NodeId) -> Self {
        let which = Chooser::new(habits.contention);
        Self { habits, labels: Labels::new(client), cards: Population::default(), which }
    }
}

impl User for KanbanUser {
    fn next(&mut self, view: &dyn View, rng: &mut Rng) -> Option<Intent> {
        let title = self.labels.next();
        let (act, popular, moves, within) = (unit(rng), unit(rng), unit(rng), unit(rng));
        let columns = columns(view);
        let cards = view.keys(&path![CARDS]).unwrap_or_default();
        let (which, column, place) = (unit(rng), below(rng, columns.len()), unit(rng));
        let habits = self.habits;
        self.cards.count(cards.len());
        let turn = self.cards.turn(act >= 1.0 - habits.add, act < habits.delete);
        // Nobody drops a card on a column that is shown as full.
        let open = |index: &usize| limit(view, &columns[*index].0).is_none_or(|limit| columns[*index].1.len() < limit);
        let mut free = (column..columns.len()).chain(0..column).filter(open);
        if turn == Some(Turn::Add) {
            let column = columns[free.next()?].0.clone();
            return Some(intent(view, &KanbanOp::Add { card: format!("n{title}"), title, column }));
        }
        // A card that is in no column is not on the screen.
        let from = self.which.pick(popular, which, cards.len());
        let listing = |card: &str| columns.iter().position(|(_, cards)| cards.iter().any(|other| other == card));
        let (card, at) =
            cards[from..].iter().chain(&cards[..from]).find_map(|card| Some((card.to_string(), listing(card)?)))?;
        let here = &columns[at];
        let op = if turn == Some(Turn::Remove) {
            KanbanOp::Delete { card }
        } else if moves < habits.moves {
            let within = within < habits.within && here.1.len() > 1;
            let to = if within { at } else { free.find(|index| *index != at)? };
            let others: Vec<&String> = columns[to].1.iter().filter(|other| **other != card).collect();
            let mut slot = nth(place, others.len() + usize::from(!within));
            // A move to the card's own place is no move.
            slot += usize::from(within && here.1.iter().position(|other| *other == card) <= Some(slot));
            let after = slot.checked_sub(1).and_then(|above| others.get(above)).map(|above| (*above).clone());
            KanbanOp::Move { card, column: columns[to].0.clone(), after }
        } else {
            KanbanOp::Retitle { card, title }
        };
        Some(intent(view, &op))
    }
}

/// An intent with what its user saw of the card, for the oracle: its title, and the columns that list it.
pub fn intent(view: &dyn View, op: &KanbanOp) -> Intent {
    let columns = columns(view);
    let listing = columns.iter().filter(|(_, cards)| cards.iter().any(|other| other == op.card()));
    let listing = Document::list(listing.map(|(name, _)| name.as_str()));
    let title = title(view, op.card()).map_or(Document::Null, Document::from);
    Intent { operation: Operation::encode(op), seen: Document::map([(TITLE, title), (COLUMNS, listing)]) }
}
