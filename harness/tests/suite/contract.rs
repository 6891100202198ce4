//! Every registered strategy, on every workload that it carries, held to the claims of its spec.
//!
//! `SYNCBENCH_CONTRACT_SEEDS` sets the number of seeds, 3 by default; variants with other parameters run over a third of them.

use crate::common::claims;
use crate::common::subject::{Subject, at_home, hold, parse_seeds, subjects};

#[test]
fn the_number_of_seeds_is_checked() {
    assert_eq!(parse_seeds(None), Ok(3));
    assert_eq!(parse_seeds(Some("100")), Ok(100));
    for written in ["", "0", "-1", "many", "1e3"] {
        let error = parse_seeds(Some(written)).unwrap_err();
        assert!(error.contains("SYNCBENCH_CONTRACT_SEEDS") && error.contains(&format!("`{written}`")), "{error}");
    }
}

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
fn a_run_repeats_on_any_number_of_threads() {
    hold(&at_home(), |subject| claims::same_again(subject, 1));
    let subjects: Vec<Subject> = subjects();
    assert_eq!(claims::threads(&subjects, 1), Ok(()));
}
