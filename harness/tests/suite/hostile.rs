//! Bytes from strangers, on the wire and in what was saved.

use syncbench_strategies::replica::NodeId;

use crate::common::claims;
use crate::common::group::{Disorder, Group};
use crate::common::subject::{Subject, hold, subjects};

#[test]
fn protocol_errors_change_nothing() {
    hold(&subjects(), |subject| claims::hostile_refused(subject, subject.seeds()));
}

#[test]
fn hostile_messages_do_not_prevent_convergence() {
    hold(&subjects(), |subject| claims::hostile_harmless(subject, subject.seeds()));
}

#[test]
fn tampered_saves_are_errors() {
    hold(&subjects(), |subject| claims::hostile_durable(subject, subject.seeds()));
}

/// Found by fuzzing: an old snapshot, which a client passes over, and after it an entry that does not follow.
#[test]
fn what_is_passed_over_does_not_count_in_a_message_that_is_refused() {
    let bytes = [1, 1, 0, 1, 1, 1, 29, 126, 255, 255, 255, 255, 255, 255, 255, 1, 0, 6, 0, 130, 168, 214, 185, 7, 0, 0];
    let mut group = Group::new(&Subject::new("serial", "stack"), 2, Disorder::default(), 1);
    group.churn(8);
    let injected = group.inject(NodeId(2), NodeId::SERVER, &bytes).unwrap();
    assert!(injected.result.unwrap_err().to_string().starts_with("unexpected message: place "));
    assert_eq!(injected.effects, 0);
}

/// Found by fuzzing: two copies of what the server has, and after them patches that cannot be read.
#[test]
fn copies_do_not_count_in_a_message_that_is_refused() {
    let mut group = Group::new(&Subject::new("serial-patches", "stack"), 2, Disorder::default(), 1);
    group.churn(8);
    let injected = group.inject(NodeId::SERVER, NodeId(1), &[1, 1, 2, 2, 1, 2, 58, 0]).unwrap();
    assert!(injected.result.is_err());
    assert_eq!(injected.effects, 0);
}
