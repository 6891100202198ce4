//! Whether some order of a trace's ties gives a text.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use super::ties::TieOrder;
use super::{How, Merged, Misfit, Recording, merge};
use crate::trace::text::{self, Units, same};

/// Most steps of the search through every order of the ties: below a second.
const MAX_SEARCH: usize = 1 << 22;

/// What the search through every order of the ties came to.
pub(in crate::trace) enum Search {
    /// This order was looked for.
    Found(TieOrder),
    /// Every order was tried.
    Exhausted,
    /// There are too many.
    TooMany,
}

impl<'a> Recording<'a> {
    /// The orders that recorders and libraries use, likely ones first. `arrival` is the order in which the server of a replay
    /// took the txns.
    pub(in crate::trace) fn orders(self, arrival: &[u32]) -> Vec<TieOrder> {
        let mut orders = vec![TieOrder::AuthorsAscending, TieOrder::AuthorsDescending, TieOrder::LamportDescending];
        for order in [Vec::new(), arrival.to_vec()] {
            for later_first in [false, true] {
                let order = TieOrder::Arrival { later_first, order: order.clone() };
                if !orders.contains(&order) {
                    orders.push(order);
                }
            }
        }
        orders
    }

    /// Tries every order of the ties until `wanted` breaks.
    pub(in crate::trace) fn search(
        self,
        lenient: bool,
        mut wanted: impl FnMut(Result<Merged, Misfit>) -> ControlFlow<()>,
    ) -> Search {
        let (mut places, mut loose) = (Vec::<u32>::new(), BTreeSet::new());
        let mut steps = 0;
        loop {
            let order = TieOrder::Places { chosen: places.clone(), loose: loose.clone() };
            let tried = merge(self, How { order: &order, lenient });
            let (notes, too_much) = match &tried {
                Ok(merged) => (&merged.notes, false),
                Err(misfit) => (&misfit.notes, misfit.too_much),
            };
            let options = notes.options.clone();
            let known = loose.len();
            loose.extend(&notes.loose);
            steps += notes.steps + self.txns.len();
            if wanted(tried).is_break() {
                return Search::Found(order);
            }
            if too_much || steps > MAX_SEARCH {
                return Search::TooMany;
            }
            if loose.len() > known {
                // There are more places to choose than was known: from the beginning.
                places.clear();
                continue;
            }
            // The next one, like the next number of a counter.
            places.resize(options.len(), 0);
            loop {
                let Some(last) = places.pop() else { return Search::Exhausted };
                if last + 1 < options[places.len()] {
                    places.push(last + 1);
                    break;
                }
            }
        }
    }
}

/// A trace that fits.
pub(in crate::trace) struct Accepted {
    /// Its order of ties.
    pub(in crate::trace) order: TieOrder,
    /// Its text in that order.
    pub(in crate::trace) merged: Merged,
    /// Whether that text is the recorded one.
    pub(in crate::trace) verified: bool,
}

/// Finds the order of ties that gives the recorded end, if there is one. `Err` says what fits under no order.
pub(in crate::trace) fn accept(recording: Recording<'_>, end: Option<&str>) -> Result<Accepted, String> {
    let (mut fitting, mut misfit) = (None, None);
    for order in recording.orders(&[]) {
        match merge(recording, How { order: &order, lenient: false }) {
            Ok(merged) => {
                let text = merged.string();
                if end.is_none_or(|end| same(&text, end)) {
                    return Ok(Accepted { order, merged, verified: true });
                }
                if merged.notes.ties.is_empty() {
                    return Err(differs(&text, end, recording.units));
                }
                fitting.get_or_insert((order, merged, text));
            }
            Err(wrong) if wrong.too_much || wrong.notes.ties.is_empty() => return Err(wrong.reason),
            Err(wrong) => {
                misfit.get_or_insert(wrong);
            }
        }
    }
    let mut found = None;
    let search = recording.search(false, |tried| match tried {
        Ok(merged) if end.is_none_or(|end| same(&merged.string(), end)) => {
            found = Some(merged);
            ControlFlow::Break(())
        }
        _ => ControlFlow::Continue(()),
    });
    match (search, found, fitting, misfit) {
        (Search::Found(order), Some(merged), ..) => Ok(Accepted { order, merged, verified: true }),
        (Search::Exhausted, _, Some((_, merged, text)), _) => {
            let differs = differs(&text, end, recording.units);
            Err(format!("{differs}, and no order of {} makes them equal", named(&merged.notes.ties)))
        }
        (_, _, Some((order, merged, _)), _) => Ok(Accepted { order, merged, verified: false }),
        (_, _, None, Some(wrong)) => {
            let reason = wrong.reason;
            Err(format!("{reason}, and no order that recorders use for {} makes it fit", named(&wrong.notes.ties)))
        }
        (_, _, None, None) => Err("expected an order of ties".into()),
    }
}

fn differs(text: &str, end: Option<&str>, units: Units) -> String {
    let end = end.unwrap_or_default();
    let agree = text.chars().zip(end.chars()).take_while(|(a, b)| a == b).count();
    let (characters, recorded) = (text.chars().count(), end.chars().count());
    let astral = end.chars().any(|char| text::units(char) > 1);
    let hint = match units {
        Units::CodePoints if astral => "; if positions count UTF-16 units, read it with --units utf16",
        Units::Utf16 if astral => "; positions were read as UTF-16 units",
        _ => "",
    };
    format!(
        "after the last txn the text has {characters} characters and the recorded end {recorded}: \
         they differ at character {agree}{hint}"
    )
}

/// The ties, the last of them by its txns.
fn named(ties: &[(u32, u32)]) -> String {
    let pair = ties.last().map_or_else(String::new, |(a, b)| format!("txns {a} and {b}, who wrote at one spot unseen"));
    if ties.len() > 1 {
        format!("{} ties, the last between {pair}", ties.len())
    } else {
        format!("the tie between {pair}")
    }
}
