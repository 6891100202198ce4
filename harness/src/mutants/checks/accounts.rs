//! Accounts that must balance in every run, whatever the strategy does.

use syncbench_strategies::replica::{NodeId, Time};

use super::objection;
use crate::faults::{LinkCondition, NodeState};
use crate::metrics;
use crate::oracle::{AGREEMENT, FAULT_COVERAGE, MESSAGE_ACCOUNTS};
use crate::results::Cell;
use crate::run::Objection;
use crate::run_result::RunResult;
use crate::task::Task;

/// Holds a run of the simulator to its accounts.
pub(super) fn check(task: &Task<'_>, cell: &Cell, ran: &RunResult) -> Vec<Objection> {
    [messages(cell, ran), states(task, cell, ran)].into_iter().flatten().chain(faults(task, ran)).collect()
}

/// What was sent or copied is delivered, dropped or under way.
fn messages(cell: &Cell, ran: &RunResult) -> Option<Objection> {
    let count = |field| cell.number(&metrics::TRAFFIC, field).unwrap_or(0.0) as u64;
    let (sent, copied) = (count("sent"), count("duplicated"));
    let (delivered, dropped, under_way) = (count("delivered"), count("dropped"), ran.messages_in_flight);
    let said = format!(
        "{sent} messages were sent and {copied} copied; {delivered} were delivered, {dropped} dropped, and {under_way} are \
         under way"
    );
    (sent + copied != delivered + dropped + under_way).then(|| objection(&MESSAGE_ACCOUNTS, said))
}

/// The probes saw the clients agree where the final states agree.
fn states(task: &Task<'_>, cell: &Cell, ran: &RunResult) -> Option<Objection> {
    if task.sample_every.is_some() || !ran.quiescent() {
        return None;
    }
    let clients = || ran.finals.iter().filter(|(node, _)| *node != NodeId::SERVER);
    let first = clients().next()?;
    let agree = clients().all(|(_, state)| *state == first.1);
    let seen = cell.number(&metrics::CONVERGENCE_MS, "").is_some();
    let said = format!("the clients' final states {}, and the probes saw {}", told(agree), told(seen));
    (agree != seen).then(|| objection(&AGREEMENT, said))
}

fn told(agree: bool) -> &'static str {
    if agree { "agree" } else { "differ" }
}

/// A node that a fault crashes was down, and a connection that it cuts was opened again after it.
fn faults(task: &Task<'_>, ran: &RunResult) -> Vec<Objection> {
    let nodes: Vec<NodeId> = task.topology().nodes(task.clients).collect();
    let mut objections = Vec::new();
    for (armed, coverage) in task.faults.iter().zip(&ran.coverage) {
        let Some(end) = armed.end.filter(|end| *end < ran.ended_at && *end > armed.start) else { continue };
        let elapsed = Time(end.0 - 1).since(armed.start);
        let crashed = nodes.iter().find(|node| armed.fault.node(**node, elapsed) == NodeState::Crashed);
        if let Some(node) = crashed.filter(|node| ran.ledger.replica(**node).is_some())
            && ran.ledger.crashed(*node).is_none()
        {
            objections.push(objection(&FAULT_COVERAGE, format!("{}: {node} never crashed", coverage.fault)));
        }
        let cut = |(a, b): (NodeId, NodeId)| armed.fault.link(a, b, elapsed) == LinkCondition::Cut;
        let peers = |node: NodeId| task.topology().peers(node, task.clients);
        let cuts = nodes.iter().flat_map(|node| peers(*node).into_iter().map(move |peer| (*node, peer))).any(cut);
        // A later fault may keep the same nodes apart.
        let alone = task.faults.iter().count() == 1;
        if cuts && alone && coverage.reopened_ms.is_none() {
            let said = format!("{}: no connection that it broke was opened again", coverage.fault);
            objections.push(objection(&FAULT_COVERAGE, said));
        }
    }
    objections
}
