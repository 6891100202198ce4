//! What can go wrong on any workload.

use crate::oracles::serial_order::{self, SerialOrder};
use crate::results::Finding;
use crate::run_result::RunResult;
use crate::task::Task;
use crate::workload::History;

/// The kinds of findings that are not one workload's own.
pub const KINDS: &[&str] = &["no serial order", "invariant broken on screen", "no rate that it stands"];

/// Asks every oracle: what went wrong, by name, and whether some serial order explains the run.
pub fn judge(task: &Task<'_>, ran: &RunResult) -> (Vec<Finding>, SerialOrder) {
    let last = ran.last();
    let mut findings = task.workload.judge(&History { genesis: &task.genesis, last, ledger: &ran.ledger });
    let order = serial_order::search(&*task.model, &task.genesis, last, &ran.ledger);
    if order == SerialOrder::None {
        let example = "no order of these operations gives this state and what the users were told".into();
        findings.push(Finding { kind: "no serial order".into(), count: 1, example, lost: false });
    }
    let (broken, example) = ran.ledger.broken_states();
    if broken > 0 {
        let example = example.to_owned();
        findings.push(Finding { kind: "invariant broken on screen".into(), count: broken, example, lost: false });
    }
    (findings, order)
}
