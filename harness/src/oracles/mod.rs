//! Oracles that hold for every model, and rules from which the oracles of workloads are built.

pub mod generic;
pub mod lineage;
pub(crate) mod members;
pub mod places;
pub mod serial_order;
pub mod text;
pub mod undo;
pub mod writes;

use crate::finding::{Finding, Kind, kinds};
pub use crate::findings::ROLLED_BACK;
use crate::sessions::{
    MONOTONIC_READS_BROKEN, MONOTONIC_WRITES_BROKEN, READ_YOUR_WRITES_BROKEN, WRITES_FOLLOW_READS_BROKEN,
};
use crate::workload::WorkloadSpec;

kinds! {
    NO_SERIAL_ORDER = noted(
        "no serial order",
        "No order of all operations gives this final state and what the users were told; searched in small runs only."
    );
    INVARIANT_BROKEN_ON_SCREEN = noted(
        "invariant broken on screen",
        "A user saw a state that the product does not allow; counted in states."
    );
    NOT_JUDGED = noted(
        "not judged",
        "Operations may have been on their way when the budget ran out: they are neither kept nor lost."
    );
    NO_SUSTAINABLE_RATE = noted(
        "no sustainable rate",
        "Even at the lowest rate tried in real time, operations took longer than the limit to be visible everywhere."
    );
}

/// The kinds of findings that any workload can have.
pub static KINDS: &[&Kind] = &[
    &NO_SERIAL_ORDER,
    &INVARIANT_BROKEN_ON_SCREEN,
    &NOT_JUDGED,
    &NO_SUSTAINABLE_RATE,
    &READ_YOUR_WRITES_BROKEN,
    &MONOTONIC_READS_BROKEN,
    &MONOTONIC_WRITES_BROKEN,
    &WRITES_FOLLOW_READS_BROKEN,
    &ROLLED_BACK,
    &lineage::DOUBLED,
    &lineage::RESURRECTED,
];

/// A finding whose kind is neither in the workload's spec nor among those that any workload can have.
pub fn undeclared<'a>(spec: &WorkloadSpec, findings: &'a [Finding]) -> Option<&'a Finding> {
    let declared = |finding: &Finding| {
        spec.kinds.iter().chain(KINDS).any(|kind| kind.name == finding.kind && kind.lost == finding.lost)
    };
    findings.iter().find(|finding| !declared(finding))
}
