use syncbench_strategies::document::{Digest, Document};
use syncbench_strategies::model::{Operation, Rejected};
use syncbench_strategies::replica::{NodeId, OpId, Report, Time};

use super::*;
use crate::event::{Event, What};
use crate::ledger::{Action, Ledger};

/// A run that is written by hand: three clients, and every event a millisecond after the one before.
struct Run {
    ledger: Ledger,
    watch: Watch,
    at: Time,
}

impl Run {
    fn new() -> Self {
        let mut run = Self { ledger: Ledger::new(3), watch: Watch::keeping_steps(), at: Time::ZERO };
        (1..=3).for_each(|client| run.event(client, What::Live));
        run
    }

    fn event(&mut self, node: u32, what: What) {
        self.at = Time(self.at.0 + 1_000_000);
        self.at_once(node, what);
    }

    /// At the instant of the event before.
    fn at_once(&mut self, node: u32, what: What) {
        let event = Event { at: self.at, node: NodeId(node), what };
        self.ledger.enter(&event);
        self.watch.event(&event, &self.ledger);
    }

    /// A user acts; its client does not show it yet.
    fn issue(&mut self, client: u32) -> OpId {
        let op = self.ledger.next_op(NodeId(client));
        let action = Action::Operate { operation: Operation::from_bytes(&[]), seen: Document::Null };
        self.ledger.open(op, action, self.at, self.at);
        self.event(client, What::Issued { op, intended: self.at });
        op
    }

    /// A user acts; its client shows and confirms it at once.
    fn act(&mut self, client: u32) -> OpId {
        let op = self.issue(client);
        self.at_once(client, What::Report(Report::Shown(op)));
        self.at_once(client, What::Report(Report::Reflected(op)));
        self.at_once(client, What::Report(Report::Confirmed(op, Document::Null)));
        op
    }

    fn report(&mut self, node: u32, report: Report) {
        self.event(node, What::Report(report));
    }

    fn reflected(&mut self, client: u32, op: OpId) {
        self.report(client, Report::Reflected(op));
    }

    fn broken(mut self) -> Vec<Why> {
        self.watch.broken(&self.ledger).into_iter().map(|broken| broken.why).collect()
    }
}

#[test]
fn operations_in_the_order_of_what_they_follow_break_nothing() {
    let mut run = Run::new();
    let first = run.act(1);
    run.reflected(2, first);
    let second = run.act(2);
    for client in [1, 3] {
        // At one instant, in any order.
        run.reflected(client, second);
        run.at_once(client, What::Report(Report::Reflected(first)));
    }
    assert_eq!(run.broken(), []);
}

#[test]
fn an_operation_before_an_earlier_one_of_its_user_breaks_monotonic_writes() {
    let mut run = Run::new();
    let (first, second) = (run.act(1), run.act(1));
    run.reflected(2, second);
    run.reflected(2, first);
    run.reflected(3, first);
    run.reflected(3, second);
    assert_eq!(run.broken(), [Why::Earlier(second, vec![first])]);
}

#[test]
fn an_operation_before_what_its_user_had_seen_breaks_writes_follow_reads() {
    let mut run = Run::new();
    let first = run.act(1);
    run.reflected(2, first);
    let second = run.act(2);
    run.reflected(3, second);
    let unrelated = run.act(3);
    run.reflected(1, unrelated);
    // What client 1 did not show was its own user's to miss, or had not been seen.
    assert_eq!(run.broken(), [Why::Seen(second, vec![first]), Why::Seen(unrelated, vec![second])]);
}

#[test]
fn what_a_user_sees_at_the_instant_at_which_it_acts_counts() {
    let mut run = Run::new();
    let first = run.act(1);
    run.reflected(2, first);
    let op = run.ledger.next_op(NodeId(2));
    let action = Action::Operate { operation: Operation::from_bytes(&[]), seen: Document::Null };
    run.ledger.open(op, action, run.at, run.at);
    run.at_once(2, What::Issued { op, intended: run.at });
    run.at_once(2, What::Report(Report::Reflected(op)));
    run.at_once(2, What::Report(Report::Confirmed(op, Document::Null)));
    run.reflected(3, op);
    let steps: Vec<String> = run.watch.steps().iter().map(|step| format!("{step:?}")).collect();
    assert!(steps[2].starts_with("Look") && steps[3].starts_with("Act"), "{steps:#?}");
    assert_eq!(run.broken(), [Why::Seen(op, vec![first])]);
}

#[test]
fn an_own_operation_that_disappears_breaks_read_your_writes() {
    let mut run = Run::new();
    let op = run.act(1);
    run.report(1, Report::RolledBack(op));
    run.report(1, Report::Shown(op));
    run.report(1, Report::RolledBack(op));
    // Back before anybody could look.
    run.at_once(1, What::Report(Report::Shown(op)));
    // Gone before anybody could see it, and yet confirmed.
    let next = run.act(1);
    run.at_once(1, What::Report(Report::RolledBack(next)));
    assert_eq!(run.broken(), [Why::OwnGone(op), Why::OwnUnseen(next)]);
}

