//! Agents at a counter.

use syncbench_strategies::params::Contention;
use syncbench_strategies::path;
use syncbench_strategies::replica::{NodeId, Rng};
use syncbench_strategies::view::View;

use super::model::{BOOKINGS, BookingOp, HOUR, STOCK, stock_path};
use crate::contention::Chooser;
use crate::rng::{below, nth, unit};
use crate::workload::{Intent, User};
use crate::workloads::habits::Labels;

/// What the parameters say.
#[derive(Clone, Copy)]
pub(super) struct Habits {
    pub(super) cancel: f64,
    pub(super) restock: f64,
    pub(super) contention: Contention,
    pub(super) tickets: u32,
}

/// One agent.
pub(super) struct Agent {
    habits: Habits,
    labels: Labels,
    item: Chooser,
}

impl Agent {
    pub(super) fn new(habits: Habits, client: NodeId) -> Self {
        Self { habits, labels: Labels::new(client), item: Chooser::new(habits.contention) }
    }
}

impl User for Agent {
    fn next(&mut self, view: &dyn View, rng: &mut Rng) -> Option<Intent> {
        let booking = self.labels.next();
        let (which, popular, item) = (unit(rng), unit(rng), unit(rng));
        let items = view.keys(&path![STOCK]).unwrap_or_default();
        let any = nth(item, items.len());
        let count = 1 + below(rng, self.habits.tickets.max(1) as usize) as u32;
        let bookings = view.keys(&path![BOOKINGS]).unwrap_or_default();
        let booked = bookings.get(below(rng, bookings.len()));
        let cancel = |booking: &str| Intent::blind(&BookingOp::Cancel { booking: booking.into() });
        let show = (any..items.len()).chain(0..any).find(|index| !items[*index].starts_with(HOUR));
        match (booked, show) {
            (Some(booking), _) if which < self.habits.cancel => return Some(cancel(booking)),
            (_, Some(show)) if which >= 1.0 - self.habits.restock => {
                return Some(Intent::blind(&BookingOp::Restock { item: items[show].to_string(), count }));
            }
            _ => {}
        }
        // Nobody asks for what the screen shows as sold out.
        let free = |index: &usize| view.get(&stock_path(&items[*index])).and_then(|left| left.as_int()) > Some(0);
        let from = self.item.pick(popular, item, items.len());
        match (from..items.len()).chain(0..from).find(free) {
            Some(index) => Some(Intent::blind(&BookingOp::Reserve { item: items[index].to_string(), booking })),
            None => booked.map(|booking| cancel(booking)),
        }
    }
}
