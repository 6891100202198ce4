//! Every order in which a server can receive the same operations, each really run.

use std::collections::BTreeMap;

use serde::Serialize;
use syncbench_strategies::replica::{NodeId, OpId};
use syncbench_strategies::selector::SelectorError;
use syncbench_strategies::spec::Spec;

use super::script::{Call, Script};
use super::{Skipped, brief, perform};

/// What all the orders gave.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// The strategy under which they were run.
    pub strategy: String,
    /// One for each order.
    pub cases: Vec<Case>,
    /// How often each final state came out, the most frequent first.
    pub ends: Vec<End>,
}

/// One order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Case {
    /// The operations in the order in which the server took them, as its replica reported it.
    pub order: Vec<OpId>,
    /// What everybody shows at the end; the first client's, where they differ.
    pub state: String,
    /// Whether every replica ended in the same state.
    pub equal: bool,
    /// How many operations were rejected.
    pub refused: u64,
}

/// A final state and how often it came out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct End {
    /// The state.
    pub state: String,
    /// In how many orders.
    pub orders: u64,
}

impl Tally {
    /// Counts the final states of these cases.
    pub fn new(strategy: &str, cases: Vec<Case>) -> Self {
        let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
        for case in &cases {
            *counts.entry(&case.state).or_default() += 1;
        }
        let mut ends: Vec<End> =
            counts.into_iter().map(|(state, orders)| End { state: state.into(), orders }).collect();
        // Equal counts stay in the order of their states.
        ends.sort_by_key(|end| std::cmp::Reverse(end.orders));
        Self { strategy: strategy.into(), cases, ends }
    }

    /// In how many orders every replica ended in the same state.
    pub fn equal(&self) -> usize {
        self.cases.iter().filter(|case| case.equal).count()
    }
}

/// Runs the script's calls in every order that keeps each client's own. Every message must take equally long on the
/// script's network: then the server receives operations in the order in which they are issued.
pub fn all(script: &Script, strategy: &str, specs: &[&'static Spec]) -> Result<Result<Tally, Skipped>, SelectorError> {
    let mut cases = Vec::new();
    // The wait before the first call stays, at whichever client; the others follow at once.
    let first = script.calls.first().map_or(1, |call| call.after);
    for calls in interleavings(&script.calls) {
        let calls = calls.into_iter().enumerate();
        let calls = calls.map(|(index, call)| call.after(if index == 0 { first } else { 1 })).collect();
        let run = match perform(&Script { calls, ..script.clone() }, strategy, specs)? {
            Ok(run) => run,
            Err(skipped) => return Ok(Err(skipped)),
        };
        let first = run.finals.iter().find(|last| last.node != NodeId::SERVER);
        cases.push(Case {
            order: run.server_order(),
            state: first.map(|last| brief(&last.state)).unwrap_or_default(),
            equal: run.equal,
            refused: run.steps.iter().map(|step| step.refused.len() as u64).sum(),
        });
    }
    Ok(Ok(Tally::new(strategy, cases)))
}

/// Every order of the calls that keeps each client's own.
fn interleavings(calls: &[Call]) -> Vec<Vec<Call>> {
    let mut lanes: BTreeMap<NodeId, Vec<Call>> = BTreeMap::new();
    for call in calls {
        lanes.entry(call.client).or_default().push(call.clone());
    }
    let lanes: Vec<Vec<Call>> = lanes.into_values().collect();
    let mut found = Vec::new();
    extend(&lanes, &mut vec![0; lanes.len()], &mut Vec::new(), &mut found);
    found
}

fn extend(lanes: &[Vec<Call>], at: &mut [usize], order: &mut Vec<Call>, found: &mut Vec<Vec<Call>>) {
    let mut complete = true;
    for (lane, calls) in lanes.iter().enumerate() {
        let Some(call) = calls.get(at[lane]) else { continue };
        complete = false;
        at[lane] += 1;
        order.push(call.clone());
        extend(lanes, at, order, found);
        order.pop();
        at[lane] -= 1;
    }
    if complete {
        found.push(order.clone());
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::workloads::stack::StackOp;

    fn count(calls_of: &[usize]) -> usize {
        let calls = |(client, n): (usize, &usize)| vec![Call::new(client as u32 + 1, &StackOp::Pop); *n];
        interleavings(&calls_of.iter().enumerate().flat_map(calls).collect::<Vec<_>>()).len()
    }

    #[test]
    fn orders_are_counted_by_the_multinomial() {
        assert_eq!([count(&[2, 4]), count(&[1, 1]), count(&[3]), count(&[])], [15, 2, 1, 1]);
        assert_eq!(count(&[2, 1, 3]), 60);
    }

    #[test]
    fn orders_differ_and_keep_what_each_client_did() {
        let calls: Vec<Call> =
            [(1, 10), (2, 20), (2, 21), (1, 11)].map(|(client, n)| Call::new(client, &StackOp::Push(n))).to_vec();
        let orders = interleavings(&calls);
        let items = |order: &Vec<Call>| -> Vec<i64> {
            let item = |call: &Call| match call.operation.decode() {
                Some(StackOp::Push(item)) => item,
                other => panic!("{other:?}"),
            };
            order.iter().map(item).collect()
        };
        let seen: BTreeSet<Vec<i64>> = orders.iter().map(items).collect();
        assert_eq!(seen.len(), 6);
        for order in &seen {
            let of = |low: i64| order.iter().copied().filter(|item| (low..low + 10).contains(item)).collect::<Vec<_>>();
            assert_eq!((of(10), of(20)), (vec![10, 11], vec![20, 21]));
        }
    }

    #[test]
    fn a_tally_counts_states_and_those_that_are_not_equal() {
        let case = |state: &str, equal| Case { order: Vec::new(), state: state.into(), equal, refused: 0 };
        let tally = Tally::new("x", vec![case("b", true), case("a", true), case("c", false), case("b", true)]);
        let end = |state: &str, orders| End { state: state.into(), orders };
        assert_eq!(tally.ends, [end("b", 2), end("a", 1), end("c", 1)]);
        assert_eq!(tally.equal(), 3);
    }
}
