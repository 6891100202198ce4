//! What breaks as a product grows: one entry for each limit.
//!
//! Documents are independent, so more of them take more machines and break nothing. What breaks is one document: one core orders
//! its operations, one server sends them out, and every client takes all of them.

use serde::Serialize;

use super::amount::Amount;
use super::assumption::{
    CLIENT_DOWN, CLIENT_LOAD, CLIENT_MEMORY, CLIENT_UP, CORE_LOAD, MONTHS, ONLINE, PEOPLE, PER_DOCUMENT, RATE,
    SERVER_LINK,
};
use super::costs::{Costs, Reader};
use super::needs::{CLIENT_DOWN_USED, CLIENT_MEMORY_HELD, CLIENT_PROCESSOR, CLIENT_UP_USED, core_us_per_op};
use super::product::Product;

/// A limit of one document.
pub struct Limit {
    /// Its name in files.
    pub name: &'static str,
    /// In a table.
    pub short: &'static str,
    /// In a sentence: what has no more room.
    pub what: &'static str,
    /// How much of it is taken; it breaks at 1. `None` where the curves do not say.
    pub taken: fn(&Reader<'_>) -> Option<Amount>,
}

/// One line for each.
pub static LIMITS: &[&Limit] = &[
    &Limit {
        name: "server_core",
        short: "core",
        what: "the server core that orders the document",
        taken: |reader| {
            Some(core_us_per_op(reader)? * (document_ops_per_s(reader) / 1e6 / reader.product.get(&CORE_LOAD)))
        },
    },
    &Limit {
        name: "server_link",
        short: "link",
        what: "the server's link, which sends to everybody",
        taken: |reader| {
            let bits = reader.figure("wire_bytes_down_per_op")? * (8.0 * document_ops_per_s(reader));
            Some(bits * (1.0 / reader.product.get(&SERVER_LINK)))
        },
    },
    &Limit {
        name: "client_processor",
        short: "client's cpu",
        what: "a client's processor",
        taken: |reader| Some((CLIENT_PROCESSOR.of)(reader)? * (1.0 / reader.product.get(&CLIENT_LOAD))),
    },
    &Limit {
        name: "client_memory",
        short: "client's memory",
        what: "a client's memory",
        taken: |reader| Some((CLIENT_MEMORY_HELD.of)(reader)? * (1.0 / reader.product.get(&CLIENT_MEMORY))),
    },
    &Limit {
        name: "client_down",
        short: "phone's link",
        what: "the bandwidth down to a phone",
        taken: |reader| Some((CLIENT_DOWN_USED.of)(reader)? * (1.0 / reader.product.get(&CLIENT_DOWN))),
    },
    &Limit {
        name: "client_up",
        short: "phone's uplink",
        what: "the bandwidth up from a phone",
        taken: |reader| Some((CLIENT_UP_USED.of)(reader)? * (1.0 / reader.product.get(&CLIENT_UP))),
    },
];

/// Most people in a document, and most months, up to which a limit is looked for: more than any product has.
const MOST_PEOPLE: f64 = 1e7;
/// A century.
const MOST_MONTHS: f64 = 1_200.0;

fn document_ops_per_s(reader: &Reader<'_>) -> f64 {
    reader.product.clients() * reader.product.get(&RATE)
}

/// Where a limit breaks as more people come into one document.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Break {
    /// The limit's name.
    pub limit: &'static str,
    /// How much of it the product takes; it breaks at 1.
    pub taken: Amount,
    /// People in one document at which it breaks; absent where it does not within ten million, or within the curves.
    pub people: Option<Amount>,
    /// How many times more people that are than were measured; 1 within the points.
    pub beyond: f64,
}

/// A product in whose documents so many people are, and who are all online.
pub(super) fn crowded(product: &Product, clients: f64) -> Product {
    let people = product.get(&PEOPLE).max(clients / product.get(&ONLINE));
    product.with(&PER_DOCUMENT, clients).with(&PEOPLE, people)
}

/// Where every limit breaks, the first first; those that do not break come last.
pub fn breaks(costs: &Costs, product: &Product) -> Vec<Break> {
    let taken = |limit: &Limit, clients: f64| {
        let crowded = crowded(product, clients);
        (limit.taken)(&Reader::new(costs, &crowded))
    };
    let one = |limit: &&Limit| {
        let people = crossing(MOST_PEOPLE, |clients| taken(limit, clients));
        let beyond = people.map_or(1.0, |people| (people.value / costs.most_clients()).max(1.0));
        Some(Break { limit: limit.name, taken: (limit.taken)(&Reader::new(costs, product))?, people, beyond })
    };
    let mut breaks: Vec<Break> = LIMITS.iter().filter_map(one).collect();
    let at = |one: &Break| one.people.map_or(f64::INFINITY, |people| people.value);
    breaks.sort_by(|a, b| at(a).total_cmp(&at(b)));
    breaks
}

