//! A small document and a long absence.

use syncbench_strategies::document::EditKind;
use syncbench_strategies::replica::NodeId;

use super::{Planning, seconds, units};
use crate::faults::{Armed, LinkCondition, NodeState};

/// So many operations for each thing of the document while somebody is away leave little of what that user knew: users of
/// these workloads remove or replace a thing in one of four to ten operations.
const MANY: f64 = 30.0;

/// A document for which that is no worry.
const FEW: f64 = 3.0;

/// Records, cards and items are removed by others while a client is away.
pub(super) fn check(plan: &Planning<'_>) -> Option<String> {
    let (acting, settings) = (plan.acting_s()?, &plan.cells[0].settings);
    let faults = plan.faults();
    let away = faults.iter().filter(|armed| {
        let mut clients = (1..=settings.clients).map(NodeId);
        let elapsed = std::time::Duration::ZERO;
        clients.any(|client| {
            armed.fault.node(client, elapsed) != NodeState::Up
                || armed.fault.link(client, NodeId::SERVER, elapsed) == LinkCondition::Cut
        })
    });
    // One without an end is another check's.
    let span = |armed: &Armed| Some(seconds(armed.end?).min(acting) - seconds(armed.start));
    let away_s = away.filter_map(span).reduce(f64::max)?;
    let meanwhile = away_s * settings.rate_per_s;
    let removes = |kinds: &[EditKind]| kinds.iter().any(|kind| matches!(kind, EditKind::Remove | EditKind::ListRemove));
    let small = |size: u64| meanwhile > MANY * size as f64;
    let cells = plan.workloads();
    let worst =
        cells.iter().filter(|cell| removes(cell.workload.spec.edits) && small(cell.settings.size)).collect::<Vec<_>>();
    let first = worst.first()?;
    let others = match worst.len() {
        1 => String::new(),
        n => format!(" (and {} more)", n - 1),
    };
    let size = nice(meanwhile / FEW);
    let units = units(first.workload.spec, first.settings.size);
    Some(format!(
        "{}{others}: {units} and {away_s:.0} s away, in which others make about {meanwhile:.0} operations: most will be deleted; \
         try --size {size}",
        first.workload.label
    ))
}

/// Rounded up to one significant digit.
fn nice(value: f64) -> u64 {
    let unit = 10_u64.pow((value.max(1.0).log10()) as u32);
    (value / unit as f64).ceil() as u64 * unit
}
