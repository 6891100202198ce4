//! What every oracle says of a run.

use super::lineage;
use super::serial_order::{self, SerialOrder};
use super::{INVARIANT_BROKEN_ON_SCREEN, NO_SERIAL_ORDER, NOT_JUDGED};
use crate::finding::Finding;
use crate::ledger::Fate;
use crate::run_result::RunResult;
use crate::task::Task;
use crate::workload::History;

/// Asks every oracle: what went wrong, and whether some serial order explains the run.
pub fn judge(task: &Task<'_>, ran: &RunResult) -> (Vec<Finding>, SerialOrder) {
    let (genesis, last) = (&task.genesis, ran.last());
    let mut findings = task.workload.judge(&History { genesis, last, ledger: &ran.ledger });
    let order = serial_order::search(&*task.model, genesis, last, &ran.ledger);
    let confirmed = ran.ledger.entries().filter(|entry| matches!(entry.fate, Fate::Confirmed(_))).count() as u64;
    let lost: u64 = findings.iter().filter(|finding| finding.lost).map(|finding| finding.count).sum();
    debug_assert!(lost <= confirmed, "{lost} operations lost of {confirmed} confirmed: {findings:?}");
    findings.extend(lineage::judge(&ran.gone_back, last));
    let open = ran.ledger.entries().filter(|entry| entry.censored).count() as u64;
    if open > 0 {
        findings.push(Finding::noted(&NOT_JUDGED, open, format_args!("{}; raise --budget", ran.pending())));
    }
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
