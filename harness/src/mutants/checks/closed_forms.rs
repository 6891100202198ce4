//! What arithmetic says in advance: `serial` on a network where every message takes exactly as long.
//!
//! An operation goes to the server and returns to every client, so it is confirmed and visible after two delays. It takes
//! one message up and one down for each client, and joining takes two messages for each client.

use std::time::Duration;

use super::objection;
use crate::metrics;
use crate::network::Leg;
use crate::oracle::CLOSED_FORMS;
use crate::results::Cell;
use crate::run::Objection;
use crate::run_result::RunResult;
use crate::task::Task;

pub(super) fn check(task: &Task<'_>, cell: &Cell, ran: &RunResult) -> Vec<Objection> {
    let ideal = [task.profile.client, task.profile.server].iter().all(|leg| *leg == Leg::IDEAL);
    if task.strategy.label != "serial" || !ideal || !task.faults.is_empty() {
        return Vec::new();
    }
    let two_delays = 2 * task.profile.backbone;
    let late = ran.ledger.entries().find(|entry| entry.resolved.map(|at| at.since(entry.issued)) != Some(two_delays));
    let late = late.map(|entry| {
        let took = entry.resolved.map_or(Duration::ZERO, |at| at.since(entry.issued));
        objection(&CLOSED_FORMS, format!("{} was answered after {took:?} and not after {two_delays:?}", entry.id))
    });
    let ms = two_delays.as_secs_f64() * 1e3;
    let visible = cell.number(&metrics::VISIBLE_MS, "max").filter(|visible| *visible != ms);
    let visible = visible.map(|visible| {
        objection(&CLOSED_FORMS, format!("the last operation was visible after {visible} ms and not after {ms} ms"))
    });
    let (ops, clients) = (ran.ledger.issued(), u64::from(task.clients));
    let expected = ops * (1 + clients) + 2 * clients;
    let sent = cell.number(&metrics::TRAFFIC, "sent").unwrap_or(0.0) as u64;
    let sent = (sent != expected)
        .then(|| objection(&CLOSED_FORMS, format!("{ops} operations took {sent} messages and not {expected}")));
    [late, visible, sent].into_iter().flatten().collect()
}
