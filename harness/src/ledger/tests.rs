use proptest::prelude::*;
use syncbench_strategies::document::Document;
use syncbench_strategies::model::{Operation, Outcome, Rejected};

use super::*;

fn event(node: u32, what: What) -> Event {
    Event { at: Time(5), node: NodeId(node), what }
}

fn op(client: u32, n: u64) -> OpId {
    OpId { client: NodeId(client), n }
}

fn operate() -> Action {
    Action::Operate { operation: Operation::from_bytes(&[]), seen: Document::Null }
}

/// Two clients, of whom the first has issued so many operations.
fn ledger(issued: u64) -> Ledger {
    let mut ledger = Ledger::new(2);
    (1..=2).for_each(|client| ledger.enter(&Event { at: Time(1), ..event(client, What::Live) }));
    (1..=issued).for_each(|n| ledger.open(op(1, n), operate(), Time(3), Time(3)));
    ledger
}

/// This would never end if the ledger counted up to the numbers in a clock.
#[test]
fn a_clock_costs_what_is_new_in_it() {
    let mut ledger = ledger(2);
    for node in [0, 1, 2] {
        let clock = [(NodeId(1), u64::MAX), (NodeId(2), u64::MAX), (NodeId(9), u64::MAX)];
        ledger.enter(&event(node, What::Report(Report::ReflectedThrough(clock.into()))));
    }
    assert_eq!((ledger.replica(NodeId(1)).unwrap().count, ledger.replica(NodeId(2)).unwrap().count), (2, 2));
    assert!(ledger.entry(op(1, 2)).unwrap().visible.is_some());
}

#[test]
fn an_operation_that_nobody_issued_does_not_count() {
    let mut ledger = ledger(1);
    for n in [0, 2, u64::MAX] {
        ledger.enter(&event(1, What::Report(Report::Reflected(op(1, n)))));
        ledger.enter(&event(1, What::Report(Report::Reflected(op(7, n)))));
    }
    assert_eq!(ledger.replica(NodeId(1)).unwrap().count, 0);
}

#[test]
fn what_is_overwritten_is_reflected_where_the_relay_says() {
    let mut ledger = ledger(2);
    ledger.enter(&event(0, What::Report(Report::Overwritten(op(1, 2), NodeId(2)))));
    let reflects = |ledger: &Ledger, client| ledger.replica(NodeId(client)).unwrap().reflected().contains(op(1, 2));
    assert!(reflects(&ledger, 2) && !reflects(&ledger, 1));
    assert_eq!(ledger.entry(op(1, 2)).unwrap().visible, None);
    ledger.enter(&event(1, What::Report(Report::Reflected(op(1, 2)))));
    assert_eq!(ledger.entry(op(1, 2)).unwrap().visible, Some(Time(5)));
    assert_eq!(ledger.entry(op(1, 1)).unwrap().half, None);
}

#[test]
fn resolved_is_what_has_its_fate_and_is_visible_to_all() {
    let mut ledger = ledger(2);
    assert!(!ledger.all_resolved());
    ledger.enter(&event(1, What::Report(Report::Confirmed(op(1, 1), Outcome::Null))));
    ledger.enter(&event(1, What::Report(Report::Rejected(op(1, 2), Rejected::new("no", "")))));
    assert!(!ledger.all_resolved(), "nobody reflects the first");
    ledger.enter(&event(1, What::Report(Report::Reflected(op(1, 1)))));
    assert!(!ledger.all_resolved(), "one does not reflect it");
    let mut crashed = ledger.clone();
    crashed.enter(&event(2, What::Crashed { for_good: true }));
    assert!(crashed.all_resolved(), "the other is not waited for");
    let mut alone = ledger.clone();
    alone.enter(&event(1, What::Crashed { for_good: true }));
    assert!(alone.all_resolved(), "its user crashed for good");
    ledger.enter(&event(2, What::Report(Report::Reflected(op(1, 1)))));
    assert!(ledger.all_resolved());
}

#[test]
fn the_latest_confirmed_operation_is_undone_first_and_only_once() {
    let mut ledger = ledger(3);
    let undoable = |ledger: &Ledger| ledger.own(NodeId(1)).unwrap().undoable;
    assert_eq!(undoable(&ledger), None);
    for n in [1, 3] {
        ledger.enter(&event(1, What::Report(Report::Confirmed(op(1, n), Outcome::Null))));
    }
    assert_eq!(undoable(&ledger), Some(op(1, 3)));
    ledger.open(op(1, 4), Action::Undo { target: op(1, 3) }, Time(6), Time(6));
    assert_eq!(undoable(&ledger), Some(op(1, 1)));
    ledger.enter(&event(1, What::Report(Report::Confirmed(op(1, 4), Outcome::Null))));
    assert_eq!(undoable(&ledger), Some(op(1, 1)), "an undo is not undone");
    assert!(ledger.entry(op(1, 3)).unwrap().undone);
}

