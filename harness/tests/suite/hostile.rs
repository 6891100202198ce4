//! Bytes from strangers, on the wire and in what was saved.

use crate::common::claims;
use crate::common::subject::{hold, subjects};

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
