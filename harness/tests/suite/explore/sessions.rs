//! Session guarantees in every schedule: planted bugs are found, and what is not claimed is a note.

use syncbench_harness::mutants;
use syncbench_harness::sessions::Guarantee;

use super::*;

/// A planted bug, the letters of each user that show it, what disturbs them, and the guarantee that it breaks.
type Row = (&'static str, &'static [&'static [&'static str]], Option<Disturbance>, Guarantee);

const PLANTED: &[Row] = &[
    ("confirmed-before-applied", &[&["set"], &[]], None, Guarantee::ReadYourWrites),
    ("begins-anew", &[&["set"], &[]], Some(Disturbance::Break), Guarantee::MonotonicReads),
    ("own-operation-taken-back", &[&["set", "set", "set"], &[]], None, Guarantee::ReadYourWrites),
    ("seen-operation-taken-back", &[&["set", "set", "set"], &[]], None, Guarantee::MonotonicReads),
    ("shown-out-of-order", &[&["set", "set", "set", "set"], &[]], None, Guarantee::MonotonicWrites),
    // The one who answers, and one who sees the answer.
    ("shown-before-its-cause", &[&["set"], &["set"], &[]], None, Guarantee::WritesFollowReads),
];

/// The anomaly that says this guarantee was broken in some schedule of a script.
fn broken(strategy: &Configured, workload: &str, row: &Row) -> Option<Anomaly> {
    let (_, script, disturbance, guarantee) = row;
    let (spec, workload) = workloads::configure(&workload.parse().unwrap()).unwrap();
    let case = Case::new(strategy, spec, &*workload, script.len() as u32).unwrap();
    let place = |name: &&str| case.letters().iter().position(|letter| letter.name == *name).unwrap();
    let script: Script = script.iter().map(|word| word.iter().map(place).collect()).collect();
    let bounds = Bounds { clients: script.len() as u32, disturbance: *disturbance, ..bounds(4) };
    let found = explore_script(&case, &bounds, script).unwrap();
    assert!(found.complete && found.schedules > 0);
    found.anomalies.into_iter().find(|anomaly| anomaly.kind == guarantee.kind().name)
}

#[test]
fn planted_bugs_in_sessions_are_found_and_their_bases_have_none() {
    for row in PLANTED {
        let (name, _, _, guarantee) = row;
        let mutant = mutants::find(name).unwrap();
        // Some builds leave libraries out.
        let (Ok(with), Ok(without)) = (mutant.configure(), mutant.base.configure()) else { continue };
        let claimed = guarantee.is_claimed(&without.guarantees().sessions);
        let severity = if claimed { Severity::Broken } else { Severity::Noted };
        let anomaly = broken(&with, mutant.workload, row).unwrap_or_else(|| panic!("{name} is not found"));
        assert_eq!(anomaly.severity, severity, "{name}");
        assert!(anomaly.example.starts_with('c'), "{}", anomaly.example);
        assert_eq!(broken(&without, mutant.workload, row), None, "{name}: its base");
    }
}