/// Of a pending operation a part may be shown, so states may differ where the same operations are reflected.
#[test]
fn replicas_compare_by_what_they_reflect_and_by_what_is_pending() {
    let mut ledger = ledger(2);
    let mut report = |node, report| {
        ledger.enter(&event(node, What::Report(report)));
        let hash = |client| ledger.replica(NodeId(client)).unwrap().hash;
        hash(1) == hash(2)
    };
    assert!(!report(1, Report::Reflected(op(1, 1))));
    assert!(report(2, Report::Reflected(op(1, 1))));
    assert!(!report(2, Report::Pending(op(1, 2))));
    assert!(report(1, Report::Pending(op(1, 2))));
    assert!(!report(1, Report::Reflected(op(1, 2))));
    assert!(report(1, Report::Pending(op(1, 2))) == report(1, Report::Reflected(op(1, 2))));
    assert!(report(2, Report::Reflected(op(1, 2))));
    assert!(!report(2, Report::Pending(op(1, 9))));
    assert!(!report(2, Report::Reflected(op(1, 9))), "nobody issued it");
    ledger.enter(&event(2, What::Crashed { for_good: false }));
    assert_eq!(ledger.replica(NodeId(1)).unwrap().hash, ledger.replica(NodeId(2)).unwrap().hash);
}

/// A document that was rebuilt from plain data has operations 1 and 2 of client 1; the server takes 3, then 2 again.
#[test]
fn an_operation_that_a_rebuilt_server_takes_again_explains_what_users_see_after_it() {
    let broken = || event(2, What::Broken("twice".into()));
    let takes = |n| event(0, What::Report(Report::Reflected(op(1, n))));
    let rebuilt = |rebuilt| {
        let mut ledger = ledger(3);
        let reflected = Box::new([op(1, 1), op(1, 2)].into_iter().collect());
        ledger.enter(&event(0, What::Restored { reflected, rebuilt }));
        [takes(3), takes(9)].iter().for_each(|taken| ledger.enter(taken));
        ledger
    };
    let mut twice = rebuilt(true);
    twice.enter(&takes(2));
    assert!(!twice.broken_by_repeats(), "nothing is broken");
    twice.enter(&broken());
    assert!(twice.broken_by_repeats());
    // A backup has its operations by number, and what the second time has no effect does not count twice.
    let mut backup = rebuilt(false);
    [takes(2), broken()].iter().for_each(|happened| backup.enter(happened));
    assert!(!backup.broken_by_repeats());
    twice.enter(&event(1, What::Report(Report::Rejected(op(1, 2), Rejected::new("no", "")))));
    assert!(!twice.broken_by_repeats());
    // Neither what was broken before nor what is new to the server is explained.
    let mut before = rebuilt(true);
    [broken(), takes(2), broken()].iter().for_each(|happened| before.enter(happened));
    assert!(!before.broken_by_repeats());
}

/// What may happen at client 1: it acts, or its replica reports.
#[derive(Clone, Debug)]
enum Happening {
    Act,
    Undo,
    Report(Report),
}

fn happenings() -> impl Strategy<Value = Vec<Happening>> {
    let n = 0u64..12;
    let report = prop_oneof![
        n.clone().prop_map(|n| Report::Reflected(op(1, n))),
        n.clone().prop_map(|n| Report::Void(op(1, n))),
        n.clone().prop_map(|n| Report::Confirmed(op(1, n), Outcome::Null)),
        n.clone().prop_map(|n| Report::Rejected(op(1, n), Rejected::new("no", ""))),
        n.clone().prop_map(|n| Report::ReflectedThrough([(NodeId(1), n), (NodeId(2), n)].into())),
        (n, 0u128..4).prop_map(|(n, tag)| Report::Tagged(op(1, n), tag)),
        (0u128..4, 0u128..4).prop_map(|(first, last)| Report::ReflectedTags(first, last)),
    ];
    let happening = prop_oneof![
        2 => Just(Happening::Act),
        1 => Just(Happening::Undo),
        4 => report.prop_map(Happening::Report),
    ];
    prop::collection::vec(happening, 0..60)
}

proptest! {
    #[test]
    fn own_operations_agree_with_the_ledger(happenings in happenings()) {
        let (mut ledger, mut own) = (ledger(0), OwnOperations::new(NodeId(1)));
        for happening in happenings {
            let known = own.own();
            prop_assert_eq!(ledger.own(NodeId(1)), Some(known));
            let action = match happening {
                Happening::Report(report) => {
                    own.report(&report);
                    ledger.enter(&event(1, What::Report(report)));
                    continue;
                }
                Happening::Undo => known.undoable.map(|target| Action::Undo { target }),
                Happening::Act => Some(operate()),
            };
            if let Some(action) = action {
                own.issue(&action);
                ledger.open(known.next, action, Time(5), Time(5));
            }
        }
    }
}
