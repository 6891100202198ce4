//! `kanban`: a board of cards in columns, some of which are limited: add, retitle, drag, delete.
//!
//! The board is `columns/<name>`, lists of card ids, and `cards/<id>`, their content: the normalised state of front ends with
//! drag and drop lists. A move within a column is a list move; one between columns is a removal here and an insertion there,
//! and nothing in the document says that a card is in one place only. Boards on top of a database keep column and rank in
//! the card itself: there no move can duplicate a card, and there is no list to compare strategies on.

mod model;
mod oracle;
mod small;
mod users;

use std::collections::BTreeSet;

use syncbench_strategies::document::{Document, EditKind};
use syncbench_strategies::model::{ModelRef, erase};
use syncbench_strategies::params::{CONTENTION, Contention};
use syncbench_strategies::replica::NodeId;
use syncbench_strategies::spec::{Content, Param, ParamKind};

pub use self::model::{KanbanModel, KanbanOp};
use self::model::{columns, genesis, limit, title};
pub use self::oracle::{
    CARD_FROM_NOWHERE, CARD_GONE, DUPLICATE_ON_MOVE, DUPLICATED_CARD, GHOST_CARD, LIMIT_BREACH, LOST_CARD,
    MISPLACED_CARD, MOVE_LOST, RESURRECTED_CARD,
};
use self::users::KanbanUser;
pub use self::users::intent;
use crate::contention;
use crate::finding::Finding;
use crate::oracles::places::MOVE_OVERWRITTEN;
use crate::oracles::undo::{LOST_TO_UNDO, UNDO_WITHOUT_EFFECT};
use crate::oracles::writes::{EDIT_LOST, EDIT_LOST_TO_DELETE, OVERWRITTEN};
use crate::workload::{History, Small, User, Workload, WorkloadSpec};

/// The workload's spec.
pub static SPEC: WorkloadSpec = WorkloadSpec {
    name: "kanban",
    summary: "add cards, retitle them, drag them within a column and to others, some of them limited, delete them",
    product: "a task board as in Trello, Jira or GitHub Projects, in a meeting where all have it open",
    holds: "ordered lists",
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
        contention::param(
            "one:0.3",
            "which card an operation is on; the order is that of their ids, k0 first. One is the oldest card, the one that \
             is talked about; as on the first row in `record`",
        ),
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
        &EDIT_LOST_TO_DELETE,
        &OVERWRITTEN,
        &MOVE_OVERWRITTEN,
        &EDIT_LOST,
        &MOVE_LOST,
        &MISPLACED_CARD,
        &LOST_TO_UNDO,
        &UNDO_WITHOUT_EFFECT,
        &LIMIT_BREACH,
        &CARD_GONE,
        &CARD_FROM_NOWHERE,
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
            contention: params.contention(CONTENTION),
            limit: i64::try_from(params.count("limit")).unwrap_or(i64::MAX),
        })
    },
};

#[derive(Clone, Copy)]
struct Board {
    moves: f64,
    within: f64,
    add: f64,
    delete: f64,
    contention: Contention,
    limit: i64,
}

impl Workload for Board {
    fn model(&self) -> ModelRef {
        erase(KanbanModel)
    }

    fn genesis(&self, size: u64) -> Document {
        genesis(size, self.limit)
    }

    fn user(&self, client: NodeId, _: u32) -> Box<dyn User> {
        Box::new(KanbanUser::new(*self, client))
    }

    fn judge(&self, history: &History<'_>) -> Vec<Finding> {
        oracle::judge(history)
    }

    fn small(&self) -> Option<Small> {
        Some(Small { genesis: small::genesis(), letters: small::LETTERS })
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

#[cfg(test)]
mod tests;
