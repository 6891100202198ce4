//! `booking`: hours that exist once and shows with several tickets: reserve, cancel, restock; never below zero.
//!
//! Users are agents at a counter: each sees all bookings, and any agent may cancel any booking. The agent makes the id of a
//! booking, so the oracle can follow each one. What is left of an item is a counter that is only ever added to, also where
//! the item exists once: a strategy that shares out rights to take from it needs to know nothing else.

mod model;
mod oracle;
mod small;
mod users;

#[cfg(test)]
mod tests;

use syncbench_strategies::document::{Document, EditKind};
use syncbench_strategies::model::{ModelRef, erase};
use syncbench_strategies::params::CONTENTION;
use syncbench_strategies::replica::NodeId;
use syncbench_strategies::spec::{Content, Param, ParamKind};

pub use self::model::{BookingModel, BookingOp};
pub use self::oracle::{
    BOOKING_FROM_NOWHERE, CANCELLED_TWICE, LOST_BOOKING, LOST_STOCK, OVERSOLD, REJECTED_WITH_STOCK_LEFT,
    RESURRECTED_BOOKING, STOCK_FROM_NOWHERE, STOCK_OFF,
};
use self::users::{Agent, Habits};
use crate::contention;
use crate::finding::Finding;
use crate::workload::{History, Small, User, Workload, WorkloadSpec};

/// What the workload says about itself.
pub static SPEC: WorkloadSpec = WorkloadSpec {
    name: "booking",
    summary: "reserve an hour that exists once or one of a show's tickets, cancel, put up more tickets",
    product: "appointments, tickets for a show, stock in a shop: several agents who see all bookings",
    holds: "bookings of a stock",
    params: &[
        Param {
            name: "cancel",
            kind: ParamKind::Share,
            default: "0.27",
            help: "share of cancellations: 37 for each 100 bookings, as in the hotel booking demand data (Antonio, Almeida \
                   and Nunes 2019). An agent who sees nothing left to book cancels instead",
        },
        Param {
            name: "restock",
            kind: ParamKind::Share,
            default: "0.02",
            help: "share of restocks, each of at most as many tickets as a show has at first: rare, as an added row of seats",
        },
        contention::param(
            "one:0.3",
            "which item a guest asks for, and where that is sold out the next one; hours come before shows. One is the first \
             item; as many meet there as on the first row in `record`",
        ),
        Param {
            name: "tickets",
            kind: ParamKind::Count,
            default: "10",
            help: "tickets of a show: few enough to sell out in a run of the default length, since nothing goes wrong before",
        },
    ],
    edits: &[EditKind::Put, EditKind::Remove, EditKind::Increment],
    kinds: oracle::KINDS,
    content: Content::Stock,
    // A cancellation is a separate operation, and others may have booked what it freed.
    undo: false,
    size_unit: "items to book",
    // A morning of four hours, and as many shows.
    default_size: 8,
    build: |params| {
        Box::new(Booking(Habits {
            cancel: params.share("cancel"),
            restock: params.share("restock"),
            contention: params.contention(CONTENTION),
            tickets: u32::try_from(params.count("tickets")).unwrap_or(u32::MAX),
        }))
    },
};

struct Booking(Habits);

impl Workload for Booking {
    fn model(&self) -> ModelRef {
        erase(BookingModel)
    }

    fn genesis(&self, size: u64) -> Document {
        model::genesis(size, self.0.tickets)
    }

    fn user(&self, client: NodeId, _: u32) -> Box<dyn User> {
        Box::new(Agent::new(self.0, client))
    }

    fn judge(&self, history: &History<'_>) -> Vec<Finding> {
        oracle::judge(history)
    }

    fn small(&self) -> Option<Small> {
        Some(Small { genesis: model::genesis(small::ITEMS, small::TICKETS), letters: small::LETTERS })
    }

    fn invariant(&self, document: &Document) -> Result<(), String> {
        oracle::invariant(document)
    }
}
