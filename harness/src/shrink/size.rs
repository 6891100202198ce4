//! A smaller initial document.

use std::sync::Arc;

use syncbench_strategies::selector::Selector;
use syncbench_strategies::spec::{ParamKind, Params};

use super::actions::scripted;
use super::search::Search;
use crate::run::{Planned, PlannedWorkload};

/// Most actions of a run in which others are tried in place of one.
const FEW: usize = 4;
/// How many others: a user's first intents include most kinds of operations.
const DRAWS: u64 = 8;

/// Sizes and numbers to try, the smallest first; beyond them, powers of two.
const SMALL: [u64; 6] = [0, 1, 2, 3, 4, 6];

/// Makes the initial document smaller: fewer units, then smaller ones.
pub(super) fn smaller(search: &mut Search<'_>) {
    for size in below(search.best().settings.size) {
        if search.take_with(|planned| planned.settings.size = size) || redrawn(search, size) {
            break;
        }
    }
    let spec = search.best().workload.spec;
    for param in spec.params.iter().filter(|param| param.kind == ParamKind::Count) {
        let Some(now) = number(search.best(), param.name) else { continue };
        let bytes = bytes(search.best());
        for value in below(now) {
            let Some(changed) = with(search.best(), param.name, value) else { continue };
            // A parameter of users' habits makes no document smaller.
            if self::bytes(&changed) < bytes && search.take(changed) {
                break;
            }
        }
    }
}

/// Tries a size with another intent in place of one: an intent may refer to a place that a short document lacks.
fn redrawn(search: &mut Search<'_>, size: u64) -> bool {
    let Some(script) = search.best().script.clone().filter(|script| script.len() <= FEW) else { return false };
    let places = (0..script.len()).flat_map(|place| (1..=DRAWS).map(move |n| (place, n)));
    for (place, n) in places {
        let mut actions = script.to_vec();
        actions[place].intent.n = n;
        let mut other = scripted(search.best(), &actions);
        other.settings.size = size;
        if search.take(other) {
            return true;
        }
    }
    false
}

/// Numbers below `now`, ascending.
fn below(now: u64) -> impl Iterator<Item = u64> {
    let powers = (3..=62).map(|power| 1 << power);
    SMALL.into_iter().chain(powers).take_while(move |number| *number < now)
}

/// The value of a parameter.
fn number(planned: &Planned, name: &str) -> Option<u64> {
    let selector: Selector = planned.workload.label.parse().ok()?;
    Some(Params::check(&selector, planned.workload.spec.params).ok()?.count(name))
}

/// The same run with another value of a parameter.
fn with(planned: &Planned, name: &str, value: u64) -> Option<Planned> {
    let spec = planned.workload.spec;
    let mut selector: Selector = planned.workload.label.parse().ok()?;
    if let (Some(first), Some(written)) = (spec.params.first(), selector.values.pop()) {
        selector.named.insert(first.name.to_owned(), written);
    }
    selector.named.insert(name.to_owned(), value.to_string());
    let params = Params::check(&selector, spec.params).ok()?;
    let mut planned = planned.clone();
    planned.workload = Arc::new(PlannedWorkload::new(selector.to_string(), spec, (spec.build)(&params)));
    Some(planned)
}

/// How large the initial document is.
fn bytes(planned: &Planned) -> usize {
    planned.workload.workload.genesis(planned.settings.size).encode().len()
}
