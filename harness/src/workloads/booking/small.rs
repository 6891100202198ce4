//! The small case: an hour that exists once, and a show with one ticket.

use syncbench_strategies::path;
use syncbench_strategies::view::View;

use super::model::{BOOKINGS, BookingOp, stock_path};
use crate::workload::{Intent, Letter, Seat};

/// Items of the small case: one hour and one show.
pub(super) const ITEMS: u64 = 2;
/// Tickets of its show.
pub(super) const TICKETS: u32 = 1;

pub(super) const LETTERS: &[Letter] = &[
    Letter::new("book-hour", |seat, view| book(seat, view, "hour0")),
    Letter::new("book-ticket", |seat, view| book(seat, view, "show0")),
    Letter::new("cancel", |_, view| {
        let booking = view.keys(&path![BOOKINGS])?.first()?.to_string();
        Some(Intent::blind(&BookingOp::Cancel { booking }))
    }),
    Letter::new("restock", |_, _| Some(Intent::blind(&BookingOp::Restock { item: "show0".into(), count: 1 }))),
];

/// Nobody asks for what the screen shows as sold out.
fn book(seat: &Seat<'_>, view: &dyn View, item: &str) -> Option<Intent> {
    let left = view.get(&stock_path(item)).and_then(|left| left.as_int());
    let booking = seat.label();
    (left > Some(0)).then(|| Intent::blind(&BookingOp::Reserve { item: item.into(), booking }))
}
