//! What is kept so that users can undo is kept only where they do.

use syncbench_strategies::registry::STRATEGIES;
use syncbench_strategies::spec::{Spec, Support};

use crate::common::subject::Subject;
use crate::common::{Case, Done};

/// So small a share that nobody undoes anything in these runs, and yet users may.
const HARDLY: f64 = 1e-12;

/// Strategies whose users can undo.
fn remembering() -> impl Iterator<Item = &'static Spec> {
    STRATEGIES.iter().copied().filter(|spec| !matches!(spec.undo, Support::Unsupported(_)))
}

fn run(strategy: &str, workload: &str, undo: f64) -> Done {
    Case { undo, ops: 300, ..Case::new(strategy, workload) }.run()
}

#[test]
fn without_undo_nothing_is_kept_for_it_and_nothing_else_changes() {
    for spec in remembering() {
        for workload in ["record", "text"].into_iter().filter(|workload| Subject::new(spec.name, workload).supported())
        {
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
