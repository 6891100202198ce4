//! What is kept so that users can undo is kept only where they do.

use syncbench_strategies::registry::STRATEGIES;
use syncbench_strategies::spec::{Spec, Support};

use crate::common::{Case, Done};

/// So small a share that nobody undoes anything in these runs, and yet users may.
const HARDLY: f64 = 1e-12;

/// Strategies that take something back by their own memory or history.
fn remembering() -> impl Iterator<Item = &'static Spec> {
    let families = ["serial", "ot", "ids", "hybrid"];
    let own = move |spec: &&Spec| families.contains(&spec.family) || spec.name == "lww-property";
    STRATEGIES.iter().copied().filter(own).filter(|spec| !matches!(spec.undo, Support::Unsupported(_)))
}

fn run(strategy: &str, workload: &str, undo: f64) -> Done {
    Case { undo, ops: 300, ..Case::new(strategy, workload) }.run()
}

#[test]
fn without_undo_nothing_is_kept_for_it_and_nothing_else_changes() {
    for spec in remembering() {
        for workload in ["record", "text"] {
            let [with, without] = [HARDLY, 0.0].map(|undo| run(spec.name, workload, undo));
            let subject = format!("{} on {workload}", spec.name);
            assert_eq!(with.ran.trace_digest, without.ran.trace_digest, "{subject}");
            let resident = |done: &Done| {
                done.numbers("resident_bytes", "steady") + done.numbers("server_resident_bytes", "steady")
            };
            // The least that a hundred operations of a client may take: two words each.
            let least = 3.0 * 100.0 * 16.0;
            let (more, less) = (resident(&with), resident(&without));
            assert!(less + least <= more, "{subject}: {more} bytes with undo, {less} without");
            let (more, less) = (with.number("stored_bytes"), without.number("stored_bytes"));
            assert!(less <= more, "{subject}: {more} bytes stored with undo, {less} without");
        }
    }
}

/// Clients that merge by themselves, and what their users do.
const CASES: &[(&str, &str)] = &[
    ("crdt-automerge", "record"),
    ("crdt-yrs", "record"),
    ("crdt-loro", "record"),
    ("crdt-diamond", "text"),
    ("lww-document", "record"),
    ("lww-hlc", "record"),
];

fn run_400(strategy: &str, workload: &str, undo: f64) -> Done {
    let case = Case { undo, ops: 400, ..Case::new(strategy, workload) };
    let configured = case.configured();
    case.run_with(&configured)
}

#[test]
fn what_nobody_undoes_takes_no_memory() {
    for (strategy, workload) in CASES {
        let [able, unable] = [HARDLY, 0.0].map(|undo| run_400(strategy, workload, undo));
        assert!(able.ran.trace_digest.is_some(), "{strategy}");
        assert_eq!(able.ran.trace_digest, unable.ran.trace_digest, "{strategy}");
        let held = |done: &Done| done.numbers("resident_bytes", "steady");
        assert!(held(&unable) < held(&able), "{strategy}: {} and {}", held(&unable), held(&able));
        let stored = |done: &Done| done.number("stored_bytes");
        assert!(stored(&unable) <= stored(&able), "{strategy}: {} and {}", stored(&unable), stored(&able));
    }
}
