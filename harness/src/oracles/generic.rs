//! What every oracle says of a run.

use super::serial_order::{self, SerialOrder};
use super::{INVARIANT_BROKEN_ON_SCREEN, NO_SERIAL_ORDER, NOT_JUDGED};
use crate::finding::Finding;
use crate::ledger::Fate;
use crate::run_result::RunResult;
use crate::task::Task;
use crate::workload::History;

/// Asks every oracle: what went wrong, and whether some serial order explains the run. A run that is not quiescent is not
/// asked for either: what is missing from its state may be on its way.
pub fn judge(task: &Task<'_>, ran: &RunResult) -> (Vec<Finding>, SerialOrder) {
    let (genesis, last) = (&task.genesis, ran.last());
    let confirmed = ran.ledger.entries().filter(|entry| matches!(entry.fate, Fate::Confirmed(_))).count() as u64;
    let (mut findings, order) = if ran.quiescent() {
        let findings = task.workload.judge(&History { genesis, last, ledger: &ran.ledger });
        (findings, serial_order::search(&*task.model, genesis, last, &ran.ledger))
    } else {
        let example = "the budget ran out before the run was quiescent; raise --budget";
        (vec![Finding::noted(&NOT_JUDGED, confirmed, example)], SerialOrder::NotSearched)
    };
    let lost: u64 = findings.iter().filter(|finding| finding.lost).map(|finding| finding.count).sum();
    debug_assert!(lost <= confirmed, "{lost} operations lost of {confirmed} confirmed: {findings:?}");
    if order == SerialOrder::None {
        let example = "no order of these operations gives this state and what the users were told";
        findings.push(Finding::noted(&NO_SERIAL_ORDER, 1, example));
    }
    let (broken, example) = ran.ledger.broken_states();
    if broken > 0 {
        findings.push(Finding::noted(&INVARIANT_BROKEN_ON_SCREEN, broken, example));
    }
    (findings, order)
}
