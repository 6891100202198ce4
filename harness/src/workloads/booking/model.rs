//! What operations on bookings mean.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use syncbench_strategies::document::{Document, Edit, Kind, Path};
use syncbench_strategies::model::{Model, Plan, Rejected};
use syncbench_strategies::path;
use syncbench_strategies::view::View;

/// What agents do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum BookingOp {
    /// Book one unit of an item.
    Reserve {
        /// The item.
        item: String,
        /// The booking's id, made by the agent.
        booking: String,
    },
    /// Give a booking back.
    Cancel {
        /// The booking's id.
        booking: String,
    },
    /// Put up more tickets.
    Restock {
        /// The show.
        item: String,
        /// How many tickets.
        count: u32,
    },
}

/// Rejects reservations of what is taken or sold out.
#[derive(Clone, Copy, Debug, Default)]
pub struct BookingModel;

pub(super) const STOCK: &str = "stock";
pub(super) const BOOKINGS: &str = "bookings";
/// How the names of items begin that exist once.
pub(super) const HOUR: &str = "hour";

pub(super) fn stock_path(item: &str) -> Path {
    path![STOCK, item]
}

pub(super) fn booking_path(booking: &str) -> Path {
    path![BOOKINGS, booking]
}

impl Model for BookingModel {
    type Op = BookingOp;

    fn plan(&self, view: &dyn View, op: &BookingOp) -> Result<Plan, Rejected> {
        let known = |item: &str| match view.kind(&stock_path(item)) {
            Some(Kind::Counter) => Ok(stock_path(item)),
            _ => Err(Rejected::new("gone", format!("there is no {item}"))),
        };
        match op {
            BookingOp::Reserve { item, booking } => {
                let stock = known(item)?;
                if view.kind(&booking_path(booking)).is_some() {
                    return Err(Rejected::new("exists", format!("there is a booking {booking} already")));
                }
                if view.get(&stock).and_then(|left| left.as_int()).unwrap_or(0) <= 0 {
                    let code = if item.starts_with(HOUR) { "taken" } else { "sold_out" };
                    return Err(Rejected::new(code, format!("nothing is left of {item}")));
                }
                let book = Edit::Put { path: booking_path(booking), value: item.as_str().into() };
                Ok(Plan::new(vec![Edit::Increment { path: stock, by: -1 }, book]))
            }
            BookingOp::Cancel { booking } => {
                let path = booking_path(booking);
                let item = view.get(&path);
                let item = item.as_ref().and_then(Document::as_str);
                let item = item.ok_or_else(|| Rejected::new("gone", format!("there is no booking {booking}")))?;
                Ok(Plan::new(vec![Edit::Remove { path }, Edit::Increment { path: known(item)?, by: 1 }]))
            }
            BookingOp::Restock { item, .. } if item.starts_with(HOUR) => {
                Err(Rejected::new("only_one", format!("there is only one {item}")))
            }
            BookingOp::Restock { item, count } => {
                Ok(Plan::new(vec![Edit::Increment { path: known(item)?, by: i64::from(*count) }]))
            }
        }
    }
}

/// `size` items, hours and shows by turns, and no booking.
pub(super) fn genesis(size: u64, tickets: u32) -> Document {
    let item = |i: u64| match i % 2 {
        0 => (format!("{HOUR}{}", i / 2), Document::Counter(1)),
        _ => (format!("show{}", i / 2), Document::Counter(tickets.into())),
    };
    Document::map([(STOCK, Document::map((0..size).map(item))), (BOOKINGS, Document::Map(Default::default()))])
}

/// What is left of each item.
pub(super) fn stock(document: &Document) -> impl Iterator<Item = (String, i64)> {
    let items = match document.at(&path![STOCK]) {
        Some(Document::Map(items)) => Some(items),
        _ => None,
    };
    items.into_iter().flatten().filter_map(|(name, left)| Some((name.to_string(), left.as_int()?)))
}

/// The item of each booking.
pub(super) fn bookings(document: &Document) -> BTreeMap<String, String> {
    match document.at(&path![BOOKINGS]) {
        Some(Document::Map(bookings)) => {
            let item = |item: &Document| item.as_str().unwrap_or_default().to_owned();
            bookings.iter().map(|(booking, of)| (booking.to_string(), item(of))).collect()
        }
        _ => BTreeMap::new(),
    }
}