#[test]
fn an_operation_that_is_rejected_breaks_nothing() {
    let mut run = Run::new();
    let op = run.issue(1);
    run.report(1, Report::Shown(op));
    let next = run.act(1);
    run.reflected(2, next);
    run.report(1, Report::RolledBack(op));
    run.report(1, Report::Rejected(op, Rejected::new("no", "")));
    assert_eq!(run.broken(), []);
}

#[test]
fn an_operation_of_which_nothing_is_known_breaks_nothing() {
    let mut run = Run::new();
    let open = run.issue(1);
    let next = run.act(1);
    run.reflected(2, next);
    assert_eq!(run.broken(), []);
    // Had anybody else seen it, it would be a write.
    let mut run = Run::new();
    assert_eq!(run.issue(1), open);
    let next = run.act(1);
    run.reflected(2, next);
    run.reflected(3, open);
    run.reflected(3, next);
    assert_eq!(run.broken(), [Why::Earlier(next, vec![open])]);
}

#[test]
fn waiting_for_an_own_operation_breaks_nothing_until_it_is_confirmed() {
    let mut run = Run::new();
    let (first, second) = (run.issue(1), run.issue(1));
    run.report(1, Report::Confirmed(first, Document::Null));
    run.reflected(1, first);
    run.reflected(1, second);
    run.report(1, Report::Confirmed(second, Document::Null));
    assert_eq!(run.broken(), [Why::OwnUnseen(first)]);
}

#[test]
fn a_state_that_changes_without_an_operation_breaks_monotonic_reads() {
    let mut run = Run::new();
    let look = |run: &mut Run, client, state| {
        run.at_once(client, What::State(Digest(state)));
        run.at_once(0, What::InstantEnd);
    };
    look(&mut run, 1, 1);
    run.act(1);
    look(&mut run, 1, 2);
    // A client that has joined or recovered shows a first state.
    run.event(2, What::Crashed { for_good: false });
    run.event(2, What::Live);
    look(&mut run, 2, 7);
    assert_eq!(run.watch.broken(&run.ledger), []);
    run.event(1, What::Delivered { from: NodeId::SERVER });
    look(&mut run, 1, 1);
    run.event(2, What::RecoveryDiffers);
    assert_eq!(run.broken(), [Why::Changed, Why::Changed]);
}

/// A client without a device, or one that starts over, has nothing left that could disappear.
#[test]
fn a_client_that_begins_anew_begins_a_session() {
    let mut run = Run::new();
    let first = run.act(1);
    run.reflected(2, first);
    let lost = run.act(1);
    run.event(1, What::Crashed { for_good: false });
    run.event(1, What::Live);
    run.at_once(1, What::Restored { reflected: Box::default(), rebuilt: false });
    let (third, fourth) = (run.act(1), run.act(1));
    run.reflected(2, fourth);
    run.event(2, What::Report(Report::StartedOver(None)));
    run.at_once(2, What::Report(Report::Reflected(third)));
    assert_eq!((lost.n, fourth.n), (2, 4));
    let process = |run: &Run, op: OpId| {
        let write = format!("[\"w\",\"{op}\"");
        let lines = history::lines(run.watch.steps(), &run.ledger);
        let line = lines.iter().find(|line| line.contains("\"ok\"") && line.contains(&write)).unwrap();
        serde_json::from_str::<serde_json::Value>(line).unwrap()["process"].clone()
    };
    assert_eq!((process(&run, first), process(&run, third)), (1.into(), 4.into()));
    assert_eq!(run.broken(), [Why::Earlier(fourth, vec![third])]);
}

#[test]
fn every_guarantee_has_its_kind_and_its_words() {
    for (guarantee, kind) in Guarantee::ALL.into_iter().zip(KINDS) {
        assert_eq!(guarantee.kind(), kind);
        assert!(kind.name.starts_with(guarantee.name()));
        assert_eq!(guarantee.field().replace('_', " "), guarantee.name());
        assert!(guarantee.is_claimed(&Sessions::CAUSAL) && !guarantee.is_claimed(&Sessions::NONE));
    }
    let op = |client, n| OpId { client: NodeId(client), n };
    let broken =
        Break { at: Time::from_ms(1_500), client: NodeId(3), why: Why::Earlier(op(2, 5), vec![op(2, 4), op(2, 3)]) };
    assert_eq!(
        broken.to_string(),
        "at 1500ms c3 showed c2.5 and not c2.4 and 1 more, which the same user had issued before"
    );
}
