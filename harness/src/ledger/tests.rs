use super::*;

fn event(node: u32, what: What) -> Event {
    Event { at: Time(5), node: NodeId(node), what }
}

fn op(client: u32, n: u64) -> OpId {
    OpId { client: NodeId(client), n }
}

/// Two clients, of whom the first has issued so many operations.
fn book(issued: u64) -> Ledger {
    let mut book = Ledger::new(2);
    (1..=2).for_each(|client| book.enter(&Event { at: Time(1), ..event(client, What::Live) }));
    for n in 1..=issued {
        let action = Action::Operate { operation: Operation::from_bytes(&[]), seen: Document::Null };
        book.open(op(1, n), action, Time(3), Time(3));
    }
    book
}

/// Would take for ever if anybody counted up to what a clock says.
#[test]
fn a_clock_costs_what_is_new_in_it() {
    let mut book = book(2);
    for node in [0, 1, 2] {
        let clock = [(NodeId(1), u64::MAX), (NodeId(2), u64::MAX), (NodeId(9), u64::MAX)];
        book.enter(&event(node, What::Report(Report::ReflectedThrough(clock.into()))));
    }
    assert_eq!((book.replica(NodeId(1)).unwrap().count, book.replica(NodeId(2)).unwrap().count), (2, 2));
    assert!(book.entry(op(1, 2)).unwrap().visible.is_some());
}

#[test]
fn settled_is_what_has_its_fate_and_was_seen_by_all() {
    let mut book = book(2);
    assert!(!book.all_settled());
    book.enter(&event(1, What::Report(Report::Confirmed(op(1, 1), Outcome::Null))));
    book.enter(&event(1, What::Report(Report::Rejected(op(1, 2), Rejected::new("no", "")))));
    assert!(!book.all_settled(), "nobody has seen the first");
    book.enter(&event(1, What::Report(Report::Reflected(op(1, 1)))));
    assert!(!book.all_settled(), "one has not seen it");
    let mut dead = book.clone();
    dead.enter(&event(2, What::Crashed { for_good: true }));
    assert!(dead.all_settled(), "the other is not waited for");
    let mut alone = book.clone();
    alone.enter(&event(1, What::Crashed { for_good: true }));
    assert!(alone.all_settled(), "the author is gone");
    book.enter(&event(2, What::Report(Report::Reflected(op(1, 1)))));
    assert!(book.all_settled());
}
