//! Every registered strategy, on every workload that it carries, held to the claims of its spec.
//!
//! `SYNCBENCH_SEEDS` sets over how many seeds, three by default, and `SYNCBENCH_SEED_BASE` which ones. `SYNCBENCH_ONLY` picks
//! subjects by a part of their name: `serial on stack`.

use crate::common::claims;
use crate::common::seeds::Seeds;
use crate::common::subject::{Subject, at_home, hold, subjects};

#[test]
fn converges_under_faults() {
    hold(&subjects(), |subject| claims::converges(subject, subject.seeds()));
}

#[test]
fn tolerates_the_datagrams_it_claims_to_tolerate() {
    hold(&subjects(), |subject| claims::datagrams(subject, subject.seeds()));
    hold(&subjects(), claims::unclaimed_is_unsupported);
}

#[test]
fn tolerates_late_copies_and_overtaking() {
    hold(&subjects(), |subject| claims::tolerates_disorder(subject, subject.seeds()));
}

#[test]
fn works_offline_where_claimed() {
    hold(&subjects(), |subject| claims::works_offline(subject, subject.seeds()));
}

#[test]
fn rejects_nonsense_and_goes_on() {
    hold(&subjects(), |subject| claims::malformed(subject, subject.seeds()));
}

#[test]
fn rejects_for_what_others_did_where_claimed() {
    hold(&at_home(), |subject| claims::refuses(subject, subject.seeds()));
}

#[test]
fn has_a_serial_order_where_claimed() {
    hold(&subjects(), |subject| claims::serializable(subject, subject.seeds()));
}

#[test]
fn clocks_matter_where_claimed() {
    hold(&subjects(), |subject| claims::clocks(subject, subject.seeds()));
}

#[test]
fn sidecars_decide_nothing() {
    hold(&subjects(), |subject| claims::blind(subject, subject.seeds()));
}

#[test]
fn recovers_after_a_crash() {
    hold(&subjects(), |subject| claims::restores(subject, subject.seeds()));
}

#[test]
fn undo_keeps_what_others_did() {
    hold(&subjects(), |subject| claims::undo(subject, subject.seeds()));
}

#[test]
fn memory_grows_where_claimed() {
    hold(&at_home(), claims::history);
}

#[test]
fn the_same_run_again_and_on_other_threads() {
    hold(&at_home(), |subject| claims::same_again(subject, Seeds::first(1)));
    let subjects: Vec<Subject> = subjects();
    assert_eq!(claims::threads(&subjects, Seeds::first(1)), Ok(()));
}
