//! The anomalies that real systems show, found by name.

mod common;

use std::collections::BTreeMap;

use common::Case;
use syncbench_harness::engines::load::Pace;
use syncbench_harness::oracles::serial_order::{self, SerialOrder};
use syncbench_harness::results::Finding;
use syncbench_harness::workload::{Author, History, Intent, Workload};
use syncbench_harness::workloads::stack::{self, StackModel, StackOp};
use syncbench_strategies::document::Document;
use syncbench_strategies::model::{ModelRef, erase};
use syncbench_strategies::replica::{NodeId, Rng};
use syncbench_strategies::view::View;

/// A stack on which every client does the same, at the same time.
struct Scripted(Vec<StackOp>);

struct Next(std::vec::IntoIter<StackOp>);

impl Author for Next {
    fn next(&mut self, _: &dyn View, _: &mut Rng) -> Option<Intent> {
        self.0.next().map(|op| Intent::blind(&op))
    }
}

impl Workload for Scripted {
    fn model(&self) -> ModelRef {
        erase(StackModel)
    }

    fn genesis(&self, size: u64) -> Document {
        stack::genesis(size)
    }

    fn author(&self, client: NodeId, _: u32) -> Box<dyn Author> {
        // Pushed items differ by client, as the oracle expects.
        let own = |op: &StackOp| match op {
            StackOp::Push(item) => StackOp::Push(item + i64::from(client.0)),
            other => other.clone(),
        };
        Box::new(Next(self.0.iter().map(own).collect::<Vec<_>>().into_iter()))
    }

    fn judge(&self, history: &History<'_>) -> Vec<Finding> {
        stack::judge(history)
    }
}

/// Two clients do `op` before either hears of the other: the final state, the anomalies, and whether a serial order exists.
fn both(strategy: &str, op: StackOp) -> (String, BTreeMap<String, u64>, SerialOrder) {
    let case = Case {
        workload: Box::new(Scripted(vec![op])),
        clients: 2,
        ops: 2,
        rate_per_s: 100.0,
        pace: Pace::Periodic,
        network: "constant:40ms".into(),
        size: 3,
        ..Case::new(strategy, "stack")
    };
    let done = case.run();
    assert!(done.ran.converged());
    let history = History { genesis: &done.genesis, last: done.ran.last(), ledger: &done.ran.ledger };
    let findings = case.workload.judge(&history).into_iter().map(|finding| (finding.kind, finding.count)).collect();
    let order = serial_order::search(&*case.workload.model(), &done.genesis, done.ran.last(), &done.ran.ledger);
    (done.ran.last().to_string(), findings, order)
}

fn found<const N: usize>(kinds: [(&str, u64); N]) -> BTreeMap<String, u64> {
    kinds.into_iter().map(|(kind, count)| (kind.to_owned(), count)).collect()
}

#[test]
fn serial_pops_two_and_reverses_twice() {
    assert_eq!(both("serial", StackOp::Pop), ("{stack:[1]}".into(), found([]), SerialOrder::Exists));
    assert_eq!(both("serial", StackOp::Reverse), ("{stack:[3,2,1]}".into(), found([]), SerialOrder::Exists));
}

#[test]
fn optimistic_and_compare_and_set_end_like_serial() {
    for strategy in ["serial-optimistic", "serial-cas"] {
        assert_eq!(both(strategy, StackOp::Pop), both("serial", StackOp::Pop), "{strategy}");
        assert_eq!(both(strategy, StackOp::Reverse), both("serial", StackOp::Reverse), "{strategy}");
    }
}

#[test]
fn patches_hand_one_item_to_two_and_both_reverse_to_the_same() {
    let expected = ("{stack:[2,1]}".into(), found([("item delivered twice", 1)]), SerialOrder::None);
    assert_eq!(both("serial-patches", StackOp::Pop), expected);
    // Rewriting every index to what it would hold is done twice with the same result, where two reversals give the original.
    assert_eq!(both("serial-patches", StackOp::Reverse), ("{stack:[1,2,3]}".into(), found([]), SerialOrder::None));
}

#[test]
fn patches_lose_a_push_and_double_an_item() {
    let (state, findings, order) = both("serial-patches", StackOp::Push(9));
    let garbled = found([("item duplicated", 1), ("item lost", 1)]);
    assert_eq!((state.as_str(), findings, order), ("{stack:[11,3,2,1,1]}", garbled, SerialOrder::None));
}

#[cfg(feature = "automerge")]
#[test]
fn automerge_hands_one_item_to_two() {
    let expected = ("{stack:[2,1]}".into(), found([("item delivered twice", 1)]), SerialOrder::None);
    assert_eq!(both("crdt-automerge", StackOp::Pop), expected);
}

#[cfg(feature = "automerge")]
#[test]
fn automerge_duplicates_a_reversed_list() {
    let expected = ("{stack:[1,2,3,1,2,3]}".into(), found([("item duplicated", 3)]), SerialOrder::None);
    assert_eq!(both("crdt-automerge", StackOp::Reverse), expected);
}

#[test]
fn the_last_writer_hands_one_item_to_two() {
    let expected = ("{stack:[2,1]}".into(), found([("item delivered twice", 1)]), SerialOrder::None);
    assert_eq!(both("lww-document", StackOp::Pop), expected);
}

#[test]
fn the_last_writer_loses_a_push() {
    let (state, findings, order) = both("lww-document", StackOp::Push(9));
    assert_eq!((state.as_str(), findings, order), ("{stack:[11,3,2,1]}", found([("item lost", 1)]), SerialOrder::None));
}
