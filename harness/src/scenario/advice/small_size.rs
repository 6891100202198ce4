//! A document that is smaller than the group.

use super::{Planning, units};

/// Fewer things than clients: everybody works on the same one, or finds nothing to do.
pub(super) fn check(plan: &Planning<'_>) -> Option<String> {
    let clients = u64::from(plan.cells[0].settings.clients);
    plan.workloads().into_iter().find_map(|cell| {
        let (spec, size) = (cell.workload.spec, cell.settings.size);
        (size < clients.min(spec.default_size)).then(|| {
            format!(
                "{}: {} for {clients} clients: little is there to work on; --size {} is usual",
                cell.workload.label,
                units(spec, size),
                spec.default_size
            )
        })
    })
}