/// Months of use after which a client's memory is full; `None` where it does not fill within a century.
pub fn months_until_full(costs: &Costs, product: &Product) -> Option<Amount> {
    let limit = LIMITS.iter().find(|limit| limit.name == "client_memory")?;
    crossing(MOST_MONTHS, |months| {
        let older = product.with(&MONTHS, months);
        (limit.taken)(&Reader::new(costs, &older))
    })
}

/// Where what is taken passes 1, from 1 on; the interval from the ends of what is taken. What is taken rises.
fn crossing(most: f64, taken: impl Fn(f64) -> Option<Amount>) -> Option<Amount> {
    let at = |of: fn(&Amount) -> f64| -> Option<f64> {
        let full = |place: f64| taken(place).map(|amount| of(&amount) >= 1.0);
        if full(1.0)? {
            return Some(1.0);
        }
        // A curve that may not be extrapolated ends the search like one that stays below.
        if !full(most).unwrap_or(false) {
            return None;
        }
        let (mut below, mut above) = (0.0, libm::log(most));
        for _ in 0..60 {
            let middle = f64::midpoint(below, above);
            match full(libm::exp(middle))? {
                true => above = middle,
                false => below = middle,
            }
        }
        Some(libm::exp(above))
    };
    let value = at(|amount| amount.value)?;
    let (low, high) = (at(|amount| amount.high).unwrap_or(value), at(|amount| amount.low).unwrap_or(most));
    Some(Amount { value, low: low.min(value), high: high.max(value) })
}

#[cfg(test)]
mod tests {
    use super::super::assumption::{HISTORY, SOCKET_US};
    use super::super::made::{axes, curves, fan_out, keeps_history};
    use super::super::product::tests::million;
    use super::*;

    fn people(of: fn(&str, f64, f64, f64) -> f64, product: &Product, limit: &str) -> Option<f64> {
        let costs = Costs::of(&curves(axes("a", of)), "a").unwrap();
        let breaks = breaks(&costs, product);
        assert_eq!(breaks.len(), LIMITS.len());
        let order: Vec<_> = breaks.iter().map(|one| one.people.map_or(f64::INFINITY, |people| people.value)).collect();
        assert!(order.is_sorted(), "{breaks:?}");
        let found = breaks.iter().find(|one| one.limit == limit).unwrap();
        assert!(found.people.is_none_or(|people| people.low <= people.value && people.value <= people.high));
        found.people.map(|people| people.value)
    }

    #[test]
    fn every_limit_breaks_where_its_closed_form_says() {
        let product = million().with(&SOCKET_US, 0.0);
        // n × 0.2 × (4 + n / 2) µs are half a second: n² + 8 n = 5 million.
        let core = 5_000_016f64.sqrt() - 4.0;
        // n² × 0.2 × 80 bytes are 10 Gbit/s.
        let link = (10e9 / 8.0 / 16.0f64).sqrt();
        // 4 × 0.2 × (2 + n) µs are half a second.
        let processor = 0.5e6 / 0.8 - 2.0;
        // n × 0.2 × 80 bytes are 36 Mbit/s.
        let down = 36e6 / 8.0 / 16.0;
        for (limit, wanted) in
            [("server_core", core), ("server_link", link), ("client_processor", processor), ("client_down", down)]
        {
            let found = people(fan_out, &product, limit).unwrap();
            assert!((found / wanted - 1.0).abs() < 0.03, "{limit}: {found}, not {wanted}");
        }
        for limit in ["client_memory", "client_up"] {
            assert_eq!(people(fan_out, &product, limit), None, "{limit} does not depend on the people in a document");
        }
    }

    #[test]
    fn history_fills_a_clients_memory_with_people_and_with_time() {
        // 8,640 operations a month for each person in a document, of 60 bytes each.
        let wanted = (128e6 - 3_000.0) / (8_640.0 * 60.0);
        let found = people(keeps_history, &million(), "client_memory").unwrap();
        assert!((found / wanted - 1.0).abs() < 0.1, "{found}, not {wanted}");
        let costs = |of: fn(&str, f64, f64, f64) -> f64| Costs::of(&curves(axes("a", of)), "a").unwrap();
        let months = months_until_full(&costs(keeps_history), &million()).unwrap().value;
        assert!((months / (wanted / 20.0) - 1.0).abs() < 0.1, "{months}");
        assert_eq!(months_until_full(&costs(fan_out), &million()), None);
        assert_eq!(
            months_until_full(&costs(keeps_history), &million().with(&HISTORY, 1e4)),
            None,
            "a history that is cut"
        );
    }

    #[test]
    fn what_is_broken_already_breaks_at_one() {
        let found = people(fan_out, &million().with(&RATE, 1e9), "client_up");
        assert_eq!(found, Some(1.0));
    }
}
