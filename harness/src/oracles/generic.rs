//! What every oracle says of a run.

use super::serial_order::{self, SerialOrder};
use super::{INVARIANT_BROKEN_ON_SCREEN, NO_SERIAL_ORDER};
use crate::finding::{Finding, Findings};
use crate::run_result::RunResult;
use crate::task::Task;
use crate::workload::History;

/// Asks every oracle: what went wrong, and whether some serial order explains the run.
pub fn judge(task: &Task<'_>, ran: &RunResult) -> (Vec<Finding>, SerialOrder) {
    let (genesis, last) = (&task.genesis, ran.last());
    let mut generic = Findings::default();
    let order = serial_order::search(&*task.model, genesis, last, &ran.ledger);
    if order == SerialOrder::None {
        generic.add(&NO_SERIAL_ORDER, "no order of these operations gives this state and what the users were told");
    }
    let (broken, example) = ran.ledger.broken_states();
    generic.count(&INVARIANT_BROKEN_ON_SCREEN, broken, example);
    let mut findings = task.workload.judge(&History { genesis, last, ledger: &ran.ledger });
    findings.extend(generic.done());
    (findings, order)
}
