//! Where nobody undoes, nothing is remembered for it.

use crate::common::{Case, Done};

/// Users may undo, and so seldom that nobody does.
const NEVER: f64 = 1e-12;

/// Clients that merge by themselves, and what their users do.
const CASES: &[(&str, &str)] = &[
    ("crdt-automerge", "record"),
    ("crdt-yrs", "record"),
    ("crdt-loro", "record"),
    ("crdt-diamond", "text"),
    ("lww-document", "record"),
    ("lww-hlc", "record"),
];

fn run(strategy: &str, workload: &str, undo: f64) -> Done {
    let case = Case { undo, ops: 400, ..Case::new(strategy, workload) };
    let configured = case.configured();
    case.run_with(&configured)
}

#[test]
fn what_nobody_undoes_takes_no_memory() {
    for (strategy, workload) in CASES {
        let [able, unable] = [NEVER, 0.0].map(|undo| run(strategy, workload, undo));
        assert!(able.ran.trace_digest.is_some(), "{strategy}");
        assert_eq!(able.ran.trace_digest, unable.ran.trace_digest, "{strategy}");
        let held = |done: &Done| done.numbers("resident_bytes", "steady");
        assert!(held(&unable) < held(&able), "{strategy}: {} and {}", held(&unable), held(&able));
        let stored = |done: &Done| done.number("stored_bytes");
        assert!(stored(&unable) <= stored(&able), "{strategy}: {} and {}", stored(&unable), stored(&able));
    }
}
